"""How large the pieces of prompts are that share a batch with answers: even, and small enough that nobody waits long.

Pure. Whose pieces they are is in `batch`.
"""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST = 32  # tokens; below that the matrices are too small to be quick
STALL = 0.15  # seconds that a piece may hold up the answers being written
PATIENCE = 0.5  # the same when nothing is being written yet: cancels and new requests wait for it
_NEW = 0.3  # weight of the last measure


class Pace:
    """How many prompt tokens this machine computes in the time that others may be held up."""

    def __init__(self) -> None:
        self._rate = 0.0  # tokens a second, lately

    def tokens(self, *, held_up: bool) -> int:
        """Return how many prompt tokens the next batch may have; `held_up`: answers are being written meanwhile."""
        smallest = SMALLEST if held_up else 4 * SMALLEST
        return max(smallest, int(self._rate * (STALL if held_up else PATIENCE))) if self._rate else 4 * SMALLEST

    def took(self, tokens: int, seconds: float) -> None:
        """Learn from a batch with so many prompt tokens; one of a few says nothing about many."""
        if tokens >= SMALLEST and seconds > 0:
            rate = tokens / seconds
            self._rate = (1 - _NEW) * self._rate + _NEW * rate if self._rate else rate


def shared_out(room: int, wanted: Sequence[int]) -> list[int]:
    """Return how much of `room` each gets: the same for all, and what some do not need for the others."""
    given = [0] * len(wanted)
    by_size = sorted(range(len(wanted)), key=wanted.__getitem__)
    for index, which in enumerate(by_size):
        share = room // (len(by_size) - index) or min(room, 1)
        given[which] = min(wanted[which], share)
        room -= given[which]
    return given
