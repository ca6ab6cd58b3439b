"""Topology: what is connected to what, in which order nodes can run, and what keeps them from it.

Everything here is iterative, linear in nodes and edges, and deterministic: ties are broken by node id. Edges to nodes
that are not there are skipped; node types, settings and states play no part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph
from graphide.graph.problems import nearest

_KEPT = 16


@dataclass(frozen=True, slots=True)
class Links:
    """The edges of a graph by the node they end and start at: sorted, each once. Nodes without edges are not in it."""

    by_target: Mapping[str, tuple[Edge, ...]]
    by_source: Mapping[str, tuple[Edge, ...]]

    def incoming(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that end at a node, in the order in which an input joins several."""
        return self.by_target.get(node_id, ())

    def outgoing(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that start at a node."""
        return self.by_source.get(node_id, ())


# The links of the last few edge tuples, by identity: an edit of a setting keeps the tuple, so a check after each key
# press finds its links here, and undo histories do not each hold a copy.
_recent: dict[int, tuple[tuple[Edge, ...], Links]] = {}


def links(graph: Graph) -> Links:
    """Return the links of a graph; the same edges give the same object while it is among the last few asked for."""
    edges = graph.edges
    known = _recent.get(id(edges))
    if known is not None and known[0] is edges:
        return known[1]
    built = _build(edges)
    for oldest in list(_recent)[: 1 - _KEPT]:
        _recent.pop(oldest, None)
    _recent[id(edges)] = (edges, built)
    return built


def in_file_order(edges: Iterable[Edge]) -> list[Edge]:
    """Return edges in the order that files have: by source, output, target, input.

    Edges into the same input keep the order they are given in, because that is the order in which the input joins them:
    they share out the places that sorting gives to all of them.
    """
    given = list(edges)
    groups: dict[tuple[str, str], list[Edge]] = {}
    for edge in given:
        groups.setdefault((edge.target, edge.input), []).append(edge)
    several = {place: iter(group) for place, group in groups.items() if len(group) > 1}
    ordered = sorted(given)
    if not several:
        return ordered
    return [next(several.get((edge.target, edge.input), iter((edge,)))) for edge in ordered]


def incoming(graph: Graph) -> Mapping[str, tuple[Edge, ...]]:
    """Return the edges of a graph by the node they end at."""
    return links(graph).by_target


def outgoing(graph: Graph) -> Mapping[str, tuple[Edge, ...]]:
    """Return the edges of a graph by the node they start at."""
    return links(graph).by_source


def order(graph: Graph) -> tuple[str, ...]:
    """Return the nodes so that each comes after everything it depends on, ties by id.

    Nodes on a cycle, and those that depend on one, are left out; `cycles` names them.
    """
    waiting = dict.fromkeys(graph.nodes, 0)
    joined = links(graph)
    for target, edges in joined.by_target.items():
        if target in waiting:
            waiting[target] = sum(edge.source in waiting for edge in edges)
    ready = [node for node, count in waiting.items() if not count]
    heapify(ready)
    done: list[str] = []
    while ready:
        node = heappop(ready)
        done.append(node)
        for edge in joined.outgoing(node):
            if edge.target in waiting:
                waiting[edge.target] -= 1
                if not waiting[edge.target]:
                    heappush(ready, edge.target)
    return tuple(done)


def ancestors(graph: Graph, targets: Iterable[str]) -> frozenset[str]:
    """Return the targets and every node they depend on; raises UsageError for a target that is not in the graph."""
    wanted = list(targets)
    for target in wanted:
        if target not in graph.nodes:
            raise UsageError(f'there is no node "{target}" in the graph', hint=nearest(target, graph.nodes))
    return _reached(graph, wanted, upstream=True)


def descendants(graph: Graph, sources: Iterable[str]) -> frozenset[str]:
    """Return the sources (those in the graph) and every node that depends on one of them."""
    return _reached(graph, [node for node in sources if node in graph.nodes], upstream=False)


def cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return one cycle of each knot of nodes that wait for each other: its nodes in edge order, the smallest id first.

    Each is a shortest cycle through that id, so that all of it fits in a message. Empty for a graph that can run.
    """
    rest = set(graph.nodes) - set(order(graph))
    if not rest:
        return ()
    import networkx  # only here: importing it takes longer than checking the graph

    after: dict[str, list[str]] = {node: [] for node in rest}
    for edge in graph.edges:
        if edge.source in rest and edge.target in rest:
            after[edge.source].append(edge.target)
    edges = [(source, target) for source, targets in after.items() for target in targets]
    knots: Iterable[set[str]] = networkx.strongly_connected_components(networkx.DiGraph(edges))
    return tuple(sorted(_shortest(after, knot) for knot in knots if len(knot) > 1 or knot <= set(after[min(knot)])))


def _build(edges: tuple[Edge, ...]) -> Links:
    by_target: dict[str, list[Edge]] = {}
    by_source: dict[str, list[Edge]] = {}
    for edge in dict.fromkeys(in_file_order(edges)):
        by_target.setdefault(edge.target, []).append(edge)
        by_source.setdefault(edge.source, []).append(edge)
    return Links(
        {node: tuple(found) for node, found in by_target.items()},
        {node: tuple(found) for node, found in by_source.items()},
    )


def _reached(graph: Graph, start: list[str], *, upstream: bool) -> frozenset[str]:
    joined = links(graph)
    seen = set(start)
    waiting = list(seen)
    while waiting:
        node = waiting.pop()
        edges = joined.incoming(node) if upstream else joined.outgoing(node)
        for edge in edges:
            other = edge.source if upstream else edge.target
            if other not in seen and other in graph.nodes:
                seen.add(other)
                waiting.append(other)
    return frozenset(seen)


def _shortest(following: Mapping[str, list[str]], knot: set[str]) -> tuple[str, ...]:
    start = min(knot)
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while start not in came_from:
        node = waiting.popleft()
        for after in sorted(following[node]):
            if after in knot and after not in came_from:
                came_from[after] = node
                waiting.append(after)
    path = [came_from[start]]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
