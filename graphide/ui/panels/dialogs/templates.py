"""The gallery of templates: cards with a small picture of each graph, for the mouse and the keys; own ones can be changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor import template_acts
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.templates import Picture, TemplateCard, gallery
from graphide.editor.text.metrics import shortened, width as text_width
from graphide.editor.views import Rect, Shape, Stroke
from graphide.errors import GraphideError
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.shapes import draw
from graphide.ui.theme import StyleName

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_CARD: Final = (270.0, 214.0)
_PICTURE: Final = 78.0
_GAP: Final = 10.0


class Templates(Body):
    """All templates, searched as one types; `changes` says whether own ones can be renamed and deleted here."""

    size = (920.0, 660.0)
    hint = "Arrows and Enter"
    most = 1_000
    changes = True

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self._query = ""
        self._lit = 0
        self._shown: object = None
        self._grid: safe.Item = 0
        self._deleted = ""
        self.undo: safe.Item = 0
        self.buttons_of: dict[tuple[str, str], safe.Item] = {}
        self._read()

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        inserts = self.dialog.data == template_acts.INSERT
        use = DialogButton("use", "Use it", "normal" if inserts else "main")
        insert = DialogButton("insert", "Insert into the graph", "main" if inserts else "normal")
        return (insert, use, CANCEL) if inserts else (use, insert, CANCEL)

    @property
    def cards(self) -> tuple[TemplateCard, ...]:
        """The cards that fit the search."""
        return tuple(card for card in self._all if card.fits(self._query))

    def build(self) -> None:
        kit = self.kit
        with kit.line(spacing=12):
            self.first = kit.field(self._query, self._search, hint="Search templates", width=min(320.0, self.width))
            if self._deleted:
                kit.text(f"Deleted: {shortened(self._deleted, 240, 14)}", "muted", size=14)
                self.undo = kit.button("Undo", self._restore, "ghost", sign="undo-2", size=14)
        with kit.box("inside", height=-1, scrolls=True):
            self._grid = dpg.add_group()
        self._shown = None

    def update(self) -> None:
        if (self._query, self._lit) == self._shown or not dpg.does_item_exist(self._grid):
            return
        self._shown = (self._query, self._lit)
        safe.clear(self._grid)
        cards, self.buttons_of = self.cards, {}
        across = self._across()
        for start in range(0, len(cards), across):
            with self.kit.line(spacing=_GAP, parent=self._grid):
                for number, card in list(enumerate(cards))[start : start + across]:
                    self._card(number, card)
        if not cards:
            self.kit.text("No template fits", "faint", parent=self._grid)

    def press(self, button_id: str) -> None:
        """Use the card that is lit, or put it into the graph."""
        card = self._chosen
        if button_id not in ("use", "insert"):
            super().press(button_id)
        elif card is not None and button_id == "use":
            self.use(card)
        elif card is not None:
            self.session.popups.answer(template_acts.INSERT, str(card.path))

    def key(self, key: Key, *, typing: bool) -> bool:
        """Light another card, or change the one that is lit."""
        card = self._chosen
        if (
            self.changes
            and card is not None
            and card.is_own
            and (key.name == "f2" or (key.name == "delete" and not self._query))
        ):
            (self._rename if key.name == "f2" else self._delete)(card)
            return True
        steps = {"up": -self._across(), "down": self._across()}
        if not (typing and self._query):
            steps |= {"left": -1, "right": 1}
        if key.name not in steps or key.modifiers:
            return False
        wanted = self._lit + steps[key.name]
        if 0 <= wanted < len(self.cards):
            self._lit = wanted
        return True

    def back(self) -> None:
        """Read the templates again: one may have another name now."""
        self._read()

    def use(self, card: TemplateCard) -> None:
        """Begin with a template."""
        self.session.popups.answer(template_acts.USE, str(card.path))

    # --- inside

    @property
    def _chosen(self) -> TemplateCard | None:
        cards = self.cards
        return cards[min(self._lit, len(cards) - 1)] if cards else None

    def _read(self) -> None:
        found = gallery(self.session.workspace, template_acts.templates_of(self.session).folder)
        self._all = found.cards[: self.most]
        self._shown = None

    def _across(self) -> int:
        return max(1, int((self.width + _GAP - 12) / (_CARD[0] + _GAP)))

    def _search(self, query: str) -> None:
        self._query, self._lit = query, 0
        self.app.wake()

    def _card(self, number: int, card: TemplateCard) -> None:
        kit, room = self.kit, _CARD[0] - 30
        own = self.changes and card.is_own
        with kit.box("card", width=_CARD[0], height=_CARD[1], border=True) as box:
            if number == self._lit:
                self.app.themes.bind(box, "card_on")
            with kit.line(spacing=8):
                kit.text(shortened(card.title, room - (50 if own else 0), 15, "semibold"), size=15, weight="semibold")
                if own:
                    kit.text("yours", "accent_text", size=13)
            kit.text(_two_lines(_about(card), room), "muted", size=13, wrap=room)
            drawlist = dpg.add_drawlist(kit.px(room), kit.px(_PICTURE))
            draw(picture_shapes(card.picture, (room, _PICTURE)), drawlist, self.app.canvas.brush(kit.fonts.scale))
            with kit.line(spacing=4):
                style: StyleName = "primary" if number == self._lit else "ghost"
                label = "Insert" if self.dialog.data == template_acts.INSERT else "Use it"
                self.buttons_of[card.name, "use"] = kit.button(label, partial(self._use, card), style, size=14)
                if own:
                    self._changes_of(card)

    def _changes_of(self, card: TemplateCard) -> None:
        kit = self.kit
        rename, delete = partial(self._rename, card), partial(self._delete, card)
        self.buttons_of[card.name, "rename"] = kit.icon_button(
            "pencil", rename, "Name, description, tags (F2)", size=14
        )
        self.buttons_of[card.name, "delete"] = kit.icon_button("trash-2", delete, "Delete (Del)", size=14)

    def _use(self, card: TemplateCard) -> None:
        if self.dialog.data == template_acts.INSERT:
            self.session.popups.answer(template_acts.INSERT, str(card.path))
        else:
            self.use(card)
        self.app.wake()

    def _rename(self, card: TemplateCard) -> None:
        self._tried(partial(template_acts.rename, self.session, card.name))

    def _delete(self, card: TemplateCard) -> None:
        if self._tried(partial(template_acts.delete, self.session, card.name)):
            self._deleted = card.title
            self._again()

    def _restore(self) -> None:
        self.session.act("restore_template")
        self._deleted = ""
        self._again()

    def _again(self) -> None:
        self._read()
        self._lit = min(self._lit, max(0, len(self.cards) - 1))
        self.shell.forget()

    def _tried(self, do: partial[None]) -> bool:
        try:
            do()
        except GraphideError as error:
            self.session.fail(error)
            return False
        self.app.wake()
        return True


def _about(card: TemplateCard) -> str:
    """Return what a card says below its title: what it is for, and its tags."""
    return " ".join([*([card.about] if card.about else []), *(f"#{tag}" for tag in card.tags)])


def _two_lines(text: str, room: float) -> str:
    """Return as much of a text as fits on two lines of small type."""
    return text if text_width(text, 13) < 1.8 * room else shortened(text, 1.75 * room, 13)


def picture_shapes(picture: Picture, size: tuple[float, float]) -> tuple[Shape, ...]:
    """Return a graph in small, drawn into the middle of a size."""
    if not picture.boxes:
        return ()
    scale = min(size[0] / max(picture.width, 1.0), size[1] / max(picture.height, 1.0), 0.2)
    left, top = ((side - whole * scale) / 2 for side, whole in zip(size, (picture.width, picture.height), strict=True))
    shapes: list[Shape] = []
    for wire in picture.wires:
        source, target = picture.boxes[wire.source], picture.boxes[wire.target]
        start = (left + (source.x + source.width) * scale, top + (source.y + source.height / 2) * scale)
        end = (left + target.x * scale, top + (target.y + target.height / 2) * scale)
        bend = max(6.0, (end[0] - start[0]) / 2)
        shapes.append(Stroke((start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end), "faint", 1.0))
    for box in picture.boxes:
        color = f"category_{box.category}" if box.category else "state_missing"
        x, y = left + box.x * scale, top + box.y * scale
        fill, outline = f"field+{color}@35", f"{color}@70"
        shapes.append(Rect(x, y, box.width * scale, box.height * scale, fill=fill, outline=outline, rounding=3))
    return tuple(shapes)
