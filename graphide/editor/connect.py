"""Connecting: why an edge cannot be made, in a sentence, and which edge it takes the place of.

What two types have to do with each other is in `graphide.values`; this module asks it for two pins of a graph, and
looks for circles. It changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphide.graph.model import Edge, Graph, Node
from graphide.graph.ports import Ports, ports_of
from graphide.graph.problems import nearest, place
from graphide.graph.topology import ancestors, descendants, links
from graphide.spec.nodespec import Outline, Port, no_outlines
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec, Outlines

Pin = tuple[str, str]
"""A node and one of its ports."""

CIRCLE = "the nodes would wait for each other"
_MOST_PORTS = 8_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides about edges and settings: the node types, and what looks into graphs that settings name."""

    registry: Mapping[str, NodeSpec]
    outlines: Outlines | None = field(default=None, compare=False)
    _known: dict[int, tuple[Node, Ports]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def ports(self, graph: Graph, node_id: str) -> Ports:
        """Return the ports of a node, worked out once for each; raises KeyError for an unknown node."""
        node = graph.nodes[node_id]
        known = self._known.get(id(node))
        if known is not None and known[0] is node:
            return known[1]
        looked_inside = False

        def outlines(reference: Json) -> Outline:
            nonlocal looked_inside
            looked_inside = True
            return (self.outlines or no_outlines)(reference)

        found = ports_of(graph, node, self.registry, outlines)
        # A file may change, and the ports of an unknown type are those of its edges: these are asked for anew.
        if not looked_inside and node.type in self.registry:
            for oldest in list(self._known)[:_MOST_PORTS] if len(self._known) >= 2 * _MOST_PORTS else ():
                del self._known[oldest]
            self._known[id(node)] = (node, found)
        return found


def why_not(graph: Graph, edge: Edge, rules: Rules) -> str | None:
    """Return the sentence that says why an edge cannot be made, or None when it can.

    An input that takes one edge and has one is no reason: the new edge takes its place, see `replaced`.
    """
    for node_id in (edge.source, edge.target):
        if node_id not in graph.nodes:
            return f'there is no node "{node_id}"'
    if edge.source == edge.target:
        return f'{place(graph.nodes[edge.source])} cannot feed itself: "{edge.output}" is its own output'
    if edge in graph.edges:
        return f"{edge.source}.{edge.output} is connected to {edge.target}.{edge.input} already"
    return _about_ports(graph, edge, rules) or _about_circles(graph, edge)


def replaced(graph: Graph, edge: Edge, rules: Rules) -> tuple[Edge, ...]:
    """Return the edges that have to go when `edge` is made: those into an input that takes one."""
    port = rules.ports(graph, edge.target).inputs.get(edge.input)
    if port is None or port.many:
        return ()
    return tuple(other for other in links(graph).incoming(edge.target) if other.input == edge.input and other != edge)


def inputs_for(graph: Graph, source: str, output: str, rules: Rules) -> dict[Pin, str | None]:
    """Return for every input of the graph why the output cannot feed it, None where it can.

    One pass over the graph, for the pins that are dimmed while an edge is drawn; `why_not` names the nodes of a circle,
    here it is `CIRCLE`.
    """
    before = ancestors(graph, [source])
    found: dict[Pin, str | None] = {}
    gives = rules.ports(graph, source)
    for node_id in graph.nodes:
        for name, port in rules.ports(graph, node_id).inputs.items():
            edge = Edge(source, output, node_id, name)
            found[node_id, name] = _quick(graph, edge, gives.outputs.get(output), port, circle=node_id in before)
    return found


def outputs_for(graph: Graph, target: str, input: str, rules: Rules) -> dict[Pin, str | None]:
    """Return for every output of the graph why it cannot feed the input, None where it can."""
    after = descendants(graph, [target])
    found: dict[Pin, str | None] = {}
    port = rules.ports(graph, target).inputs.get(input)
    for node_id in graph.nodes:
        for name, gives in rules.ports(graph, node_id).outputs.items():
            edge = Edge(node_id, name, target, input)
            found[node_id, name] = _quick(graph, edge, gives, port, circle=node_id in after)
    return found


def circle(graph: Graph, edge: Edge) -> tuple[str, ...]:
    """Return the nodes of a shortest circle that an edge would close, in edge order; empty when it closes none."""
    if edge.source == edge.target:
        return (edge.source,)
    joined = links(graph)
    came_from = {edge.target: ""}
    waiting = deque([edge.target])
    while waiting and edge.source not in came_from:
        node_id = waiting.popleft()
        for onward in joined.outgoing(node_id):
            if onward.target not in came_from:
                came_from[onward.target] = node_id
                waiting.append(onward.target)
    if edge.source not in came_from:
        return ()
    path = [edge.source]
    while came_from[path[-1]]:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def _quick(graph: Graph, edge: Edge, output: Port | None, port: Port | None, *, circle: bool) -> str | None:
    if output is None or port is None:
        return "there is no such pin"
    if edge.source == edge.target:
        return f'{place(graph.nodes[edge.source])} cannot feed itself: "{edge.output}" is its own output'
    refusal = port.refusal(output.wires[0])
    if refusal is not None:
        return refusal.reason
    return CIRCLE if circle else None


def _about_ports(graph: Graph, edge: Edge, rules: Rules) -> str | None:
    gives, takes = rules.ports(graph, edge.source), rules.ports(graph, edge.target)
    output, port = gives.outputs.get(edge.output), takes.inputs.get(edge.input)
    if output is None:
        return _missing(graph, edge.source, f'output "{edge.output}"', edge.output, gives, gives.outputs)
    if port is None:
        return _missing(graph, edge.target, f'input "{edge.input}"', edge.input, takes, takes.inputs)
    refusal = port.refusal(output.wires[0])
    return refusal.reason if refusal is not None else None


def _missing(graph: Graph, node_id: str, what: str, name: str, ports: Ports, known: Mapping[str, Port]) -> str:
    where = place(graph.nodes[node_id])
    if ports.trouble is not None:
        return f"{where} has no {what} as it is now: {ports.trouble.message}"
    if not ports.certain:
        return f"whether {where} has an {what} cannot be told"
    hint = nearest(name, known)
    return f"{where} has no {what}" + (f". {hint}" if hint else "")


def _about_circles(graph: Graph, edge: Edge) -> str | None:
    around = circle(graph, edge)
    if not around:
        return None
    path = " -> ".join([*around, around[0]])
    names = " and ".join([", ".join(around[:-1]), around[-1]]) if len(around) > 1 else around[0]
    return f"nodes {names} would wait for each other: {path}"
