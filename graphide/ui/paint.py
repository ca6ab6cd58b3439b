"""The painter: brings a stage to what a `CanvasView` says, doing again only what is another object than before.

Everything is drawn in world units and lies in layers below one root, which is moved to pan; the stage zooms. A group is
moved by its transform, hidden when it is out of sight, and drawn anew when its shapes or the theme change. Where another
level of detail is due it is drawn a few groups a frame, and until then what is there already serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.detail import SOFT, level_at
from graphide.editor.text.metrics import Weight
from graphide.editor.views import Box, Camera, CanvasView, Shape
from graphide.ui.colors import Look
from graphide.ui.grid import Grid
from graphide.ui.paintgroups import GroupLayer, Seeing
from graphide.ui.paintwires import WireLayer
from graphide.ui.shapes import Brush, Item, Point, draw
from graphide.ui.stage import Stage

BUDGET: Final = 300
"""Shapes that are drawn in one frame to replace others of another level of detail."""
_STEP: Final = 128.0  # pixels by which the box moves on that tells what is in sight
_MARGIN: Final = 24.0  # world units: how far shadows and glows reach beyond a group


class Painter:
    """Paints one canvas on a stage of its own, at the upper left corner of a window."""

    def __init__(self, parent: Item, look: Look, fonts: Mapping[Weight, Any]) -> None:
        self._fonts = fonts
        self._brush = Brush(look, fonts, soft=False)
        self._view = CanvasView(camera=Camera(zoom=0.0))
        self._size: Point = (0.0, 0.0)
        self._crisp = 1.0
        self.stage = Stage(parent)
        self.grid = Grid(self.stage.item)
        self._root: Item = dpg.add_draw_node(parent=self.stage.item)
        self._frames = GroupLayer(self._root)
        self._wires = WireLayer(self._root)
        self._nodes = GroupLayer(self._root)
        self._halos: Item = dpg.add_draw_node(parent=self._root)
        self._overlay: Item = dpg.add_draw_node(parent=self._root)

    @property
    def flowing(self) -> bool:
        """Whether something moves by itself, so that the next frame differs from this one."""
        return self._wires.flowing

    @property
    def behind(self) -> bool:
        """Whether something is still to be drawn in the detail that is due; the next `paint` goes on with it."""
        return self._frames.behind or self._nodes.behind or self._crisp != self._view.camera.zoom

    @property
    def drawn(self) -> int:
        """How many groups were drawn so far, again and again ones included."""
        return self._frames.drawn + self._nodes.drawn

    @property
    def followed(self) -> int:
        """How many groups were changed in place so far, a few of their texts and boxes each."""
        return self._frames.followed + self._nodes.followed

    def look(self, look: Look) -> None:
        """Paint everything in another theme from the next `paint` on."""
        self._brush = Brush(look, self._fonts, soft=False)
        self._view = CanvasView(camera=self._view.camera)

    def paint(self, view: CanvasView, size: Point) -> None:
        """Bring the stage, `size` pixels wide and high, to what a view says."""
        before, camera = self._view, view.camera
        if view is before and size == self._size and not self.behind:
            return
        self._size, self._view = size, view
        self.stage.show(size, camera.zoom)
        corner = (-round(camera.x * camera.zoom) / camera.zoom, -round(camera.y * camera.zoom) / camera.zoom)
        dpg.apply_transform(self._root, dpg.create_translation_matrix((*corner, 0)))
        self.grid.paint(camera, size, self._brush.look)
        seen = _seen(camera, size)
        if camera.zoom == before.camera.zoom:  # while it changes, half a pixel here or there cannot be seen
            self._crisp = camera.zoom
        seeing = Seeing(seen, level_at(camera.zoom), camera.zoom >= SOFT, self._brush, self._crisp)
        left = self._frames.paint(view.frames, seeing, BUDGET)
        self._nodes.paint(view.nodes, seeing, left)
        self._wires.paint(view.wires, seen, self._brush)
        self._replace(self._halos, view.halos, before.halos)
        self._replace(self._overlay, view.overlay, before.overlay)

    def animate(self, now: float) -> None:
        """Move what flows along wires, at a time in seconds."""
        self._wires.animate(now)

    def _replace(self, item: Item, shapes: Sequence[Shape], before: Sequence[Shape]) -> None:
        if shapes is not before and (shapes or before):
            dpg.delete_item(item, children_only=True)
            draw(shapes, item, self._brush)


def _seen(camera: Camera, size: Point) -> Box:
    """Return what is in sight and a little more, in steps, so that a small pull needs no look at what comes into sight."""
    step = _STEP / camera.zoom
    left, top = (place // step * step - _MARGIN for place in (camera.x - _MARGIN, camera.y - _MARGIN))
    right = (camera.x + size[0] / camera.zoom + _MARGIN) // step * step + step
    bottom = (camera.y + size[1] / camera.zoom + _MARGIN) // step * step + step
    return Box(left, top, right - left, bottom - top)
