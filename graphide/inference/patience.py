"""How long the app waits: limits per phase, the watch over a silent worker, and whose turn it is.

No process here: `client` asks a `Watch` between frames, and a `Turns` before a request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from graphide.errors import Cancelled, InferenceFault
from graphide.inference.protocol import Entered, Frame, Heartbeat, Hello, Phase

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
    killed, `turn` how long a request waits for those before it.
    """

    start: float = 60.0
    silence: float = 30.0
    load: float = 600.0
    prepare: float = 60.0
    prefill: float = 900.0
    generate: float = 300.0
    quiet: float = 1.0
    turn: float = 3600.0

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
    """Measures how long a worker has been silent, and how long it got no further.

    Waits are added up in small steps, so a pause of the app itself (a closed lid, Ctrl-Z) is not the worker's fault.
    """

    limits: Limits
    phase: Phase
    silent: float = 0.0
    stuck: float = 0.0
    waited: float = 0.0
    heard: bool = False
    _last: float = field(default_factory=time.monotonic)

    def saw(self, frame: Frame) -> None:
        """Note a frame."""
        self.heard = True
        self.silent, self._last = 0.0, time.monotonic()
        if isinstance(frame, Entered):
            self.phase = frame.phase
        if not isinstance(frame, Heartbeat | Hello):
            self.stuck = 0.0

    def stalled(self) -> bool:
        """Note a tick without a frame and return whether that was one too many."""
        now = time.monotonic()
        step, self._last = min(now - self._last, 5 * TICK), now
        self.silent += step
        self.stuck += step
        # A process that is still starting cannot beat yet.
        silence = self.limits.start if self.phase == "start" else self.limits.silence
        self.waited = max(self.silent, self.stuck)
        return self.silent >= silence or self.stuck >= self.limits.of(self.phase)


class Turns:
    """Lets one request run at a time, in the order they came; a turn may end in another thread than it began."""

    def __init__(self, waiting: int, seconds: float) -> None:
        self._waiting = waiting
        self._seconds = seconds
        self._changed = threading.Condition()
        self._queue: list[object] = []

    @property
    def taken(self) -> bool:
        """Return whether somebody has the turn or waits for it."""
        return bool(self._queue)

    @contextmanager
    def turn(self, cancel: CancelFlag | None) -> Iterator[None]:
        """Wait for the turn and hold it; raises Cancelled, or InferenceFault when too many wait or it takes too long."""
        ticket = object()
        with self._changed:
            if len(self._queue) > self._waiting:
                raise InferenceFault(
                    "bad_request", f"{self._waiting} requests already wait for this model", hint="Try again later"
                )
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
