"""Rows about a long prompt that is sent again with its last line edited: in the same worker, and after a restart."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from contestants import Ours, Stream
from fairness import TRIES, Ratio, Timed, timed
from table import Row, of_ratio
from texts import LONG_TOKENS, long_chat

EDITS = ("Which word comes first?", "How many lines are there?", "Name a thing in it.")


class Round(NamedTuple):
    """The first tokens of one long prompt: as new, edited, and edited again after a restart of the worker."""

    cold: Timed[Stream]
    edited: Timed[Stream]
    restarted: Timed[Stream]

    @property
    def disturbed(self) -> int:
        """Return how many of the three were."""
        return sum(run.disturbed for run in self)


def edit_last_line(path: str, rounds: int) -> Iterator[Row]:
    """Measure the time to the first token of a prompt of which all but the last line was computed before."""
    found = [_quietest(path, turn) for turn in range(rounds)]
    cold = [run.cold.value.first for run in found]
    edited = [run.edited.value.first for run in found]
    restarted = [run.restarted.value.first for run in found]
    spoiled = f"disturbed {sum(run.disturbed for run in found)} of {3 * rounds}"
    what = f"first token, last line of {LONG_TOKENS:,} tokens edited"
    yield of_ratio(f"{what}: same worker / cold", _to(edited, cold), 0.06, detail=_said(edited, cold, spoiled))
    yield of_ratio(f"{what}: restarted / cold", _to(restarted, cold), 0.2, detail=_said(restarted, cold, spoiled))


def _to(seconds: list[float], cold: list[float]) -> Ratio:
    pairs = [one / other for one, other in zip(seconds, cold, strict=True)]
    return Ratio(statistics.median(pairs), min(seconds) / min(cold))


def _said(seconds: list[float], cold: list[float], spoiled: str) -> str:
    return f"{statistics.median(seconds) * 1e3:.0f} of {statistics.median(cold) * 1e3:.0f} ms; {spoiled}"


def _quietest(path: str, turn: int) -> Round:
    """Return a round that nobody disturbed, else the last one tried."""
    for _ in range(TRIES):
        found = _one_round(path, f"Page{turn}")
        if not found.disturbed:
            break
    return found


def _one_round(path: str, tag: str) -> Round:
    """Measure one prompt in a worker that knows nothing, and in the next one on the same folder of prefixes."""
    with tempfile.TemporaryDirectory(prefix="graphide-benchmark-") as folder:
        kept = {"prefix_folder": folder, "prefix_bytes": 2**30, "model_key": "x"}
        worker = Ours(path, **kept)
        cold = timed(lambda: worker.stream(long_chat(tag, EDITS[0]), 2))
        edited = timed(lambda: worker.stream(long_chat(tag, EDITS[1]), 2))
        worker.close()
        again = Ours(path, **kept)
        restarted = timed(lambda: again.stream(long_chat(tag, EDITS[2]), 2))
        again.close()
    return Round(cold, edited, restarted)
