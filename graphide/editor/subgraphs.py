"""Subgraphs: nodes become one node with a graph inside, and the other way round.

The inputs of the inner graph are its variables and its outputs are its output nodes, as for any graph, so the edges that
the border cuts become those. Inputs and outputs of the outer graph stay outside when they are in the selection. A new
inner graph lies in the setting of its node; `moved_to_file` gives it a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from graphide.editor.clipboard import part_of
from graphide.editor.commands import Command, Composite, counted, node_of, storable
from graphide.editor.commands_nodes import AddNodes, RemoveNodes, same_edges
from graphide.editor.commands_settings import SetSetting
from graphide.editor.connect import Rules
from graphide.editor.expanding import expanded
from graphide.editor.layout import Place, Point, corner, place, places, with_places
from graphide.editor.names import free_name, taken_ids
from graphide.errors import UsageError
from graphide.graph import file as graph_file
from graphide.graph.canonical import document_of
from graphide.graph.migrate import migrate_nodes
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.outline import INPUT_TYPE, OUTPUT_TYPE
from graphide.graph.shape import graph_of
from graphide.graph.topology import ancestors, descendants
from graphide.spec.registry import Registry
from graphide.values import Json, Wire, accepts

SUBGRAPH_TYPE = "subgraph"
_GRAPH = "graph"
_COLUMN = 320
_ROW = 120

# What a variable has to be to take a value of a wire type in and give it on as it is.
_KINDS: Mapping[Wire, str] = {
    "text": "longtext", "number": "number", "boolean": "toggle", "list": "list", "json": "json", "any": "json"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group(Command):
    """Make nodes one subgraph node with them inside; frames of the selection go along."""

    ids: tuple[str, ...]
    rules: Rules
    frames: tuple[str, ...] = ()
    title: str = ""

    @property
    def label(self) -> str:
        """`Group 3 nodes`."""
        return f"Group {counted(len(self.ids), 'node')}"

    def name(self, graph: Graph) -> str:
        """Return the id that the new node gets in a graph."""
        return free_name(self.title or "part", taken_ids(graph))

    def apply(self, graph: Graph) -> Graph:
        """Group; raises UsageError where something lies between the nodes, or an edge that is cut fits no input."""
        inside = _movable(graph, self.ids)
        if not inside:
            raise UsageError(
                "there is nothing to group", hint="Select nodes other than inputs and outputs of the graph"
            )
        if SUBGRAPH_TYPE not in self.rules.registry:
            raise UsageError(f'the node type "{SUBGRAPH_TYPE}" is not installed')
        _nothing_between(graph, inside)
        name = self.name(graph)
        border = _border(graph, inside, self.rules)
        inner = _inner(graph, inside, border, self.frames)
        document = document_of(replace(inner, title=self.title), self.rules.registry)
        storable(document, f"{name}.{_GRAPH}")
        version = self.rules.registry[SUBGRAPH_TYPE].version
        node = Node(name, SUBGRAPH_TYPE, {_GRAPH: document}, version, self.title)
        outer = (_outside(edge, inside, border, name) for edge in graph.edges)
        edges = tuple(dict.fromkeys(edge for edge in outer if edge is not None))
        graph = AddNodes((node,), {name: Place(at=_middle(graph, inside))}).apply(graph)
        graph = same_edges(graph, tuple(edges))
        return RemoveNodes(inside, self.frames).apply(graph)


@dataclass(frozen=True, slots=True)
class Ungroup(Command):
    """Put the nodes of a subgraph node in its place; `inner` is the graph inside, see `inner_graph`."""

    node: str
    inner: Graph
    rules: Rules

    @property
    def label(self) -> str:
        """`Expand part`."""
        return f"Expand {self.node}"

    def apply(self, graph: Graph) -> Graph:
        """Expand; raises UsageError naming an edge that has no place or does not fit without the border."""
        return expanded(graph, self.node, self.inner, self.rules)


def inner_graph(graph: Graph, node_id: str, path: Path | None, registry: Registry) -> Graph:
    """Return the graph inside a node: the one in its setting, or that of the file it names, beside the file `path`.

    Raises UsageError where no graph is named, and GraphFileError where it cannot be read.
    """
    reference = reference_of(graph, node_id)
    if isinstance(reference, Mapping):
        return migrate_nodes(graph_of({"graphide": 1, **reference}, name=f"{node_id}.{_GRAPH}"), registry)[0]
    file = inner_path(graph, node_id, path)
    return rebased(migrate_nodes(graph_file.load(file), registry)[0], Path(reference).parent, registry)


def inner_path(graph: Graph, node_id: str, path: Path | None) -> Path:
    """Return the file of the graph inside a node, which lies beside the file `path`; raises UsageError without one."""
    reference = reference_of(graph, node_id)
    if not isinstance(reference, str):
        raise UsageError(f'the graph of "{node_id}" lies in the node, not in a file')
    return (path.parent if path is not None else Path.cwd()) / reference


def reference_of(graph: Graph, node_id: str) -> str | Mapping[str, Json]:
    """Return what a node says about the graph inside it, a path or a document; raises UsageError where it says nothing."""
    reference = node_of(graph, node_id).settings.get(_GRAPH)
    if isinstance(reference, Mapping) or (isinstance(reference, str) and reference):
        return reference
    raise UsageError(f'no graph is chosen in "{node_id}"')


def with_inner(node_id: str, inner: Graph, rules: Rules) -> Command:
    """Return the command that puts another graph into a subgraph node: what a person edited inside."""
    return SetSetting(node_id, _GRAPH, document_of(inner, rules.registry), rules)


def moved_to_file(graph: Graph, node_id: str, path: Path, beside: Path, rules: Rules) -> Command:
    """Write the graph inside a node to a file and return the command that makes the node name that file.

    `beside` is the file of the graph itself; raises GraphFileError and UsageError (not below its folder).
    """
    reference = reference_of(graph, node_id)
    if not isinstance(reference, Mapping):
        raise UsageError(f'the graph of "{node_id}" lies in a file already')
    try:
        relative = path.resolve().relative_to(beside.resolve().parent)
    except ValueError as error:
        hint = f"Choose a file below {beside.resolve().parent}"
        raise UsageError("the graph of a part lies beside the graph that uses it", hint=hint) from error
    graph_file.save(graph_of({"graphide": 1, **reference}), path, rules.registry)
    return Composite(f"Save {node_id} as a file", (SetSetting(node_id, _GRAPH, relative.as_posix(), rules),))


def rebased(graph: Graph, folder: Path, registry: Registry) -> Graph:
    """Return a graph whose files lie in `folder` as one beside it: the paths in its settings begin with the folder."""
    if folder in (Path(), Path(".")):
        return graph
    nodes = {}
    for node_id, node in graph.nodes.items():
        spec = registry.get(node.type)
        files = [
            name
            for name, value in node.settings.items()
            if spec is not None and name in spec.settings and spec.settings[name].field.kind == "file"
            and isinstance(value, str) and value and not Path(value).is_absolute()
        ]  # fmt: skip
        settings = {**node.settings, **{name: (folder / node.settings[name]).as_posix() for name in files}}
        nodes[node_id] = replace(node, settings=settings) if files else node
    return replace(graph, nodes=nodes)


@dataclass(frozen=True, slots=True)
class _Border:
    """What crosses: input names by outer output, and output names by inner output, each (node, port)."""

    inputs: Mapping[tuple[str, str], str]
    outputs: Mapping[tuple[str, str], str]
    kinds: Mapping[str, str]


def _movable(graph: Graph, ids: tuple[str, ...]) -> tuple[str, ...]:
    nodes = [node_of(graph, node_id) for node_id in dict.fromkeys(ids)]
    return tuple(node.id for node in nodes if node.type not in (INPUT_TYPE, OUTPUT_TYPE))


def _nothing_between(graph: Graph, inside: tuple[str, ...]) -> None:
    own = set(inside)
    between = sorted(descendants(graph, own) & ancestors(graph, own) - own)
    if between:
        names = ", ".join(between[:5]) + (" …" if len(between) > 5 else "")
        message = f"the group would wait for itself: {names} lies between its nodes"
        raise UsageError(message, hint="Take everything between them into the group too")


def _border(graph: Graph, inside: tuple[str, ...], rules: Rules) -> _Border:
    own = set(inside)
    taken = set(inside)
    inputs: dict[tuple[str, str], str] = {}
    outputs: dict[tuple[str, str], str] = {}
    kinds: dict[str, str] = {}
    several = _with_several_outputs(graph, own)
    for edge in graph.edges:
        found = inputs if edge.source not in own else outputs
        if (edge.source in own) == (edge.target in own) or edge.source not in graph.nodes:
            continue
        pin = (edge.source, edge.output)
        if pin not in found:
            wanted = f"{edge.source}_{edge.output}" if edge.source in several or edge.source in own else edge.source
            found[pin] = free_name(wanted, taken)
            taken.add(found[pin])
        if found is inputs:
            kinds[found[pin]] = _kind(graph, edge, rules)
    return _Border(inputs, outputs, kinds)


def _with_several_outputs(graph: Graph, own: set[str]) -> set[str]:
    pins = {(edge.source, edge.output) for edge in graph.edges if edge.target in own and edge.source not in own}
    sources = [source for source, _ in pins]
    return {source for source in sources if sources.count(source) > 1}


def _kind(graph: Graph, edge: Edge, rules: Rules) -> str:
    output = rules.ports(graph, edge.source).outputs.get(edge.output)
    port = rules.ports(graph, edge.target).inputs.get(edge.input)
    wire: Wire = output.wires[0] if output is not None else "any"
    kind = _KINDS.get(wire)
    given: Wire = "json" if wire == "any" else wire
    if kind is None or (port is not None and all(accepts(given, takes) is not None for takes in port.wires)):
        what = f"carries {wire}" if wire != "any" else f"may carry anything, and {edge.target}.{edge.input} is choosy"
        hint = f'Take "{edge.source}" into the group too, or leave "{edge.target}" out'
        raise UsageError(f"the edge {edge} {what}, which cannot be an input of a graph", hint=hint)
    return kind


def _inner(graph: Graph, inside: tuple[str, ...], border: _Border, frames: tuple[str, ...]) -> Graph:
    part = replace(part_of(graph, inside, frames), models={})
    own = set(inside)
    start = corner(graph, inside)
    right = max((at.x for own in places(part).values() if (at := own.at) is not None), default=0)
    nodes: dict[str, Node] = {}
    spots: dict[str, Place] = {}
    for number, name in enumerate(border.inputs.values()):
        nodes[name] = Node(name, INPUT_TYPE, {"kind": border.kinds[name]})
        spots[name] = Place(at=Point(start.x - _COLUMN, start.y + number * _ROW))
    for number, name in enumerate(border.outputs.values()):
        nodes[name] = Node(name, OUTPUT_TYPE, {"name": name})
        spots[name] = Place(at=Point(right + _COLUMN, start.y + number * _ROW))
    edges: list[Edge] = []
    for edge in graph.edges:
        if edge.target not in own:
            continue
        pin = (edge.source, edge.output)
        if pin in border.inputs:
            edges.append(Edge(border.inputs[pin], "value", edge.target, edge.input))
        elif edge.source in own:
            edges.append(edge)
    edges += [Edge(source, output, name, "value") for (source, output), name in border.outputs.items()]
    whole = replace(part, nodes={**part.nodes, **nodes}, edges=part.edges)
    return with_places(same_edges(whole, tuple(edges)), spots)


def _outside(edge: Edge, inside: tuple[str, ...], border: _Border, name: str) -> Edge | None:
    pin = (edge.source, edge.output)
    if edge.source in inside:
        return None if edge.target in inside or pin not in border.outputs else Edge(
            name, border.outputs[pin], edge.target, edge.input
        )  # fmt: skip
    if edge.target in inside:
        return Edge(*pin, name, border.inputs[pin]) if pin in border.inputs else None
    return edge


def _middle(graph: Graph, inside: tuple[str, ...]) -> Point | None:
    found = [at for node_id in inside if (at := place(graph, node_id).at) is not None]
    if not found:
        return None
    return Point(sum(at.x for at in found) / len(found), sum(at.y for at in found) / len(found))
