"""Where nodes without a place in the file are drawn: in columns by what they depend on, below everything that has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphide.editor.layout import Point, place, with_places
from graphide.graph.model import Graph
from graphide.graph.topology import links, order

COLUMN: Final = 300.0
ROW: Final = 320.0
_FIRST: Final = Point(40, 40)


def spots(graph: Graph, placed: Mapping[str, Point]) -> dict[str, Point]:
    """Return a place for every node of a graph that has none, given those that have one; linear in the graph."""
    columns = _columns(graph)
    left = min((at.x for at in placed.values()), default=_FIRST.x)
    top = max((at.y for at in placed.values()), default=_FIRST.y - ROW) + ROW
    used: dict[int, int] = {}
    found = {}
    for node_id in graph.nodes:
        if node_id not in placed:
            column = columns.get(node_id, 0)
            row = used.get(column, 0)
            used[column] = row + 1
            found[node_id] = Point(left + column * COLUMN, top + row * ROW)
    return found


def with_places_of(graph: Graph, other: Graph) -> Graph:
    """Return a graph whose nodes without a place lie where nodes of the same id lie in another one."""
    found = {
        node_id: lies
        for node_id in graph.nodes
        if place(graph, node_id).at is None and (lies := place(other, node_id)).at is not None
    }
    return with_places(graph, found) if found else graph


def _columns(graph: Graph) -> dict[str, int]:
    """Return the column of every node: the length of the longest way to it; nodes on circles come first."""
    joined = links(graph)
    columns: dict[str, int] = {}
    for node_id in order(graph):
        before = (columns.get(edge.source, -1) for edge in joined.incoming(node_id))
        columns[node_id] = max(before, default=-1) + 1
    return columns
