"""Commands that change how a graph lies on the canvas, and nothing of what it does: places, sizes, colours, frames."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

from graphide.editor.commands import Command, named, node_of, storable
from graphide.editor.layout import (
    Frame,
    Point,
    frames,
    frames_inside,
    nodes_inside,
    place,
    reroutes,
    with_frames,
    with_places,
    with_reroutes,
)
from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph

At = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Move(Command):
    """Put nodes, frames and reroutes at new places; see `moved_by` for a drag."""

    nodes: Mapping[str, At] = field(default_factory=dict)
    frames: Mapping[str, At] = field(default_factory=dict)
    reroutes: Mapping[Edge, tuple[At, ...]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """`Move reply`, `Move 3 nodes`."""
        return f"Move {named(self.frames, 'frame') if self.frames else named(self.nodes)}"

    @property
    def merge_key(self) -> Hashable:
        """Moving the same things merges."""
        return ("move", frozenset(self.nodes), frozenset(self.frames), frozenset(self.reroutes))

    def apply(self, graph: Graph) -> Graph:
        """Move them; raises UsageError for a node or frame that is not there."""
        changed = {}
        for node_id, at in self.nodes.items():
            node_of(graph, node_id)
            changed[node_id] = replace(place(graph, node_id), at=Point(*at))
        boxes = {frame_id: replace(_frame(graph, frame_id), at=Point(*at)) for frame_id, at in self.frames.items()}
        lines = {edge: points for edge, points in self.reroutes.items() if edge in graph.edges}
        moved = with_places(graph, changed) if changed else graph
        moved = with_frames(moved, boxes) if boxes else moved
        moved = with_reroutes(moved, lines) if lines else moved
        return graph if moved.view == graph.view else moved


@dataclass(frozen=True, slots=True)
class ResizeNode(Command):
    """Give a node a size, or with None as much as it needs; `at` is its corner, where that moves too."""

    node: str
    size: At | None
    at: At | None = None

    @property
    def label(self) -> str:
        """`Resize reply`."""
        return f"Resize {self.node}"

    @property
    def merge_key(self) -> Hashable:
        """Dragging one corner merges."""
        return ("resize", self.node)

    def apply(self, graph: Graph) -> Graph:
        """Set the size; raises UsageError for one that is not positive."""
        node_of(graph, self.node)
        own = place(graph, self.node)
        size = _size(self.size) if self.size is not None else None
        changed = replace(own, size=size, at=Point(*self.at) if self.at is not None else own.at)
        return graph if changed == own else with_places(graph, {self.node: changed})


@dataclass(frozen=True, slots=True)
class SetCollapsed(Command):
    """Show of nodes only their titles, or all of them again."""

    ids: tuple[str, ...]
    collapsed: bool

    @property
    def label(self) -> str:
        """`Collapse reply`."""
        return f"{'Collapse' if self.collapsed else 'Expand'} {named(self.ids)}"

    def apply(self, graph: Graph) -> Graph:
        """Set it."""
        own = {node_of(graph, node_id).id: place(graph, node_id) for node_id in self.ids}
        changed = {
            node_id: replace(was, collapsed=self.collapsed)
            for node_id, was in own.items()
            if was.collapsed != self.collapsed
        }
        return with_places(graph, changed) if changed else graph


@dataclass(frozen=True, slots=True)
class SetColor(Command):
    """Give nodes and frames a colour by its name; "" is their own."""

    ids: tuple[str, ...]
    color: str
    frames: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`Colour reply`."""
        return f"Colour {named(self.ids) if self.ids else named(self.frames, 'frame')}"

    def apply(self, graph: Graph) -> Graph:
        """Set it."""
        storable(self.color, "color")
        own = {node_of(graph, node_id).id: place(graph, node_id) for node_id in self.ids}
        changed = {key: replace(was, color=self.color) for key, was in own.items() if was.color != self.color}
        boxes = {frame_id: _frame(graph, frame_id) for frame_id in self.frames}
        painted = {key: replace(was, color=self.color) for key, was in boxes.items() if was.color != self.color}
        graph = with_places(graph, changed) if changed else graph
        return with_frames(graph, painted) if painted else graph


@dataclass(frozen=True, slots=True)
class SetFrame(Command):
    """Add a frame, or change its title, place, size and colour; moving one with its nodes is `Move`."""

    id: str
    frame: Frame

    @property
    def label(self) -> str:
        """`Change frame Sources`."""
        return f"Change frame {self.frame.title or self.id}"

    @property
    def merge_key(self) -> Hashable:
        """Typing its title and dragging its edges merge."""
        return ("frame", self.id)

    def apply(self, graph: Graph) -> Graph:
        """Set it; raises UsageError for a size that is not positive."""
        storable([self.id, self.frame.title, self.frame.color], "frame")
        frame = replace(self.frame, size=_size(self.frame.size))
        return graph if frames(graph).get(self.id) == frame else with_frames(graph, {self.id: frame})


@dataclass(frozen=True, slots=True)
class RemoveFrames(Command):
    """Remove frames; what lies inside stays."""

    ids: tuple[str, ...]

    @property
    def label(self) -> str:
        """`Remove 2 frames`."""
        return f"Remove {named(self.ids, 'frame')}"

    def apply(self, graph: Graph) -> Graph:
        """Remove those that are there."""
        known = [frame_id for frame_id in self.ids if frame_id in frames(graph)]
        return with_frames(graph, dict.fromkeys(known)) if known else graph


def moved_by(graph: Graph, nodes: tuple[str, ...], by: At, frame_ids: tuple[str, ...] = ()) -> Move:
    """Return the command that shifts nodes and frames, and the points of edges between those nodes.

    Places are absolute, so a drag asks with the graph as it was when the drag began, and merges without drifting.
    """
    inner = frozenset(nodes)
    own = {node_id: place(graph, node_id).at or Point(0, 0) for node_id in nodes if node_id in graph.nodes}
    known = frames(graph)
    lines = {
        edge: tuple(point.moved(by) for point in points)
        for edge, points in reroutes(graph).items()
        if edge.source in inner and edge.target in inner
    }
    return Move(
        {node_id: at.moved(by) for node_id, at in own.items()},
        {frame_id: known[frame_id].at.moved(by) for frame_id in frame_ids if frame_id in known},
        lines,
    )


def carried(
    graph: Graph, frame_ids: tuple[str, ...], sizes: Mapping[str, At] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the nodes and the frames that go along when frames are moved, those frames included."""
    nodes: dict[str, None] = {}
    boxes = dict.fromkeys(frame_ids)
    for frame_id in frame_ids:
        nodes |= dict.fromkeys(nodes_inside(graph, frame_id, sizes))
        boxes |= dict.fromkeys(frames_inside(graph, frame_id))
    return tuple(nodes), tuple(boxes)


def _frame(graph: Graph, frame_id: str) -> Frame:
    frame = frames(graph).get(frame_id)
    if frame is None:
        raise UsageError(f'there is no frame "{frame_id}"')
    return frame


def _size(size: At) -> Point:
    if not (0.5 < size[0] < float("inf") and 0.5 < size[1] < float("inf")):
        raise UsageError("a size is more than nothing")
    return Point(*size)
