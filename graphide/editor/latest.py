"""Work in a thread of which only the newest counts: what was asked for before and is not ready yet is dropped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Asked = TypeVar("_Asked")
_Made = TypeVar("_Made")
_JOIN_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Latest(Generic[_Asked, _Made]):
    """Does `work` in a thread of its own, begun at the first request; `wake` is called when something new is there."""

    def __init__(self, name: str, work: Callable[[_Asked], _Made], wake: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._wake = wake
        self._changed = threading.Condition()
        self._waiting: list[_Asked] = []
        self._busy = False
        self._closed = False
        self._latest: _Made | None = None
        self._thread: threading.Thread | None = None

    def ask(self, asked: _Asked) -> None:
        """Ask for something; what is waiting is dropped."""
        with self._changed:
            if self._closed:
                return
            self._waiting = [asked]
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    @property
    def latest(self) -> _Made | None:
        """The newest there is, None before the first."""
        return self._latest

    @property
    def busy(self) -> bool:
        """Whether something newer is on its way."""
        with self._changed:
            return self._busy or bool(self._waiting)

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.wait_for(lambda: self._closed or bool(self._waiting))
                if self._closed:
                    return
                asked = self._waiting.pop()
                self._busy = True
            try:
                made = self._work(asked)
            except Exception:  # noqa: BLE001  # code of node types; the next edit is looked at
                _log.exception("the work of %s failed", self._name)
                continue
            with self._changed:
                self._latest = made
                self._busy = False
            self._wake()
