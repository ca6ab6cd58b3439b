"""Finding models on the hub in the dialog: what is searched for above, cards at the left, the lit repository at the right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor import talking
from graphide.editor.model_cards import Card, card_facts
from graphide.editor.model_find import FindPage
from graphide.editor.model_offers import Form, Offer
from graphide.editor.model_shapes import FORM, ROW, card_shapes, form_shapes
from graphide.editor.text.metrics import icon
from graphide.editor.views import Shape
from graphide.ui import safe
from graphide.ui.panels.dialogs.lists import DrawnList
from graphide.ui.panels.dialogs.models_filters import Filters
from graphide.ui.panels.dialogs.models_page import PageView
from graphide.ui.panels.dialogs.models_readme import ReadmeView

_CARDS: Final = 0.44  # of the width
_FORMS: Final = 7  # at most, before they scroll
_FILTERS: Final = 44.0
_LOW: Final = 200.0  # a height that has no room for two lines of filters


class FindView(PageView):
    """The search, its cards, and one repository."""

    def __init__(self, app: Any, page: FindPage) -> None:
        super().__init__(app)
        self.page = page
        self.models = self.session.models
        self._cards = DrawnList(app, ROW, self._look, self._light, self._take)
        self.forms = DrawnList(app, FORM, self._form, self._choose, self._choose)
        self._readme = ReadmeView(app)
        self._filters = Filters(app, page)
        self._left: safe.Item = 0
        self._note: safe.Item = 0
        self._pane: safe.Item = 0
        self._top: safe.Item = 0
        self._said: safe.Item = 0
        self._bar: safe.Item = 0
        self._token: safe.Item = 0
        self._secret = ""
        self._shown: object = None
        self._noted: object = None
        self._detailed = False

    def build(self, width: float, height: float) -> None:
        """Add what is searched for, the cards, and the repository beside them where there is room for both."""
        super().build(width, height)
        self.page.narrow = self.narrow
        self._pane = self._left = self._note = 0
        self._detailed = self.narrow and self.page.details
        if self._detailed:
            self._add_pane(self.width, self.height)
            return
        self.first = self._filters.build(self.width, narrow=self.narrow, low=self.height <= _LOW)
        room = self.width if self.narrow else self.width * _CARDS
        height = self.height - _FILTERS * (1 if not self.narrow else 2)
        with dpg.group(horizontal=True, horizontal_spacing=self.kit.px(16)):
            with dpg.group() as self._left:
                self._note = self.kit.text("", "warn", size=13, wrap=room - 8)
                dpg.configure_item(self._note, show=False)
                self._cards.build(room - 2, -1)
            if not self.narrow:
                self._add_pane(self.width - room - 16, height)

    def update(self) -> None:
        """Paint what is seen, and the repository anew where it says something else."""
        if self.narrow and self._detailed != self.page.details:
            self._rebuild()
        self._show_note()
        page = self.page
        cards = page.cards
        here = self._here()
        if self._left:
            self._cards.update(len(cards), min(page.lit, max(0, len(cards) - 1)), (cards, here))
        if self._pane and dpg.does_item_exist(self._pane):
            self._show_repository(here)

    def leave(self) -> None:
        """Stop listening."""
        self._cards.close()
        self.forms.close()
        self._readme.close()

    def enter(self, field: safe.Item) -> bool:
        """Keep the token that was typed; an author is searched for by the field itself."""
        if field and field == self._filters.author:
            return True
        if not field or field != self._token:
            return False
        self._keep_token()
        return True

    # --- the note above the cards

    def _show_note(self) -> None:
        models = self.models
        left_out = models.left_out
        text = models.note
        if models.searching and not self.page.cards:
            text = "Asking the hub …"
        elif models.searched and not self.page.cards and not text:
            text = "Nothing was found. Search for fewer words."
        if left_out:
            one = left_out == 1
            text = f"{text}\n{left_out} more {'does' if one else 'do'} not fit, or {'says' if one else 'say'} no size."
        if self._note and text != self._noted and dpg.does_item_exist(self._note):
            self._noted = text
            dpg.set_value(self._note, text.strip())
            dpg.configure_item(self._note, show=bool(text))
            self.app.themes.bind(self._note, "warn" if models.problem or models.old else "muted")

    # --- the cards

    def _here(self) -> frozenset[str]:
        here = self.models.here
        return frozenset(own.origin.repo for own in here.models if own.origin is not None) if here else frozenset()

    def _look(self, number: int, width: float) -> Iterator[Shape]:
        card = self.page.cards[number]
        return card_shapes(card, width, here=card.repo in self._here())

    def _light(self, number: int) -> None:
        self.page.light(number)

    def _take(self, number: int) -> None:
        self.page.light(number)
        if self.narrow:
            self.page.details = True

    def _rebuild(self) -> None:
        self.leave()
        parent = dpg.get_item_parent(self._pane if self._detailed else dpg.get_item_parent(self._left))
        self.fill(parent, partial(self.build, self.width, self.height))
        self._noted = None

    # --- the repository

    def _add_pane(self, width: float, height: float) -> None:
        self._room = width - 14
        with self.kit.box("inside", width=width, height=height, scrolls=True) as self._pane:
            self._top = dpg.add_group()
        self._shown = self._noted = None

    def _show_repository(self, here: frozenset[str]) -> None:
        page, models = self.page, self.models
        card, offer = page.card, page.offer
        shown = (card, offer, page.trouble, models.looking, page.gate, models.token_problem, models.searching)
        if shown != self._shown:
            self._shown = shown
            self.forms.close()
            self.fill(self._top, partial(self._repository, card, offer))
            readme = offer.readme if offer is not None else None
            self._readme.show(self._pane, readme or "", self._room)
        if offer is not None and page.forms:
            own = tuple(models.is_here(form) for form in page.forms)
            self.forms.update(len(page.forms), page.at, (page.forms, page.at, own))
            self._show_form(page.form)
        self._readme.update(self._pane)

    def _repository(self, card: Card | None, offer: Offer | None) -> None:
        kit, page = self.kit, self.page
        self._said = self._bar = self._token = 0
        if self._detailed:
            kit.button("Back to the cards", self.then(self._back), "ghost", sign="arrow-left", size=14)
        if card is None:
            kit.text("" if self.models.searching else "Search for a model, and see whether it fits.", "muted", wrap=0)
            return
        kit.text(card.title, size=17, weight="semibold", wrap=self._room)
        kit.text("  ·  ".join(card_facts(card)), "muted", size=13, wrap=self._room)
        page_of = f"{self.models.endpoint}/{card.repo}"
        if self.models.endpoint:
            kit.button(
                card.repo, partial(talking.open_link, self.session, page_of), "quiet", sign="external-link", size=13
            )
        if page.gate:
            self._gate()
        if page.trouble:
            kit.text(f"{icon('triangle-alert')}  {page.trouble}", "bad", size=14, wrap=self._room)
        if offer is None:
            if not page.trouble:
                kit.text("Looking what there is …", "muted", size=14)
            return
        self._offer(offer)

    def _offer(self, offer: Offer) -> None:
        kit = self.kit
        if not offer.forms:
            kit.text("It has no GGUF files that could be run.", "warn", size=14, wrap=self._room)
        else:
            count = min(len(offer.forms), _FORMS)
            self.forms.build(self._room, count * FORM + 16)
            self._said = kit.text("", "muted", size=13, wrap=self._room)
            self._bar = dpg.add_progress_bar(width=kit.px(self._room), height=kit.px(6), show=False)
        if offer.old:
            kit.text("The hub could not be asked; this is what it said earlier.", "warn", size=13, wrap=self._room)
        if offer.problem and not self.page.gate:
            kit.text(offer.problem, "warn", size=13, wrap=self._room)
        if offer.readme is None:
            kit.text("The README is on its way …", "faint", size=13)
        elif offer.readme:
            kit.heading("README")

    def _gate(self) -> None:
        kit = self.kit
        with kit.box("notice", width=self._room, grow=True):
            kit.text(f"{icon('lock')}  {self.page.gate}", "warn", size=13, wrap=self._room - 26)
            if not self.models.has_token:
                with kit.line(spacing=8):
                    self._token = kit.field(self._secret, self._typed_secret, hint="hf_…", width=240)
                    dpg.configure_item(self._token, password=True)
                    kit.button("Keep it", self.then(self._keep_token), "ghost", size=14)
            if self.models.token_problem:
                kit.text(self.models.token_problem, "bad", size=13, wrap=self._room - 26)

    def _typed_secret(self, text: str) -> None:
        self._secret = text

    def _keep_token(self) -> None:
        secret, self._secret = self._secret, ""
        self.models.keep_token(secret)

    def _back(self) -> None:
        self.page.details = False

    # --- its forms

    def _form(self, number: int, width: float) -> Iterator[Shape]:
        form = self.page.forms[number]
        return form_shapes(form, width, lit=number == self.page.at, here=self.models.is_here(form))

    def _choose(self, number: int) -> None:
        self.page.choose(number)

    def _show_form(self, form: Form | None) -> None:
        """Say of the chosen form whether it fits, with numbers, or how far its download is."""
        if form is None or not self._said or not dpg.does_item_exist(self._said):
            return
        row = self.page.row
        text = self.page.said
        if dpg.get_value(self._said) != text:
            dpg.set_value(self._said, text)
        dpg.configure_item(self._bar, show=row is not None)
        if row is not None:
            dpg.set_value(self._bar, row.fraction)
