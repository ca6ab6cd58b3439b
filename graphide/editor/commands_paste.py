"""Commands that add a copy of nodes: from the clipboard, from a file, or of nodes of the same graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphide.editor.clipboard import part_of
from graphide.editor.commands import Command, named
from graphide.editor.commands_nodes import AddNodes, renamed
from graphide.editor.layout import corner, frames, place, reroutes, with_names, with_places
from graphide.editor.names import free_name, new_names, taken_ids
from graphide.graph.model import Edge, Graph
from graphide.graph.topology import in_file_order, links

At = tuple[float, float]
APART: At = (32, 32)
"""How far a copy lies from what it is a copy of."""


@dataclass(frozen=True, slots=True)
class Paste(Command):
    """Add the nodes, frames and models of another graph, under new names where they are taken.

    The top left corner of what is pasted comes to `at`, or with None where it was, plus `APART`.
    """

    part: Graph
    at: At | None = None

    @property
    def label(self) -> str:
        """`Paste 3 nodes`."""
        return f"Paste {named(self.part.nodes) if self.part.nodes else named(frames(self.part), 'frame')}"

    def names(self, graph: Graph) -> dict[str, str]:
        """Return the ids that the nodes get in a graph, by those they have now."""
        return new_names(tuple(self.part.nodes), taken_ids(graph))

    def frame_names(self, graph: Graph) -> dict[str, str]:
        """Return the ids that the frames get in a graph, by those they have now."""
        return new_names(tuple(frames(self.part)), {*frames(graph), *_keys(graph.view.get("$frames"))})

    def apply(self, graph: Graph) -> Graph:
        """Add them; edges to nodes that are not part of it are left out."""
        return added(graph, self.part, self.names(graph), self._shift())

    def _shift(self) -> At:
        if self.at is None:
            return APART
        start = corner(self.part, self.part.nodes, tuple(frames(self.part)))
        return (self.at[0] - start.x, self.at[1] - start.y)


@dataclass(frozen=True, slots=True)
class Duplicate(Command):
    """Add a copy of nodes and frames; `wired` copies get the inputs of the originals from outside too."""

    ids: tuple[str, ...]
    frames: tuple[str, ...] = ()
    by: At = APART
    wired: bool = False

    @property
    def label(self) -> str:
        """`Duplicate reply`."""
        return f"Duplicate {named(self.ids) if self.ids else named(self.frames, 'frame')}"

    def names(self, graph: Graph) -> dict[str, str]:
        """Return the ids of the copies by those of the originals."""
        return new_names([node_id for node_id in self.ids if node_id in graph.nodes], taken_ids(graph))

    def apply(self, graph: Graph) -> Graph:
        """Add the copies."""
        names = self.names(graph)
        part = part_of(graph, self.ids, self.frames)
        copied = added(graph, part, names, self.by)
        if not self.wired:
            return copied
        outside = [edge for node_id in names for edge in links(graph).incoming(node_id) if edge.source not in names]
        edges = (*copied.edges, *(edge._replace(target=names[edge.target]) for edge in outside))
        return replace(copied, edges=tuple(in_file_order(edges)))


def added(graph: Graph, part: Graph, names: Mapping[str, str], by: At) -> Graph:
    """Return a graph with another one in it: its nodes under `names`, everything of it shifted by `by`."""
    if not part.nodes and not frames(part):
        return graph
    edges = {edge: renamed(edge, names) for edge in dict.fromkeys(part.edges) if _is_inside(edge, part)}
    here = with_names(replace(part, view=dict(part.view)), names, edges)
    view = {key: _shifted(value, by) for key, value in here.view.items() if key in set(names.values())}
    taken = {*frames(graph), *_keys(graph.view.get("$frames"))}
    boxes = {}
    for frame_id, frame in frames(part).items():
        new = free_name(frame_id, taken)
        taken.add(new)
        boxes[new] = replace(frame, at=frame.at.moved(by))
    lines = {edges[edge]: points for edge, points in reroutes(part).items() if edge in edges}
    whole = AddNodes(
        nodes=tuple(replace(node, id=names[node_id]) for node_id, node in part.nodes.items()),
        edges=tuple(edges.values()),
        frames=boxes,
        reroutes={edge: tuple(point.moved(by) for point in points) for edge, points in lines.items()},
        models=part.models,
    ).apply(graph)
    return replace(whole, view={**whole.view, **view}) if view else whole


def _is_inside(edge: Edge, part: Graph) -> bool:
    return edge.source in part.nodes and edge.target in part.nodes


def _shifted(value: object, by: At) -> object:
    one = Graph(nodes={}, view={"n": value})
    own = place(one, "n")
    if own.at is None:
        return value
    return with_places(one, {"n": replace(own, at=own.at.moved(by))}).view["n"]


def _keys(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, Mapping) else ()
