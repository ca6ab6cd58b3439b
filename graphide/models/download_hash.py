"""The sha256 of bytes that are handed over, computed in a thread beside: hashing takes longer than all else of a download."""

from __future__ import annotations

import hashlib
import queue
import threading

_BEHIND = 4  # pieces that may wait to be hashed


class RunningHash:
    """A sha256 that grows. Close it, so that its thread ends."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._waiting: queue.Queue[bytes | memoryview | None] = queue.Queue(_BEHIND)
        self._thread: threading.Thread | None = None

    def add(self, data: bytes | memoryview) -> None:
        """Hash more bytes, which nobody may change any more."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hash", daemon=True)
            self._thread.start()
        self._waiting.put(data)

    def hexdigest(self) -> str:
        """Return the hash of all bytes so far, in hexadecimal."""
        self._waiting.join()
        return self._sha256.hexdigest()

    def clear(self) -> None:
        """Begin anew."""
        self._waiting.join()
        self._sha256 = hashlib.sha256()

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (data := self._waiting.get()) is not None:
            self._sha256.update(data)
            self._waiting.task_done()
        self._waiting.task_done()
