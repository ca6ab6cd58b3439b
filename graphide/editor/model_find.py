"""Models of the hub as a page: what is searched for, the cards that were found, and the forms of the one that is lit.

A search begins a moment after the last letter, a look at a repository a moment after it was lit. Asking the hub is
`model_browser`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graphide.editor.dialogs import DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.model_asked import Asked, ModelsAt
from graphide.editor.model_cards import Card
from graphide.editor.model_download_rows import DownloadRow
from graphide.editor.model_here import STEPS
from graphide.editor.model_list import size_text
from graphide.editor.model_offers import Form, Offer
from graphide.errors import UsageError
from graphide.models.hub_spec import PullSpec, parse_spec

if TYPE_CHECKING:
    from graphide.editor.session import Session

QUIET: Final = 0.45  # seconds without a key before the hub is asked
REST: Final = 0.25  # seconds that a card is lit before its repository is looked at


class FindPage:
    """The search and its cards, with one `lit`; of its repository one form is chosen, the recommended one by itself.

    `narrow` says that there is no room for the cards and the repository, `details` that the latter is shown then; `asked` is
    who gets what is downloaded.
    """

    def __init__(self, session: Session, place: ModelsAt, asked: Asked | None) -> None:
        self._session = session
        self._models = session.models
        self._asked = asked
        self.wanted = self._models.wanted if not (place.text or place.repo) else replace(
            self._models.wanted, text=place.text, author="", size=(0, 0), licence="", fits_only=False
        )  # fmt: skip
        self.lit = 0
        self.narrow, self.details = False, bool(place.repo)
        self.problem = ""
        self._own: Card | None = None
        self._spec: PullSpec | None = None
        self._sha256 = place.sha256
        self._form = ""
        self._typed_at = self._lit_at = math.inf
        if place.repo:
            self._take_spec(PullSpec(place.repo, place.form, place.file))

    # --- the search

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards to show; a repository that is named comes first."""
        cards = self._models.cards
        if self._own is None:
            return cards
        own = next((card for card in cards if card.repo == self._own.repo), self._own)
        return (own, *(card for card in cards if card.repo != own.repo))

    @property
    def card(self) -> Card | None:
        """The card that is lit."""
        cards = self.cards
        return cards[min(self.lit, len(cards) - 1)] if cards else None

    def begin(self) -> None:
        """Ask the hub for the first time, where nobody did."""
        if not self._models.searched or self.wanted != self._models.wanted:
            self._models.search(self.wanted)
        self._lit_at = self._session.clock()

    def type(self, text: str) -> None:
        """Search for other words; the hub is asked when the typing rests."""
        self.wanted = replace(self.wanted, text=text)
        self._typed_at = self._session.clock()

    def change(self, **wanted: Any) -> None:
        """Search with another author, size, licence or order."""
        self.wanted = replace(self.wanted, **wanted)
        self.search()

    def search(self) -> None:
        """Ask the hub now. What names a repository, or is the address of one, is shown first."""
        self._typed_at = math.inf
        self.lit, self._own, self.problem = 0, None, ""
        spec = _spec(self.wanted.text)
        if spec is not None:
            self._take_spec(spec)
        self._models.search(self.wanted if spec is None else replace(self.wanted, text=spec.repo.partition("/")[2]))
        self._lit_at = self._session.clock()

    @property
    def is_typed(self) -> bool:
        """Whether something was typed that the hub was not asked for yet."""
        return self._typed_at < math.inf

    def tick(self) -> bool:
        """Ask what is due, and return whether something is to be asked soon."""
        now = self._session.clock()
        if now >= self._typed_at + QUIET:
            self.search()
        card = self.card
        if now >= self._lit_at + REST and card is not None and not (self._models.searching and self._own is None):
            self._lit_at = math.inf
            if card.repo != self._models.repo:
                self._form = ""
            self._models.look_at(card.repo)
        return self._typed_at < math.inf or (self._lit_at < math.inf and not self._models.searching)

    def _take_spec(self, spec: PullSpec) -> None:
        title = spec.repo.partition("/")[2]
        self._own, self._spec = Card(repo=spec.repo, title=title), spec
        self._lit_at = self._session.clock() - REST

    # --- the list

    def light(self, number: int) -> None:
        """Light a card; its repository is looked at a moment later."""
        number = min(max(number, 0), max(0, len(self.cards) - 1))
        if number != self.lit or self._models.repo != (self.card.repo if self.card else ""):
            self.lit, self._form, self.problem = number, "", ""
            self._lit_at = self._session.clock()

    # --- the repository that is lit

    @property
    def offer(self) -> Offer | None:
        """What the repository of the lit card offers, as far as it is known."""
        offer, card = self._models.offer, self.card
        return offer if offer is not None and card is not None and offer.repo == card.repo else None

    @property
    def trouble(self) -> str:
        """Why the repository of the lit card cannot be shown."""
        card = self.card
        return self._models.offer_problem if card is not None and card.repo == self._models.repo else ""

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms to choose from."""
        return self.offer.forms if self.offer is not None else ()

    @property
    def at(self) -> int:
        """The number of the chosen form: by the user, by who asked, else the recommended one."""
        forms = self.forms
        tests = (
            lambda form: form.chosen.file == self._form,
            lambda form: bool(self._sha256) and form.chosen.files[0].sha256 == self._sha256,
            lambda form: self._spec is not None and self._is_named(form, self._spec),
            lambda form: form.take,
        )
        for test in tests:
            found = next((number for number, form in enumerate(forms) if test(form)), -1)
            if found >= 0:
                return found
        return 0

    @property
    def form(self) -> Form | None:
        """The chosen form."""
        return self.forms[self.at] if self.forms else None

    def choose(self, number: int) -> None:
        """Choose a form."""
        if self.forms:
            self._form = self.forms[min(max(number, 0), len(self.forms) - 1)].chosen.file

    @property
    def row(self) -> DownloadRow | None:
        """The download of the chosen form, where there is one that is not done."""
        found = self._models.download_of(self.form) if self.form is not None else None
        return found if found is not None and found.state != "done" else None

    @property
    def gate(self) -> str:
        """What to do before a gated repository gives its files, "" where nothing is."""
        offer = self.offer
        if offer is None or not offer.repository.model.gated:
            return ""
        page = f"{self._models.endpoint}/{offer.repo}"
        if self._models.has_token:
            return f"Its authors ask for their conditions to be accepted first, at {page}. Your token is sent along."
        return (
            f"Its authors ask for their conditions to be accepted first, at {page}. Then make a token at "
            f"{self._models.endpoint}/settings/tokens and paste it here; it is kept where secrets are."
        )

    def _is_named(self, form: Form, spec: PullSpec) -> bool:
        if self.card is None or self.card.repo != spec.repo:
            return False
        names = {name for file in form.chosen.files for name in (file.path, file.name)}
        return spec.file in names if spec.file else bool(spec.quantisation) and form.name == spec.quantisation.upper()

    @property
    def said(self) -> str:
        """What to say of the chosen form: how far its download is, else whether it fits, with numbers and why it."""
        form, row, offer = self.form, self.row, self.offer
        if form is None or offer is None:
            return ""
        if row is not None:
            return f"{row.said}\n{row.problem}".strip()
        reason = offer.reason.partition(":")[0] if form.take else ""  # its figures are those of the label
        why = f" ({form.label.why})" if form.label.why else ""
        said = f"{str(form.label)[:1].upper()}{str(form.label)[1:]}{why}"
        return f"{said}\nRecommended: {reason}" if reason else said

    # --- what can be done

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        """The buttons below: what the chosen form is for comes first."""
        close = DialogButton("cancel", "Cancel" if self._asked else "Close")
        form, row = self.form, self.row
        if self.is_typed:
            return DialogButton("search", "Search", "main"), close
        if form is None:
            again = "Try again" if self.trouble or self._models.problem else "Search"
            return DialogButton("cancel", close.label, "main"), DialogButton("search", again)
        if self.narrow and not self.details:
            return DialogButton("details", "Show it", "main"), close
        if row is not None:
            return DialogButton("downloads", "Show the download", "main"), close
        if self._models.is_here(form):
            return DialogButton("ok", "Choose", "main") if self._asked else DialogButton(
                "show", "Show it", "main"
            ), close
        return DialogButton("download", f"Download {size_text(form.chosen.size)}", "main"), close

    def press(self, button: str) -> bool:
        """Do what a button says, and return whether it is one of this page."""
        form = self.form
        if button == "search":
            self.search()
        elif button == "details":
            self.details = True
        elif button == "ok" and form is not None and (own := self._models.file_of(form)) is not None:
            self._session.popups.answer("ok", own.row.name)
        elif button == "download" and form is not None:
            self._models.download(form, self._asked)
        else:
            return False
        return True

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go through the cards; with Ctrl through the forms of the one that is lit."""
        if key.name in STEPS and not key.modifiers:
            self.light(self.lit + STEPS[key.name])
        elif key.name in ("up", "down") and key.modifiers == {"ctrl"}:
            self.choose(self.at + STEPS[key.name])
        elif self.narrow and key.chord in ("ctrl+right", "ctrl+left"):
            self.details = key.name == "right"
        else:
            return False
        return True


def _spec(text: str) -> PullSpec | None:
    """Return what a text names on the hub, None where it is words to search for."""
    if "/" not in text:
        return None
    try:
        return parse_spec(text)
    except UsageError:
        return None
