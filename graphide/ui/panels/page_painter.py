"""Paints a page of parts on one drawlist: only those that are seen, and anew only those that are other objects than before.

What is on the page is laid out by `graphide.editor.chat_page`; what a click does is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import dearpygui.dearpygui as dpg

from graphide.editor.text.page import Part
from graphide.editor.text.picking import Picked, lit
from graphide.editor.views import Box, Rect
from graphide.ui import safe
from graphide.ui.shapes import draw

if TYPE_CHECKING:
    from graphide.ui.app import App

_AHEAD: Final = 400.0  # pixels beyond what is seen that are painted too, so that scrolling shows no gaps
_UNKNOWN_HEIGHT: Final = 1600.0


class Page(Protocol):
    """What can be painted: parts below each other, and at which height each of them begins."""

    @property
    def parts(self) -> Sequence[Part]:
        """The parts, from top to bottom."""
        ...

    @property
    def tops(self) -> Sequence[float]:
        """Where each part begins."""
        ...

    @property
    def height(self) -> float:
        """The height of all parts together."""
        ...

    def seen(self, top: float, height: float) -> range:
        """Return the numbers of the parts of which something is between two heights."""
        ...


class _Drawn(NamedTuple):
    item: Any
    part: Part
    top: float


class PagePainter:
    """Paints one page into a scrolling box of its own."""

    def __init__(self, app: App, box: safe.Item) -> None:
        self._app = app
        self.drawlist: Any = dpg.add_drawlist(10, 10, parent=box)
        self._parts: Any = dpg.add_draw_node(parent=self.drawlist)
        self._hovered: Any = dpg.add_draw_node(parent=self.drawlist)
        self._picked: Any = dpg.add_draw_node(parent=self.drawlist)
        self._drawn: dict[int, _Drawn] = {}
        self._lit: tuple[object, ...] = ()
        self._hover: Box | None = None
        self._size = (0, 0)
        self._made_of: tuple[object, tuple[float, ...]] = (None, ())
        self.painted = 0  # how many parts were painted so far, for whoever wants to know what a change costs

    @property
    def scale(self) -> float:
        """Pixels of the screen in one of the page."""
        return self._app.fonts.scale

    def paint(self, page: Page, width: float, top: float, height: float) -> None:
        """Bring the drawlist to what a page says, as far as it is seen: from `top` on, `height` pixels of the screen."""
        made_of = (width, top, height, self.scale)
        if page.parts is self._made_of[0] and made_of == self._made_of[1]:
            return
        self._made_of = (page.parts, made_of)
        size = (max(1, round(width * self.scale)), max(1, round(page.height * self.scale)))
        if size != self._size:
            self._size = size
            dpg.configure_item(self.drawlist, width=size[0], height=size[1])
        seen = page.seen(top / self.scale - _AHEAD, (height / self.scale or _UNKNOWN_HEIGHT) + 2 * _AHEAD)
        for number in [number for number in self._drawn if number not in seen]:
            dpg.delete_item(self._drawn.pop(number).item)
        for number in seen:
            self._paint_part(number, page.parts[number], page.tops[number])

    def light(self, page: Page, picked: Picked | None, hover: Box | None) -> None:
        """Show what is selected and what the mouse is over."""
        if hover != self._hover:
            self._hover = hover
            dpg.delete_item(self._hovered, children_only=True)
            if hover is not None:
                draw((Rect(*hover, fill="text@9", rounding=7),), self._hovered, self._brush)
        made_of = (picked, page.parts) if picked else ()
        if made_of != self._lit:
            self._lit = made_of
            dpg.delete_item(self._picked, children_only=True)
            for number, box in lit(page.parts, picked) if picked else ():
                shape = Rect(*box._replace(y=box.y + page.tops[number]), fill="accent@35", rounding=3)
                draw((shape,), self._picked, self._brush)

    @property
    def _brush(self) -> Any:
        return self._app.canvas.brush(self.scale)

    def _paint_part(self, number: int, part: Part, top: float) -> None:
        drawn = self._drawn.get(number)
        if drawn is not None and drawn.part is part and drawn.top == top:
            return
        item = drawn.item if drawn is not None else dpg.add_draw_node(parent=self._parts)
        if drawn is None or drawn.part is not part:
            dpg.delete_item(item, children_only=True)
            draw(part.shapes, item, self._brush)
            self.painted += 1
        if drawn is None or drawn.top != top:
            dpg.apply_transform(item, dpg.create_translation_matrix((0, round(top * self.scale), 0)))
        self._drawn[number] = _Drawn(item, part, top)
