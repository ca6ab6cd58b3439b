"""One replacement in a text: done, taken back, found between two texts, and where it moves a place to."""

from __future__ import annotations

from typing import NamedTuple


class Replaced(NamedTuple):
    """`removed` at `start` was replaced by `inserted`."""

    start: int
    removed: str
    inserted: str

    def apply(self, text: str) -> str:
        """Return the text with this done."""
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]

    def reversed(self) -> Replaced:
        """Return what undoes this."""
        return Replaced(self.start, self.inserted, self.removed)


def difference(old: str, new: str) -> Replaced:
    """Return one replacement that makes `new` of `old`, as small as it can be."""
    if new.startswith(old):
        return Replaced(len(old), "", new[len(old) :])
    start, most = 0, min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return Replaced(start, old[start : len(old) - end], new[start : len(new) - end])


def shifted(index: int, done: Replaced) -> int:
    """Return where an index is after a replacement."""
    if index <= done.start:
        return index
    end = done.start + len(done.removed)
    return index + len(done.inserted) - len(done.removed) if index >= end else done.start + len(done.inserted)
