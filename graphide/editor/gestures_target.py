"""Targets: what is under the mouse, and what lies in a box, as gestures speak of it. World units throughout.

A gesture asks only this module where things are, and the graph what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from graphide.editor.camera import around
from graphide.editor.frameshape import frame_id
from graphide.editor.hittest import HitIndex, Under, wire_under
from graphide.editor.selection import Selection
from graphide.editor.views import Box, CanvasView, Group, Pin
from graphide.editor.wireshape import nearest_stretch
from graphide.graph.model import Edge

Kind = Literal[
    "canvas", "body", "title", "fold", "corner", "badge", "pin", "widget", "wire", "point", "frame", "frame_title",
    "frame_corner",
]  # fmt: skip
OF_NODES: frozenset[Kind] = frozenset(["body", "title", "fold", "corner", "badge", "pin", "widget"])
OF_FRAMES: frozenset[Kind] = frozenset(["frame", "frame_title", "frame_corner"])
OF_WIRES: frozenset[Kind] = frozenset(["wire", "point"])


class Target(NamedTuple):
    """What is at a place: `id` of a node or frame, `name` of a port or setting, `number` of a wire's curve or point."""

    kind: Kind = "canvas"
    id: str = ""
    name: str = ""
    output: bool = False
    edge: Edge | None = None
    number: int = 0
    box: Box = Box(0, 0, 0, 0)
    cursor: Literal["arrow", "text", "hand", "resize", "move"] = "arrow"
    tooltip: str = ""

    @property
    def node(self) -> str:
        """The node it belongs to, "" for none."""
        return self.id if self.kind in OF_NODES else ""

    @property
    def frame(self) -> str:
        """The frame it belongs to, "" for none."""
        return self.id if self.kind in OF_FRAMES else ""

    @property
    def selection(self) -> Selection:
        """What a click on it selects."""
        edges = (self.edge,) if self.kind in OF_WIRES and self.edge is not None else ()
        return Selection((self.node,) if self.node else (), (self.frame,) if self.frame else (), edges)


CANVAS = Target()


class Surface:
    """Where the things of one view are. Made anew for each view, over an index that is kept."""

    def __init__(self, view: CanvasView, index: HitIndex) -> None:
        self.view = view
        self._index = index
        self._groups = {group.key: group for group in view.nodes}
        index.see(view)

    def group(self, node_id: str) -> Group | None:
        """Return a node as it is drawn."""
        return self._groups.get(node_id)

    def at(self, x: float, y: float) -> Target:
        """Return what is at a place: pins above nodes, nodes above wires, wires above frames."""
        return _target(self._index.under(x, y, self.view.camera.zoom), x, y)

    def pin_at(self, node_id: str, name: str, *, output: bool) -> tuple[float, float] | None:
        """Return where a pin is."""
        group = self.group(node_id)
        pin = group.pin(name, output=output) if group is not None else None
        return (group.x + pin.x, group.y + pin.y) if group is not None and pin is not None else None

    def near_pin(self, x: float, y: float, fits: Callable[[str, Pin], bool]) -> tuple[str, str] | None:
        """Return the nearest pin that fits, of the node at a place or within reach of it: the node and the port."""
        found = self._index.nearest_pin(x, y, fits, zoom=self.view.camera.zoom)
        return (found[0].key, found[1].name) if found is not None else None

    def wire_across(self, x: float, y: float) -> Edge | None:
        """Return the wire at a place, behind whatever lies above it."""
        zoom = self.view.camera.zoom
        found = [(under[0], wire.edge) for wire in self.view.wires if (under := wire_under(wire, x, y, zoom))]
        return min(found, default=(0.0, None))[1]

    def inside(self, box: Box) -> Selection:
        """Return the nodes that a box touches, and the frames that it holds whole."""
        nodes = tuple(group.key for group in self._index.inside(box))
        return Selection(nodes, tuple(frame_id(group.key) for group in self._index.frames_inside(box)))

    def box_of(self, nodes: tuple[str, ...] = (), frames: tuple[str, ...] = ()) -> Box | None:
        """Return the box around nodes and frames, None where none of them is drawn."""
        boxes = [self._groups[node_id].box for node_id in nodes if node_id in self._groups]
        boxes += [group.box for group in self.view.frames if frame_id(group.key) in frames]
        return around(boxes)

    def all(self) -> Box | None:
        """Return the box around everything."""
        return around([group.box for group in (*self.view.nodes, *self.view.frames)])


def _target(under: Under, x: float, y: float) -> Target:
    """Return what an index found, as gestures speak of it."""
    group, hit, wire = under.group, under.hit, under.wire
    if under.kind == "point" and wire is not None:
        return Target("point", edge=wire.edge, number=under.point, cursor="move")
    if wire is not None:
        return Target("wire", edge=wire.edge, number=nearest_stretch(wire.curves, x, y), cursor="hand")
    if group is None:
        return CANVAS
    key = frame_id(group.key)
    if under.pin is not None:
        pin, tip = under.pin, hit.tooltip if hit is not None else ""
        box = Box(group.x + pin.x, group.y + pin.y, 0, 0)
        return Target("pin", key, pin.name, pin.output, box=box, cursor="hand", tooltip=tip)
    if hit is None:
        return Target("body" if under.kind == "node" else "frame", key, box=group.box)
    box = hit.box._replace(x=group.x + hit.box.x, y=group.y + hit.box.y)
    return Target(hit.part, key, hit.name, hit.output, box=box, cursor=hit.cursor, tooltip=hit.tooltip)
