"""Commands that connect and disconnect, lead an edge through points, and put a node into an edge."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from graphide.editor.commands import Command, counted, node_of
from graphide.editor.commands_nodes import same_edges
from graphide.editor.connect import Rules, replaced, why_not
from graphide.editor.layout import Point, reroutes, with_reroutes
from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph
from graphide.graph.topology import in_file_order


@dataclass(frozen=True, slots=True)
class Connect(Command):
    """Make an edge; at an input that takes one, it takes the place of the one that is there."""

    edge: Edge
    rules: Rules

    @property
    def label(self) -> str:
        """`Connect topic to task`."""
        return f"Connect {self.edge.source} to {self.edge.target}"

    def apply(self, graph: Graph) -> Graph:
        """Connect; raises UsageError with the sentence of `why_not`."""
        reason = why_not(graph, self.edge, self.rules)
        if reason is not None:
            raise UsageError(reason)
        gone = replaced(graph, self.edge, self.rules)
        return same_edges(graph, (*(edge for edge in graph.edges if edge not in gone), self.edge))


@dataclass(frozen=True, slots=True)
class Disconnect(Command):
    """Remove edges with their reroutes."""

    edges: tuple[Edge, ...]

    @property
    def label(self) -> str:
        """`Disconnect topic from task`, `Remove 3 connections`."""
        if len(self.edges) == 1:
            return f"Disconnect {self.edges[0].source} from {self.edges[0].target}"
        return f"Remove {counted(len(self.edges), 'connection')}"

    def apply(self, graph: Graph) -> Graph:
        """Remove those that are there."""
        kept = tuple(edge for edge in graph.edges if edge not in self.edges)
        return same_edges(graph, kept) if len(kept) < len(graph.edges) else graph


@dataclass(frozen=True, slots=True)
class Reconnect(Command):
    """Lead an edge to another pin, at either end; its place among the edges of the same input stays."""

    old: Edge
    new: Edge
    rules: Rules

    @property
    def label(self) -> str:
        """`Connect topic to task`."""
        return f"Connect {self.new.source} to {self.new.target}"

    def apply(self, graph: Graph) -> Graph:
        """Reconnect; raises UsageError with the sentence of `why_not`."""
        if self.old not in graph.edges:
            raise UsageError(f"there is no edge {self.old}")
        if self.old == self.new:
            return graph
        without = replace(graph, edges=tuple(edge for edge in graph.edges if edge != self.old))
        reason = why_not(without, self.new, self.rules)
        if reason is not None:
            raise UsageError(reason)
        gone = replaced(without, self.new, self.rules)
        edges = (self.new if edge == self.old else edge for edge in graph.edges if edge not in gone)
        return same_edges(graph, tuple(edges))


@dataclass(frozen=True, slots=True)
class MoveInput(Command):
    """Change the order in which an input that takes several edges joins them: one edge comes to position `to`."""

    edge: Edge
    to: int

    @property
    def label(self) -> str:
        """`Reorder texts of join`."""
        return f"Reorder {self.edge.input} of {self.edge.target}"

    def apply(self, graph: Graph) -> Graph:
        """Move it among the edges of its input."""
        if self.edge not in graph.edges:
            raise UsageError(f"there is no edge {self.edge}")
        pin = (self.edge.target, self.edge.input)
        group = [edge for edge in graph.edges if (edge.target, edge.input) == pin and edge != self.edge]
        group.insert(max(0, self.to), self.edge)
        edges = tuple(in_file_order([edge for edge in graph.edges if (edge.target, edge.input) != pin] + group))
        return graph if edges == tuple(graph.edges) else replace(graph, edges=edges)


@dataclass(frozen=True, slots=True)
class SetReroute(Command):
    """Lead an edge through points, in their order; none: straight again."""

    edge: Edge
    points: tuple[Point, ...]

    @property
    def label(self) -> str:
        """`Reroute topic to task`."""
        return f"Reroute {self.edge.source} to {self.edge.target}"

    @property
    def merge_key(self) -> Hashable:
        """Dragging a point merges; another number of points is another edit."""
        return ("reroute", self.edge, len(self.points))

    def apply(self, graph: Graph) -> Graph:
        """Replace the points."""
        if self.edge not in graph.edges:
            raise UsageError(f"there is no edge {self.edge}")
        changed = with_reroutes(graph, {self.edge: self.points})
        return graph if changed.view == graph.view else changed


def with_point(graph: Graph, edge: Edge, number: int, at: Point) -> SetReroute:
    """Return the command that adds a point before point `number` of an edge."""
    points = list(reroutes(graph).get(edge, ()))
    points.insert(number, at)
    return SetReroute(edge, tuple(points))


def with_point_moved(graph: Graph, edge: Edge, number: int, at: Point) -> SetReroute:
    """Return the command that moves point `number` of an edge; raises IndexError."""
    points = list(reroutes(graph).get(edge, ()))
    points[number] = at
    return SetReroute(edge, tuple(points))


def without_point(graph: Graph, edge: Edge, number: int) -> SetReroute:
    """Return the command that removes point `number` of an edge; raises IndexError."""
    points = list(reroutes(graph).get(edge, ()))
    del points[number]
    return SetReroute(edge, tuple(points))


@dataclass(frozen=True, slots=True)
class InsertIntoEdge(Command):
    """Put a node that is in the graph into an edge: its first input that fits, and its first output."""

    edge: Edge
    node: str
    rules: Rules

    @property
    def label(self) -> str:
        """`Insert check between task and reply`."""
        return f"Insert {self.node} between {self.edge.source} and {self.edge.target}"

    def apply(self, graph: Graph) -> Graph:
        """Insert; raises UsageError when the node does not fit there."""
        if self.edge not in graph.edges:
            raise UsageError(f"there is no edge {self.edge}")
        node_of(graph, self.node)
        halves = ways_into(graph, self.edge, self.node, self.rules)
        if halves is None:
            raise UsageError(f'"{self.node}" has no free input and output that fit between the two')
        first, second = halves
        graph = same_edges(graph, tuple(second if edge == self.edge else edge for edge in graph.edges))
        return Connect(first, self.rules).apply(graph)


def ways_into(graph: Graph, edge: Edge, node_id: str, rules: Rules) -> tuple[Edge, Edge] | None:
    """Return the two edges that would put a node into an edge, or None when it does not fit there.

    An input that is in use is never taken.
    """
    if node_id in (edge.source, edge.target) or edge not in graph.edges:
        return None
    without = replace(graph, edges=tuple(other for other in graph.edges if other != edge))
    ports = rules.ports(graph, node_id)
    used = {other.input for other in without.edges if other.target == node_id}
    free = [Edge(edge.source, edge.output, node_id, name) for name in ports.inputs if name not in used]
    onward = [Edge(node_id, name, edge.target, edge.input) for name in ports.outputs]
    first = next((way for way in free if why_not(without, way, rules) is None), None)
    second = next((way for way in onward if why_not(without, way, rules) is None), None)
    return (first, second) if first is not None and second is not None else None
