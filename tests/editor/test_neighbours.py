"""Going from node to node: what stands in the same row or column comes first, what is behind never."""

from __future__ import annotations

from hypothesis import given, strategies as st

from graphide.editor.neighbours import Direction, nearest, neighbour
from graphide.editor.views import Box

ROWS = {"a": Box(0, 0, 100, 50), "b": Box(200, 10, 100, 50), "c": Box(160, 200, 100, 50), "d": Box(0, 120, 100, 50)}
sides = st.integers(-1000, 1000)
boxes = st.dictionaries(
    st.sampled_from("abcdefgh"), st.builds(Box, sides, sides, st.just(100), st.just(50)), min_size=1
)
directions: st.SearchStrategy[Direction] = st.sampled_from(["left", "right", "up", "down"])


def test_the_next_one_in_the_row_or_column_is_found() -> None:
    assert neighbour(ROWS, "a", "right") == "b"
    assert neighbour(ROWS, "a", "down") == "d"
    assert neighbour(ROWS, "b", "left") == "a"
    assert neighbour(ROWS, "d", "right") == "c"
    assert neighbour(ROWS, "a", "left") is None


def test_the_nearest_to_a_place_is_found() -> None:
    assert nearest(ROWS, (210, 220)) == "c"
    assert nearest({}, (0, 0)) is None


@given(boxes, directions)
def test_a_neighbour_lies_in_the_direction(known: dict[str, Box], direction: Direction) -> None:
    start = next(iter(known))
    found = neighbour(known, start, direction)
    if found is not None:
        one, other = known[start], known[found]
        by = {"left": one.x - other.x, "right": other.x - one.x, "up": one.y - other.y, "down": other.y - one.y}
        assert by[direction] > 0
