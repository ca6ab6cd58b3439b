"""The thread that has the store of chats: a window asks it for things, and takes what came of them in with `tick`.

One thing is done after the other, in the order they were asked for, so that a window never waits for the disk. What is
kept and when is in `chats_keep`, what is shown of it in `chats_list`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from graphide.errors import GraphideError
from graphide.store.chats import Chats

T = TypeVar("T")
_JOIN_SECONDS: Final = 15.0  # longer than the store waits for another process that writes
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    key: str
    work: Callable[[Chats], Any]
    then: Callable[[Any], object]
    failed: Callable[[GraphideError], object] | None


class Shelf:
    """Works on the store that `opened` gives, in a thread begun at the first request; `wake` is called when there is news.

    All methods are for one thread; what is done in the thread behind it touches nothing but the store.
    """

    def __init__(self, opened: Callable[[], Chats], wake: Callable[[], None]) -> None:
        self._opened = opened
        self._wake = wake
        self._changed = threading.Condition()
        self._waiting: list[_Job] = []
        self._done: list[Callable[[], object]] = []
        self._busy = False
        self._closed = False
        self._chats: Chats | None = None
        self._thread: threading.Thread | None = None
        self._told: set[str] = set()
        self._trouble = ""

    def ask(
        self,
        work: Callable[[Chats], T],
        then: Callable[[T], object] = lambda _: None,
        failed: Callable[[GraphideError], object] | None = None,
        *,
        key: str = "",
    ) -> None:
        """Have some work done with the store; `tick` then calls `then` with what came of it, or `failed` with why not.

        Without `failed` why not is a trouble of the store. What waits under the same `key` makes way for it.
        """
        with self._changed:
            if self._closed:
                return
            if key:
                self._waiting = [job for job in self._waiting if job.key != key]
            self._waiting.append(_Job(key, work, then, failed))
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="graphide-chats", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def tick(self) -> bool:
        """Take in what was done and return whether there was anything."""
        with self._changed:
            done, self._done = self._done, []
        for take in done:
            take()
        return bool(done)

    def report(self, text: str) -> None:
        """Note a trouble of the store, each one once."""
        if text not in self._told:
            self._told.add(text)
            self._trouble = text

    def take_trouble(self) -> str:
        """Return, once, why the store cannot be used, or ""."""
        trouble, self._trouble = self._trouble, ""
        return trouble

    def settle(self, seconds: float = _JOIN_SECONDS) -> bool:
        """Wait until everything that was asked for is done, take it in, and return whether it was in time."""
        with self._changed:
            in_time = self._changed.wait_for(lambda: not (self._waiting or self._busy), seconds)
        self.tick()
        return in_time

    def close(self) -> None:
        """Do what still waits, end the thread and close the store."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    # --- in the thread

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or bool(self._waiting))
                if not self._waiting:
                    break
                job = self._waiting.pop(0)
                self._busy = True
            taken = self._did(job)
            with self._changed:
                self._done.append(taken)
            self._wake()
        if self._chats is not None:
            self._chats.database.close()

    def _did(self, job: _Job) -> Callable[[], object]:
        """Do a job and return what `tick` is to call for it."""
        try:
            result = job.work(self._store())
        except GraphideError as error:
            failure = error
        except Exception as error:  # noqa: BLE001  # the fence of this thread: chatting goes on without the store
            _log.exception("the store of chats failed")
            failure = GraphideError(f"the store of chats failed: {error}")
        else:
            return lambda: job.then(result)
        failed = job.failed
        return lambda: self.report(str(failure)) if failed is None else failed(failure)

    def _store(self) -> Chats:
        """Return the store, opened at the first request, and again after that could not be done."""
        if self._chats is None:
            self._chats = self._opened()
            aside = self._chats.database.set_aside
            if aside is not None:
                text = f"The store of chats was damaged. It begins anew; what there was is in {aside}"
                with self._changed:
                    self._done.append(lambda: self.report(text))
        return self._chats
