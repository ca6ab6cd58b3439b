"""How many threads the engine uses: the physical cores of this process, and fewer while others need some of them.

ggml's threads wait for each other at barriers many times a token, so one thread that lost its core holds up all of
them: on two cores beside one busy process, two threads are several times slower than one. `ThreadControl` chooses a
count before each call of the engine and learns from how long the call took; it calls no engine itself.
"""

from __future__ import annotations

import importlib
import math
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

READ_SECONDS = 0.05  # between looks at what others use
WINDOW_SECONDS = 0.15  # over which their use is measured; the system counts in steps of 0.01 s
LEVEL_CORES = 0.5  # loads are told apart in steps of half a core
LEVEL_SLACK = 0.35  # cores that the load must be away from its level before the level changes
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0  # seconds between trials of another count
TRIAL_SHARE = 30  # times as long as a trial lasts is the least time between two
TRIAL_STEPS, TRIAL_SECONDS = 6, 0.5  # a trial ends with whichever comes first
GAIN = 0.95  # of the time of the present count: what another must stay below to replace it
HOPELESS = 1.3  # of that time: a trial that is slower after two steps ends there
OUTLIER = 3.0  # times the mean: a step that took longer counts as this
MEMORY = 0.2  # weight of the newest step in the mean
PREFILL_TOKENS = 32  # batches from here on are arithmetic, handed out in pieces; smaller ones are barriers

Clock = Callable[[], float]


class ThreadControl:
    """Chooses the threads of each call of the engine, from the cores that others use and from measured times.

    `most` threads at most, on `cpus` hardware threads. `others` returns the processor seconds that everyone else has
    used on them so far, None where the system does not tell. The load of others gives the first guess within about
    0.2 s or one step; trials of the next higher or lower count, rarer each time they lose, correct it. What was learned
    is kept for each load and for each size of batch, as these differ in kind: decoding waits, prefill computes.
    """

    def __init__(
        self,
        most: int,
        *,
        cpus: int | None = None,
        clock: Clock = time.perf_counter,
        others: Callable[[], float | None] | None = None,
    ) -> None:
        self._most = most
        self._cpus = cpus or len(_usable_cpus())
        self._clock = clock
        self._load = _Load(others or seconds_of_others, self._cpus)
        self._climbs: dict[tuple[int, float], _Climb] = {}

    def choose(self, tokens: int) -> int:
        """Return the number of threads for a batch of `tokens`."""
        if self._most == 1:
            return 1
        now = self._clock()
        if self._load.look(now):
            for climb in self._climbs.values():
                climb.interrupt(now)
        return self._climb(tokens, now).choose(now)

    def took(self, threads: int, tokens: int, seconds: float) -> None:
        """Learn that a batch of `tokens`, computed with the `threads` that were chosen for it, took `seconds`."""
        if self._most > 1:
            now = self._clock()
            self._climb(tokens, now).took(threads, seconds / tokens, seconds, now)

    def _climb(self, tokens: int, now: float) -> _Climb:
        key = tokens.bit_length(), self._load.level
        climb = self._climbs.get(key)
        if climb is None:
            climb = self._climbs[key] = _Climb(self._guess(tokens), self._most, now + FIRST_PAUSE)
        return climb

    def _guess(self, tokens: int) -> int:
        """Return what served a like batch under this load, or else what suits the cores that others leave free."""
        prefill = tokens >= PREFILL_TOKENS
        for (bits, level), climb in reversed(self._climbs.items()):
            if level == self._load.level and (bits >= PREFILL_TOKENS.bit_length()) == prefill:
                return climb.best
        # Of a large batch each thread takes the next piece when it is done with one, so a thread that lost its core for
        # a while costs only its share; with few tokens it holds up the others.
        return self._most if prefill else max(1, min(self._most, self._cpus - math.ceil(self._load.level)))


class _Load:
    """The cores that others use, as a level that stays where it is until they clearly use more or less."""

    def __init__(self, others: Callable[[], float | None], cpus: int) -> None:
        self.level = 0.0
        self._others = others
        self._cpus = cpus
        self._readings: deque[tuple[float, float]] = deque()

    def look(self, now: float) -> bool:
        """Read the load if it is time to; return whether the level changed."""
        readings = self._readings
        if readings and now - readings[-1][0] < READ_SECONDS:
            return False
        used = self._others()
        if used is None:
            return False
        readings.append((now, used))
        while len(readings) > 2 and now - readings[1][0] >= WINDOW_SECONDS:
            readings.popleft()
        began, before = readings[0]
        if now - began < WINDOW_SECONDS:
            return False
        cores = min(float(self._cpus), max(0.0, (used - before) / (now - began)))
        if abs(cores - self.level) <= LEVEL_SLACK:
            return False
        self.level = round(cores / LEVEL_CORES) * LEVEL_CORES
        return True


