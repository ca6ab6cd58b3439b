"""Widgets on the canvas: every kind draws within its box, sliders and values belong together, presses say what to do."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from graphide.editor.faces import Widget
from graphide.editor.sliders import dragged, figure, is_slider, position_of, step_of, stepped, value_at
from graphide.editor.text.metrics import width
from graphide.editor.views import Box, Disc, Rect, Text
from graphide.editor.widgets import ROW, pressed, said_below, text_of, widget_hit, widget_shapes
from graphide.spec.fields import (
    Choice,
    Field,
    FilePath,
    Items,
    JsonValue,
    Line,
    LongText,
    ModelName,
    Number,
    Toggle,
)

BOX = Box(14, 40, 220, ROW)
TEMPERATURE = Number("Randomness", low=0, high=5, step=0.05)
TOKENS = Number("Longest reply", low=1, high=131072, integer=True)
SEED = Number("Seed", optional=True, low=0, high=2**32 - 1, integer=True)
FIELDS: tuple[Field, ...] = (
    Line("Name"), LongText("Text"), TEMPERATURE, TOKENS, SEED, Number(), Toggle("On"), Choice("Role", choices=("a", "b")),
    Choice("Any"), Items("List"), JsonValue("Data"), FilePath("File"), ModelName("Model"),
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


@given(st.sampled_from(FIELDS), json_values, st.text(max_size=40), st.floats(90, 400))
def test_every_widget_draws_any_value_within_its_box(field: Field, value: object, label: str, wide: float) -> None:
    box = Box(14, 40, wide, ROW)
    for shape in widget_shapes(Widget("x", field, value, label), box):
        if isinstance(shape, Text):
            assert shape.x >= box.x - 0.01
            assert shape.x + width(shape.text, shape.size) <= box.x + box.width + 8
            assert box.y <= shape.y and shape.y + shape.size <= box.y + box.height
        elif isinstance(shape, Rect):
            assert box.x <= shape.x and shape.x + shape.width <= box.x + box.width + 0.51
            assert box.y <= shape.y and shape.y + shape.height <= box.y + box.height
        else:
            assert isinstance(shape, Disc) and box.x <= shape.x <= box.x + box.width


@pytest.mark.parametrize("field", [TEMPERATURE, TOKENS, Number(low=-10, high=10, step=0.1), Number(low=0, high=1)])
@given(data=st.data())
def test_a_value_of_a_slider_fits_its_field_and_is_found_again_where_it_is_shown(
    field: Number, data: st.DataObject
) -> None:
    x = data.draw(st.floats(BOX.x - 50, BOX.x + BOX.width + 50))
    value = value_at(field, BOX, x)
    assert field.problem(value) is None
    again = value_at(field, BOX, BOX.x + 5.5 + position_of(field, value) * (BOX.width - 11))
    assert again == pytest.approx(value, rel=0.02, abs=step_of(field, value))


def test_the_ends_of_a_slider_are_the_ends_of_its_range() -> None:
    assert value_at(TEMPERATURE, BOX, BOX.x - 9) == 0
    assert value_at(TEMPERATURE, BOX, BOX.x + BOX.width + 9) == 5
    assert value_at(TOKENS, BOX, BOX.x) == 1
    assert value_at(TOKENS, BOX, BOX.x + BOX.width) == 131072


def test_a_slider_gives_values_on_its_steps() -> None:
    values = {value_at(TEMPERATURE, BOX, x) for x in range(14, 234)}
    assert all(round(value * 20) / 20 == pytest.approx(value, abs=1e-12) for value in values)
    assert len(values) > 90


def test_a_wide_range_leaves_room_for_small_values() -> None:
    assert value_at(TOKENS, BOX, BOX.x + BOX.width / 2) < 1000
    assert isinstance(value_at(TOKENS, BOX, BOX.x + BOX.width / 2), int)


@given(
    st.builds(
        Number, st.just(""), st.booleans(), st.none() | st.integers(-1000, 0), st.none() | st.integers(1, 10**7),
        st.none() | st.sampled_from([0.05, 0.1, 1]), st.just(False),
    ) | st.builds(Number, st.just(""), low=st.integers(-9, 0), high=st.integers(1, 10**9), integer=st.just(True)),
    st.integers(-100, 100), st.integers(-500, 500),
)  # fmt: skip
def test_steps_and_drags_stay_within_the_bounds(field: Number, start: int, by: int) -> None:
    inside = min(max(start, field.low if field.low is not None else start), field.high or start)
    if field.problem(inside) is None:
        assert field.problem(stepped(field, inside, by)) is None
        assert field.problem(dragged(field, inside, by)) is None
        assert dragged(field, inside, 0) == inside


def test_numbers_are_written_as_their_steps_want_it() -> None:
    assert figure(TEMPERATURE, 0.7) == "0.70"
    assert figure(TEMPERATURE, 0.123) == "0.123"
    assert figure(TOKENS, 1024) == "1024"
    assert figure(Number(), 0.1 + 0.2) == "0.3"


def test_presses_say_what_they_do() -> None:
    def deed(field: Field, value: object) -> tuple[str, object]:
        press = pressed(Widget("x", field, value), BOX, BOX.x)
        return press.deed, press.value

    assert deed(Toggle(), False) == ("set", True)
    assert deed(Toggle(), True) == ("set", False)
    assert deed(TEMPERATURE, 3.0) == ("slide", 0.0)
    assert deed(SEED, None) == ("drag", None)
    assert deed(FilePath(), "a.txt") == ("file", "a.txt")
    assert deed(ModelName(), "echo") == ("model", "echo")
    assert deed(Line(), "a") == ("edit", "a")
    assert pressed(Widget("x", Choice(choices=("a", "b")), "a"), BOX, 0).options == ("a", "b")
    assert pressed(Widget("x", Choice(), "a"), BOX, 0).deed == "edit"
    assert pressed(Widget("x", LongText(), "a\nb"), BOX, 0).lines


@pytest.mark.parametrize(
    ("field", "value"),
    [(Line(), "a"), (TOKENS, 12), (TEMPERATURE, 0.35), (Items(), ["a", 1]), (JsonValue(), {"a": [1]}), (SEED, None)],
)
def test_what_is_edited_as_text_is_read_back(field: Field, value: object) -> None:
    assert field.parse(text_of(field, value)) == value


def test_sliders_are_numbers_with_two_bounds_and_a_value() -> None:
    assert is_slider(TEMPERATURE) and is_slider(TOKENS)
    assert not is_slider(SEED) and not is_slider(Number(low=0))


def test_a_value_that_does_not_fit_is_framed_and_says_why() -> None:
    widget = Widget("x", TEMPERATURE, "hot", "temperature", "needs a number")
    shapes = widget_shapes(widget, BOX)
    assert isinstance(shapes[0], Rect) and shapes[0].outline == "state_failed"
    assert widget_hit(widget, BOX).tooltip == "needs a number"


@given(st.text(min_size=1, max_size=300), st.floats(40, 600), st.floats(0.3, 3))
def test_what_is_wrong_is_said_below_the_text_and_within_its_note(sentence: str, wide: float, zoom: float) -> None:
    ground, *lines = said_below(sentence, Box(10, 20, wide, 30), zoom)
    assert isinstance(ground, Rect) and ground.y > 50
    for line in lines:
        assert isinstance(line, Text) and ground.y < line.y < ground.y + ground.height
        assert line.x + width(line.text, line.size) <= ground.x + ground.width + 8 * zoom
