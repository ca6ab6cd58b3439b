"""Frames, notes and the minimap: everything within its box, and a click on the map leads there."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from graphide.editor.camera import seen
from graphide.editor.frameshape import frame_group, frame_id, is_note, note_group
from graphide.editor.layout import Frame, Place, Point
from graphide.editor.minimap import led_to, minimap
from graphide.editor.text.metrics import width
from graphide.editor.views import Box, Camera, CanvasView, Group, Rect, Text
from tests.editor.scenes import alone

SIZE, VIEW = (180.0, 160.0), (1280.0, 800.0)
places = st.floats(-20_000, 20_000)
boxes = st.builds(Box, places, places, st.floats(20, 800), st.floats(20, 800))
cameras = st.builds(Camera, places, places, st.floats(0.1, 3))


def assert_texts_fit(group: Group) -> None:
    for shape in group.shapes:
        if isinstance(shape, Text):
            assert shape.x + width(shape.text, shape.size, shape.weight) <= group.width + 1
            assert shape.y >= 0 and shape.y + shape.size <= group.height + 1


@given(st.text(max_size=200), st.floats(0.1, 3000), st.floats(0.1, 3000), st.sampled_from(["", "blue", "no such"]))
def test_a_frame_draws_with_any_title_size_and_colour(title: str, wide: float, high: float, color: str) -> None:
    group = frame_group("f1", Frame(title, Point(5, 6), Point(wide, high), color))
    assert_texts_fit(group)
    assert (group.x, group.y) == (5, 6) and frame_id(group.key) == "f1"
    assert {hit.part for hit in group.hits} == {"frame_corner", "frame_title"}
    assert {hit.name for hit in group.hits} == {"f1"}


def test_a_frame_can_be_selected() -> None:
    group = frame_group("f1", Frame("Sources"), selected=True)
    assert group.selected and isinstance(group.shapes[0], Rect) and group.shapes[0].outline == "selection"


@given(st.text(max_size=900), st.none() | st.builds(Point, st.floats(1, 900), st.floats(1, 900)), st.booleans())
def test_a_note_holds_its_text(text: str, size: Point | None, collapsed: bool) -> None:
    note = alone("note", {"text": text})
    assert is_note(note)
    group = note_group(note, Place(Point(3, 4), size, collapsed))
    assert_texts_fit(group)
    for hit in group.hits:
        assert hit.box.x + hit.box.width <= group.width and hit.box.y + hit.box.height <= group.height
    assert group.hits[-1].part == "body"


def test_only_notes_are_notes() -> None:
    assert not is_note(alone("variable")) and not is_note(alone("model"))


def view(found: list[Box], camera: Camera) -> CanvasView:
    nodes = tuple(Group(f"n{number}", *box, shapes=()) for number, box in enumerate(found))
    return CanvasView(nodes=nodes, camera=camera)


@given(st.lists(boxes, max_size=8), cameras)
def test_the_map_holds_every_node_and_the_camera(found: list[Box], camera: Camera) -> None:
    made = minimap(view(found, camera), SIZE, VIEW)
    for shape in (*(made.box(group) for group in view(found, camera).nodes), made.window):
        assert shape.x >= -1e-6 and shape.x + shape.width <= SIZE[0] + 2
        assert shape.y >= -1e-6 and shape.y + shape.height <= SIZE[1] + 2


@given(st.lists(boxes, max_size=8), cameras, st.floats(0, 180), st.floats(0, 160))
def test_a_click_on_the_map_brings_that_place_into_the_middle(
    found: list[Box], camera: Camera, x: float, y: float
) -> None:
    made = minimap(view(found, camera), SIZE, VIEW)
    led = led_to(made, camera, (x, y), VIEW)
    window = seen(led, VIEW)
    middle = (window.x + window.width / 2, window.y + window.height / 2)
    assert made.to_map(*middle) == pytest.approx((x, y), abs=1e-3)
    assert led.zoom == camera.zoom


def test_an_empty_canvas_has_a_map_of_the_camera_alone() -> None:
    made = minimap(CanvasView(), SIZE, VIEW)
    assert made.seen.width == pytest.approx(SIZE[0] - 16)