@dataclass(slots=True)
class _Climb:
    """The search for the best count under one load and for one size of batch: now and then the next count is tried."""

    best: int
    most: int
    due: float
    mean: float = 0.0  # seconds a token with the best count, lately
    steps: int = 0  # that `mean` is made of
    trial: int = 0  # the count that is being tried, 0 for none
    trial_steps: int = 0
    trial_seconds: float = 0.0
    trial_sum: float = 0.0  # of the seconds a token
    spent: float = 0.0  # seconds with the best count since the last trial
    lasted: float = 0.0  # seconds of the newest step
    pause: float = FIRST_PAUSE
    step: int = 1  # the direction of the next trial
    won: bool = False  # the last trial

    def choose(self, now: float) -> int:
        """Return the count to use; begins a trial when one is due and there is something to compare it with."""
        if not self.trial and now >= self.due and self.steps >= TRIAL_STEPS and self._can_afford():
            if not 1 <= self.best + self.step <= self.most:
                self.step = -self.step
            # A step of one matters among few threads, and is lost in the noise among many.
            other = self.best + self.step * max(1, self.best // 4)
            self.trial = max(1, min(self.most, other))
            self.trial_steps, self.trial_seconds, self.trial_sum = 0, 0.0, 0.0
        return self.trial or self.best

    def took(self, threads: int, cost: float, seconds: float, now: float) -> None:
        """Take in the seconds a token (`cost`) of a step that lasted `seconds`."""
        if threads == self.trial:
            self.trial_steps += 1
            self.trial_seconds += seconds
            self.trial_sum += cost
            self._judge(now)
        elif threads == self.best:
            self.steps += 1
            self.spent += seconds
            self.lasted = seconds
            # One step that the system held up must not make the next trial look good.
            counted = cost if self.steps == 1 else min(cost, OUTLIER * self.mean)
            self.mean += (counted - self.mean) * max(MEMORY, 1 / self.steps)

    def interrupt(self, now: float) -> None:
        """Forget what is being measured, since the load has changed; keep what was learned."""
        self.trial = self.steps = 0
        self.due = max(self.due, now + FIRST_PAUSE)

    def _can_afford(self) -> bool:
        return self.spent >= TRIAL_SHARE * max(self.lasted, self.trial_seconds)

    def _judge(self, now: float) -> None:
        mean = self.trial_sum / self.trial_steps
        hopeless = self.trial_steps >= 2 and mean > HOPELESS * self.mean
        if not hopeless and self.trial_steps < TRIAL_STEPS and self.trial_seconds < TRIAL_SECONDS:
            return
        won = mean < GAIN * self.mean
        if won:
            self.best, self.mean, self.steps = self.trial, mean, self.trial_steps
            self.trial_seconds = 0.0  # it cost nothing
        else:
            self.step = -self.step
        # Only a climb that goes on in its direction is worth haste; equals that take turns are not.
        self.pause = self.pause if won and self.won else min(LONGEST_PAUSE, 2 * self.pause)
        self.won = won
        self.due = now + self.pause
        self.trial, self.spent = 0, 0.0


def seconds_of_others() -> float | None:
    """Return the processor seconds that other processes, and other guests of the host, used on our processors so far.

    The zero is arbitrary: only differences mean something. None where the system does not tell.
    """
    used = _used_seconds()
    return None if used is None else used - time.process_time()


def _used_seconds() -> float | None:
    try:
        with open("/proc/stat", encoding="ascii") as stat:
            return used_in_stat(stat.read(), _usable_cpus()) / os.sysconf("SC_CLK_TCK")
    except OSError:
        pass
    try:
        times = importlib.import_module("psutil").cpu_times()
    except (ImportError, OSError):
        return None
    return float(times.user + times.system + getattr(times, "nice", 0.0))


def used_in_stat(text: str, cpus: set[int]) -> int:
    """Return the ticks that the processors `cpus` were busy or taken away by the host, from the text of /proc/stat."""
    names = {f"cpu{cpu}" for cpu in cpus}
    rows = [words for words in map(str.split, text.splitlines()) if words and words[0] in names]
    # user nice system (idle iowait) irq softirq steal; time of guests is part of user
    return sum(int(ticks) for words in rows for ticks in (*words[1:4], *words[6:9]))


def physical_cores() -> int:
    """Return the number of physical cores this process may use, at least 1.

    Two hardware threads of one core share its arithmetic units, so more threads than cores make ggml slower.
    """
    usable = _usable_cpus()
    siblings = {_siblings(cpu) for cpu in usable}
    return max(1, len(siblings) if "" not in siblings else _psutil_cores(len(usable)))


def _usable_cpus() -> set[int]:
    affinity = getattr(os, "sched_getaffinity", None)
    return affinity(0) if affinity else set(range(os.cpu_count() or 1))


def _siblings(cpu: int) -> str:
    """Return the hardware threads of the core of `cpu` as Linux names them ("0,4"), or "" where that is unknown."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return ""


def _psutil_cores(usable: int) -> int:
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return usable
    return min(usable, int(psutil.cpu_count(logical=False) or usable))
