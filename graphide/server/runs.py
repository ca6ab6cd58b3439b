"""The runs that are under way, and a few that have ended: by their id, for those who want to look or to stop one."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from graphide.executor.events import Event, NodeFailed, NodeFinished, NodeSkipped, PlanMade, RunFinished, RunStarted
from graphide.values import Json

MOST_ENDED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Where a run stands: of `steps`, so many are `done`. Times are seconds since 1970, `ended` 0 while it runs."""

    id: str
    title: str
    status: Literal["running", "stopping", "ok", "failed", "partial", "cancelled"] = "running"
    started: float = 0.0
    ended: float = 0.0
    steps: int = 0
    done: int = 0
    failed: int = 0

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        names = ("id", "title", "status", "started", "ended", "steps", "done", "failed")
        return {name: getattr(self, name) for name in names}


class Runs:
    """Keeps where runs stand; nothing of what they make. Any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._cancels: dict[str, threading.Event] = {}

    def see(self, id: str, event: Event, cancel: threading.Event) -> str:
        """Take note of an event of a run and return the id of the run, which its first event brings."""
        if isinstance(event, RunStarted):
            id = event.run
        with self._lock:
            run = self._runs.get(id) or Run(id=id, title="", started=self._clock())
            self._runs[id] = run = _after(run, event, self._clock)
            self._cancels[id] = cancel
            if run.ended:
                self._end(id)
        return id

    def lost(self, id: str) -> None:
        """Note that nobody listens to a run any more, so that its end will not be seen."""
        with self._lock:
            run = self._runs.get(id)
            if run is not None and not run.ended:
                self._runs[id] = replace(run, status="cancelled", ended=self._clock())
                self._end(id)

    def stop(self, id: str) -> Run | None:
        """Stop a run; one that has ended stays as it is. Return where it stands, None where there is none."""
        with self._lock:
            if (cancel := self._cancels.get(id)) is not None:
                cancel.set()
                self._runs[id] = replace(self._runs[id], status="stopping")
            return self._runs.get(id)

    def get(self, id: str) -> Run | None:
        """Return where a run stands, None where there is none."""
        with self._lock:
            return self._runs.get(id)

    def listed(self) -> tuple[Run, ...]:
        """Return all that are known, the newest first."""
        with self._lock:
            return tuple(reversed(self._runs.values()))

    def _end(self, id: str) -> None:
        self._cancels.pop(id, None)
        ended = [key for key, run in self._runs.items() if run.ended]
        for key in ended[: max(0, len(ended) - MOST_ENDED)]:
            del self._runs[key]


def _after(run: Run, event: Event, clock: Callable[[], float]) -> Run:
    match event:
        case RunStarted(title=title):
            return replace(run, title=title)
        case PlanMade(steps=steps):
            return replace(run, steps=len(steps))
        case NodeFinished(node=node) | NodeSkipped(node=node) if "/" not in node:
            return replace(run, done=run.done + 1)
        case NodeFailed(node=node) if "/" not in node:
            return replace(run, done=run.done + 1, failed=run.failed + 1)
        case RunFinished(status=status):
            return replace(run, status=status, ended=clock())
    return run
