"""Topology: the order respects every edge, cycles are those that networkx sees, and long chains cost linear time."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import networkx
import pytest
from hypothesis import given, strategies as st

from graphide.errors import UsageError
from graphide.graph.file import dumps, loads
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.topology import ancestors, cycles, descendants, in_file_order, incoming, links, order, outgoing

LONG = 5_000


def graph_with(*pairs: str, nodes: str = "") -> Graph:
    edges = [Edge(pair[0], "out", pair[1], "in") for pair in pairs]
    ids = {*nodes, *(end for edge in edges for end in (edge.source, edge.target))}
    return Graph(nodes={node_id: Node(node_id, "t") for node_id in ids}, edges=tuple(edges))


def chain(length: int) -> Graph:
    ids = [f"n{number:05}" for number in range(length)]
    edges = tuple(Edge(a, "out", b, "in") for a, b in pairwise(ids))
    return Graph(nodes={node_id: Node(node_id, "t") for node_id in ids}, edges=edges)


pairs = st.lists(st.text("abcdefgh", min_size=2, max_size=2), max_size=20)


@given(pairs)
def test_every_node_comes_after_what_it_depends_on(found: list[str]) -> None:
    graph = graph_with(*found)
    place = {node: number for number, node in enumerate(order(graph))}
    for edge in graph.edges:
        if edge.target in place:
            assert place[edge.source] < place[edge.target]


@given(pairs)
def test_cycles_are_found_exactly_where_networkx_finds_some(found: list[str]) -> None:
    graph = graph_with(*found)
    same = networkx.DiGraph([(pair[0], pair[1]) for pair in found])
    knots = [k for k in networkx.strongly_connected_components(same) if len(k) > 1 or same.has_edge(min(k), min(k))]
    assert sorted(min(cycle) for cycle in cycles(graph)) == sorted(min(knot) for knot in knots)
    assert (set(order(graph)) == set(graph.nodes)) == (not knots)
    for cycle in cycles(graph):
        assert len(set(cycle)) == len(cycle)
        assert cycle[0] == min(cycle)
        assert all(same.has_edge(a, b) for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True))


@given(pairs, st.randoms())
def test_the_order_depends_on_nothing_but_the_graph(found: list[str], random: object) -> None:
    graph = graph_with(*found)
    edges, nodes = list(graph.edges), list(graph.nodes.items())
    random.shuffle(edges)  # type: ignore[attr-defined]
    random.shuffle(nodes)  # type: ignore[attr-defined]
    mixed = replace(graph, nodes=dict(nodes), edges=tuple(edges))
    assert order(mixed) == order(graph)
    assert {node: set(edges) for node, edges in incoming(mixed).items()} == {
        node: set(edges) for node, edges in incoming(graph).items()
    }
    assert cycles(mixed) == cycles(graph)


@given(pairs, st.sampled_from("abcdefgh"))
def test_ancestors_and_descendants_are_those_of_networkx(found: list[str], node: str) -> None:
    graph = graph_with(*found, nodes=node)
    same = networkx.DiGraph([(pair[0], pair[1]) for pair in found])
    same.add_node(node)
    assert ancestors(graph, [node]) == networkx.ancestors(same, node) | {node}
    assert descendants(graph, [node]) == networkx.descendants(same, node) | {node}


def test_ties_are_broken_by_id() -> None:
    assert order(graph_with("bz", "az", nodes="c")) == ("a", "b", "c", "z")


def test_a_cycle_names_its_nodes_in_the_order_of_the_edges() -> None:
    assert cycles(graph_with("ca", "ab", "bc", "xy", "yx", "zz", "cd")) == (("a", "b", "c"), ("x", "y"), ("z",))


def test_an_unknown_target_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        ancestors(Graph(nodes={"answer": Node("answer", "t")}), ["anser"])
    assert str(caught.value) == 'there is no node "anser" in the graph. Did you mean "answer"?'


def test_links_have_each_edge_once_in_the_order_given_and_are_kept_for_the_same_edges() -> None:
    graph = graph_with("bc", "ac", "bc")
    a, b = Edge("a", "out", "c", "in"), Edge("b", "out", "c", "in")
    assert incoming(graph) == {"c": (b, a)}
    assert outgoing(graph) == {"a": (a,), "b": (b,)}
    assert links(graph).incoming("a") == ()
    assert links(replace(graph, title="other")) is links(graph)


def test_edges_to_nodes_that_are_not_there_change_nothing() -> None:
    graph = replace(
        graph_with("ab"), edges=(Edge("a", "out", "b", "in"), Edge("a", "out", "q", "in"), Edge("r", "o", "a", "i"))
    )
    assert order(graph) == ("a", "b")
    assert cycles(graph) == ()
    assert ancestors(graph, ["b"]) == {"a", "b"}


def test_a_chain_of_5000_nodes_takes_linear_time_and_no_recursion() -> None:
    graph = chain(LONG)
    start = time.process_time()
    assert order(graph) == tuple(sorted(graph.nodes))
    assert len(ancestors(graph, [f"n{LONG - 1:05}"])) == LONG
    assert cycles(graph) == ()
    assert loads(dumps(graph)) == graph
    assert time.process_time() - start < 3


def test_links_of_5000_edges_are_built_in_milliseconds() -> None:
    def seconds() -> float:
        graph = chain(LONG)
        start = time.process_time()
        assert len(links(graph).by_target) == LONG - 1
        return time.process_time() - start

    assert min(seconds() for _ in range(5)) < 0.1


def test_a_cycle_of_5000_nodes_is_found_whole() -> None:
    graph = chain(LONG)
    closed = replace(graph, edges=(*graph.edges, Edge(f"n{LONG - 1:05}", "out", "n00000", "in")))
    assert cycles(closed) == (tuple(sorted(graph.nodes)),)


def test_edges_into_one_input_keep_their_order_and_all_others_are_sorted() -> None:
    given = [
        Edge("b", "x", "t", "many"),
        Edge("z", "x", "t", "one"),
        Edge("a", "x", "u", "one"),
        Edge("a", "x", "t", "many"),
    ]
    ordered = in_file_order(given)
    assert [str(edge) for edge in ordered] == ["b.x -> t.many", "a.x -> u.one", "a.x -> t.many", "z.x -> t.one"]
    assert in_file_order(ordered) == ordered
    assert links(Graph({}, tuple(given))).by_target["t"] == (given[0], given[3], given[1])
