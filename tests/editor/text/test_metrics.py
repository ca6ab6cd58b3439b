"""Widths and icons are those of the font files, and are there quickly. A window's own widths: tests/ui."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from graphide.editor.text.metrics import Weight, face, icon, icons, shortened, width
from graphide.errors import GraphideError


def test_widths_grow_with_the_size_and_add_up() -> None:
    assert width("ab", 20) == pytest.approx(2 * width("ab", 10))
    assert width("ab", 10) == pytest.approx(width("a", 10) + width("b", 10))
    assert width("", 10) == width("\n\r\ufe0f\u200d", 10) == 0
    assert width("\t", 10, "mono") == pytest.approx(width("    ", 10, "mono"))


def test_a_heavier_weight_is_wider_and_mono_is_even() -> None:
    assert width("graphide", 16) < width("graphide", 16, "medium") < width("graphide", 16, "semibold")
    assert width("i", 16, "mono") == width("W", 16, "mono")


def test_a_character_that_no_font_has_is_as_wide_as_the_sign_for_it() -> None:
    assert width("日\U0001f9ff", 16) == pytest.approx(2 * width("\N{REPLACEMENT CHARACTER}", 16))
    assert not face().advances.has("日") and face().advances.has("é")


def test_an_icon_is_as_wide_as_its_size() -> None:
    assert {round(width(char, 16), 6) for char in icons().values()} == {16}


def test_an_unknown_icon_is_an_error_with_the_nearest_name() -> None:
    assert icon("settings") == icons()["settings"]
    with pytest.raises(GraphideError, match='no icon "setings". Did you mean "settings"?'):
        icon("setings")


@given(st.text(st.sampled_from("abW é…日"), max_size=30), st.floats(0, 300))
def test_a_shortened_text_fits_and_is_the_longest_that_does(text: str, limit: float) -> None:
    short = shortened(text, limit, 16)
    if short == text:
        assert width(text, 16) <= limit or text == "…"
        return
    assert short.endswith("…")
    assert short == "…" or width(short, 16) <= limit + 1e-6
    kept = len(short) - 1
    assert text.startswith(short[:-1]) and width(text[: kept + 1] + "…", 16) > limit - 1e-6 or text[kept].isspace()


@pytest.mark.parametrize("weight", ["regular", "mono"])
def test_the_first_width_is_there_in_a_hundredth_of_a_second(weight: Weight) -> None:
    """Of the processor, in the best of five new processes."""
    code = (
        "import time; from graphide.editor.text.metrics import width; start = time.process_time(); "
        f"width('x', 16, {weight!r}); print(time.process_time() - start)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in range(5)
    ]
    assert min(times) < 0.010
