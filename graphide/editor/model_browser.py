"""The model browser of a session: what was searched, looked at, downloaded, and what is on this machine and in memory.

It holds the state that a dialog shows and outlives it, so that downloads go on behind a closed one. Whatever takes time is
done in threads; `tick` takes in what they gave, in the session's thread. What things look like is the window's business.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from graphide import paths
from graphide.editor.model_cards import Card, Filter, card_of, catalogue_cards, passing, shown
from graphide.editor.model_download_rows import DownloadRow
from graphide.editor.model_downloads import DownloadList
from graphide.editor.model_library import Machine, OwnModel
from graphide.editor.model_machine import MachineState
from graphide.editor.model_news import News
from graphide.editor.model_offers import Form, Offer, offers
from graphide.editor.model_tasks import Tasks
from graphide.editor.settings_form import SettingsForm
from graphide.errors import GraphideError
from graphide.models import tokens
from graphide.models.catalogue import catalogue
from graphide.models.download import Downloads
from graphide.models.hub import Hub
from graphide.models.loading import load_options
from graphide.models.memory import host_memory
from graphide.models.opening import open_downloads, open_hub
from graphide.models.wording import age
from graphide.settings import Settings

if TYPE_CHECKING:
    from graphide.editor.model_asked import Asked
    from graphide.editor.session import Session
    from graphide.models.download_job import Request

_SEARCH, _OFFER, _TOKEN = "search", "offer", "token"
_LOOK_EVERY = 1.0  # seconds between looks at the memory while a dialog is open


class _Searched(NamedTuple):
    cards: tuple[Card, ...]
    old: float = 0.0
    problem: str = ""


class ModelBrowser:
    """Find, download and look after models. Everything is asked for in the session's thread; close it at the end.

    `hub` and `downloads` open what their names say when it is first needed; they are replaced where there is another hub.
    While it is `watched`, what is in memory is looked at every second.
    """

    def __init__(
        self,
        session: Session,
        *,
        hub: Callable[[Settings], Hub] = open_hub,
        downloads: Callable[[Hub, Settings], Downloads] = open_downloads,
    ) -> None:
        self._session = session
        self._open_hub = hub
        self._hub: Hub | None = None
        self._opening = threading.Lock()
        self._tasks = Tasks(session.wake)
        self._cards: tuple[Card, ...] | None = None
        self._settings = session.workspace.settings
        self._looked = session.clock()
        self.watched = False
        self.wanted = Filter()
        self.problem = ""
        self.old = 0.0
        self.offer: Offer | None = None
        self.repo = ""
        self.offer_problem = ""
        self.endpoint = ""
        self.has_token: bool | None = None
        self.token_problem = ""
        self.machine = MachineState(session.workspace, self._tasks)
        self.news = News(session, self._tasks, self.machine)
        self.downloads = DownloadList(
            self._tasks, lambda: downloads(self._opened(), self._settings), self.news.finished, self.news.broke
        )

    # --- search

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards to show: those of the hub, or of the catalogue where it cannot be asked."""
        if self._cards is None:
            return ()
        return shown(self._cards, self.wanted) if not self.problem else passing(self._cards, self.wanted)

    @property
    def left_out(self) -> int:
        """How many cards were found and are not shown because they do not fit, or because that is not known."""
        return len(self._cards or ()) - len(self.cards) if self.wanted.fits_only and not self.problem else 0

    @property
    def searching(self) -> bool:
        """Whether the hub is being asked."""
        return self._tasks.busy(_SEARCH)

    @property
    def searched(self) -> bool:
        """Whether there is an answer to a search, or the catalogue in its place."""
        return self._cards is not None

    @property
    def note(self) -> str:
        """What to say about the cards as a whole: why they are not those of the hub today, "" where they are."""
        if self.problem:
            return f"{self.problem}\nMeanwhile, these are known to work; the list is of {catalogue().dated}."
        return f"The hub could not be asked; this is what it said {age(self.old)} ago." if self.old else ""

    def search(self, wanted: Filter) -> None:
        """Look for models; where only "fits only" changed, nothing is asked."""
        asked = self._cards is None or bool(self.problem or self.old) or wanted.query != self.wanted.query
        self.wanted = wanted
        if not asked:
            return
        n_ctx = self._session.workspace.settings.n_ctx

        def work(_: threading.Event) -> _Searched:
            free = host_memory().free
            try:
                found = self._opened().search(wanted.query)
            except GraphideError as error:
                return _Searched(catalogue_cards(catalogue(), free=free, n_ctx=n_ctx), problem=str(error))
            return _Searched(tuple(card_of(model, free=free, n_ctx=n_ctx) for model in found.models), found.old)

        self._tasks.begin(_SEARCH, work, self._take, lambda said: self._take(_Searched((), problem=said)), newest=True)

    def _take(self, made: _Searched) -> None:
        self._cards, self.old, self.problem = made

    # --- one repository

    @property
    def looking(self) -> bool:
        """Whether more about the repository that is looked at is to come."""
        return self._tasks.busy(_OFFER)

    def look_at(self, repo: str) -> None:
        """Show what a repository offers: with estimates at once, measured a little later."""
        if repo == self.repo and not self.offer_problem:
            return
        self.repo, self.offer, self.offer_problem = repo, None, ""
        options = load_options(self._session.workspace.settings)

        def work(stop: threading.Event) -> None:
            hub = self._opened()
            self._tasks.post(partial(self._asked_as, hub.endpoint, bool(hub.line.token())), key=_TOKEN)
            for offer in offers(hub, repo, options, host_memory().free, stop):
                self._tasks.post(partial(self._offered, offer), key=_OFFER)

        self._tasks.begin(_OFFER, work, lambda _: None, partial(self._offer_failed, repo), newest=True)

    def _asked_as(self, endpoint: str, has_token: bool) -> None:
        self.endpoint, self.has_token = endpoint, has_token

    def _offered(self, offer: Offer) -> None:
        if offer.repo == self.repo:
            self.offer = offer

    def _offer_failed(self, repo: str, sentence: str) -> None:
        if repo == self.repo:
            self.offer_problem = sentence

    def keep_token(self, text: str) -> None:
        """Keep a token of the hub where secrets are, and ask for the repository anew; `token_problem` says why not."""

        def kept(_: object) -> None:
            repo, self.repo, self.token_problem = self.repo, "", ""
            self.look_at(repo)

        def failed(sentence: str) -> None:
            self.token_problem = sentence

        self._tasks.begin(_TOKEN, lambda _: tokens.keep_token(text), kept, failed)

    # --- downloads

    def request(self, form: Form) -> Request:
        """Return the download of a form of the repository that is looked at."""
        assert self.offer is not None
        return self.offer.repository.request(form.chosen, paths.models_folder().absolute())

    def download(self, form: Form, asked: Asked | None = None) -> str:
        """Download a form of the repository that is looked at, or go on with it; return the id of the download.

        `asked` is who can use it when it is here.
        """
        request = self.request(form)
        if asked is not None:
            self.news.asked[request.id] = asked
        self.downloads.start(request)
        return request.id

    def download_of(self, form: Form) -> DownloadRow | None:
        """Return the line of the download of a form, None where there is none."""
        return self.downloads.row(self.request(form).id)

    def file_of(self, form: Form) -> OwnModel | None:
        """Return the file of that name and size that is on this machine already, in whichever folder."""
        if self.offer is None or self.machine.now is None:
            return None
        file, size = form.chosen.files[0].name, form.chosen.size
        models = self.machine.now.models
        return next((own for own in models if (own.model.file, own.model.size) == (file, size)), None)

    def is_here(self, form: Form) -> bool:
        """Whether a form is on this machine already."""
        return self.file_of(form) is not None

    # --- this machine

    @property
    def here(self) -> Machine | None:
        """The models of this machine, None while they are looked for."""
        return self.machine.now

    def make_default(self, own: OwnModel) -> str:
        """Let "default" mean a model, and return "", or why that could not be written."""
        problem = SettingsForm(self._session).choose_default(own.row.name)
        self.machine.look()
        return problem

    # --- all of it

    def tick(self) -> bool:
        """Take in what the threads gave, and return whether something is to be drawn again."""
        settings, now = self._session.workspace.settings, self._session.clock()
        if settings is not self._settings:
            self._follow(settings)
        if self.watched and now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self.machine.look_at_memory()
        self.news.follow()
        return self._tasks.deliver()

    def close(self) -> None:
        """End what goes on; downloads are paused, and can go on at the next start."""
        self.downloads.close()
        self._tasks.close()

    def _follow(self, settings: Settings) -> None:
        """Take other settings: another hub is asked from now on, downloads keep to the new limits."""
        before, self._settings = self._settings, settings
        if (before.hub, before.network) != (settings.hub, settings.network):
            with self._opening:
                self._hub = None
            self._cards, self.repo, self.offer = None, "", None
            self.downloads.begin_anew()
        self.downloads.set_limits(parallel=settings.download_parallel, rate=settings.download_rate)
        if (before.model_folders, before.aliases) != (settings.model_folders, settings.aliases):
            self.machine.look()

    def _opened(self) -> Hub:
        """Return the hub; for threads. Raises UsageError where its address is none."""
        with self._opening:
            if self._hub is None:
                self._hub = self._open_hub(self._settings)
            return self._hub
