"""Where steps run, threads that are kept for the next step or the caller's own thread; and who may ask a model now.

A run never waits for a free thread: steps inside steps (a map, a subgraph) would wait for each other. How many steps
run at the same time is limited by each run; how many ask a model, by one `Turnstile` for a run and all runs inside it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from graphide.errors import Cancelled
from graphide.spec.generation import Cancel

Submit = Callable[[Callable[[], None]], None]

_IDLE_SECONDS = 10.0
_CANCEL_POLL = 0.05


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


class Turnstile:
    """Lets at most `most` through at one time, in the order in which they came."""

    def __init__(self, most: int) -> None:
        self._free = max(1, most)
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def inside(self, cancel: Cancel) -> Iterator[None]:
        """Wait for a place and hold it; raises Cancelled when `cancel` is set meanwhile."""
        self._enter(cancel)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, cancel: Cancel) -> None:
        mine = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                return
            self._waiting.append(mine)
        while not mine.wait(_CANCEL_POLL):
            if cancel.is_set() and self._gave_up(mine):
                raise Cancelled("stopped while waiting for the model")

    def _gave_up(self, mine: threading.Event) -> bool:
        """Leave the queue; False when the place was given a moment ago."""
        with self._lock:
            if mine.is_set():
                return False
            self._waiting.remove(mine)
            return True

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # the place goes on to the next, so nobody else can take it
            else:
                self._free += 1
