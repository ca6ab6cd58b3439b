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


class WorkerProcess:
    """A running worker: `send` frames, `receive` frames, `end` it.

    One thread reads its frames into a queue.
    """

    def __init__(self, spawned: Spawned) -> None:
        self._process, self._errors = spawned
        self.pid = self._process.pid
        self.greeted = False  # it has said something
        self.loaded = False  # it holds the model; set by the client
        self._frames: queue.SimpleQueue[tuple[Frame, int] | None] = queue.SimpleQueue()
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

    def receive(self, seconds: float) -> tuple[Frame, int] | None:
        """Return the next frame and its request's id, or None when the worker has ended.

        Raises queue.Empty when nothing came in time.
        """
        item = self._frames.get(timeout=seconds)
        if item is None:
            self._frames.put(None)  # so that every later call learns it too
        else:
            self.greeted = True
        return item

    def forget_errors(self) -> None:
        """Empty the file of engine lines, before a new request."""
        # The worker shares this descriptor's position, so it goes on writing at the start.
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            self._errors.truncate()

    def error_lines(self) -> tuple[str, ...]:
        """Return the last lines that the engine wrote."""
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
                for item in reader.feed(data):
                    self._frames.put(item)
        except (OSError, ProtocolError):
            self.kill()
        finally:
            self._frames.put(None)
