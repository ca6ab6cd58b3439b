"""The camera: zoom keeps what is under the mouse, steps come back, fitting shows everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from graphide.editor.camera import (
    FARTHEST,
    NEAREST,
    around,
    centred,
    clamped,
    fitted,
    middle,
    panned,
    revealed,
    seen,
    stepped,
    zoomed,
    zoomed_to,
)
from graphide.editor.views import Box, Camera

VIEW = (1280.0, 800.0)
places = st.floats(-50_000, 50_000)
cameras = st.builds(Camera, places, places, st.floats(FARTHEST, NEAREST))
points = st.tuples(st.floats(0, 2000), st.floats(0, 2000))
boxes = st.builds(Box, places, places, st.floats(1, 5000), st.floats(1, 5000))


@given(cameras, st.integers(-20, 20), points)
def test_zooming_keeps_what_is_under_the_mouse(camera: Camera, steps: int, at: tuple[float, float]) -> None:
    assert zoomed(camera, steps, at).to_world(*at) == pytest.approx(camera.to_world(*at), abs=1e-6)


@given(cameras, st.floats(-10, 10), points)
def test_a_zoom_stays_within_ten_and_three_hundred_percent(
    camera: Camera, zoom: float, at: tuple[float, float]
) -> None:
    assert FARTHEST <= zoomed_to(camera, zoom, at).zoom <= NEAREST


def test_steps_out_and_as_many_in_are_back_at_one_hundred_percent() -> None:
    zoom = 1.0
    for _ in range(8):
        zoom = stepped(zoom, -1)
    for _ in range(8):
        zoom = stepped(zoom, 1)
    assert zoom == 1.0


def test_a_zoom_off_the_scale_is_on_it_after_a_step() -> None:
    assert stepped(1.03, 1) == pytest.approx(1.1)
    assert stepped(0.1, -5) == FARTHEST
    assert stepped(3.0, 5) == NEAREST


def test_what_is_no_number_is_one_hundred_percent() -> None:
    assert clamped(math.nan) == 1.0


@given(cameras, st.floats(-500, 500), st.floats(-500, 500))
def test_pulling_the_canvas_moves_it_by_pixels(camera: Camera, dx: float, dy: float) -> None:
    x, y = camera.to_screen(10, 20)
    assert panned(camera, dx, dy).to_screen(10, 20) == pytest.approx((x + dx, y + dy), abs=1e-4)


@given(st.lists(boxes, min_size=1, max_size=6))
def test_fitting_shows_every_box(found: list[Box]) -> None:
    camera = fitted(found, VIEW)
    whole = around(found)
    assert whole is not None
    if camera.zoom > FARTHEST:
        left, top = camera.to_screen(whole.x, whole.y)
        right, bottom = camera.to_screen(whole.x + whole.width, whole.y + whole.height)
        assert left >= -1e-3 and top >= -1e-3 and right <= VIEW[0] + 1e-3 and bottom <= VIEW[1] + 1e-3
    assert camera.zoom <= 1.0


def test_fitting_nothing_is_the_origin() -> None:
    assert fitted([], VIEW) == Camera()


@given(cameras, boxes)
def test_centring_puts_a_place_in_the_middle(camera: Camera, box: Box) -> None:
    moved = centred(camera, middle(box), VIEW)
    assert moved.to_screen(*middle(box)) == pytest.approx((VIEW[0] / 2, VIEW[1] / 2), abs=1e-4)
    assert moved.zoom == camera.zoom


@given(cameras, boxes)
def test_what_is_revealed_is_seen_and_what_is_seen_stays(camera: Camera, box: Box) -> None:
    moved = revealed(camera, box, VIEW)
    window = seen(moved, VIEW)
    for start, length, low, room in (
        (box.x, box.width, window.x, window.width),
        (box.y, box.height, window.y, window.height),
    ):
        if length <= room:
            assert low - 1e-6 <= start and start + length <= low + room + 1e-6
    assert revealed(moved, box, VIEW) == pytest.approx(moved, abs=1e-4)
