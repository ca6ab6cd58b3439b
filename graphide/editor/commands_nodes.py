"""Commands that add, remove and rename nodes, give them a title or a state. Their settings are in `commands_settings`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

from graphide.editor.commands import Command, named, node_of, storable, with_nodes
from graphide.editor.layout import (
    Frame,
    Place,
    Point,
    reroutes,
    with_frames,
    with_names,
    with_places,
    with_reroutes,
    without_nodes,
    written_edges,
)
from graphide.errors import UsageError
from graphide.graph.canonical import document_of
from graphide.graph.model import STATES, Edge, Graph, ModelRef, Node, State, is_name
from graphide.graph.shape import NAME_RULE
from graphide.graph.topology import in_file_order


@dataclass(frozen=True, slots=True)
class AddNodes(Command):
    """Add nodes, with what belongs to them; their ids are free, see `names`."""

    nodes: tuple[Node, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    frames: Mapping[str, Frame] = field(default_factory=dict)
    reroutes: Mapping[Edge, tuple[Point, ...]] = field(default_factory=dict)
    models: Mapping[str, ModelRef] = field(default_factory=dict)
    """Models for names that the graph does not have yet."""

    @property
    def label(self) -> str:
        """`Add a model`, `Add 3 nodes`."""
        if len(self.nodes) == 1:
            return f"Add {self.nodes[0].type}"
        return f"Add {named([node.id for node in self.nodes] or self.frames, 'node' if self.nodes else 'frame')}"

    def apply(self, graph: Graph) -> Graph:
        """Add them; raises UsageError for an id that is taken or no name, or for a node that no file can hold."""
        for node in self.nodes:
            if node.id in graph.nodes:
                raise UsageError(f'the id "{node.id}" is taken')
            _storable_node(node)
        graph = with_nodes(graph, self.nodes)
        edges = in_file_order((*graph.edges, *(edge for edge in self.edges if edge not in graph.edges)))
        models = {**self.models, **graph.models}
        graph = replace(
            graph,
            edges=tuple(edges) if self.edges else graph.edges,
            models=models if len(models) > len(graph.models) else graph.models,
        )
        graph = without_nodes(graph, [node.id for node in self.nodes])
        graph = with_places(graph, self.places) if self.places else graph
        graph = with_frames(graph, self.frames) if self.frames else graph
        return with_reroutes(graph, self.reroutes) if self.reroutes else graph


@dataclass(frozen=True, slots=True)
class RemoveNodes(Command):
    """Remove nodes with their edges, places and reroutes, and frames beside them."""

    ids: tuple[str, ...]
    frames: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`Remove reply`, `Remove 3 nodes`."""
        return f"Remove {named(self.ids) if self.ids else named(self.frames, 'frame')}"

    def apply(self, graph: Graph) -> Graph:
        """Remove those that are there."""
        gone = {node_id for node_id in self.ids if node_id in graph.nodes}
        if gone:
            lines = {edge: () for edge in written_edges(graph).values() if edge.source in gone or edge.target in gone}
            graph = with_reroutes(graph, lines) if lines else graph
            kept = tuple(edge for edge in graph.edges if edge.source not in gone and edge.target not in gone)
            graph = replace(
                without_nodes(graph, gone),
                nodes={node_id: node for node_id, node in graph.nodes.items() if node_id not in gone},
                edges=kept if len(kept) < len(graph.edges) else graph.edges,
            )
        return with_frames(graph, dict.fromkeys(self.frames)) if self.frames else graph


@dataclass(frozen=True, slots=True)
class RenameNode(Command):
    """Give a node another id; edges, reroutes and its place follow."""

    old: str
    new: str

    @property
    def label(self) -> str:
        """`Rename reply to answer`."""
        return f"Rename {self.old} to {self.new}"

    def apply(self, graph: Graph) -> Graph:
        """Rename; raises UsageError for an id that is taken or no name."""
        node = node_of(graph, self.old)
        if self.new == self.old:
            return graph
        if not is_name(self.new):
            raise UsageError(f'"{self.new}" cannot be the id of a node', hint=NAME_RULE)
        storable(self.new, "id")
        if self.new in graph.nodes:
            raise UsageError(f'the id "{self.new}" is taken', hint="Choose another one")
        names = {self.old: self.new}
        edges = {edge: renamed(edge, names) for edge in (*graph.edges, *written_edges(graph).values())}
        nodes = {names.get(node_id, node_id): other for node_id, other in graph.nodes.items()}
        return with_names(
            replace(
                graph,
                nodes={**nodes, self.new: replace(node, id=self.new)},
                edges=tuple(in_file_order(edges[edge] for edge in graph.edges)),
            ),
            names,
            edges,
        )


@dataclass(frozen=True, slots=True)
class SetNodeTitle(Command):
    """Give a node a title; "" is the name of its type again."""

    node: str
    title: str

    @property
    def label(self) -> str:
        """`Change the title of reply`."""
        return f"Change the title of {self.node}"

    @property
    def merge_key(self) -> Hashable:
        """Typing one title merges."""
        return ("title", self.node)

    def apply(self, graph: Graph) -> Graph:
        """Replace the title."""
        node = node_of(graph, self.node)
        if node.title == self.title:
            return graph
        storable(self.title, "title")
        return with_nodes(graph, [replace(node, title=self.title)])


@dataclass(frozen=True, slots=True)
class SetState(Command):
    """Make nodes active, muted or bypassed."""

    ids: tuple[str, ...]
    state: State

    @property
    def label(self) -> str:
        """`Mute reply`, `Activate 3 nodes`."""
        verb = {"active": "Activate", "muted": "Mute", "bypassed": "Bypass"}[self.state]
        return f"{verb} {named(self.ids)}"

    def apply(self, graph: Graph) -> Graph:
        """Set the state."""
        if self.state not in STATES:
            raise UsageError(f"a state is one of {', '.join(STATES)}")
        nodes = [node_of(graph, node_id) for node_id in self.ids]
        return with_nodes(graph, [replace(node, state=self.state) for node in nodes if node.state != self.state])


def renamed(edge: Edge, names: Mapping[str, str]) -> Edge:
    """Return an edge between nodes under their new names."""
    return edge._replace(source=names.get(edge.source, edge.source), target=names.get(edge.target, edge.target))


def same_edges(graph: Graph, edges: tuple[Edge, ...]) -> Graph:
    """Return the graph with other edges, without the reroutes of those that are gone."""
    gone = set(graph.edges).difference(edges)
    lines = {edge: () for edge in reroutes(graph) if edge in gone}
    graph = with_reroutes(graph, lines) if lines else graph
    return replace(graph, edges=tuple(in_file_order(edges)))


def _storable_node(node: Node) -> None:
    try:
        document_of(Graph({node.id: node}))
    except Exception as error:
        raise UsageError(f'"{node.id}" cannot be the id of a node', hint=NAME_RULE) from error
    storable([node.id, node.type, node.title, *node.exposed], node.id)
    for name, value in node.settings.items():
        storable({name: value}, f"{node.id}.{name}")
