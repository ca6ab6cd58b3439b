"""Work of the model browser in threads of its own, whose results are given to the session's thread when it asks for them.

Work of one key goes one after the other; of the newest only the last one asked for counts. What the work is, is not known
here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from graphide.errors import Cancelled, GraphideError

_T = TypeVar("_T")
Work = Callable[[threading.Event], _T]
"""Work that looks at an event now and then and ends soon after it is set."""

_CLOSING_SECONDS = 0.5
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Task:
    key: str
    work: Work[Any]
    then: Callable[[Any], None]
    failed: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False


class Tasks:
    """Begins work from the session's thread; `wake` is called from any thread when `deliver` has something to do."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._lines: dict[str, list[_Task]] = {}  # the first of each runs
        self._threads: set[threading.Thread] = set()
        self._ready: dict[object, Callable[[], None]] = {}
        self._closed = False

    def begin(
        self,
        key: str,
        work: Work[_T],
        then: Callable[[_T], None],
        failed: Callable[[str], None],
        *,
        newest: bool = False,
    ) -> None:
        """Do work after all other of its key, and call `then` with what it gives, or `failed` with a sentence.

        The sentence is "" where the work was stopped. With `newest` what was asked for before is stopped, and nothing of it is heard any more.
        """
        task = _Task(key, work, then, failed)
        with self._lock:
            if self._closed:
                return
            line = self._lines.setdefault(key, [])
            if newest:
                for other in line:
                    other.dropped = True
                    other.stop.set()
                del line[1:]
            line.append(task)
            if len(line) == 1:
                self._start(task)

    def busy(self, key: str) -> bool:
        """Return whether something of a key is under way or waits, and still counts."""
        with self._lock:
            return any(not task.dropped for task in self._lines.get(key, ()))

    def stop(self, key: str) -> None:
        """Ask the work of a key to end, and drop what waits behind it."""
        with self._lock:
            line = self._lines.get(key, [])
            del line[1:]
            for task in line:
                task.stop.set()

    def post(self, do: Callable[[], None], key: object = None) -> None:
        """Let the session's thread do something; of what has the same key only the last is done."""
        with self._lock:
            if self._closed:
                return
            self._ready[object() if key is None else key] = do
        self._wake()

    def deliver(self) -> bool:
        """Do what was posted, in the thread that calls, and return whether there was anything."""
        with self._lock:
            ready, self._ready = list(self._ready.values()), {}
        for do in ready:
            do()
        return bool(ready)

    def close(self) -> None:
        """Stop everything, and wait a little for it; what cannot be stopped ends with the process."""
        with self._lock:
            self._closed = True
            self._ready.clear()
            for line in self._lines.values():
                del line[1:]
                for task in line:
                    task.dropped = True
                    task.stop.set()
            threads = list(self._threads)
        until = time.monotonic() + _CLOSING_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _start(self, task: _Task) -> None:
        # A daemon: nobody who closes the window should wait for a server that does not answer.
        thread = threading.Thread(target=self._run, args=(task,), name=f"models {task.key}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _run(self, task: _Task) -> None:
        answer = None if task.dropped else self._answer(task)
        with self._lock:
            line = self._lines[task.key]
            line.remove(task)
            if answer is not None and not self._closed:
                # Together with the end of the work, so that nobody sees an end without what came of it.
                self._ready[object()] = partial(_unless_dropped, task, answer)
            if line and not self._closed:
                self._start(line[0])
            elif not line:
                del self._lines[task.key]
            self._threads.discard(threading.current_thread())
        self._wake()

    def _answer(self, task: _Task) -> Callable[[], None]:
        """Do the work and return what is to be called in the session's thread."""
        try:
            return partial(task.then, task.work(task.stop))
        except Cancelled:
            return partial(task.failed, "")
        except GraphideError as error:
            return partial(task.failed, str(error))
        except Exception as error:  # noqa: BLE001  # a window that waits for an answer for ever says less
            _log.exception("the work %s failed", task.key)
            return partial(task.failed, f"A fault of graphide itself: {error}. Try it again")


def _unless_dropped(task: _Task, answer: Callable[[], None]) -> None:
    """Give the answer of work that still counts when it is delivered: something newer may have come meanwhile."""
    if not task.dropped:
        answer()
