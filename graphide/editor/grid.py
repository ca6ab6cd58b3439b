"""A grid over the canvas: things by the cells that their boxes touch, so that what is near a place is found at once."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from typing import Final, Generic, TypeVar

from graphide.editor.views import Box

_CELL: Final = 256.0
_MOST_CELLS: Final = 2048  # of one thing; a larger one is near everything

_Key = TypeVar("_Key", bound=Hashable)


class Grid(Generic[_Key]):
    """Things by where they are; what is near a box may be a little farther away, but nothing in it is left out."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], set[_Key]] = {}
        self._of: dict[_Key, tuple[tuple[int, int], ...]] = {}
        self._large: set[_Key] = set()

    def put(self, key: _Key, boxes: Iterable[Box]) -> None:
        """Put something where its boxes are, and nowhere else."""
        self.drop(key)
        known = list(boxes)
        if sum(map(_count, known)) > _MOST_CELLS:
            self._large.add(key)
            return
        cells = {cell for box in known for cell in _cells(box)}
        self._of[key] = tuple(cells)
        for cell in cells:
            self._cells.setdefault(cell, set()).add(key)

    def drop(self, key: _Key) -> None:
        """Forget something; what is not there is no matter."""
        self._large.discard(key)
        for cell in self._of.pop(key, ()):
            held = self._cells[cell]
            held.discard(key)
            if not held:
                del self._cells[cell]

    def near(self, box: Box) -> set[_Key]:
        """Return what may touch a box."""
        if _count(box) > len(self._cells):
            return self._large | self._of.keys()
        found = set(self._large)
        for cell in _cells(box):
            found |= self._cells.get(cell, frozenset())
        return found


def _count(box: Box) -> float:
    return (box.width // _CELL + 2) * (box.height // _CELL + 2)


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    left, top = math.floor(box.x / _CELL), math.floor(box.y / _CELL)
    right, bottom = math.floor((box.x + box.width) / _CELL), math.floor((box.y + box.height) / _CELL)
    for column in range(left, right + 1):
        for row in range(top, bottom + 1):
            yield column, row
