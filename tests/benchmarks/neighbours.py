"""Rows about the number of threads: fixed ones and the adapted one, on a quiet machine and beside a busy process.

Measured through the worker, at the app's end of its pipe; all three workers are loaded, and one of them runs at a time.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from contestants import Ours, Stream
from fairness import Timed, busy_neighbour, in_turns, ratio, timed, undisturbed
from table import Row, of_ratio
from texts import story

TOKENS = 64
COUNTS = {"1 thread": 1, "2 threads": 2, "adaptive": 0}


def threads(path: str, rounds: int) -> Iterator[Row]:
    """Measure the speed of one stream by thread count: adaptive over the better of the fixed ones."""
    workers = {name: Ours(path, n_threads=count) for name, count in COUNTS.items()}
    yield from _rows("quiet", nullcontext(), workers, rounds, limit=0.95)
    yield from _rows("beside a busy process", busy_neighbour(), workers, rounds, limit=0.85)
    for worker in workers.values():
        worker.close()


def _rows(
    state: str,
    neighbour: AbstractContextManager[None],
    workers: dict[str, Ours],
    rounds: int,
    *,
    limit: float,
) -> Iterator[Row]:
    """Yield the row of one state of the machine, and how the adapted count did before it had seen that state."""
    runs: dict[str, list[Timed[Stream]]] = {name: [] for name in workers}
    with neighbour:
        before = workers["adaptive"].stream(story(0), TOKENS).rate
        for turn, name in in_turns(workers, rounds):
            # The neighbour is a child of this process, so its time counts as ours.
            runs[name].append(undisturbed(partial(timed, partial(workers[name].stream, story(turn), TOKENS))))
    rates = {name: [run.value.rate for run in found] for name, found in runs.items()}
    medians = {name: statistics.median(found) for name, found in rates.items()}
    fixed = max((name for name in medians if name != "adaptive"), key=lambda name: medians[name])
    said = ", ".join(f"{name} {value:.1f}" for name, value in medians.items())
    spoiled = sum(run.disturbed for found in runs.values() for run in found)
    detail = f"{said} tokens/s; adaptive at first {before:.1f}; disturbed {spoiled} of {rounds * len(runs)}"
    found = ratio(rates["adaptive"], rates[fixed], best=max)
    yield of_ratio(f"threads, {state}: adaptive / best fixed", found, limit, at_least=True, detail=detail)
