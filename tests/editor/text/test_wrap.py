"""Wrapped text: it stays whole, fits its width, and leads from a place to a point and back."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from graphide.editor.text.metrics import face
from graphide.editor.text.wrap import Box, Layout, Place, Setting, wrap

TEXTS = st.text(st.sampled_from("ab iW-/.\t\n\r日本、。「é\u0301—😀\u3000_9"), max_size=120) | st.text(max_size=60)
WIDTHS = st.floats(min_value=1, max_value=400)


def setting(width: float) -> Setting:
    return Setting(face("regular"), size=16, line_height=20, width=width)


def shown(layout: Layout) -> list[str]:
    return [layout.text[line.start : line.end] for _, line in layout.lines()]


@given(TEXTS, WIDTHS)
def test_the_lines_joined_are_the_text(text: str, width: float) -> None:
    layout = wrap(text, setting(width))
    joined = "".join(text[line.start : line.end] + "\n" * line.hard for _, line in layout.lines())
    assert joined == text + "\n"
    assert len(list(layout.lines())) == layout.line_count


@given(TEXTS, WIDTHS)
def test_no_line_is_wider_than_the_width_unless_it_is_one_character(text: str, width: float) -> None:
    chosen = face("regular")
    for line in shown(wrap(text, setting(width))):
        solid = line.rstrip(" \t\r\u3000")
        seen = [char for char in solid if chosen.advances[char]]
        assert len(seen) <= 1 or chosen.width(solid, 16) <= width + 1e-6


@given(TEXTS, WIDTHS)
def test_a_line_is_broken_only_where_the_next_piece_would_not_fit(text: str, width: float) -> None:
    layout = wrap(text, setting(width))
    chosen = face("regular")
    for number, line in layout.lines():
        if not line.hard:
            following = layout.line(number + 1)
            end = following.end
            if line.end and text[line.end - 1].isspace():  # a word goes to a line of its own before it is broken
                while end < len(text) and not text[end].isspace():
                    end += 1
            both = text[line.start : end].rstrip(" \t\r\u3000")
            assert chosen.width(both, 16) > width - 1e-6


@given(TEXTS, WIDTHS, st.data())
def test_a_caret_goes_to_its_point_and_back(text: str, width: float, data: st.DataObject) -> None:
    layout = wrap(text, setting(width))
    place = Place(data.draw(st.integers(0, len(text))), data.draw(st.booleans()))
    x, y = layout.point(place)
    back = layout.place_at(x, y + 1)
    assert layout.point(back) == pytest.approx((x, y), abs=1e-6)
    # Characters without a width share their point with the one behind them.
    between = text[min(back.index, place.index) : max(back.index, place.index)]
    assert all(layout.setting.face.advances[char] == 0 for char in between)


@given(TEXTS, WIDTHS, st.floats(-50, 500), st.floats(-50, 500))
def test_every_point_has_a_place(text: str, width: float, x: float, y: float) -> None:
    layout = wrap(text, setting(width))
    place = layout.place_at(x, y)
    number = layout.line_of(place)
    assert 0 <= place.index <= len(text)
    assert number == min(max(int(y // 20), 0), layout.line_count - 1)


@given(TEXTS, TEXTS, WIDTHS)
def test_wrapping_after_an_edit_is_wrapping_anew(first: str, second: str, width: float) -> None:
    before = wrap(first + "\n" + second, setting(width))
    after = wrap(first + "x\n" + second, setting(width), before)
    assert shown(after) == shown(wrap(first + "x\n" + second, setting(width)))


@given(TEXTS, WIDTHS, st.data())
def test_selection_boxes_cover_what_is_selected_and_nothing_else(text: str, width: float, data: st.DataObject) -> None:
    layout = wrap(text, setting(width))
    start, end = sorted([data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))])
    ends = text[start:end].count("\n")
    expected = face("regular").width(text[start:end], 16) + ends * face("regular").width(" ", 16)
    assert sum(box.width for box in layout.boxes(start, end)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 10, [""]),
        ("\n\n", 10, ["", "", ""]),
        ("one two three", 7, ["one two ", "three"]),
        ("one     two", 4, ["one     ", "two"]),
        ("a\r\nb", 10, ["a\r", "b"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("x abcdefghij", 4, ["x ", "abcd", "efgh", "ij"]),
        ("well-known and/or x-5", 6, ["well-", "known ", "and/or ", "x-5"]),
        ("--flag -x", 6, ["--flag ", "-x"]),
        ("\tindented words", 12, ["\tindented ", "words"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text: str, columns: int, lines: list[str]) -> None:
    mono = face("mono")
    assert shown(wrap(text, Setting(mono, 16, 20, mono.width("x" * columns, 16)))) == lines


def test_japanese_breaks_anywhere_but_not_before_a_full_stop() -> None:
    regular = face("regular")
    limit = regular.width("日本", 16)
    assert shown(wrap("日本語。日本", Setting(regular, 16, 20, limit))) == ["日本", "語。", "日本"]


def test_the_end_of_a_wrapped_line_is_not_the_start_of_the_next() -> None:
    mono = face("mono")
    layout = wrap("one two", Setting(mono, 16, 20, mono.width("x" * 4, 16)))
    assert layout.point(Place(4, trailing=True)) == (pytest.approx(mono.width("one ", 16)), 0)
    assert layout.point(Place(4)) == (0, 20)
    assert layout.place_at(500, 5) == Place(4, trailing=True)


def test_a_character_is_found_under_the_mouse_only_where_there_is_one() -> None:
    mono = face("mono")
    layout = wrap("ab\ncd", Setting(mono, 16, 20, 500))
    wide = mono.width("x", 16)
    assert [layout.index_at(x, y) for x, y in ((1, 1), (wide + 1, 25), (3 * wide, 1), (1, 99), (-1, 1))] == [
        0,
        4,
        None,
        None,
        None,
    ]


def test_a_window_shows_only_its_lines() -> None:
    layout = wrap("\n".join("abcdefgh"), setting(500))
    assert [number for number, _ in layout.visible(top=30, height=40)] == [1, 2, 3]
    assert layout.boxes(0, 15, first=2, last=3) == [Box(0, 40, pytest.approx(face().width("c ", 16)), 20)]


def _seconds(work: object) -> float:
    assert callable(work)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def test_200_000_characters_wrap_in_a_tenth_of_a_second_and_an_edit_in_few_milliseconds() -> None:
    words = [f"word{number % 4001}" for number in range(24_000)]
    text = "\n".join(" ".join(words[at : at + 60]) for at in range(0, len(words), 60))
    text += "x" * (200_000 - len(text))
    layout = wrap(text, setting(400))
    assert _seconds(lambda: wrap(text, setting(400))) < 0.100
    edited = text[:90_000] + "!" + text[90_000:]
    assert _seconds(lambda: wrap(edited, setting(400), layout)) < 0.003


@given(TEXTS, TEXTS, WIDTHS)
def test_wrapping_on_a_text_that_grew_is_wrapping_anew(first: str, more: str, width: float) -> None:
    before = wrap(first, setting(width))
    assert wrap(first + more, setting(width), before).breaks == wrap(first + more, setting(width)).breaks


def test_of_a_paragraph_that_grew_only_the_last_lines_are_wrapped_again() -> None:
    text = "some words on a line " * 2_000
    asked: list[str] = []

    class Words(dict[str, tuple[float, float]]):
        def __getitem__(self, word: str) -> tuple[float, float]:
            asked.append(word)
            return face("regular").words[word]

    one = setting(300)
    before = wrap(text, one)
    counting = one._replace(face=replace(one.face, words=Words()))
    layout = wrap(text + "more", counting, replace(before, setting=counting))
    assert layout.breaks == wrap(text + "more", one).breaks
    assert 0 < len(asked) < 40
