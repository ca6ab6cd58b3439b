"""Selecting in text that is laid out in parts: the place under a point, what is lit between two places, and its copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graphide.editor.text.metrics import face
from graphide.editor.text.page import Part
from graphide.editor.text.typeset import Line
from graphide.editor.views import Box


class Mark(NamedTuple):
    """A place between two characters: the part, the line in it, and the characters before it in that line."""

    part: int
    line: int
    column: int


class Picked(NamedTuple):
    """What is selected, from where the button was pressed to where the mouse is."""

    anchor: Mark
    head: Mark

    @property
    def ends(self) -> tuple[Mark, Mark]:
        """Both ends, the upper one first."""
        return min(self), max(self)

    def __bool__(self) -> bool:
        return self.anchor != self.head


def mark_at(parts: Sequence[Part], number: int, x: float, y: float) -> Mark | None:
    """Return the place nearest to a point of a part, in the next part where that one has no text; None without any."""
    lines = parts[number].lines
    if lines:
        # Cells of a table lie side by side, so the nearest line is not always the next one below.
        at = min(range(len(lines)), key=lambda at: _distance(lines[at], x, y))
        return Mark(number, at, _column(lines[at], x))
    after = next((at for at in range(number + 1, len(parts)) if parts[at].lines), None)
    if after is not None:
        return Mark(after, 0, 0)
    before = next((at for at in range(number - 1, -1, -1) if parts[at].lines), None)
    return Mark(before, len(parts[before].lines) - 1, len(parts[before].lines[-1].text)) if before is not None else None


def word_at(parts: Sequence[Part], mark: Mark) -> Picked:
    """Return the word around a place as a selection."""
    text = parts[mark.part].lines[mark.line].text
    start = end = mark.column
    while start and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end]):
        end += 1
    return Picked(mark._replace(column=start), mark._replace(column=end))


def lit(parts: Sequence[Part], picked: Picked) -> Iterator[tuple[int, Box]]:
    """Yield the parts and the boxes in them that a selection covers."""
    first, last = picked.ends
    for number in range(first.part, last.part + 1):
        for at, line in enumerate(parts[number].lines):
            here = (number, at)
            if not first[:2] <= here <= last[:2]:
                continue
            left = _x_of(line, first.column) if here == first[:2] else 0.0
            right = _x_of(line, last.column) if here == last[:2] else line.width + 4
            if right > left:
                yield number, Box(line.x + left, line.y, right - left, line.height)


def copied(parts: Sequence[Part], picked: Picked) -> str:
    """Return the text of a selection; a blank line stands between two parts, as it does between what was written."""
    first, last = picked.ends
    pieces: list[str] = []
    for number in range(first.part, last.part + 1):
        if pieces and parts[number].lines:
            pieces.append("\n")
        for at, line in enumerate(parts[number].lines):
            here = (number, at)
            if not first[:2] <= here <= last[:2]:
                continue
            start = first.column if here == first[:2] else 0
            text = line.text[start : last.column] if here == last[:2] else line.text[start:] + line.end
            pieces.append(line.lead * (start == 0) + text)
    return "".join(pieces).strip("\n")


def _distance(line: Line, x: float, y: float) -> tuple[float, float]:
    above, below = line.y - y, y - line.y - line.height
    left, right = line.x - x, x - line.x - line.width
    return max(above, below, 0.0), max(left, right, 0.0)


def _column(line: Line, x: float) -> int:
    left, column = x - line.x, 0
    for run in line.runs:
        advances = face(run.weight).advances
        for char in run.text:
            advance = advances[char] * run.size
            if left < advance / 2:
                return column
            left -= advance
            column += 1
    return column


def _x_of(line: Line, column: int) -> float:
    for run in line.runs:
        if column <= len(run.text):
            return run.x + face(run.weight).width(run.text[:column], run.size)
        column -= len(run.text)
    return line.width


def _is_word(char: str) -> bool:
    return char.isalnum() or char in "_'’"
