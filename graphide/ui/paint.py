"""The painter: brings a drawlist to what a `CanvasView` says, doing again only what is another object than before.

Everything lies in layers below one root, which is moved to pan. A group is drawn once, moved by its transform, hidden when
it is out of sight, and drawn anew when its shapes, the zoom or the theme change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.text.metrics import Weight
from graphide.editor.views import Box, Camera, CanvasView, Group, Shape, Wire
from graphide.ui.colors import CLEAR, Look
from graphide.ui.grid import Grid
from graphide.ui.shapes import Brush, Item, Point, bezier, draw

FAR: Final = 0.45
"""Below this zoom text cannot be read, and groups show their `shapes_far`."""

_MARGIN: Final = 24.0  # world units: how far shadows and glows reach beyond a group
_WIRE: Final = 2.4
_FLOW_SECONDS: Final = 1.4
_FLOW_DOTS: Final = 3
_STATE_COLORS: Final[Mapping[str, str]] = {"failed": "state_failed", "refused": "error"}


@dataclass(slots=True)
class _Drawn:
    """A group or wire as it lies in the window."""

    item: Item
    made_of: object = None
    drawn_as: int = -1
    at: Point = (0.0, 0.0)
    shown: bool = True
    flow: Item = 0


class Painter:
    """Paints one canvas into a drawlist of its own."""

    def __init__(self, drawlist: Item, look: Look, fonts: Mapping[Weight, Any]) -> None:
        self._fonts = fonts
        self._brush = Brush(look, fonts)
        self._generation = 0  # of look and zoom: what was drawn in another one is drawn anew
        self._view = CanvasView(camera=Camera(zoom=0.0))
        self._size: Point = (0.0, 0.0)
        self.grid = Grid(drawlist)
        self._root: Item = dpg.add_draw_node(parent=drawlist)
        self._frames, self._wires, self._nodes = (_Layer(self._root) for _ in range(3))
        self._overlay: Item = dpg.add_draw_node(parent=self._root)
        self._overlay_drawn_as = -1
        self._bounded: list[tuple[str, tuple[float, float, float, float], Wire]] = []
        self._bounded_of: object = None

    @property
    def flowing(self) -> bool:
        """Whether something moves by itself, so that the next frame differs from this one."""
        return any(drawn.flow and drawn.shown for drawn in self._wires.drawn.values())

    def look(self, look: Look) -> None:
        """Paint everything in another theme from the next `paint` on."""
        self._brush = Brush(look, self._fonts, self._brush.zoom)
        self._generation += 1
        self._view = CanvasView(camera=self._view.camera)

    def paint(self, view: CanvasView, size: Point) -> None:
        """Bring the drawlist, `size` pixels wide and high, to what a view says."""
        before, camera = self._view, view.camera
        if view is before and size == self._size:
            return
        if camera.zoom != self._brush.zoom:
            self._brush = Brush(self._brush.look, self._fonts, camera.zoom)
            self._generation += 1
        self._size, self._view = size, view
        dpg.apply_transform(self._root, _moved(-round(camera.x * camera.zoom), -round(camera.y * camera.zoom)))
        self.grid.paint(camera, size, self._brush.look)
        seen = Box(camera.x, camera.y, size[0] / camera.zoom, size[1] / camera.zoom)
        for layer, groups in ((self._frames, view.frames), (self._nodes, view.nodes)):
            self._paint_groups(layer, groups, seen)
        self._paint_wires(view.wires, seen)
        if view.overlay is not before.overlay or self._overlay_drawn_as != self._generation:
            self._paint_overlay(view.overlay)

    def animate(self, now: float) -> None:
        """Move what flows along wires, at a time in seconds."""
        phase = now / _FLOW_SECONDS % 1.0
        for drawn in self._wires.drawn.values():
            if drawn.flow and drawn.shown and isinstance(drawn.made_of, Wire):
                self._paint_flow(drawn.flow, drawn.made_of, phase)

    # --- inside

    def _paint_overlay(self, shapes: Sequence[Shape]) -> None:
        self._overlay_drawn_as = self._generation
        dpg.delete_item(self._overlay, children_only=True)
        draw(shapes, self._overlay, self._brush)

    def _paint_groups(self, layer: _Layer, groups: Sequence[Group], seen: Box) -> None:
        zoom = self._brush.zoom
        for group in groups:
            drawn = layer.drawn.get(group.key)
            if not _sees(seen, group.x, group.y, group.width, group.height):
                if drawn is not None and drawn.shown:
                    dpg.hide_item(drawn.item)
                    drawn.shown = False
                continue
            if drawn is None:
                drawn = layer.drawn[group.key] = _Drawn(dpg.add_draw_node(parent=layer.item), at=(float("nan"), 0.0))
            elif not drawn.shown:
                dpg.show_item(drawn.item)
                drawn.shown = True
            shapes = group.shapes_far if zoom < FAR and group.shapes_far else group.shapes
            if drawn.made_of is not shapes or drawn.drawn_as != self._generation:
                dpg.delete_item(drawn.item, children_only=True)
                draw(shapes, drawn.item, self._brush)
                drawn.made_of, drawn.drawn_as = shapes, self._generation
            at = (float(round(group.x * zoom)), float(round(group.y * zoom)))
            if at != drawn.at:
                dpg.apply_transform(drawn.item, _moved(*at))
                drawn.at = at
        layer.settle(groups, [group.key for group in groups])

    def _paint_wires(self, wires: Sequence[Wire], seen: Box) -> None:
        layer = self._wires
        if wires is not self._bounded_of:
            self._bounded_of = wires
            self._bounded = [(str(wire.edge), _bounds(wire), wire) for wire in wires]
        for key, bounds, wire in self._bounded:
            drawn = layer.drawn.get(key)
            shown = _sees(seen, *bounds)
            if drawn is None:
                if not shown:
                    continue
                drawn = layer.drawn[key] = _Drawn(dpg.add_draw_node(parent=layer.item))
            if shown != drawn.shown:
                (dpg.show_item if shown else dpg.hide_item)(drawn.item)
                drawn.shown = shown
            if shown and (drawn.made_of is not wire or drawn.drawn_as != self._generation):
                self._paint_wire(drawn, wire)
        layer.settle(wires, [key for key, _, _ in self._bounded])

    def _paint_wire(self, drawn: _Drawn, wire: Wire) -> None:
        dpg.delete_item(drawn.item, children_only=True)
        drawn.made_of, drawn.drawn_as, drawn.flow = wire, self._generation, 0
        zoom, look = self._brush.zoom, self._brush.look
        name = _STATE_COLORS.get(wire.state, wire.color)
        red, green, blue, alpha = look.color("accent" if wire.selected else name)
        color = (red, green, blue, round(alpha * (0.25 if wire.dimmed else 0.9)))
        thickness = max(1.0, (_WIRE + (1.0 if wire.selected else 0.0)) * zoom)
        for curve in wire.curves:
            points = [(x * zoom, y * zoom) for x, y in curve]
            dpg.draw_bezier_cubic(*points, color=color, thickness=thickness, parent=drawn.item)
        for x, y in wire.points:
            dpg.draw_circle((x * zoom, y * zoom), 5 * zoom, color=CLEAR, fill=color, parent=drawn.item)
        if wire.state == "flowing":
            drawn.flow = dpg.add_draw_node(parent=drawn.item)

    def _paint_flow(self, item: Item, wire: Wire, phase: float) -> None:
        dpg.delete_item(item, children_only=True)
        zoom, fill = self._brush.zoom, self._brush.look.color(wire.color)
        for number in range(_FLOW_DOTS):
            along = (number + phase) / _FLOW_DOTS * len(wire.curves)
            x, y = bezier(wire.curves[min(int(along), len(wire.curves) - 1)], along % 1.0)
            dpg.draw_circle((x * zoom, y * zoom), 4 * zoom, color=CLEAR, fill=fill, parent=item)


class _Layer:
    """What lies on one level, by key, in the order it is drawn."""

    def __init__(self, parent: Item) -> None:
        self.item: Item = dpg.add_draw_node(parent=parent)
        self.drawn: dict[str, _Drawn] = {}
        self._order: list[Item] = []
        self._source: object = None

    def settle(self, source: object, keys: Sequence[str]) -> None:
        """Forget what is not among `keys`, and bring the rest into their order; `source` is where the keys are from."""
        if source is self._source and len(self.drawn) == len(self._order):
            return
        self._source = source
        if len(keys) < len(self.drawn) or not self.drawn.keys() <= set(keys):
            wanted = set(keys)
            for key in [key for key in self.drawn if key not in wanted]:
                dpg.delete_item(self.drawn.pop(key).item)
        order = [self.drawn[key].item for key in keys if key in self.drawn]
        if order != self._order:
            if self._order != order[: len(self._order)]:  # what is new was added at the end, where it belongs
                dpg.reorder_items(self.item, 2, order)
            self._order = order


def _sees(seen: Box, x: float, y: float, width: float, height: float) -> bool:
    return (
        x - _MARGIN < seen.x + seen.width
        and seen.x < x + width + _MARGIN
        and y - _MARGIN < seen.y + seen.height
        and seen.y < y + height + _MARGIN
    )


def _bounds(wire: Wire) -> tuple[float, float, float, float]:
    xs = [x for curve in wire.curves for x, _ in curve]
    ys = [y for curve in wire.curves for _, y in curve]
    if not xs:
        return 0.0, 0.0, 0.0, 0.0
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _moved(x: float, y: float) -> Any:
    return dpg.create_translation_matrix((x, y, 0))
