"""Texts of millions of characters in a node: the lines that are seen are exact, and the others are not wrapped to be counted."""

from __future__ import annotations

import pytest

from graphide.editor.folds import Print, count, head

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
