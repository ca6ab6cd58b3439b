"""The mailbox between the thread that runs a graph and the one that draws: bounded, and chunks of a node are joined.

The writer is held up when nobody reads, so that a window that is busy costs no memory; closing the mailbox lets it go.
What the things in it mean is in `runview`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from graphide.editor.runview import Happening, Seen
from graphide.executor.events import NodeChunk, NodeProgress

MOST = 10_000
"""Things that wait to be read before the writer is held up."""

Clock = Callable[[], float]
Wake = Callable[[], None]


@dataclass(slots=True)
class _Slot:
    event: Happening
    at: float
    texts: list[str] | None = None

    def seen(self) -> Seen:
        if self.texts is None or not isinstance(self.event, NodeChunk):
            return Seen(self.event, self.at)
        return Seen(NodeChunk(self.event.node, "".join(self.texts)), self.at, len(self.texts))


class Mailbox:
    """Takes what happens from any thread and gives it to one; `wake` is called when there is something to read again."""

    def __init__(self, wake: Wake, clock: Clock, *, most: int = MOST) -> None:
        self._wake = wake
        self._clock = clock
        self._most = most
        self._changed = threading.Condition()
        self._waiting: deque[_Slot] = deque()
        # Per node the slot that its next chunk may still be joined to: nothing else of that node came after it.
        self._open: dict[str, _Slot] = {}
        self._announced = False
        self._closed = False

    def put(self, event: Happening) -> bool:
        """Put something in, waiting for room; False when the mailbox is closed and it was dropped."""
        with self._changed:
            slot = self._joinable(event)
            if slot is None:
                self._changed.wait_for(lambda: self._closed or len(self._waiting) < self._most)
            if self._closed:
                return False
            if slot is None:
                self._add(event)
            else:
                self._join(slot, event)
            announce, self._announced = not self._announced, True
        if announce:
            self._wake()
        return True

    def drain(self, limit: int) -> list[Seen]:
        """Take out at most `limit` things, oldest first."""
        with self._changed:
            taken = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
            for slot in taken:
                if isinstance(slot.event, NodeChunk) and self._open.get(slot.event.node) is slot:
                    del self._open[slot.event.node]
            self._announced = left = bool(self._waiting)
            self._changed.notify_all()
        if left:
            self._wake()
        return [slot.seen() for slot in taken]

    def close(self) -> None:
        """Take nothing more; who waits for room is let go. What is in it can still be read."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._waiting)

    def _joinable(self, event: Happening) -> _Slot | None:
        if isinstance(event, NodeChunk):
            return self._open.get(event.node)
        if isinstance(event, NodeProgress) and self._waiting:
            last = self._waiting[-1]
            same = isinstance(last.event, NodeProgress) and last.event[:2] == event[:2]
            return last if same else None
        return None

    def _join(self, slot: _Slot, event: Happening) -> None:
        slot.at = self._clock()
        if isinstance(event, NodeChunk) and slot.texts is not None:
            slot.texts.append(event.text)
        else:
            slot.event = event

    def _add(self, event: Happening) -> None:
        slot = _Slot(event, self._clock(), [event.text] if isinstance(event, NodeChunk) else None)
        self._waiting.append(slot)
        node = getattr(event, "node", "")
        if isinstance(event, NodeChunk):
            self._open[node] = slot
        else:
            self._open.pop(node, None)
