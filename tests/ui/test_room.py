"""What has room in a window: panels give way on small ones, buttons and facts where a bar is narrow."""

from __future__ import annotations

import ctypes
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from graphide.ui.layout import Panels, areas, dragged, panels_from
from graphide.ui.native import Native
from graphide.ui.room import Fact, buttons_in, fitting

scales = st.sampled_from([0.75, 1.0, 1.25, 1.5, 2.0, 3.0])
panels = st.builds(Panels, st.integers(200, 420), st.integers(280, 720), st.booleans(), st.booleans())


@given(st.integers(1024, 7680), st.integers(640, 4320), panels, scales)
def test_the_parts_fill_the_window_without_overlaps(width: int, height: int, own: Panels, scale: float) -> None:
    found = areas((width, height), own, scale)
    assert found.sidebar.width + found.canvas.width + found.side.width == width
    assert found.canvas.x == found.bar.x == found.status.x == found.sidebar.width
    assert found.side.x == found.canvas.x + found.canvas.width
    assert found.canvas.y == found.bar.height and found.status.y == found.canvas.y + found.canvas.height
    assert found.canvas.width >= min(width, round(320 * scale)) - 1


@pytest.mark.parametrize(("scale", "left", "right"), [(1.0, 248, 372), (1.25, 274, 350), (1.5, 0, 544), (2.0, 0, 0)])
def test_in_the_smallest_window_panels_shrink_then_the_left_one_goes(scale: float, left: int, right: int) -> None:
    found = areas((1024, 640), Panels(), scale)
    assert (found.sidebar.width, found.side.width) == (left, right)


@given(st.integers(1024, 7680), st.integers(640, 4320), panels, scales)
def test_a_chat_alone_has_the_place_of_the_canvas(width: int, height: int, own: Panels, scale: float) -> None:
    found = areas((width, height), own, scale, alone=True)
    assert found.side == found.canvas and found.side.x == found.sidebar.width
    assert found.side.x + found.side.width == width and found.bar.width == found.status.width == found.side.width
    assert found.bar.height + found.side.height + found.status.height == height


def test_a_panel_that_is_dragged_far_enough_is_shut() -> None:
    assert dragged("left", 320) == (320, True)
    assert dragged("left", 150) == (200, True)
    assert dragged("left", 90) == (200, False)
    assert dragged("right", 5000) == (720, True)


def test_what_was_remembered_of_panels_may_be_anything() -> None:
    assert panels_from({"left_width": "x", "right_width": 9000, "left": 0}) == Panels(right=720, left_open=False)
    assert panels_from({}) == Panels()


def test_buttons_make_way_one_after_the_other() -> None:
    assert buttons_in(660) == ("undo", "redo", "save", "fit", "plan", "zoom_out", "zoom_in")
    assert "zoom_in" not in buttons_in(480) and "undo" in buttons_in(404)
    assert buttons_in(100) == ()
    assert not any("zoom_out" in shown and "zoom_in" not in shown for shown in map(buttons_in, range(100, 900)))
    known = [buttons_in(room) for room in range(0, 900, 10)]
    assert all(less == more[: len(less)] for less, more in pairwise(known))


def test_of_facts_the_lightest_make_way_and_the_first_stays() -> None:
    facts = [Fact("done", "good", 0), Fact("12 tokens", "muted", 1), Fact("saved", "faint", 2)]
    assert fitting(facts, 500) == facts
    assert fitting(facts, 120) == [facts[0], facts[2]]
    assert fitting(facts, 5) == facts[:1]


def test_without_its_functions_the_pointer_stays_as_it_is_and_nothing_is_dropped() -> None:
    native = Native(ctypes.CDLL(None))
    assert not native.point("hand")
    assert not native.on_files(lambda _: None)
