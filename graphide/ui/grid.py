"""The dots behind a canvas: one small texture, laid side by side, so that thousands of dots cost a few quads."""

from __future__ import annotations

from array import array
from math import ceil, hypot
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.views import Camera
from graphide.ui.colors import Color, Look

SPACING: Final = 26.0  # world units
_ACROSS: Final = 8  # dots along one side of the texture
_CELL: Final = 32  # pixels of the texture from dot to dot
_RADIUS: Final = 1.6
_DENSEST: Final = 18.0  # pixels


class Grid:
    """The dots of one canvas, on a stage."""

    def __init__(self, stage: int | str) -> None:
        self._node: Any = dpg.add_draw_node(parent=stage)
        self._textures: Any = dpg.add_texture_registry()
        self._of: dict[str, Any] = {}
        self._laid: tuple[object, ...] = ()

    def paint(self, camera: Camera, size: tuple[float, float], look: Look) -> None:
        """Lay the dots under a view of `size` pixels."""
        zoom, step = camera.zoom, SPACING
        while step * zoom < _DENSEST:
            step *= 2
        tile = step * _ACROSS
        # As many as are needed where dots are densest, so that most zooms lay nothing anew.
        columns, rows = (ceil(side / (_DENSEST * _ACROSS)) + 1 for side in size)
        laid = (tile, columns, rows, look)
        if laid != self._laid:
            self._lay(tile, columns, rows, self._texture(look))
            self._laid = laid
        x, y = (-round(place * zoom % (tile * zoom)) / zoom for place in (camera.x, camera.y))
        dpg.apply_transform(self._node, dpg.create_translation_matrix((x, y, 0)))

    def _lay(self, tile: float, columns: int, rows: int, texture: Any) -> None:
        dpg.delete_item(self._node, children_only=True)
        for row in range(rows):
            for column in range(columns):
                low, high = (column * tile, row * tile), ((column + 1) * tile, (row + 1) * tile)
                dpg.draw_image(texture, low, high, parent=self._node)

    def _texture(self, look: Look) -> Any:
        if look.name not in self._of:
            side = _ACROSS * _CELL
            pixels = dots(look.color("dot"))
            self._of[look.name] = dpg.add_static_texture(side, side, pixels, parent=self._textures)
        return self._of[look.name]


def dots(color: Color) -> array[float]:
    """Return the pixels of the texture: red, green, blue and opacity of each, from 0 to 1."""
    red, green, blue, _ = (part / 255 for part in color)
    middle = (_CELL - 1) / 2
    cell = [
        [min(1.0, max(0.0, _RADIUS + 0.5 - hypot(x - middle, y - middle))) for x in range(_CELL)] for y in range(_CELL)
    ]
    pixels = array("f")
    for row in cell:
        line = array("f")
        for opacity in row:
            line.extend((red, green, blue, opacity))
        pixels.extend(line * _ACROSS)
    return pixels * _ACROSS
