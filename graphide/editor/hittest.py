"""What is under the mouse and what is inside a box, found through a grid: a large graph costs no more than a small one.

`HitIndex` keeps the grid of the view it was last shown, and redoes only what changed. What a hit means is decided by
whoever asks. Lengths are world units; `zoom` makes tolerances the same on the screen at every distance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, NamedTuple

from graphide.editor.grid import Grid
from graphide.editor.views import Box, CanvasView, Group, Hit, Pin, Wire
from graphide.editor.wireshape import bounds, distance, polyline
from graphide.graph.model import Edge

PIN_REACH: Final = 12.0
"""Pixels from the middle of a pin at which it still answers; far out, no more than `PIN_MOST` world units."""
PIN_MOST: Final = 18.0
WIRE_REACH: Final = 7.0
POINT_REACH: Final = 9.0
SNAP_REACH: Final = 40.0
_REACH_MOST: Final = 120.0


class Under(NamedTuple):
    """What is under a point: nothing, or a part of a node or frame (`group`, `hit`, of a pin also `pin`), or a wire.

    `point` is the number of the reroute point of `wire`.
    """

    kind: Literal["nothing", "node", "pin", "wire", "point", "frame"] = "nothing"
    group: Group | None = None
    hit: Hit | None = None
    pin: Pin | None = None
    wire: Wire | None = None
    point: int = -1


NOTHING: Final = Under()


class HitIndex:
    """What lies where on the canvas, as of the view it was last shown."""

    def __init__(self) -> None:
        self._view = CanvasView()
        self._groups: dict[str, Group] = {}
        self._ranks: dict[str, int] = {}
        self._wires: dict[Edge, Wire] = {}
        self._wire_ranks: dict[Edge, int] = {}
        self._boxes: Grid[str] = Grid()
        self._lines: Grid[Edge] = Grid()

    def see(self, view: CanvasView) -> None:
        """Take a view; what is the same object as before is not looked at again."""
        before, self._view = self._view, view
        if view.nodes is not before.nodes or view.frames is not before.frames:
            self._see_groups(view)
        if view.wires is not before.wires:
            self._see_wires(view)

    def under(self, x: float, y: float, zoom: float = 1.0) -> Under:
        """Return what is under a point: the topmost node, its pins reaching beyond it, then wires, then frames."""
        return self._node_at(x, y, zoom) or self._wire_at(x, y, zoom) or self._frame_at(x, y) or NOTHING

    def inside(self, box: Box, *, whole: bool = False) -> tuple[Group, ...]:
        """Return the nodes that touch a box, or with `whole` lie within, in the order they are drawn."""
        near = self._ranked(key for key in self._boxes.near(box) if not key.startswith("$"))
        return tuple(group for group in near if (within(group.box, box) if whole else group.box.meets(box)))

    def frames_inside(self, box: Box) -> tuple[Group, ...]:
        """Return the frames that lie within a box, in the order they are drawn."""
        near = self._ranked(key for key in self._boxes.near(box) if key.startswith("$"))
        return tuple(group for group in near if within(group.box, box))

    def wires_inside(self, box: Box) -> tuple[Wire, ...]:
        """Return the wires that come near a box, as far as the box around each tells, in the order they are drawn."""
        near = sorted(self._lines.near(box), key=self._wire_ranks.__getitem__)
        return tuple(self._wires[edge] for edge in near if _near(bounds(self._wires[edge].curves), box))

    def nearest_pin(
        self, x: float, y: float, fits: Callable[[str, Pin], bool], *, zoom: float = 1.0
    ) -> tuple[Group, Pin] | None:
        """Return the nearest pin for which `fits(node, pin)`, to which a wire that is being drawn snaps.

        On a node it is the nearest fitting one of that node, elsewhere the nearest within reach.
        """
        reach = min(SNAP_REACH / zoom, _REACH_MOST)
        near = self._near_nodes(x, y, reach)
        over = next((group for group in near if group.box.has(x, y)), None)
        best: tuple[float, Group, Pin] | None = None
        for group in near if over is None else [over]:
            for pin in group.pins:
                far = math.hypot(group.x + pin.x - x, group.y + pin.y - y)
                if (over is not None or far <= reach) and (best is None or far < best[0]) and fits(group.key, pin):
                    best = far, group, pin
        return (best[1], best[2]) if best is not None else None

    # --- looking

    def _node_at(self, x: float, y: float, zoom: float) -> Under | None:
        reach = pin_reach(zoom)
        for group in self._near_nodes(x, y, reach):
            pin = pin_at(group, x, y, reach)
            if pin is not None:
                return Under("pin", group, _pin_hit(group, pin), pin)
            if group.box.has(x, y):
                return Under("node", group, hit_at(group, x, y))
        return None

    def _wire_at(self, x: float, y: float, zoom: float) -> Under | None:
        best: tuple[float, int, Under] | None = None
        for edge in self._lines.near(_square(x, y, _reach(POINT_REACH, zoom))):
            found = wire_under(self._wires[edge], x, y, zoom)
            if found is not None:
                ranked = (found[0], -self._wire_ranks[edge])
                if best is None or ranked < best[:2]:
                    best = (*ranked, found[1])
        return best[2] if best is not None else None

    def _frame_at(self, x: float, y: float) -> Under | None:
        keys = (key for key in self._boxes.near(Box(x, y, 0, 0)) if key.startswith("$"))
        for group in reversed(self._ranked(keys)):
            if group.box.has(x, y):
                return Under("frame", group, hit_at(group, x, y))
        return None

    def _near_nodes(self, x: float, y: float, reach: float) -> list[Group]:
        """Return the nodes near a point, the topmost first."""
        near = (key for key in self._boxes.near(_square(x, y, reach)) if not key.startswith("$"))
        return self._ranked(near)[::-1]

    def _ranked(self, keys: Iterable[str]) -> list[Group]:
        return [self._groups[key] for key in sorted(keys, key=self._ranks.__getitem__)]

    # --- seeing

    def _see_groups(self, view: CanvasView) -> None:
        groups = {group.key: group for group in (*view.frames, *view.nodes)}
        for key in self._groups.keys() - groups.keys():
            self._boxes.drop(key)
        for key, group in groups.items():
            old = self._groups.get(key)
            if old is not group and (old is None or old.box != group.box):
                self._boxes.put(key, [group.box])
        self._groups = groups
        self._ranks = {key: rank for rank, key in enumerate(groups)}

    def _see_wires(self, view: CanvasView) -> None:
        wires = {wire.edge: wire for wire in view.wires}
        for edge in self._wires.keys() - wires.keys():
            self._lines.drop(edge)
        for edge, wire in wires.items():
            old = self._wires.get(edge)
            if old is not wire and (old is None or old.curves != wire.curves):
                self._lines.put(edge, _line_boxes(wire))
        self._wires = wires
        self._wire_ranks = {edge: rank for rank, edge in enumerate(wires)}


def pin_reach(zoom: float) -> float:
    """Return how far from the middle of a pin the mouse still means it, in world units."""
    return min(PIN_REACH / zoom, PIN_MOST)


def pin_at(group: Group, x: float, y: float, reach: float) -> Pin | None:
    """Return the pin of a node that is nearest to a point, None where none is within reach."""
    best: tuple[float, Pin] | None = None
    for pin in group.pins:
        far = math.hypot(group.x + pin.x - x, group.y + pin.y - y)
        if far <= reach and (best is None or far < best[0]):
            best = far, pin
    return best[1] if best is not None else None


def hit_at(group: Group, x: float, y: float) -> Hit | None:
    """Return the first hit of a group under a point, but for pins."""
    local_x, local_y = x - group.x, y - group.y
    return next((hit for hit in group.hits if hit.part != "pin" and hit.box.has(local_x, local_y)), None)


def wire_under(wire: Wire, x: float, y: float, zoom: float) -> tuple[float, Under] | None:
    """Return how far a wire is from a point and what of it is there, None out of reach; its reroute points come first."""
    for number, (px, py) in enumerate(wire.points):
        far = math.hypot(px - x, py - y)
        if far <= _reach(POINT_REACH, zoom):
            return far - _REACH_MOST, Under("point", wire=wire, point=number)
    reach = _reach(WIRE_REACH, zoom)
    if not _near(bounds(wire.curves), _square(x, y, reach)):
        return None
    far = distance(wire.curves, x, y)
    return (far, Under("wire", wire=wire)) if far <= reach else None


def within(inner: Box, outer: Box) -> bool:
    """Return whether a box lies inside another one."""
    right, bottom = outer.x + outer.width, outer.y + outer.height
    inside = outer.x <= inner.x and outer.y <= inner.y
    return inside and inner.x + inner.width <= right and inner.y + inner.height <= bottom


def _pin_hit(group: Group, pin: Pin) -> Hit | None:
    wanted = (hit for hit in group.hits if hit.part == "pin" and (hit.name, hit.output) == (pin.name, pin.output))
    return next(wanted, None)


def _line_boxes(wire: Wire) -> Iterator[Box]:
    for (ax, ay), (bx, by) in polyline(wire.curves):
        yield Box(min(ax, bx), min(ay, by), abs(bx - ax), abs(by - ay))


def _reach(pixels: float, zoom: float) -> float:
    return min(pixels / zoom, _REACH_MOST)


def _square(x: float, y: float, reach: float) -> Box:
    return Box(x - reach, y - reach, 2 * reach, 2 * reach)


def _near(one: Box, other: Box) -> bool:
    """Return whether two boxes touch; a flat one, such as that of a level wire, counts too."""
    inside_x = one.x <= other.x + other.width and other.x <= one.x + one.width
    return inside_x and one.y <= other.y + other.height and other.y <= one.y + one.height
