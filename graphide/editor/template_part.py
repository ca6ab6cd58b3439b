"""Part of a graph as a graph of its own, to be kept as a template: wires that are cut become its inputs and outputs.

An input of the graph that feeds the part goes along as it is, with its choices; other wires get a new input of a kind
that fits. What a wire carries that no input can give is left unconnected, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from graphide.editor.clipboard import part_of
from graphide.editor.connect import Rules
from graphide.editor.layout import Place, Point, corner, place, places, with_places
from graphide.editor.names import free_name
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.outline import INPUT_TYPE, OUTPUT_TYPE, output_name
from graphide.spec.nodespec import Port
from graphide.values import Wire, accepts

_COLUMN: Final = 320
_ROW: Final = 200
_KINDS: Final[Mapping[Wire, str]] = {
    "text": "longtext", "number": "number", "boolean": "toggle", "list": "list", "json": "json", "any": "longtext"
}  # fmt: skip


class Part(NamedTuple):
    """A part as a graph of its own, and a sentence for each wire that could not become an input."""

    graph: Graph
    notes: tuple[str, ...] = ()


def part_as_graph(graph: Graph, nodes: tuple[str, ...], frames: tuple[str, ...], rules: Rules) -> Part:
    """Return some nodes of a graph with inputs and outputs in the place of what they were connected to."""
    cut = _Cut(graph, nodes, frames, rules)
    for edge in graph.edges:
        if edge.target in cut.own and edge.source not in cut.own:
            cut.enter(edge)
        elif edge.source in cut.own and edge.target not in cut.own:
            cut.leave(edge)
    return cut.result()


class _Cut:
    """What comes in place of the edges that are cut, while they are looked at one after the other."""

    def __init__(self, graph: Graph, nodes: tuple[str, ...], frames: tuple[str, ...], rules: Rules) -> None:
        self._graph, self._rules = graph, rules
        self._part = part_of(graph, nodes, frames)
        self.own = frozenset(self._part.nodes)
        self._taken = set(self.own)
        self._inputs: dict[tuple[str, str], Node] = {}
        self._outputs: dict[tuple[str, str], Node] = {}
        self._edges: list[Edge] = []
        self._notes: list[str] = []

    def enter(self, edge: Edge) -> None:
        """Take an edge into the part."""
        source = self._graph.nodes.get(edge.source)
        pin = (edge.source, edge.output)
        if source is None:
            return
        if pin not in self._inputs:
            if source.type == INPUT_TYPE:
                self._inputs[pin] = replace(source, id=self._named(source.id))
            elif kind := self._kind(edge):
                name = self._named(edge.source)
                self._inputs[pin] = Node(name, INPUT_TYPE, {"kind": kind}, title=source.title)
            else:
                self._notes.append(f"what {edge} carries can be no input, so {edge.target}.{edge.input} is left open")
                return
        self._edges.append(Edge(self._inputs[pin].id, "value", edge.target, edge.input))

    def leave(self, edge: Edge) -> None:
        """Take an edge out of the part; one to an output of the graph keeps its name."""
        pin = (edge.source, edge.output)
        target = self._graph.nodes.get(edge.target)
        is_output = target is not None and target.type == OUTPUT_TYPE
        if pin in self._outputs or (target is None) or self._goes_out(pin):
            return
        wanted = output_name(target, self._rules.registry) if is_output else edge.source
        name = self._named(wanted)
        self._outputs[pin] = Node(name, OUTPUT_TYPE, {"name": name})
        self._edges.append(Edge(*pin, name, "value"))

    def result(self) -> Part:
        """Return the part with its inputs on the left and its outputs on the right."""
        part = self._part
        start = corner(part, tuple(part.nodes))
        right = max((own.at.x for own in places(part).values() if own.at is not None), default=0)
        spots: dict[str, Place] = {}
        for column, nodes in ((start.x - _COLUMN, self._inputs), (right + _COLUMN, self._outputs)):
            for number, (pin, node) in enumerate(nodes.items()):
                own = (
                    place(self._graph, pin[0]).at if node.type == INPUT_TYPE == self._graph.nodes[pin[0]].type else None
                )
                spots[node.id] = Place(at=own or Point(column, start.y + number * _ROW))
        new = {node.id: node for node in (*self._inputs.values(), *self._outputs.values())}
        whole = replace(part, nodes={**part.nodes, **new}, edges=(*part.edges, *self._edges))
        return Part(with_places(whole, spots), tuple(self._notes))

    def _goes_out(self, pin: tuple[str, str]) -> bool:
        """Return whether an output that is in the part already gives this value."""
        outputs = {node_id for node_id in self.own if self._graph.nodes[node_id].type == OUTPUT_TYPE}
        return any(edge.target in outputs and (edge.source, edge.output) == pin for edge in self._part.edges)

    def _kind(self, edge: Edge) -> str:
        """Return the kind of an input that can take the place of what an edge comes from, "" for none."""
        output = self._rules.ports(self._graph, edge.source).outputs.get(edge.output)
        port = self._rules.ports(self._graph, edge.target).inputs.get(edge.input)
        carried: tuple[Wire, ...] = output.wires if output is not None else ()
        wanted: tuple[Wire, ...] = port.wires if port is not None else ()
        return next((_KINDS[wire] for wire in (*carried, *wanted) if wire in _KINDS and _fits(wire, port)), "")

    def _named(self, wanted: str) -> str:
        name = free_name(wanted, self._taken)
        self._taken.add(name)
        return name


def _fits(wire: Wire, port: Port | None) -> bool:
    given: Wire = "text" if wire == "any" else wire
    return port is None or any(accepts(given, takes) is None for takes in port.wires)
