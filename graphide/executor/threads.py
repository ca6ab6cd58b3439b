"""Where steps run: threads that are kept for the next step, or the caller's own thread.

A run never waits for a free thread: steps inside steps (a map, a subgraph) would wait for each other. How many steps
run at the same time is limited by the run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

Submit = Callable[[Callable[[], None]], None]

_IDLE_SECONDS = 10.0


def inline(work: Callable[[], None]) -> None:
    """Do the work at once, in this thread: for tests and for hosts without threads."""
    work()


class Threads:
    """Threads for steps: an idle one is used again, a new one is started when none is idle; idle ones end by themselves."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def __call__(self, work: Callable[[], None]) -> None:
        """Do `work`, which must not raise, in a thread."""
        with self._lock:
            start = self._idle == 0
            if not start:
                self._idle -= 1
        if start:
            threading.Thread(target=self._serve, args=(work,), name="graphide-step", daemon=True).start()
        else:
            self._work.put(work)

    def _serve(self, work: Callable[[], None] | None) -> None:
        while work is not None:
            work()
            del work  # a finished step must not keep its values alive
            work = self._next()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            self._idle += 1
        try:
            return self._work.get(timeout=_IDLE_SECONDS)
        except Empty:
            with self._lock:
                if self._idle > 0:
                    self._idle -= 1
                    return None
            return self._work.get()  # work was promised to this thread between the two lines
