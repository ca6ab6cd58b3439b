"""Where each move of the caret leads in a wrapped text. The caret itself, and its selection, are in `edit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from graphide.editor.text import moves
from graphide.editor.text.wrap import Layout, Place

Move = Literal[
    "left",
    "right",
    "word_left",
    "word_right",
    "line_start",
    "line_end",
    "up",
    "down",
    "page_up",
    "page_down",
    "start",
    "end",
]

VERTICAL: Final[frozenset[Move]] = frozenset(["up", "down", "page_up", "page_down"])
_WAYS: Final[Mapping[Move, Callable[[str, int], int]]] = {
    "left": moves.before,
    "right": moves.after,
    "word_left": moves.word_before,
    "word_right": moves.word_after,
    "start": lambda text, index: 0,
    "end": lambda text, index: len(text),
}


def travel(layout: Layout, caret: Place, to: Move, *, page: int, goal: float | None = None) -> Place:
    """Return where a move leads; `page` is in lines, `goal` the x that moves up and down try to keep."""
    if to in VERTICAL:
        x = layout.x_of(caret) if goal is None else goal
        return _vertical(
            layout, layout.line_of(caret), {"up": -1, "down": 1, "page_up": -page, "page_down": page}[to], x
        )
    if to in ("line_start", "line_end"):
        line = layout.line(layout.line_of(caret))
        return Place(line.start) if to == "line_start" else Place(line.end, trailing=not line.hard)
    return Place(_WAYS[to](layout.text, caret.index))


def place_at(layout: Layout, x: float, y: float) -> Place:
    """Return the place nearest to a point that is not inside of a character of several code points."""
    return _snapped(layout, layout.place_at(x, y))


def _vertical(layout: Layout, line: int, steps: int, x: float) -> Place:
    """Return the place so many lines below; up from the first line and down from the last leads to the ends."""
    if steps == -1 and line == 0:
        return Place(0)
    if steps == 1 and line == layout.line_count - 1:
        return Place(len(layout.text))
    return _snapped(layout, layout.place_in(line + steps, x))


def _snapped(layout: Layout, place: Place) -> Place:
    index = moves.start_of(layout.text, place.index)
    return place if index == place.index else Place(index)
