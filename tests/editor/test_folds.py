"""Texts of millions of characters in a node: the lines that are seen are exact, and the others are not wrapped to be counted."""

from __future__ import annotations

import pytest

from graphide.editor.folds import Print, count, head, tail
from graphide.editor.pieces import appended
from graphide.editor.text.metrics import face
from graphide.editor.text.wrap import Setting, wrap

PRINT = Print(13.0, 200.0)


@pytest.mark.parametrize("line", ["one two three four five six seven eight\n", "word " * 9, "x" * 40])
def test_a_very_long_text_shows_its_first_lines_and_about_how_many_follow(line: str) -> None:
    short, long = line * 4_000, line * 200_000
    shown, whole = head(long, PRINT, 8), head(short, PRINT, 8)
    assert shown.lines == whole.lines and len(shown.lines) == 7
    assert shown.hidden == pytest.approx(whole.hidden * 50, rel=0.01)
    assert count(long, PRINT) == pytest.approx(count(short, PRINT) * 50, rel=0.01)


def test_lines_of_a_text_that_is_not_that_long_are_counted() -> None:
    assert head("a\nb\nc", PRINT, 2).hidden == 2 and head("a\nb\nc", PRINT, 3).hidden == 0
    assert count("a\n\nc\n", PRINT) == 4


@pytest.mark.parametrize("line", ["one two three four five six seven\n", "word " * 9, "x" * 40, "日本、"])
def test_the_end_of_a_text_that_grows_piece_by_piece_is_that_of_the_whole(line: str) -> None:
    pieces, text = (), line * 150
    for start in range(0, len(text), 7):
        pieces = appended(pieces, text[start : start + 7])
        tail(pieces, PRINT, 6)
    assert tail(pieces, PRINT, 6).lines == tail((text,), PRINT, 6).lines
    whole = wrap(text[-700:] if "\n" not in line else text, Setting(face("regular"), 13.0, 13.0, 200.0))
    assert len(tail(pieces, PRINT, 6).lines) == 6 and whole.line_count > 6
    last = whole.line(whole.line_count - 1)
    assert "\n" not in line or tail(pieces, PRINT, 6).lines[-1] == whole.text[last.start : last.end].rstrip()
