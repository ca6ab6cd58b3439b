"""Expanding: the graph inside a subgraph node comes out into the graph around it. The way in is in `subgraphs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphide.editor.clipboard import part_of
from graphide.editor.commands import node_of
from graphide.editor.commands_nodes import RemoveNodes, same_edges
from graphide.editor.commands_paste import added
from graphide.editor.connect import Rules
from graphide.editor.layout import corner, frames, place
from graphide.editor.names import new_names, taken_ids
from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph
from graphide.graph.outline import INPUT_TYPE, OUTPUT_TYPE, output_name

Pin = tuple[str, str]


def expanded(graph: Graph, node_id: str, inner: Graph, rules: Rules) -> Graph:
    """Return the graph with the nodes of `inner` in the place of a subgraph node; errors as in `Ungroup`."""
    node = node_of(graph, node_id)
    fed = {edge.input: edge for edge in graph.edges if edge.target == node_id}
    _no_edge_is_lost(graph, node_id, inner, rules)
    inputs = {name for name in fed if _is_input(inner, name)}
    results = _results(inner, rules)
    stays = [name for name in inner.nodes if name not in inputs and name not in set(results.values())]
    names = new_names(stays, taken_ids(graph) - {node_id})
    sources = {(name, "value"): (fed[name].source, fed[name].output) for name in inputs}
    part = part_of(inner, stays, tuple(frames(inner)))
    part = replace(part, models=inner.models)
    if node.state != "active":
        quiet = {key: replace(own, state=node.state) for key, own in part.nodes.items() if own.state == "active"}
        part = replace(part, nodes={**part.nodes, **quiet})
    ways = {edge.target: edge for edge in reversed(inner.edges) if edge.source in inner.nodes}
    given = {output: ways[end] for output, end in results.items()}
    crossing = _crossing(inner, sources, names)
    leaving = {
        edge: _from(given[edge.output], sources, names)._replace(target=edge.target, input=edge.input)
        for edge in graph.edges
        if edge.source == node_id
    }
    bare = RemoveNodes((node_id,)).apply(graph)
    whole = added(bare, part, names, _shift(graph, node_id, part))
    around = [leaving.get(edge, edge) for edge in graph.edges if edge.target != node_id]
    within = [
        crossing.get(edge) or edge._replace(source=names[edge.source], target=names[edge.target])
        for edge in inner.edges
        if edge.target in names and (edge.source in names or edge in crossing)
    ]
    whole = same_edges(whole, tuple(dict.fromkeys([*around, *within])))
    _all_fit(whole, (*crossing.values(), *leaving.values()), rules)
    return whole


def _is_input(inner: Graph, name: str) -> bool:
    node = inner.nodes.get(name)
    return node is not None and node.type == INPUT_TYPE and node.state == "active"


def _results(inner: Graph, rules: Rules) -> dict[str, str]:
    """Return the output nodes of the inner graph that are fed, by the name of the result."""
    fed = {edge.target for edge in inner.edges if edge.source in inner.nodes}
    ends = [node for _, node in sorted(inner.nodes.items()) if node.type == OUTPUT_TYPE and node.state == "active"]
    return {output_name(node, rules.registry): node.id for node in reversed(ends) if node.id in fed}


def _no_edge_is_lost(graph: Graph, node_id: str, inner: Graph, rules: Rules) -> None:
    results = _results(inner, rules)
    for edge in graph.edges:
        if edge.target == node_id and not _is_input(inner, edge.input):
            raise UsageError(f'the edge {edge} has no place: the inner graph has no input "{edge.input}"')
        if edge.source == node_id and edge.output not in results:
            raise UsageError(f'the edge {edge} has no place: the inner graph has no output "{edge.output}"')


def _crossing(inner: Graph, sources: Mapping[Pin, Pin], names: Mapping[str, str]) -> dict[Edge, Edge]:
    """Return the outer edges that inner edges from inputs become."""
    return {
        edge: Edge(*sources[edge.source, edge.output], names[edge.target], edge.input)
        for edge in inner.edges
        if (edge.source, edge.output) in sources and edge.target in names
    }


def _from(edge: Edge, sources: Mapping[Pin, Pin], names: Mapping[str, str]) -> Edge:
    pin = sources.get((edge.source, edge.output))
    if pin is not None:
        return edge._replace(source=pin[0], output=pin[1])
    return edge._replace(source=names[edge.source])


def _all_fit(graph: Graph, edges: tuple[Edge, ...], rules: Rules) -> None:
    for edge in edges:
        gives = rules.ports(graph, edge.source).outputs.get(edge.output)
        takes = rules.ports(graph, edge.target).inputs.get(edge.input)
        refusal = takes.refusal(gives.wires[0]) if gives is not None and takes is not None else None
        if refusal is not None:
            raise UsageError(f"without the border, {edge} cannot be: {refusal.reason}")


def _shift(graph: Graph, node_id: str, part: Graph) -> tuple[float, float]:
    at = place(graph, node_id).at
    start = corner(part, part.nodes, tuple(frames(part)))
    return (at.x - start.x, at.y - start.y) if at is not None else (0, 0)
