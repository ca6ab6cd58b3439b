"""Paints wires, each a draw node with its curves, and lets dots run along those through which something flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.views import Box, Wire
from graphide.editor.wireshape import bounds
from graphide.graph.model import Edge
from graphide.ui.colors import CLEAR
from graphide.ui.ordered import Ordered
from graphide.ui.shapes import Brush, Item, bezier

_WIRE: Final = 2.4
_POINT: Final = 5.0
_DOT: Final = 4.0
_FLOW_SECONDS: Final = 1.4
_FLOW_DOTS: Final = 3
_POINTS: Final = ("p1", "p2", "p3", "p4")
_STATE_COLORS: Final[Mapping[str, str]] = {"failed": "state_failed", "refused": "error"}


@dataclass(slots=True)
class _Drawn:
    """A wire as it lies in the window: a `plain` one is its curve, another a node with its parts; `dots` run along it."""

    item: Item
    wire: Wire
    brush: Brush
    plain: bool
    dots: list[Item] = field(default_factory=list)


class WireLayer:
    """The wires of one canvas."""

    def __init__(self, parent: Item) -> None:
        self._order: Ordered[Edge] = Ordered(parent)
        self._known: dict[Edge, _Drawn] = {}
        self._hidden: set[Edge] = set()
        self._flowing: set[Edge] = set()
        self._wires: Sequence[Wire] = ()
        self._boxes: list[Box] = []
        self._shown: list[bool | None] = []
        self._seen: Box | None = None
        self._brush: Brush | None = None

    @property
    def flowing(self) -> bool:
        """Whether dots run along a wire that is in sight."""
        return not self._flowing <= self._hidden

    def paint(self, wires: Sequence[Wire], seen: Box, brush: Brush) -> None:
        """Bring the layer to what is seen of the wires."""
        if wires is self._wires and seen == self._seen and brush is self._brush:
            return
        self._see(wires, brush)
        self._seen, self._brush = seen, brush
        left, top, right, bottom = seen.x, seen.y, seen.x + seen.width, seen.y + seen.height
        for number, (x, y, wide, high) in enumerate(self._boxes):
            shown = x <= right and left <= x + wide and y <= bottom and top <= y + high
            if shown is not self._shown[number]:
                self._shown[number] = shown
                self._turn(wires[number], shown, brush)
        self._order.settle()

    def _turn(self, wire: Wire, shown: bool, brush: Brush) -> None:
        """Show or hide a wire; one that is another than before is drawn anew."""
        drawn = self._known.get(wire.edge)
        if not shown:
            if drawn is not None:
                dpg.hide_item(drawn.item)
                self._hidden.add(wire.edge)
            return
        self._hidden.discard(wire.edge)
        if drawn is None or drawn.wire is not wire or drawn.brush is not brush:
            self._draw(drawn, wire, brush)
        else:
            dpg.show_item(drawn.item)

    def animate(self, now: float) -> None:
        """Move what flows, at a time in seconds."""
        phase = now / _FLOW_SECONDS % 1.0
        for edge in self._flowing - self._hidden:
            drawn = self._known[edge]
            curves = drawn.wire.curves
            for number, dot in enumerate(drawn.dots):
                along = (number + phase) / _FLOW_DOTS * len(curves)
                dpg.configure_item(dot, center=bezier(curves[min(int(along), len(curves) - 1)], along % 1.0))

    def _see(self, wires: Sequence[Wire], brush: Brush) -> None:
        """Take wires; those that may look different are neither shown nor hidden yet."""
        if wires is not self._wires and len(wires) == len(self._wires):
            for number, (wire, old) in enumerate(zip(wires, self._wires, strict=True)):
                if wire is not old:
                    self._boxes[number], self._shown[number] = bounds(wire.curves), None
        elif wires is not self._wires:
            self._boxes = [bounds(wire.curves) for wire in wires]
            self._shown = [None] * len(wires)
        if brush is not self._brush:
            self._shown = [None] * len(wires)
        if wires is not self._wires:
            for edge in self._order.see([wire.edge for wire in wires]):
                del self._known[edge]
                self._hidden.discard(edge)
                self._flowing.discard(edge)
        self._wires = wires

    def _draw(self, before: _Drawn | None, wire: Wire, brush: Brush) -> None:
        name = "accent" if wire.selected else _STATE_COLORS.get(wire.state, wire.color)
        red, green, blue, alpha = brush.look.color(name)
        ink: dict[str, Any] = {
            "color": (red, green, blue, round(alpha * (0.25 if wire.dimmed else 0.9))),
            "thickness": _WIRE + (1.0 if wire.selected else 0.0),
        }
        plain = len(wire.curves) == 1 and wire.state != "flowing"
        if plain and before is not None and before.plain:
            dpg.configure_item(before.item, **dict(zip(_POINTS, wire.curves[0], strict=True)), **ink, show=True)
            before.wire, before.brush = wire, brush
            return
        if before is not None:
            self._order.drop(wire.edge)
        self._flowing.discard(wire.edge)
        make = partial(dpg.draw_bezier_cubic, *wire.curves[0], **ink) if plain else dpg.add_draw_node
        drawn = self._known[wire.edge] = _Drawn(self._order.add(wire.edge, make), wire, brush, plain)
        if not plain:
            _fill(drawn, ink)
        if drawn.dots:
            self._flowing.add(wire.edge)


def _fill(drawn: _Drawn, ink: dict[str, Any]) -> None:
    """Draw a wire of several parts: its curves, the points that it is led through, the dots that run along it."""
    wire, look, item = drawn.wire, drawn.brush.look, drawn.item
    for points in wire.curves:
        dpg.draw_bezier_cubic(*points, **ink, parent=item)
    for point in wire.points:
        dpg.draw_circle(point, _POINT, color=CLEAR, fill=ink["color"], parent=item)
    if wire.state == "flowing":
        start, fill = wire.curves[0][0], look.color(wire.color)
        drawn.dots = [dpg.draw_circle(start, _DOT, color=CLEAR, fill=fill, parent=item) for _ in range(_FLOW_DOTS)]
