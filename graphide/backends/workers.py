"""The worker processes of a program: one per loaded model, which stay loaded while they are needed.

What is asked of them is in `local`; how one is talked to is in `graphide.inference.client`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from graphide.inference.client import Worker
from graphide.inference.protocol import LoadOptions
from graphide.inference.spawn import Spawned

MAX_LOADED = 2
"""Models that stay loaded at the same time."""


class Workers:
    """The worker processes of a program, one per loaded model. Owns them; `close` ends them. Safe between threads."""

    def __init__(
        self, options: LoadOptions | None = None, *, max_loaded: int = MAX_LOADED, spawned: Spawned | None = None
    ) -> None:
        """Start nothing yet; `spawned` is a worker process that was started already, for the first model."""
        self.options = options or LoadOptions()
        self._max_loaded = max_loaded
        self._lock = threading.Lock()
        self._workers: OrderedDict[Path, Worker] = OrderedDict()
        self._counters: dict[Path, Worker] = {}
        self._spare = Worker(spawned=spawned) if spawned else None

    def expect(self) -> None:
        """Start a worker process now, so that it is there when the first model is asked for."""
        with self._lock:
            if self._spare is None and not self._workers:
                self._spare = Worker()
                self._spare.start()

    def get(self, path: Path) -> Worker:
        """Return the worker of a model file, which loads it with its first request; idle models may give way to it."""
        with self._lock:
            worker = self._workers.get(path)
            if worker is None:
                worker, self._spare = self._spare or Worker(), None
                worker.aim(str(path), self.options)
                self._workers[path] = worker
            self._workers.move_to_end(path)
            idle = [key for key, other in self._workers.items() if other is not worker and not other.busy]
            closing = [self._workers.pop(key) for key in idle[: max(0, len(self._workers) - self._max_loaded)]]
        for other in closing:
            other.close()
        return worker

    def counter(self, path: Path) -> Worker:
        """Return a worker that can count the tokens of a model file: the one that has it loaded, else one for that only."""
        with self._lock:
            loaded = self._workers.get(path)
            if loaded is not None and loaded.info is not None:
                return loaded
            counter = self._counters.get(path)
            if counter is None:
                counter, self._spare = self._spare or Worker(), None
                counter.aim(str(path), replace(self.options, vocab_only=True))
                self._counters[path] = counter
            return counter

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            spare = [self._spare] if self._spare else []
            workers = [*self._workers.values(), *self._counters.values(), *spare]
            self._workers.clear()
            self._counters.clear()
            self._spare = None
        for worker in workers:
            worker.close()
