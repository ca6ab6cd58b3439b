"""What makes two figures comparable: turns, disturbed runs noticed and repeated, medians, ratios of neighbouring runs.

Nothing here knows what is measured. A run is disturbed when the host took processor time away (steal) or when other
processes of this machine used it (foreign); both are shares of all processor time while the clock ran.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import psutil

T = TypeVar("T")

STEAL = 0.03
FOREIGN = 0.05
TRIES = 3


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """What a run gave, its wall time in seconds, and the shares of processor time that others had meanwhile."""

    value: T
    seconds: float
    stolen: float
    foreign: float

    @property
    def disturbed(self) -> bool:
        """Return whether others took enough to spoil the figure."""
        return self.stolen > STEAL or self.foreign > FOREIGN


class Ratio(NamedTuple):
    """Ours over theirs: the median over neighbouring runs, and that of the best run of each side."""

    pairs: float
    best: float


class Ticks(NamedTuple):
    """Processor seconds since the start of the machine: taken by the host, used by anybody, used by our processes."""

    stolen: float
    used: float
    ours: float


def timed(run: Callable[[], T]) -> Timed[T]:
    """Run once under the clock; children of this process count as ours and must neither start nor end meanwhile."""
    before, began = ticks(), time.perf_counter()
    value = run()
    seconds = time.perf_counter() - began
    after = ticks()
    everything = max(1e-3, seconds * (os.cpu_count() or 1))
    others = (after.used - before.used) - (after.ours - before.ours)
    foreign = max(0.0, others - 0.02)  # the counters tick in hundredths of a second
    return Timed(value, seconds, (after.stolen - before.stolen) / everything, foreign / everything)


def undisturbed(measure: Callable[[], Timed[T]]) -> Timed[T]:
    """Return the first run that was not disturbed, else the least disturbed of TRIES."""
    runs: list[Timed[T]] = []
    for _ in range(TRIES):
        runs.append(measure())
        if not runs[-1].disturbed:
            return runs[-1]
    return min(runs, key=lambda run: run.stolen + run.foreign)


def ticks() -> Ticks:
    """Return the processor seconds so far; steal is told by Linux only, elsewhere it is 0."""
    times = psutil.cpu_times()
    used = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))
    return Ticks(getattr(times, "steal", 0.0), used, _of_our_processes())


def _of_our_processes() -> float:
    me, seconds = psutil.Process(), 0.0
    for process in (me, *me.children(recursive=True)):
        try:
            spent = process.cpu_times()
        except psutil.Error:
            continue  # it ended between the list and the question
        seconds += spent.user + spent.system
    return seconds


def in_turns(names: Iterable[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Yield the round and a name: all names once a round, each round beginning with the next, so nobody is always first."""
    order = list(names)
    for turn in range(rounds):
        yield from ((turn, name) for name in order)
        order = [*order[1:], order[0]]


def ratio(ours: Sequence[float], theirs: Sequence[float], *, best: Callable[[Sequence[float]], float] = min) -> Ratio:
    """Return ours over theirs; `best` is min for seconds and max for speeds."""
    pairs = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(pairs), best(ours) / best(theirs))


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Keep one processor busy with a process of its own."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            time.sleep(0.2)  # until the interpreter has started and spins
            yield
        finally:
            process.kill()


def machine() -> str:
    """Return what the figures were taken on, and how busy it is."""
    return f"{processor()}, {os.cpu_count()} processors, Python {platform.python_version()}, {platform.platform()}"


def load() -> str:
    """Return the load and the share of time that the host has taken since the machine started."""
    now = ticks()
    stolen = now.stolen / max(1e-3, now.stolen + now.used)
    return f"load {os.getloadavg()[0]:.2f}, steal {stolen:.1%} of the busy time since boot"


def processor() -> str:
    """Return the name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
