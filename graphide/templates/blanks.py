"""What a person fills in before a template is used: the inputs of its graph, and placeholders that nothing is connected to.

The same name is one blank, however often it occurs. A blank without a default has to be filled in; the field of its port
says which values fit and which widget edits it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from graphide.errors import GraphideError, UsageError
from graphide.graph.bind import bind_inputs, unknown_input
from graphide.graph.model import Graph, Node
from graphide.graph.outline import outline
from graphide.spec.nodespec import NodeSpec, Port
from graphide.spec.registry import Registry
from graphide.values import to_json

_VALUES = "values"


class Blank(NamedTuple):
    """Something to fill in: its port, whether it is an input of the graph, and the nodes with a placeholder of that name."""

    port: Port
    is_input: bool = False
    nodes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.port.name


def blanks(graph: Graph, registry: Registry) -> tuple[Blank, ...]:
    """Return what there is to fill in, inputs first; raises GraphideError for an input whose settings make none."""
    found = {port.name: Blank(port, True) for port in outline(graph, registry).inputs}
    for node_id, port in _placeholders(graph, registry):
        known = found.get(port.name)
        found[port.name] = known._replace(nodes=(*known.nodes, node_id)) if known else Blank(port, False, (node_id,))
    return tuple(found.values())


def filled(graph: Graph, registry: Registry, values: Mapping[str, Any]) -> Graph:
    """Return a graph with values in its blanks, by name; those without one stay as they are.

    Raises UsageError for a name that is none, and for a value that does not fit.
    """
    known = {blank.name: blank for blank in blanks(graph, registry)}
    for name, value in values.items():
        if name not in known:
            raise unknown_input(name, tuple(known))
        graph = _with(graph, registry, known[name], to_json(value))
    return graph


def _with(graph: Graph, registry: Registry, blank: Blank, value: Any) -> Graph:
    field = blank.port.field
    if field is not None and (sentence := field.problem(value)):
        raise UsageError(sentence, where=f'input "{blank.name}"')
    if blank.is_input:
        graph = bind_inputs(graph, registry, {blank.name: value})
    for node_id in blank.nodes:
        old = graph.nodes[node_id].settings.get(_VALUES)
        own = old if isinstance(old, Mapping) else {}
        graph = graph.with_settings(node_id, **{_VALUES: {**own, blank.name: value}})
    return graph


def _placeholders(graph: Graph, registry: Registry) -> Iterator[tuple[str, Port]]:
    """Yield the placeholders of nodes that nothing is connected to, each with the value that it has as its default."""
    taken = {(edge.target, edge.input) for edge in graph.edges}
    for node_id, node in sorted(graph.nodes.items()):
        spec = registry.get(node.type)
        if spec is None or _VALUES not in spec.settings or node.state != "active":
            continue
        for port in _ports(spec, node):
            if port.field is not None and (node_id, port.name) not in taken:
                values = node.settings.get(_VALUES)
                if isinstance(values, Mapping) and port.name in values:
                    port = replace(port, default=values[port.name], required=False)
                yield node_id, port


def _ports(spec: NodeSpec, node: Node) -> tuple[Port, ...]:
    try:
        return spec.inputs_for(node.settings)
    except GraphideError:  # a text that cannot be read; the check says it
        return ()
