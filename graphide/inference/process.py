"""One worker process as the app sees it: write to it, hear it, and end it for sure.

It is started in `spawn`. No requests and no models here (see `client`): frames out, frames in, and how the process ended.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading

from graphide.inference.protocol import Frame, FrameReader, ProtocolError
from graphide.inference.spawn import Spawned

_CHUNK = 65536
_SMALL = 2048  # bytes that a pipe surely takes without waiting for its reader
_TAIL = 8192


class Replies:
    """The frames of one request, in a queue that the reader of the process fills."""

    def __init__(self) -> None:
        self._frames: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self.put = self._frames.put

    def next(self, seconds: float) -> Frame | None:
        """Return the next frame, or None when the worker has ended; raises queue.Empty when nothing came in time."""
        frame = self._frames.get(timeout=seconds)
        if frame is None:
            self._frames.put(None)  # so that every later call learns it too
        return frame


class WorkerProcess:
    """A running worker: `send` frames, `listen` for those of a request, `end` it.

    One thread reads its frames and gives each to the request that it belongs to. `heard` counts all of them: a process
    that still says something is alive, whoever it speaks to.
    """

    def __init__(self, spawned: Spawned) -> None:
        self._process, self._errors = spawned
        self.pid = self._process.pid
        self.greeted = False  # it has said something
        self.loaded = False  # it holds the model; set by the client
        self.heard = 0
        self._replies: dict[int, Replies] = {}
        self._listening = threading.Lock()
        self._silent = False  # it will say nothing more
        self._last_lines: tuple[str, ...] = ()
        self._seeking = threading.Lock()  # the file of engine lines has one position for all who read it
        self._writing = threading.Lock()
        self._ending = threading.Lock()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name=f"graphide-worker-{self.pid}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Return whether the process runs."""
        return not self._ended and self._process.poll() is None

    def send(self, data: bytes, *, seconds: float = 1.0) -> bool:
        """Write the bytes of a frame; return False when the worker cannot take them.

        A large frame is written by a thread of its own, because a stopped worker would block the caller for ever.
        """
        if not self._writing.acquire(timeout=seconds):
            return False
        if len(data) <= _SMALL:
            return self._write(data)
        threading.Thread(target=self._write, args=(data,), name=f"graphide-send-{self.pid}", daemon=True).start()
        return True

    def listen(self, request: int) -> Replies:
        """Return where the frames of a request will come, until `leave`."""
        replies = Replies()
        with self._listening:
            self._replies[request] = replies
            if self._silent:
                replies.put(None)
        return replies

    def leave(self, request: int) -> None:
        """Drop what still comes for a request."""
        with self._listening:
            self._replies.pop(request, None)

    @property
    def requests(self) -> tuple[int, ...]:
        """Return the requests that somebody listens for."""
        with self._listening:
            return tuple(self._replies)

    def forget_errors(self) -> None:
        """Empty the file of engine lines, before a new request."""
        # The worker shares this descriptor's position, so it goes on writing at the start.
        with self._seeking, contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            self._errors.truncate()

    def error_lines(self) -> tuple[str, ...]:
        """Return the last lines that the engine wrote, also after the end."""
        with self._seeking:
            if self._errors.closed:
                return self._last_lines
            try:
                size = self._errors.seek(0, os.SEEK_END)
                self._errors.seek(max(0, size - _TAIL))
                text = self._errors.read().decode("utf-8", "replace")
            except (OSError, ValueError):
                return ()
        return tuple(line.strip() for line in text.splitlines() if line.strip())

    def exit_code(self, seconds: float = 5.0) -> int:
        """Wait for the process to be gone and return its exit code, killing it when it does not go."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Wait until the process ends by itself, at most so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def end(self, seconds: float = 0.5) -> None:
        """End the process: close its stdin, wait, kill; then give back its thread and descriptors."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
            for pipe in (self._process.stdin,):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(5.0)
            if self._reader is not threading.current_thread():
                self._reader.join(2.0)
            self._last_lines = self.error_lines()
            with self._seeking:
                self._errors.close()
            if self._process.stdout and not self._reader.is_alive():
                self._process.stdout.close()

    def _write(self, data: bytes) -> bool:
        """Write and release the lock that the caller took."""
        try:
            view = memoryview(data)
            while view:
                assert self._process.stdin
                view = view[self._process.stdin.write(view) or 0 :]
        except (OSError, ValueError):
            return False
        finally:
            self._writing.release()
        return True

    def _read(self) -> None:
        assert self._process.stdout
        reader, descriptor = FrameReader(), self._process.stdout.fileno()
        try:
            while data := os.read(descriptor, _CHUNK):
                self.greeted = True
                for frame, request in reader.feed(data):
                    self.heard += 1
                    with self._listening:
                        replies = self._replies.get(request)
                    if replies:
                        replies.put(frame)
        except (OSError, ProtocolError):
            self.kill()
        finally:
            with self._listening:
                self._silent = True
                for replies in self._replies.values():
                    replies.put(None)
