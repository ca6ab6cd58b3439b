"""Which models a graph asks for: the entries of `models` that its nodes name, in itself and in the graphs inside it.

Only the graphs are looked at; whether a file is on this machine is `resolve`. A graph inside another one names its own
models, or where it names none, those of the graph around it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphide.errors import GraphideError
from graphide.graph.model import Graph, ModelRef, Node
from graphide.graph.outline import INPUT_TYPE, ends
from graphide.graph.topology import ancestors
from graphide.spec.nodespec import NodeSpec, Outline
from graphide.values import Json

Inside = Callable[[Json], tuple[Graph, Any]]
"""Gives the graph that a setting names, and the same function for the graphs inside that one; raises GraphideError."""

_MOST_GRAPHS = 200


@dataclass(frozen=True, slots=True)
class _Place:
    graph: Graph
    inside: Inside
    models: Mapping[str, ModelRef]
    nodes: frozenset[str]


def refs_asked(
    graph: Graph,
    registry: Mapping[str, NodeSpec],
    inside: Inside,
    *,
    nodes: Collection[str] = (),
    servers: Collection[str] = (),
) -> tuple[ModelRef, ...]:
    """Return the entries of models that are asked for, each file once; `nodes` empty: those of all nodes.

    A name that begins with one of `servers` is not a file. A graph inside that cannot be read asks for nothing: the run
    says what is wrong with it.
    """
    found: dict[str, ModelRef] = {}
    waiting = [_Place(graph, inside, graph.models, frozenset(nodes or graph.nodes))]
    seen: list[tuple[Graph, Mapping[str, ModelRef]]] = []
    while waiting and len(seen) < _MOST_GRAPHS:
        place = waiting.pop()
        if (place.graph, place.models) in seen:  # a graph may contain itself
            continue
        seen.append((place.graph, place.models))
        for node in place.graph.nodes.values():
            spec = registry.get(node.type)
            if spec is None or node.state != "active" or node.id not in place.nodes:
                continue
            for name in _names(place.graph, node, spec):
                if name in place.models and name.partition("/")[0] not in servers:
                    ref = place.models[name]
                    found.setdefault(ref.sha256.lower() or ref.file, ref)
            waiting += _further(place, node, spec)
    return tuple(found.values())


def _names(graph: Graph, node: Node, spec: NodeSpec) -> Iterator[str]:
    """Yield the names of models in the settings of a node; of one that is an input, what the variable before it says."""
    for setting in spec.model_settings:
        value = node.settings.get(setting, spec.settings[setting].default)
        edge = next((each for each in graph.edges if (each.target, each.input) == (node.id, setting)), None)
        if setting in node.exposed and edge is not None:
            source = graph.nodes.get(edge.source)
            value = source.settings.get("value") if source is not None and source.type == INPUT_TYPE else None
        if isinstance(value, str):
            yield value


def _further(place: _Place, node: Node, spec: NodeSpec) -> Iterator[_Place]:
    """Yield the graphs inside a node, which are those that its ports depend on."""
    references: list[Json] = []

    def note(reference: Json) -> Outline:
        if reference not in references:
            references.append(reference)
        return Outline()

    for ports in (spec.inputs_for, spec.outputs_for):
        with suppress(GraphideError):
            ports(node.settings, note)
    for reference in references:
        with suppress(GraphideError):
            graph, inside = place.inside(reference)
            yield _Place(graph, inside, graph.models or place.models, ancestors(graph, ends(graph)))
