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
from graphide.editor.model_downloads import DownloadList
from graphide.editor.model_library import Machine, OwnModel
from graphide.editor.model_machine import MachineState
from graphide.editor.model_offers import Form, Offer, load_options, offers
from graphide.editor.model_tasks import Tasks
from graphide.editor.settings_form import SettingsForm
from graphide.errors import GraphideError
from graphide.models.catalogue import catalogue
from graphide.models.download import Downloads
from graphide.models.hub import Hub
from graphide.models.library import user_cache
from graphide.models.memory import host_memory

if TYPE_CHECKING:
    from graphide.editor.session import Session
    from graphide.models.download_job import Job

_SEARCH, _OFFER = "search", "offer"


class _Searched(NamedTuple):
    cards: tuple[Card, ...]
    old: float = 0.0
    problem: str = ""


def open_downloads(hub: Hub) -> Downloads:
    """Return the downloads of this user."""
    return Downloads(hub.line, network=hub.network, hashes=user_cache())


class ModelBrowser:
    """Find, download and look after models. Everything is asked for in the session's thread; close it at the end.

    `hub` and `downloads` open what their names say when it is first needed; they are replaced where there is another hub.
    """

    def __init__(
        self,
        session: Session,
        *,
        hub: Callable[[], Hub] = Hub,
        downloads: Callable[[Hub], Downloads] = open_downloads,
    ) -> None:
        self._session = session
        self._open_hub = hub
        self._hub: Hub | None = None
        self._opening = threading.Lock()
        self._tasks = Tasks(session.wake)
        self._cards: tuple[Card, ...] | None = None
        self.wanted = Filter()
        self.problem = ""
        self.old = 0.0
        self.offer: Offer | None = None
        self.repo = ""
        self.offer_problem = ""
        self.machine = MachineState(session.workspace, self._tasks)
        self.downloads = DownloadList(self._tasks, lambda: downloads(self._opened()), self._finished)

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
    def note(self) -> str:
        """What to say about the cards as a whole: why they are not those of the hub today, "" where they are."""
        if self.problem:
            return f"{self.problem}\nMeanwhile, these are known to work; the list is of {catalogue().dated}."
        if self.old:
            hours = self.old / 3600
            amount = f"{hours:.0f} hours" if hours >= 2 else f"{max(1, round(self.old / 60))} minutes"
            return f"The hub could not be asked; this is what it said {amount} ago."
        return ""

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
            for offer in offers(self._opened(), repo, options, host_memory().free, stop):
                self._tasks.post(partial(self._offered, offer), key=_OFFER)

        self._tasks.begin(_OFFER, work, lambda _: None, partial(self._offer_failed, repo), newest=True)

    def _offered(self, offer: Offer) -> None:
        if offer.repo == self.repo:
            self.offer = offer

    def _offer_failed(self, repo: str, sentence: str) -> None:
        if repo == self.repo:
            self.offer_problem = sentence

    # --- downloads

    def download(self, form: Form) -> str:
        """Download a form of the repository that is looked at, or go on with it; return the id of the download."""
        assert self.offer is not None
        request = self.offer.repository.request(form.chosen, paths.models_folder().absolute())
        self.downloads.start(request)
        return request.id

    def is_here(self, form: Form) -> bool:
        """Whether a file of that name and size is on this machine already, in whichever folder."""
        if self.offer is None or self.machine.now is None:
            return False
        file = form.chosen.files[0].name
        return any((own.model.file, own.model.size) == (file, form.chosen.size) for own in self.machine.now.models)

    def _finished(self, job: Job) -> None:
        self._session.say(f"The model {job.name} is here, and is what the hub promised")
        self.machine.look()

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
        return self._tasks.deliver()

    def close(self) -> None:
        """End what goes on; downloads are paused, and can go on at the next start."""
        self.downloads.close()
        self._tasks.close()

    def _opened(self) -> Hub:
        """Return the hub; for threads. Raises UsageError where its address is none."""
        with self._opening:
            if self._hub is None:
                self._hub = self._open_hub()
            return self._hub
