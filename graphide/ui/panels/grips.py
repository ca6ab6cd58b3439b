"""The edges between the canvas and the panels beside it, which are dragged to make those wider, narrower, or to shut them.

They follow the mouse themselves: a widget there would lie below the parts that it divides, and never be reached.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import dearpygui.dearpygui as dpg

from graphide.editor.views import Rect
from graphide.ui import safe
from graphide.ui.layout import GRIP
from graphide.ui.panels.base import Panel
from graphide.ui.shapes import draw

Side = Literal["left", "right"]
_OUTSIDE: Final = 2.0
"""So many pixels of an edge are on the panel, where a scrollbar may be; the other ones, `GRIP`, on the canvas."""
_LINE: Final = 3.0


class Grips(Panel):
    """Both edges."""

    def __init__(self, app: Any) -> None:
        super().__init__(app, 0)
        self._layer: Any = dpg.add_viewport_drawlist(front=True)
        self._drawn: tuple[object, ...] = ()
        self._was_down = False
        self.dragged: Side | None = None

    def update(self) -> None:
        """Follow the mouse."""
        down = bool(dpg.is_mouse_button_down(dpg.mvMouseButton_Left))
        if down and not self._was_down:
            self.dragged = self.under()
        elif not down:
            self.dragged = None
        self._was_down = down
        if self.dragged is not None:
            x, scale = safe.mouse()[0], self.app.fonts.scale
            width = x if self.dragged == "left" else dpg.get_viewport_client_width() - x
            self.app.resize_panel(self.dragged, width / scale)
        self._draw(self.dragged or (self.under() if not down else None))

    def under(self) -> Side | None:
        """Return the edge under the mouse, None elsewhere and while something lies above."""
        (x, y), area = safe.mouse(), self.app.canvas.area
        session, right = self.session, area.x + area.width
        if session.gestures.now is not None or session.popups.dialog or session.popups.menu or session.popups.palette:
            return None
        if not 0 <= y < dpg.get_viewport_client_height():
            return None
        if area.x > 0 and -_OUTSIDE <= x - area.x <= GRIP:
            return "left"
        is_open = right < int(dpg.get_viewport_client_width())
        return "right" if is_open and -GRIP <= x - right <= _OUTSIDE else None

    def _draw(self, side: Side | None) -> None:
        area, color = self.app.canvas.area, "accent@60" if self.dragged else "accent@40"
        drawn = (side, area, color, self.app.themes.look) if side is not None else ()
        if drawn == self._drawn:
            return
        self._drawn = drawn
        dpg.delete_item(self._layer, children_only=True)
        if side is not None:
            x = area.x - 1 if side == "left" else area.x + area.width - 2
            line = Rect(x, 0, _LINE, float(dpg.get_viewport_client_height()), fill=color)
            draw((line,), self._layer, self.app.canvas.brush(1.0))
