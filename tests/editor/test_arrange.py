"""Layout, alignment and even gaps: no overlaps, left to right, the same each time."""

from __future__ import annotations

import time
from itertools import combinations

from hypothesis import given, settings, strategies as st

from graphide.editor.arrange import align, arrange, distribute, first_places
from graphide.editor.layered import layered
from graphide.editor.layout import Frame, Place, Point, frames, nodes_inside, place, with_frames, with_places
from graphide.editor.views import Box
from graphide.graph.model import Edge, Graph, Node

KEYS = [f"n{number}" for number in range(12)]
SIZES = st.dictionaries(st.sampled_from(KEYS), st.tuples(st.integers(80, 400), st.integers(30, 500)), min_size=1)
LINKS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=30)


def overlaps(boxes: dict[str, Box]) -> list[tuple[str, str]]:
    return [(a, b) for a, b in combinations(boxes, 2) if boxes[a].meets(boxes[b])]


def a_graph(*links: str, nodes: str = "abcd") -> Graph:
    edges = tuple(Edge(source, "text", target, "x") for source, target in links)
    return Graph(nodes={key: Node(key, "template") for key in nodes}, edges=edges)


def boxes_of(graph: Graph) -> dict[str, Box]:
    return {key: Box(*(place(graph, key).at or Point(0, 0)), 200, 100) for key in graph.nodes}


@given(SIZES, LINKS)
@settings(max_examples=150, deadline=None)
def test_boxes_never_overlap_and_the_same_gives_the_same(sizes, links) -> None:
    found = layered(sizes, links, 10)
    assert set(found) == set(sizes)
    assert overlaps({key: Box(*found[key], *sizes[key]) for key in sizes}) == []
    assert all(x >= 0 and x % 10 == 0 and y % 10 == 0 for x, y in found.values())
    assert layered(sizes, links, 10) == found


@given(SIZES, LINKS)
@settings(max_examples=100, deadline=None)
def test_without_circles_every_link_goes_right(sizes, links) -> None:
    forward = [(a, b) for a, b in links if KEYS.index(a) < KEYS.index(b)]
    found = layered(sizes, forward)
    for a, b in forward:
        if a in sizes and b in sizes:
            assert found[a][0] + sizes[a][0] < found[b][0]


def test_a_thousand_nodes_take_less_than_a_second() -> None:
    sizes = {f"n{number}": (200 + number % 3 * 40, 80 + number % 5 * 50) for number in range(1000)}
    links = [(f"n{number // 2}", f"n{number}") for number in range(1, 1000)]
    links += [(f"n{number}", f"n{number + 7}") for number in range(0, 990, 2)]
    layered({"a": (1, 1)}, [])  # the first call imports
    start = time.perf_counter()
    found = layered(sizes, links, 10)
    assert time.perf_counter() - start < 1
    assert len(found) == 1000


def test_the_whole_graph_is_one_command_and_arranging_it_again_changes_nothing() -> None:
    graph = with_places(a_graph("ab", "bc", "ad", "dc"), {key: Place(Point(500, 300)) for key in "abcd"})
    command = arrange(graph, boxes_of(graph))
    assert command is not None
    tidy = command.apply(graph)
    assert overlaps(boxes_of(tidy)) == []
    assert min(box.x for box in boxes_of(tidy).values()) == 500
    assert arrange(tidy, boxes_of(tidy)) is None


def test_only_what_is_selected_moves() -> None:
    graph = with_places(a_graph("ab", "bc"), {key: Place(Point(0, 0)) for key in "abcd"})
    command = arrange(graph, boxes_of(graph), only={"a", "b"})
    assert command is not None
    moved = command.apply(graph)
    assert [place(moved, key).at for key in "cd"] == [(0, 0), (0, 0)]
    assert place(moved, "a").at == (0, 0) and place(moved, "b").at != (0, 0)


def test_nodes_of_a_frame_stay_in_it_and_others_stay_out() -> None:
    graph = a_graph("ab", "bc", "cd")
    places = {"a": Point(0, 0), "b": Point(400, 50), "c": Point(410, 60), "d": Point(0, 400)}
    graph = with_places(graph, {key: Place(at) for key, at in places.items()})
    graph = with_frames(graph, {"f": Frame("F", Point(380, 0), Point(400, 300))})
    command = arrange(graph, boxes_of(graph))
    assert command is not None
    tidy = command.apply(graph)
    boxes = boxes_of(tidy)
    assert nodes_inside(tidy, "f", dict.fromkeys(boxes, (200, 100))) == ("b", "c")
    frame = frames(tidy)["f"]
    around = Box(*frame.at, *frame.size)
    assert not any(around.meets(boxes[key]) for key in "ad")
    assert overlaps(boxes) == []


def test_nodes_without_a_place_get_one_and_those_with_one_keep_it() -> None:
    graph = a_graph("ab", "bc")
    sizes = dict.fromkeys("abcd", (200.0, 100.0))
    placed = first_places(graph, sizes)
    assert overlaps(boxes_of(placed)) == []
    assert graph.view == {} and first_places(placed, sizes) is placed
    some = with_places(graph, {"a": Place(Point(70, 90))})
    filled = first_places(some, sizes)
    assert place(filled, "a").at == (70, 90)
    assert overlaps(boxes_of(filled)) == []


def test_boxes_are_aligned_and_spread_evenly() -> None:
    graph = with_places(
        a_graph(nodes="abc"), {"a": Place(Point(0, 0)), "b": Place(Point(210, 40)), "c": Place(Point(700, 9))}
    )
    command = align(boxes_of(graph), "top")
    assert command is not None
    assert [place(command.apply(graph), key).at for key in "abc"] == [(0, 0), (210, 0), (700, 0)]
    command = distribute(boxes_of(graph), "across")
    assert command is not None
    assert [place(command.apply(graph), key).at for key in "abc"] == [(0, 0), (350, 40), (700, 9)]
    assert distribute(boxes_of(a_graph(nodes="ab")), "down") is None
