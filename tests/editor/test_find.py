"""Find: every place of a text, in reading order."""

from __future__ import annotations

from hypothesis import given, strategies as st

from graphide.editor.find import Found, find, reading_order
from graphide.editor.layout import Frame, Place, Point, with_frames, with_places
from tests.editor.editing import graph_of_types
from tests.graph.any_graph import graphs

GRAPH = with_frames(
    with_places(
        graph_of_types(
            {"b": "template", "a": "model", "late": "note", "c": "note"},
            b={"text": "Write about Cats and cats"}, late={"text": "no place for a CAT"}, c={"values": {"x": ["deep cat"]}},
        ),
        {"a": Place(Point(400, 10)), "b": Place(Point(0, 30)), "c": Place(Point(0, 900))},
    ),
    {"f1": Frame("Cats", Point(0, 0), Point(10, 10))},
)  # fmt: skip


def test_rows_are_read_from_the_left_and_what_has_no_place_last() -> None:
    assert reading_order(GRAPH) == ["b", "a", "c", "late"]


def test_every_place_of_a_text_is_found_whatever_its_case() -> None:
    assert find(GRAPH, "cat") == (
        Found("b", "setting", "text", "Write about Cats and cats", 12, 15),
        Found("b", "setting", "text", "Write about Cats and cats", 21, 24),
        Found("c", "setting", "values", "deep cat", 5, 8),
        Found("late", "setting", "text", "no place for a CAT", 15, 18),
        Found("f1", "frame", "", "Cats", 0, 3),
    )
    assert [(found.node, found.part) for found in find(GRAPH, "model")] == [("a", "type")]
    assert find(GRAPH, "  ") == find(GRAPH, "zebra") == ()


def test_a_long_text_is_shown_in_part_and_many_places_are_cut() -> None:
    graph = graph_of_types({"n": "note"}, n={"text": "x" * 500 + "\nneedle\n" + "y" * 500})
    (found,) = find(graph, "needle")
    assert found.excerpt[found.start : found.end] == "needle" and len(found.excerpt) < 80 and "\n" not in found.excerpt
    many = graph_of_types({f"n{number}": "note" for number in range(100)})
    assert len(find(many, "n", most=10)) == 10


@given(graphs(), st.text(max_size=3))
def test_any_text_in_any_graph_is_where_it_is_said_to_be(graph: object, text: str) -> None:
    for found in find(graph, text):  # type: ignore[arg-type]
        assert len(found.excerpt[found.start : found.end]) == len(text.strip())
