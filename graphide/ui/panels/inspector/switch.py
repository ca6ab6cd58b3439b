"""A switch: on or off, drawn like the one on the canvas, with its label beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.inspector_parts import SettingRow
from graphide.editor.text.metrics import shortened
from graphide.editor.views import Disc, Rect
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.shapes import draw
from graphide.values import Json

_WIDTH, _HEIGHT = 34.0, 20.0


class Switch:
    """A switch in a part; `put` has the new value."""

    def __init__(self, part: Part, label: str, row: SettingRow, put: Callable[[Json], None]) -> None:
        self._part = part
        self._row = row
        self._put = put
        self._painted: tuple[object, ...] = ()
        kit = part.kit
        with kit.line(spacing=9):
            self._drawlist: Any = dpg.add_drawlist(kit.px(_WIDTH), kit.px(_HEIGHT))
            shown = kit.text(shortened(label, part.width - 50, 14), size=14)
        with dpg.item_handler_registry() as self._handlers:
            dpg.add_item_clicked_handler(0, callback=self._press)
        for item in (self._drawlist, shown):
            dpg.bind_item_handler_registry(item, self._handlers)

    @property
    def is_on(self) -> bool:
        """Whether it is on."""
        return self._row.value is True

    def follow(self, row: SettingRow) -> None:
        """Show the value that the setting has now."""
        self._row = row

    def update(self) -> None:
        """Paint it when it was switched, or in another theme."""
        look = self._part.app.themes.look
        painted = (self._row.value, self._row.mixed, look)
        if painted == self._painted or not dpg.does_item_exist(self._drawlist):
            return
        self._painted = painted
        dpg.delete_item(self._drawlist, children_only=True)
        on = self.is_on
        track = Rect(1, 2, 30, 16, fill="accent" if on else "border", rounding=8)
        x = 16.0 if self._row.mixed else 23.0 if on else 9.0
        knob = Disc(x, 10, 6, "on_accent" if on else "muted")
        draw((track, knob), self._drawlist, self._part.app.canvas.brush(self._part.kit.fonts.scale))

    def close(self) -> None:
        """Stop listening."""
        if dpg.does_item_exist(self._handlers):
            dpg.delete_item(self._handlers)

    def _press(self) -> None:
        self._part.session.tab.document.seal()
        self._put(not self.is_on)
        self._part.session.tab.document.seal()
