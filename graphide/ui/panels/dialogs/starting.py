"""The gallery of templates, and the first start: cards with a small picture of each graph, for the mouse and the keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.templates import Picture, TemplateCard, gallery
from graphide.editor.text.metrics import shortened, width as text_width
from graphide.editor.views import Rect, Shape, Stroke
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.shapes import draw

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_CARD: Final = (270.0, 214.0)
_PICTURE: Final = 78.0
_GAP: Final = 10.0
_WELCOME: Final = "Choose a graph to begin with, and press Run: the bundled model answers on this machine."


class Templates(Body):
    """All templates, searched as one types."""

    size = (920.0, 660.0)
    hint = "Arrows and Enter"
    most = 1_000

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self._all = gallery(self.session.workspace).cards[: self.most]
        self._query = ""
        self._lit = 0
        self._shown: object = None
        self._grid: safe.Item = 0
        self._items: list[safe.Item] = []

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        return DialogButton("use", "Use it", "main"), CANCEL

    @property
    def cards(self) -> tuple[TemplateCard, ...]:
        """The cards that fit the search."""
        return tuple(card for card in self._all if card.fits(self._query))

    def build(self) -> None:
        self.first = self.kit.field(self._query, self._search, hint="Search templates", width=min(320.0, self.width))
        with self.kit.box("inside", height=-1, scrolls=True):
            self._grid = dpg.add_group()
        self._shown = None

    def update(self) -> None:
        if (self._query, self._lit) == self._shown or not dpg.does_item_exist(self._grid):
            return
        self._shown = (self._query, self._lit)
        safe.clear(self._grid)
        cards = self.cards
        across = self._across()
        for start in range(0, len(cards), across):
            with self.kit.line(spacing=_GAP, parent=self._grid):
                for number, card in list(enumerate(cards))[start : start + across]:
                    self._card(number, card)
        if not cards:
            self.kit.text("No template fits", "faint", parent=self._grid)

    def press(self, button_id: str) -> None:
        """Use the card that is lit."""
        cards = self.cards
        if button_id == "use":
            if cards:
                self.use(cards[min(self._lit, len(cards) - 1)])
            return
        super().press(button_id)

    def key(self, key: Key, *, typing: bool) -> bool:
        """Light another card."""
        steps = {"up": -self._across(), "down": self._across()}
        if not (typing and self._query):
            steps |= {"left": -1, "right": 1}
        if key.name not in steps or key.modifiers:
            return False
        wanted = self._lit + steps[key.name]
        if 0 <= wanted < len(self.cards):
            self._lit = wanted
        return True

    def use(self, card: TemplateCard) -> None:
        """Begin with a template."""
        self.session.popups.answer("ok", str(card.path))

    def _across(self) -> int:
        return max(1, int((self.width + _GAP - 12) / (_CARD[0] + _GAP)))

    def _search(self, query: str) -> None:
        self._query, self._lit = query, 0
        self.app.wake()

    def _card(self, number: int, card: TemplateCard) -> None:
        kit = self.kit
        with kit.box("card", width=_CARD[0], height=_CARD[1], border=True) as box:
            if number == self._lit:
                self.app.themes.bind(box, "card_on")
            kit.text(shortened(card.title, _CARD[0] - 30, 15, "semibold"), size=15, weight="semibold")
            kit.text(_two_lines(card.about, _CARD[0] - 30), "muted", size=13, wrap=_CARD[0] - 30)
            drawlist = dpg.add_drawlist(kit.px(_CARD[0] - 30), kit.px(_PICTURE))
            shapes = picture_shapes(card.picture, (_CARD[0] - 30, _PICTURE))
            draw(shapes, drawlist, self.app.canvas.brush(kit.fonts.scale))
            kit.button("Use it", partial(self._use, card), "primary" if number == self._lit else "ghost", size=14)

    def _use(self, card: TemplateCard) -> None:
        self.use(card)
        self.app.wake()


class FirstRun(Templates):
    """The first start: a few graphs to begin with, or none."""

    hint = ""
    most = 6
    size = (920.0, 640.0)

    @property
    def text(self) -> str:
        return _WELCOME

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        return DialogButton("use", "Use it", "main"), DialogButton("cancel", "Begin with an empty canvas")

    def build(self) -> None:
        with self.kit.box("inside", height=-1, scrolls=True):
            self._grid = dpg.add_group()
        self._shown = None

    def use(self, card: TemplateCard) -> None:
        """Begin with a template: nobody waits for the answer of this dialog."""
        self.session.popups.answer("cancel")
        self.session.new_from(str(card.path))


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
