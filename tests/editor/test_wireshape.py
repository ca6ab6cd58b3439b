"""Wires: from pin to pin through their points, measured as they are drawn, coloured by what flows."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from graphide.editor.noderun import NodeRun
from graphide.editor.views import Box, Disc, Stroke
from graphide.editor.wireshape import bounds, curves, distance, dragged_wire, nearest_stretch, point, state_of, wire
from graphide.graph.model import Edge

EDGE = Edge("a", "text", "b", "prompt")
places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))
paths = st.tuples(places, places, st.lists(places, max_size=4))


@given(paths)
def test_a_path_leads_from_pin_to_pin_through_every_point(
    path: tuple[tuple[float, float], tuple[float, float], list[tuple[float, float]]],
) -> None:
    start, end, points = path
    made = curves(start, end, points)
    assert [curve[0] for curve in made] == [start, *points]
    assert [curve[3] for curve in made] == [*points, end]
    assert made[0][1][0] >= start[0] and made[0][1][1] == pytest.approx(start[1])
    assert made[-1][2][0] <= end[0] and made[-1][2][1] == pytest.approx(end[1])


@given(paths)
def test_a_path_has_no_corners_at_its_points(
    path: tuple[tuple[float, float], tuple[float, float], list[tuple[float, float]]],
) -> None:
    for one, other in pairwise(curves(path[0], path[1], path[2])):
        before = (one[3][0] - one[2][0], one[3][1] - one[2][1])
        after = (other[1][0] - other[0][0], other[1][1] - other[0][1])
        if math.hypot(*before) > 1e-3 and math.hypot(*after) > 1e-3:
            turned = math.atan2(*before) - math.atan2(*after)
            assert math.cos(turned) == pytest.approx(1, abs=1e-3)


@given(paths, st.floats(0, 1))
def test_a_point_of_the_path_is_hardly_away_from_it_and_within_its_bounds(
    path: tuple[tuple[float, float], tuple[float, float], list[tuple[float, float]]], t: float
) -> None:
    made = curves(*path[:2], path[2])
    for curve in made:
        x, y = point(curve, t)
        assert distance(made, x, y) <= 0.01 * max(math.dist(curve[0], curve[3]), 400)
        box = bounds(made)
        assert box.x - 1e-6 <= x <= box.x + box.width + 1e-6 and box.y - 1e-6 <= y <= box.y + box.height + 1e-6


def test_a_wire_back_to_the_left_swings_around() -> None:
    (curve,) = curves((500, 100), (100, 120))
    assert max(point(curve, t / 20)[0] for t in range(21)) > 520
    assert min(point(curve, t / 20)[0] for t in range(21)) < 80


def test_a_short_wire_has_no_loop() -> None:
    (curve,) = curves((100, 100), (110, 104))
    xs = [point(curve, t / 20)[0] for t in range(21)]
    assert xs == sorted(xs)


def test_the_nearest_stretch_is_where_a_new_point_goes() -> None:
    made = curves((0, 0), (900, 0), [(300, 0), (600, 0)])
    assert [nearest_stretch(made, x, 5) for x in (100, 450, 800)] == [0, 1, 2]


def test_a_wire_has_the_colour_of_what_flows_and_a_refused_one_that_of_failures() -> None:
    assert wire(EDGE, (0, 0), (9, 9), "text").color == "wire_text"
    assert wire(EDGE, (0, 0), (9, 9), "text", state="refused").color == "state_failed"
    assert bounds(wire(EDGE, (0, 0), (90, 9), "text").curves) == Box(0, 0, 90, 9)


@pytest.mark.parametrize(
    ("source", "target", "state"),
    [
        (None, None, "idle"),
        (NodeRun("a"), NodeRun("b"), "idle"),
        (NodeRun("a", state="running"), NodeRun("b"), "idle"),
        (NodeRun("a", state="running", chunks=2), NodeRun("b"), "flowing"),
        (NodeRun("a", state="done"), NodeRun("b", state="running"), "flowing"),
        (NodeRun("a", state="cached"), NodeRun("b", state="done"), "done"),
        (NodeRun("a", state="failed"), NodeRun("b", state="skipped"), "failed"),
        (NodeRun("a", state="skipped"), NodeRun("b", state="skipped"), "idle"),
    ],
)
def test_a_wire_shows_how_its_ends_fare(source: NodeRun | None, target: NodeRun | None, state: str) -> None:
    assert state_of(source, target) == state


@pytest.mark.parametrize("output", [True, False])
def test_the_wire_on_the_mouse_ends_there(output: bool) -> None:
    line, knob = dragged_wire((0, 0), (200, 50), "text", output=output, refused=True)
    assert isinstance(line, Stroke) and line.dashed and line.color == "state_failed"
    assert line.points[0 if output else 3] == (0, 0)
    assert isinstance(knob, Disc) and (knob.x, knob.y) == (200, 50)
