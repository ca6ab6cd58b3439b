"""Binding: give the inputs of a graph their values. The result is a graph like any other, so keys and plans just follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from graphide.errors import UsageError
from graphide.graph.model import Graph, Node
from graphide.graph.outline import outline
from graphide.spec.registry import Registry
from graphide.values import to_json


def bind_inputs(graph: Graph, registry: Registry, values: Mapping[str, Any]) -> Graph:
    """Return the graph with `values` in its inputs, by input name; the same graph when they are there already.

    Raises UsageError for a name that is not an input and for a value that the input refuses.
    """
    if not values:
        return graph
    ports = {port.name: port for port in outline(graph, registry).inputs}
    changed: dict[str, Node] = {}
    for name, value in values.items():
        port = ports.get(name)
        if port is None:
            raise unknown_input(name, tuple(ports))
        value = to_json(value)
        if port.field is not None and (sentence := port.field.problem(value)):
            raise UsageError(sentence, where=f'input "{name}"')
        if port.required or value != port.default:
            node = graph.nodes[name]
            changed[name] = replace(node, settings={**node.settings, "value": value})
    return replace(graph, nodes={**graph.nodes, **changed}) if changed else graph


def unknown_input(name: str, known: tuple[str, ...]) -> UsageError:
    """Return the error for an input that a graph does not have, with the nearest one that it has."""
    near = get_close_matches(name, known, n=1)
    hint = f'Did you mean "{near[0]}"? ' if near else ""
    listed = f"Its inputs are: {', '.join(known)}" if known else "It has no inputs"
    return UsageError(f'the graph has no input "{name}"', hint=hint + listed)
