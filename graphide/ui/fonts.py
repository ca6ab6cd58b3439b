"""The packaged fonts in the window: one font item for each weight and size that widgets ask for, scaled with the window.

Dear ImGui draws a text on a drawlist at any size from one font item, so the canvas needs four of them at every zoom.
"""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.text.metrics import Weight, face

BASE: float = 15.0


class Fonts:
    """The font items of one window."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._registry: Any = dpg.add_font_registry()
        self._items: dict[tuple[Weight, float], Any] = {}
        dpg.bind_font(self.of("regular"))

    def of(self, weight: Weight, size: float = BASE) -> Any:
        """Return the font item of a weight at a size in pixels (at scale 1), for widgets."""
        found = self._items.get((weight, size))
        if found is None:
            found = dpg.add_font(str(face(weight).path), size * self.scale, parent=self._registry)
            self._items[weight, size] = found
        return found

    def rescale(self, scale: float) -> None:
        """Make every font anew at another scale of the whole window, at once."""
        self.scale = scale
        for (_, size), item in self._items.items():
            dpg.configure_item(item, size=size * scale)
