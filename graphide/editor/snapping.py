"""Snapping: where a box that is being moved comes to lie in line with others, or on the grid. Numbers only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphide.editor.views import Box

GRID = 10.0
"""World units between two places that a drag without Ctrl can end at."""
_FARTHEST = 2_000.0

Line = tuple[tuple[float, float], tuple[float, float]]


class Snap(NamedTuple):
    """How much farther a box is moved, and the lines that say what it is in line with."""

    dx: float
    dy: float
    lines: tuple[Line, ...] = ()


def snapped(box: Box, others: Sequence[Box], reach: float) -> Snap:
    """Return how a box goes in line with the nearest edge or middle of others within `reach`, else onto the grid."""
    near = [other for other in others if _is_near(box, other)]
    dx, across = _best(_marks(box.x, box.width), ((other, _marks(other.x, other.width)) for other in near), reach)
    dy, along = _best(_marks(box.y, box.height), ((other, _marks(other.y, other.height)) for other in near), reach)
    lines: list[Line] = []
    if across is not None:
        other, x = across
        top, bottom = min(box.y, other.y), max(box.y + box.height, other.y + other.height)
        lines.append(((x, top), (x, bottom)))
    if along is not None:
        other, y = along
        left, right = min(box.x, other.x), max(box.x + box.width, other.x + other.width)
        lines.append(((left, y), (right, y)))
    return Snap(_to_grid(box.x) if across is None else dx, _to_grid(box.y) if along is None else dy, tuple(lines))


def _marks(start: float, length: float) -> tuple[float, float, float]:
    return start, start + length / 2, start + length


def _best(
    own: tuple[float, float, float], others: Iterable[tuple[Box, tuple[float, float, float]]], reach: float
) -> tuple[float, tuple[Box, float] | None]:
    """Return the smallest way that brings an edge to an edge, or a middle to a middle, and what it is in line with."""
    best, line = reach, None
    for other, marks in others:
        for number, mine in enumerate(own):
            for its, theirs in enumerate(marks):
                if (number == 1) == (its == 1) and abs(theirs - mine) < abs(best):
                    best, line = theirs - mine, (other, theirs)
    return (best, line) if line is not None else (0.0, None)


def _is_near(box: Box, other: Box) -> bool:
    return abs(box.x - other.x) < _FARTHEST and abs(box.y - other.y) < _FARTHEST


def _to_grid(at: float) -> float:
    return round(at / GRID) * GRID - at
