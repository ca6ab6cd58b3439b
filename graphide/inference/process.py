"""One worker process as the app sees it: start it, write to it, hear it, and end it for sure.

No requests and no models here (see `client`): frames out, frames in, and how the process ended.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import graphide.inference
from graphide.inference.protocol import Frame, FrameReader, ProtocolError

FROZEN_FLAG = "--inference-worker"
_CHUNK = 65536
_SMALL = 2048  # bytes that a pipe surely takes without waiting for its reader
_TAIL = 8192


def worker_command() -> list[str]:
    """Return the command that starts a worker.

    A frozen build starts itself with FROZEN_FLAG, and its entry point must then call `graphide.inference.worker.main`.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG]
    # -P keeps the current folder off the module path: a file called jinja2.py there must not run in the worker.
    return [sys.executable, "-P", "-m", "graphide.inference.worker"]


class WorkerProcess:
    """A running worker: `send` frames, `receive` frames, `end` it.

    One thread reads its frames into a queue. Its stderr is a file, not a pipe: nobody has to drain it, and the engine's
    last lines are still there after a crash.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in end()
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0, **_separate()
        )
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


def _separate() -> dict[str, Any]:
    """Return how a worker is set apart: its own process group (Ctrl-C is for the app) and the app's modules."""
    root = str(Path(graphide.inference.__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "GGML_NO_BACKTRACE": "1", "PYTHONPATH": os.pathsep.join(paths)}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"env": environment, "creationflags": flags}
    return {"env": environment, "process_group": 0}
