"""Layout: what a file may hold is read without harm, what is written touches only what it says."""

from __future__ import annotations

from hypothesis import given

from graphide.editor.layout import (
    FARTHEST,
    Frame,
    Place,
    Point,
    frames,
    frames_inside,
    nodes_inside,
    place,
    places,
    reroutes,
    with_frames,
    with_places,
    with_reroutes,
)
from graphide.graph.model import Edge, Graph
from tests.editor.editing import graph_of_types
from tests.graph.any_graph import graphs

EDGE = Edge("a", "text", "b", "x")
GRAPH = graph_of_types({"a": "template", "b": "template"}, str(EDGE))


def with_view(**view: object) -> Graph:
    return Graph(GRAPH.nodes, GRAPH.edges, view=view)


@given(graphs())
def test_any_view_is_read_and_written_without_an_error(graph: Graph) -> None:
    places(graph), frames(graph), reroutes(graph)
    moved = with_places(graph, {node_id: Place(at=Point(1, 2)) for node_id in graph.nodes})
    assert all(own.at == (1, 2) for own in places(moved).values())
    others = {key: value for key, value in graph.view.items() if key not in graph.nodes}
    assert {key: moved.view[key] for key in others} == others


def test_a_place_is_a_pair_until_there_is_more_to_say() -> None:
    graph = with_places(GRAPH, {"a": Place(at=Point(1.4, -2.6))})
    assert graph.view == {"a": [1, -3]}
    graph = with_places(graph, {"a": Place(at=Point(1, 2), size=Point(200, 90), collapsed=True, color="blue")})
    assert graph.view == {"a": {"at": [1, 2], "size": [200, 90], "collapsed": True, "color": "blue"}}
    assert place(graph, "a") == Place(Point(1, 2), Point(200, 90), True, "blue")
    assert with_places(graph, {"a": Place()}).view == {}


def test_keys_of_a_newer_version_stay_where_they_are() -> None:
    graph = with_view(
        a={"at": [1, 2], "pinned": False}, later=[1], **{"$frames": {"f1": {"at": [0, 0], "size": [9, 9], "icon": ""}}}
    )
    graph = with_places(graph, {"a": Place(at=Point(5, 5))})
    graph = with_frames(graph, {"f1": Frame("T", Point(1, 1), Point(8, 8))})
    assert graph.view == {
        "a": {"at": [5, 5], "pinned": False},
        "later": [1],
        "$frames": {"f1": {"title": "T", "at": [1, 1], "size": [8, 8], "icon": ""}},
    }


def test_what_has_another_shape_is_not_there() -> None:
    graph = with_view(
        a=[1, True], b=[1, 10**400], **{"$frames": {"f": 3, "g": {"at": [1, 2]}}, "$reroutes": {str(EDGE): "x"}}
    )
    assert places(graph) == {"a": Place(), "b": Place()}
    assert frames(graph) == {}
    assert reroutes(graph) == {}


def test_places_are_whole_and_within_reach() -> None:
    graph = with_places(GRAPH, {"a": Place(at=Point(1e300, float("nan")))})
    assert graph.view == {"a": [FARTHEST, 0]}


def test_reroutes_of_edges_that_are_not_there_are_kept_and_not_shown() -> None:
    graph = with_view(**{"$reroutes": {"gone.text -> b.x": [[1, 2]]}})
    graph = with_reroutes(graph, {EDGE: (Point(3, 4), Point(5, 6))})
    assert reroutes(graph) == {EDGE: (Point(3, 4), Point(5, 6))}
    assert with_reroutes(graph, {EDGE: ()}).view == {"$reroutes": {"gone.text -> b.x": [[1, 2]]}}


def test_nodes_and_frames_inside_a_frame() -> None:
    graph = with_frames(
        with_view(a=[10, 10], b=[95, 10]),
        {"f1": Frame("", Point(0, 0), Point(100, 100)), "f2": Frame("", Point(5, 5), Point(20, 20))},
    )
    assert nodes_inside(graph, "f1") == ("a", "b")
    assert nodes_inside(graph, "f1", {"a": (50, 50), "b": (50, 50)}) == ("a",)
    assert frames_inside(graph, "f1") == ("f2",)
    assert list(frames(graph)) == ["f1", "f2"]
