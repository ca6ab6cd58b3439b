"""Rows about ending and lasting: how soon a cancelled worker is quiet, and its memory after many short requests."""

from __future__ import annotations

import itertools
import random
import statistics
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import psutil
from contestants import Chat, Ours, request_of
from fairness import Timed, timed, undisturbed
from table import Row
from texts import SUBJECTS, long_chat, story

TRIES = 12
FEW, MANY, AT_ONCE = 100, 1000, 8


class Quiet(NamedTuple):
    """How long a cancel took until the request was over, in seconds, and whether the worker lived through it."""

    seconds: float
    lived: bool


def cancel(path: str, rounds: int) -> Iterator[Row]:
    """Measure from the cancel until the worker is idle, by closing the generator and by a flag, in turns."""
    ours = Ours(path)
    draw = random.Random(0)
    tags = (f"Try{number}" for number in itertools.count())  # no prompt may find an earlier one in the cache

    def prefill(number: int) -> Timed[Quiet]:
        return timed(lambda: _cancelled(ours, long_chat(next(tags)), number, draw.uniform(0.1, 1.0), pieces=0))

    def decode(number: int) -> Timed[Quiet]:
        return timed(lambda: _cancelled(ours, story(number), number, draw.uniform(0.0, 0.05), pieces=8))

    prefills = [undisturbed(partial(prefill, number)) for number in range(TRIES)]
    decodes = [undisturbed(partial(decode, number)) for number in range(TRIES)]
    ours.close()
    yield from _rows("in a prefill of 2,000 tokens", prefills)
    yield from _rows("while generating", decodes)


def _rows(where: str, tries: list[Timed[Quiet]]) -> Iterator[Row]:
    times = [found.value.seconds * 1e3 for found in tries]
    closed, flagged = (max(times[start::2]) for start in (0, 1))
    killed = sum(not found.value.lived for found in tries)
    spoiled = f"disturbed {sum(found.disturbed for found in tries)} of {len(tries)}"
    detail = f"worst by close() {closed:.0f}, by flag {flagged:.0f} ms; workers killed: {killed}; {spoiled}"
    # A worker that had to be killed did not become idle.
    worst = max(times) if not killed else float("inf")
    yield Row(what=f"cancel to idle {where}, worst", value=worst, unit="ms", limit=100, detail=detail)
    yield Row(what=f"cancel to idle {where}, p50", value=statistics.median(times), unit="ms", limit=100)


def _cancelled(ours: Ours, chat: Chat, number: int, wait: float, *, pieces: int) -> Quiet:
    """Start a request, let it run for `wait` seconds more after some pieces, and cancel it: even numbers by close()."""
    before = ours.worker.pid
    measure = _by_close if number % 2 == 0 else _by_flag
    seconds = measure(ours, chat, pieces, wait)
    return Quiet(seconds, before == ours.worker.pid)


def _by_close(ours: Ours, chat: Chat, pieces: int, wait: float) -> float:
    reports = ours.worker.generate(request_of(chat, 512))
    for _ in range(1 + pieces):  # the first report says that the prefill has begun
        next(reports)
    time.sleep(wait)
    began = time.perf_counter()
    reports.close()
    return time.perf_counter() - began


def _by_flag(ours: Ours, chat: Chat, pieces: int, wait: float) -> float:
    """Set the flag in this thread while another one reads the answer; its end is when that thread has come back."""
    from graphide.errors import Cancelled

    flag, started, ended = threading.Event(), threading.Event(), [0.0]

    def read() -> None:
        try:
            for number, _ in enumerate(ours.worker.generate(request_of(chat, 512), cancel=flag)):
                if number >= pieces:
                    started.set()
        except Cancelled:
            ended[0] = time.perf_counter()
        finally:
            started.set()

    reader = threading.Thread(target=read)
    reader.start()
    started.wait()
    time.sleep(wait)
    began = time.perf_counter()
    flag.set()
    reader.join()
    assert ended[0], "the answer ended before it was cancelled"
    return ended[0] - began


def memory(path: str, rounds: int) -> Iterator[Row]:
    """Measure the worker's memory after 100 and after 1,000 short requests, eight at a time."""
    ours = Ours(path)
    assert ours.worker.pid
    process = psutil.Process(ours.worker.pid)
    sizes: dict[int, float] = {}
    for start in range(0, MANY, AT_ONCE):
        ours.answer([_short(start + place) for place in range(AT_ONCE)], 4)
        for mark in (FEW, MANY):
            if start + AT_ONCE >= mark and mark not in sizes:
                sizes[mark] = process.memory_info().rss / 2**20
    ours.close()
    growth = (sizes[MANY] / sizes[FEW] - 1) * 100
    detail = f"{sizes[FEW]:.0f} MiB after {FEW}, {sizes[MANY]:.0f} MiB after {MANY:,}"
    yield Row(what=f"memory of the worker, {FEW} to {MANY:,} requests", value=growth, unit="%", limit=5, detail=detail)


def _short(number: int) -> Chat:
    return (("user", f"{number}: one word about {SUBJECTS[number % len(SUBJECTS)]}?"),)
