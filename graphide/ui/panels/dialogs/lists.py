"""A list of lines that are drawn, one of them lit: the part that files, models, runs and search results share.

What a line looks like is given as plain shapes, so that columns stand where they are put, and only the lines that can be
seen are drawn. A click lights a line, a second one at once takes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.views import Rect, Shape
from graphide.ui import safe
from graphide.ui.shapes import draw

_TWICE: Final = 0.5  # seconds between the clicks of a double click
_PAD: Final = 6.0

Look = Callable[[int, float], Iterable[Shape]]


class DrawnList:
    """A list in a dialog; `look` gives the shapes of a line by its number and width. Lengths are pixels at scale 1."""

    def __init__(
        self, app: Any, row: float, look: Look, lit: Callable[[int], object], taken: Callable[[int], object]
    ) -> None:  # fmt: skip
        self._app = app
        self._row = row
        self._look = look
        self._on_lit = lit
        self._on_taken = taken
        self._box: safe.Item = 0
        self._list: safe.Item = 0
        self._handlers: safe.Item = 0
        self._count = 0
        self._size = (0.0, 0.0)
        self._painted: object = None
        self._shown_lit = -1
        self._last = (-1, 0.0)

    def build(self, width: float, height: float) -> None:
        """Add the list to the container that is being filled; a height below 0 leaves that much at its end."""
        self.close()
        kit = self._app.kit
        with kit.box("list", width=width, height=height, scrolls=True, border=True) as self._box:
            self._list = dpg.add_drawlist(10, 10)
        self._size = (width - 2 * _PAD - 10, height)
        with dpg.handler_registry() as self._handlers:
            dpg.add_mouse_click_handler(0, callback=self._clicked)
            dpg.add_mouse_move_handler(callback=self._app.wake)
        self._painted, self._shown_lit = None, -1

    def close(self) -> None:
        """Stop listening."""
        safe.delete(self._handlers)
        self._handlers = 0

    def update(self, count: int, lit: int, version: object) -> None:
        """Paint what can be seen when it changed; `version` stands for what the lines say."""
        if not dpg.does_item_exist(self._list):
            return
        scale = self._app.fonts.scale
        if count != self._count or self._painted is None:
            self._count = count
            height = max(1, round(count * self._row * scale))
            dpg.configure_item(self._list, width=round(self._size[0] * scale), height=height)
        if lit != self._shown_lit:
            self._shown_lit = lit
            self._app.after_frames(1, self._reveal)
        top, room = self._seen()
        first = max(0, int(top / self._row) - 1)
        last = min(count, first + int(room / self._row) + 3)
        over = self._under_mouse()
        painted = (version, lit, over, first, last, scale, self._app.themes.look)
        if painted != self._painted:
            self._painted = painted
            self._paint(range(first, last), lit, over)

    def _paint(self, rows: range, lit: int, over: int) -> None:
        safe.clear(self._list)
        scale, width = self._app.fonts.scale, self._size[0]
        brush = self._app.canvas.brush(scale)
        for number in rows:
            fill = "accent@24" if number == lit else "hover" if number == over else ""
            node = dpg.add_draw_node(parent=self._list)
            dpg.apply_transform(node, dpg.create_translation_matrix((0, number * self._row * scale, 0)))
            ground = (Rect(0, 1, width, self._row - 2, fill=fill, rounding=8),) if fill else ()
            draw((*ground, *self._look(number, width)), node, brush)

    def _seen(self) -> tuple[float, float]:
        """Return how far it is scrolled, and how high its window is."""
        scale = self._app.fonts.scale
        _, _, _, height = safe.rectangle(self._box)
        return dpg.get_y_scroll(self._box) / scale, (height or 600) / scale

    def _reveal(self) -> None:
        if not dpg.does_item_exist(self._box) or self._shown_lit < 0:
            return
        top, room = self._seen()
        start, end = self._shown_lit * self._row, (self._shown_lit + 1) * self._row
        wanted = start if start < top else end - room + 2 * _PAD if end > top + room - 2 * _PAD else top
        if wanted != top:
            dpg.set_y_scroll(self._box, max(0.0, wanted * self._app.fonts.scale))
            self._app.wake()

    def _under_mouse(self) -> int:
        """Return the line below the mouse, -1 for none."""
        if not safe.hovered(self._list):
            return -1
        number = int((safe.mouse()[1] - safe.rectangle(self._list)[1]) / (self._row * self._app.fonts.scale))
        return number if 0 <= number < self._count else -1

    def _clicked(self) -> None:
        number = self._under_mouse()
        if number < 0:
            return
        now, (last, at) = time.monotonic(), self._last
        self._last = (number, now)
        if number == last and now - at < _TWICE:
            self._last = (-1, 0.0)
            self._on_taken(number)
        else:
            self._on_lit(number)
        self._app.wake()
