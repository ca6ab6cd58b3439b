"""A worker spoken to frame by frame: requests arrive together and in order, and its reports keep theirs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graphide.inference.protocol import (
    Command,
    Completion,
    Failed,
    Frame,
    FrameReader,
    Generate,
    GenerateRequest,
    Heartbeat,
    Load,
    Loaded,
    LoadOptions,
    ModelInfo,
    Stopped,
    encode,
)
from graphide.inference.spawn import Spawned, spawn

Reports = list[tuple[Any, int]]
_CHUNK = 65536


class Wire:
    """The two pipes of a worker that has loaded a model."""

    def __init__(self, spawned: Spawned) -> None:
        self._process = spawned.process
        self._frames: queue.SimpleQueue[tuple[Frame, int]] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def send(self, *commands: tuple[Command, int]) -> None:
        """Write commands, each with the number of its request, in one go."""
        assert self._process.stdin
        data = b"".join(encode(command, request) for command, request in commands)
        assert self._process.stdin.write(data) == len(data)

    def ask(self, *requests: GenerateRequest, first: int = 1) -> None:
        """Send requests, numbered from `first` on."""
        self.send(*((Generate(request), number) for number, request in enumerate(requests, first)))

    def until(self, true: Callable[[Any, int], bool], seconds: float = 30.0) -> Reports:
        """Return the reports up to the first of which something is true; raises queue.Empty when none comes in time."""
        reports: Reports = []
        while not reports or not true(*reports[-1]):
            report = self._frames.get(timeout=seconds)
            if not isinstance(report[0], Heartbeat):
                reports.append(report)
        return reports

    def until_all_end(self, *requests: int) -> Reports:
        """Return the reports up to the last one of these requests."""
        left = set(requests)

        def last(frame: Any, request: int) -> bool:
            if isinstance(frame, (Completion, Stopped, Failed)):
                left.discard(request)
            return not left

        return self.until(last)

    def load(self, path: Path, options: LoadOptions) -> ModelInfo:
        """Load a model in place of the one before."""
        self.send((Load(str(path), options), 0))
        loaded = self.until(lambda frame, _: isinstance(frame, (Loaded, Failed)))[-1][0]
        assert isinstance(loaded, Loaded), loaded
        return loaded.info

    def join(self) -> None:
        """Wait until everything that came is read, after the end of the process."""
        self._reader.join()

    def _read(self) -> None:
        reader, pipe = FrameReader(), self._process.stdout
        assert pipe
        while data := pipe.read(_CHUNK):
            for report in reader.feed(data):
                self._frames.put(report)


@contextmanager
def wired() -> Iterator[Wire]:
    """Start a worker, and end it."""
    spawned = spawn()
    wire = Wire(spawned)
    try:
        yield wire
    finally:
        spawned.process.kill()
        wire.join()
        spawned.discard()


def frames(reports: Reports, kind: type, request: int) -> list[Any]:
    """Return what was reported of one kind for one request."""
    return [frame for frame, number in reports if number == request and isinstance(frame, kind)]


def completions(reports: Reports, count: int, *, first: int = 1) -> list[Completion]:
    """Return the answers to `count` requests, in the order of their numbers; all must be whole."""
    found: list[Completion] = []
    for number in range(first, first + count):
        last = [frame for frame, request in reports if request == number][-1]
        assert isinstance(last, Completion), last
        found.append(last)
    return found
