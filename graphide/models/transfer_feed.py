"""Bytes of the hub read ahead in a thread, so that whoever takes them is never held up: not by a line, not by a look-up."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from graphide.models.hub_errors import HubFault
from graphide.models.transfer import Answer, Body

_AHEAD = 16 << 20  # bytes read ahead of who takes them
_ENOUGH = 1 << 20  # bytes worth waking who takes them


class Feed:
    """An answer that a thread of its own opens and reads ahead, so that whoever takes its bytes never waits for long."""

    def __init__(self, open: Callable[[], Body]) -> None:
        self._open = open
        self._ready = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._answer: Answer | None = None
        self._ended = False
        self._fault: HubFault | None = None
        self._closed = False
        self._body: Body | None = None
        # A daemon: looking up an address cannot be stopped, and nobody should wait for it.
        threading.Thread(target=self._run, name="bytes ahead", daemon=True).start()

    def answer(self, seconds: float) -> Answer | None:
        """Return the head of the answer, None if it is not there after some seconds; raises HubFault."""
        with self._ready:
            self._ready.wait_for(lambda: self._answer is not None or self._ended, seconds)
            if self._answer is None and self._fault is not None:
                raise self._fault
            return self._answer

    def take(self, most: int, seconds: float) -> list[bytes] | None:
        """Return bytes that have come, [] if there are none after some seconds, None at the end; raises HubFault.

        A few bytes are not returned before the seconds are over: handling many at a time is quicker.
        """
        with self._ready:
            self._ready.wait_for(lambda: self._held >= min(most, _ENOUGH) or self._ended, seconds)
            taken, size = [], 0
            while self._pieces and size < most:
                taken.append(self._pieces.popleft())
                size += len(taken[-1])
            if taken:
                self._held -= size
                self._ready.notify_all()
                return taken
            if self._fault is not None:
                raise self._fault
            return None if self._ended else []

    def close(self) -> None:
        """Stop reading; at once, whatever the thread is doing."""
        with self._ready:
            self._closed = True
            self._pieces.clear()
            body = self._body
            self._ready.notify_all()
        if body is not None:
            body.stop()

    def _run(self) -> None:
        fault: HubFault | None = HubFault("server", "reading from the hub ended unexpectedly")
        try:
            self._read()
            fault = None
        except HubFault as error:
            fault = error
        finally:
            with self._ready:
                self._ended, self._fault = True, fault
                self._ready.notify_all()

    def _read(self) -> None:
        body = self._open()
        with self._ready:
            self._body, self._answer = body, body.answer
            self._ready.notify_all()
            closed = self._closed
        try:
            if closed or body.answer.status == 416:
                return
            for piece in body.pieces():
                with self._ready:
                    self._pieces.append(piece)
                    self._held += len(piece)
                    if self._held >= _ENOUGH:
                        self._ready.notify_all()
                    self._ready.wait_for(lambda: self._held < _AHEAD or self._closed)
                    if self._closed:
                        return
        finally:
            body.close()
