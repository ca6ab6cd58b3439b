"""Outline: the outside of a graph, which is what a subgraph node, the command line and the server see of it.

This is the one place that knows which node types are the inputs and outputs of a graph. A variable's id is the name of
the input; an output's `name` setting is the name of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from graphide.graph.model import Graph, Node
from graphide.graph.ports import ports_of
from graphide.graph.problems import place
from graphide.spec.nodespec import Outline, Port

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

INPUT_TYPE = "variable"
OUTPUT_TYPE = "output"
DEFAULT_OUTPUT = "result"


def outline(graph: Graph, registry: Mapping[str, NodeSpec]) -> Outline:
    """Return the inputs of a graph as ports with fields, and the names of its outputs, both by node id.

    An input that has no value yet is required. Muted and bypassed nodes do not count. Raises GraphideError, with the
    node as its place, for a variable whose settings make no input.
    """
    inputs = tuple(port for node in _active(graph, INPUT_TYPE) if (port := _input(graph, node, registry)) is not None)
    outputs = tuple(dict.fromkeys(output_name(node, registry) for node in _active(graph, OUTPUT_TYPE)))
    return Outline(inputs, outputs)


def ends(graph: Graph) -> list[str]:
    """Return the nodes that a graph runs to by itself: its outputs, or its last nodes when it has none."""
    outputs = [node.id for node in graph.nodes.values() if node.type == OUTPUT_TYPE and node.state == "active"]
    sources = {edge.source for edge in graph.edges}
    return outputs or [node_id for node_id in graph.nodes if node_id not in sources]


def output_name(node: Node, registry: Mapping[str, NodeSpec]) -> str:
    """Return the name under which an output node gives its result."""
    spec = registry.get(node.type)
    settings = spec.full(node.settings) if spec is not None else node.settings
    name = settings.get("name")
    return name if isinstance(name, str) and name else DEFAULT_OUTPUT


def _input(graph: Graph, node: Node, registry: Mapping[str, NodeSpec]) -> Port | None:
    # What a variable gives and what its caller may give it are one port: type, field, default, and whether it is unset.
    ports = ports_of(graph, node, registry)
    if ports.trouble is not None:
        raise ports.trouble.at(place(node))
    given = next((port for port in ports.outputs.values() if port.field is not None), None)
    if given is None:
        return None
    return replace(given, name=node.id, help=given.help or node.title)


def _active(graph: Graph, type: str) -> Iterator[Node]:
    return (node for _, node in sorted(graph.nodes.items()) if node.type == type and node.state == "active")
