"""How long the app waits, and for how many: limits per phase, the watch over a silent worker, places and turns.

No process here: `client` asks a `Watch` between frames, `Places` before a request, and a `Turns` before a load.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from graphide.errors import Cancelled, InferenceFault
from graphide.inference.protocol import Entered, Frame, Phase

TICK = 0.05  # how often a waiting request looks at its cancel flag, in seconds


class CancelFlag(Protocol):
    """What a request asks whether it is still wanted; a threading.Event is one."""

    def is_set(self) -> bool:
        """Return whether the request is to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a worker may take before it counts as stalled, in seconds.

    `silence` is for a process that gives no sign at all (it beats every second), the others for one that lives but gets
    no further: `load` between two steps of progress, `prefill` for one chunk of the prompt, `generate` for one token,
    `prepare` for template and grammar. `quiet` is how long a cancelled request may take to stop before the worker is
    killed, `turn` how long a request waits for those before it, `close` how long an unloaded worker may take to write
    its prefixes to disk.
    """

    start: float = 60.0
    silence: float = 30.0
    load: float = 600.0
    prepare: float = 60.0
    prefill: float = 900.0
    generate: float = 300.0
    quiet: float = 1.0
    turn: float = 3600.0
    close: float = 3.0

    def of(self, phase: Phase) -> float:
        """Return the limit of a phase."""
        match phase:
            case "start":
                return self.start
            case "load":
                return self.load
            case "prepare" | "grammar":
                return self.prepare
            case "queue":
                return self.turn
            case "prefill":
                return self.prefill
            case "generate":
                return self.generate


@dataclass(slots=True)
class Watch:
    """Measures how long a worker has been silent, and how long a request got no further.

    Waits are added up in small steps, so a pause of the app itself (a closed lid, Ctrl-Z) is not the worker's fault.
    """

    limits: Limits
    phase: Phase
    silent: float = 0.0
    stuck: float = 0.0
    waited: float = 0.0
    heard: bool = False
    _count: int = -1
    _last: float = field(default_factory=time.monotonic)

    def saw(self, frame: Frame) -> None:
        """Note a frame of the request."""
        self.heard = True
        self.silent = self.stuck = 0.0
        self._last = time.monotonic()
        if isinstance(frame, Entered):
            self.phase = frame.phase

    def stalled(self, heard: int) -> bool:
        """Note a tick without a frame of the request, and return whether that was one too many.

        `heard` is how many frames of any kind the worker has sent.
        """
        now = time.monotonic()
        step, self._last = min(now - self._last, 5 * TICK), now
        if heard != self._count:
            self.silent, self._count = 0.0, heard
        self.silent += step
        self.stuck += step
        # A process that is still starting cannot beat yet.
        silence = self.limits.start if self.phase == "start" else self.limits.silence
        self.waited = max(self.silent, self.stuck)
        return self.silent >= silence or self.stuck >= self.limits.of(self.phase)


class Places:
    """Bounds how many requests a worker has at one time, those that wait included."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    @contextmanager
    def place(self, parallel: int, waiting: int) -> Iterator[None]:
        """Hold a place; raises InferenceFault where `parallel` requests run and `waiting` others wait already."""
        with self._lock:
            if self.taken >= parallel + waiting:
                raise InferenceFault(
                    "bad_request",
                    f"this model answers {parallel} requests at a time, and {waiting} already wait",
                    hint="Try again later",
                )
            self.taken += 1
        try:
            yield
        finally:
            with self._lock:
                self.taken -= 1


class Turns:
    """Lets one load run at a time, in the order they came; a turn may end in another thread than it began."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()
        self._queue: list[object] = []

    @contextmanager
    def turn(self, cancel: CancelFlag | None) -> Iterator[None]:
        """Wait for the turn and hold it; raises Cancelled, or InferenceFault when it takes too long."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            self._wait(ticket, cancel)
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _wait(self, ticket: object, cancel: CancelFlag | None) -> None:
        deadline = time.monotonic() + self._seconds
        with self._changed:
            while self._queue[0] is not ticket:
                if cancel and cancel.is_set():
                    raise Cancelled("stopped while waiting for the model")
                if time.monotonic() >= deadline:
                    raise InferenceFault(
                        "stalled", f"the model was busy for {self._seconds:.0f} s", hint="Try again later"
                    )
                self._changed.wait(TICK)
