"""The worker process: takes commands from a pipe, runs one at a time on the engine, reports on another pipe.

What a command does is in `engine`; here are the process, its threads and its pipes. Two threads beside the engine's: one
reads commands, so that a cancel is heard while the engine computes, and one sends a heartbeat while a request runs.
Start it with `python -m graphide.inference.worker`, or in a frozen build by calling `main()`.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from typing import NoReturn

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import faults
from graphide.inference.engine import Engine
from graphide.inference.llama import AbortFlag, EngineLog, binding, engine_version
from graphide.inference.protocol import (
    Cancel,
    Command,
    Completion,
    Counts,
    Failed,
    Frame,
    FrameReader,
    Heartbeat,
    Hello,
    Loaded,
    Piece,
    ProtocolError,
    Report,
    Stopped,
    encode,
)

HEARTBEAT_SECONDS = 1.0
PIECE_SECONDS = 0.02  # shorter than a person can see, longer than a token of a small model takes
_CHUNK = 65536


class Outbox:
    """Writes frames to the app; joins small pieces of text that follow each other quickly.

    Each frame wakes the app's process, and on a machine whose cores are all computing that costs the engine more than
    the frame itself. The first piece goes at once; a later one waits for the next token if the last frame is younger
    than PIECE_SECONDS.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._text = ""
        self._tokens = 0
        self._sent = 0.0

    def send(self, frame: Frame, request: int) -> None:
        """Send a frame, after the text that is held."""
        if isinstance(frame, Piece):
            self._text += frame.text
            self._tokens += frame.tokens
            if time.perf_counter() - self._sent >= PIECE_SECONDS:
                self._flush(request)
            return
        self._flush(request)
        self._write(frame, request)

    def beat(self, frame: Frame, request: int) -> None:
        """Send a frame from another thread, leaving held text alone."""
        self._write(frame, request)

    def _flush(self, request: int) -> None:
        if self._tokens:
            text, tokens, self._text, self._tokens = self._text, self._tokens, "", 0
            self._write(Piece(text, tokens), request)
            self._sent = time.perf_counter()

    def _write(self, frame: Frame, request: int) -> None:
        data = memoryview(encode(frame, request))
        with self._lock:
            while data:
                data = data[os.write(self._descriptor, data) :]


class Inbox:
    """Reads commands in a thread of its own: requests wait in a queue, a cancel acts at once.

    When the app's end of the pipe closes the process ends on the spot, whatever the engine is doing.
    """

    def __init__(self, descriptor: int, abort: AbortFlag) -> None:
        self._descriptor = descriptor
        self._abort = abort
        self._commands: queue.SimpleQueue[tuple[Command, int]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._cancelled: set[int] = set()
        self._running = 0
        threading.Thread(target=self._read, name="graphide-commands", daemon=True).start()

    def next(self) -> tuple[Command, int]:
        """Wait for the next request and mark it as running; the abort flag is set if it is cancelled already."""
        command, request = self._commands.get()
        with self._lock:
            self._running = request
            self._cancelled = {late for late in self._cancelled if late >= request}
            if request in self._cancelled:
                self._abort.set()
            else:
                self._abort.clear()
        return command, request

    def done(self) -> None:
        """Mark the running request as ended; a cancel that comes later does nothing."""
        with self._lock:
            self._cancelled.discard(self._running)
            self._running = 0
            self._abort.clear()

    def _read(self) -> NoReturn:
        reader = FrameReader()
        while True:
            try:
                data = os.read(self._descriptor, _CHUNK)
            except OSError:
                data = b""
            if not data:
                os._exit(0)
            try:
                for frame, request in reader.feed(data):
                    self._take(frame, request)
            except ProtocolError as error:
                os.write(2, f"{error}\n".encode())
                os._exit(4)

    def _take(self, frame: Frame, request: int) -> None:
        if not isinstance(frame, Cancel):
            self._commands.put((frame, request))  # type: ignore[arg-type]
            return
        with self._lock:
            # Ids only grow, so a cancel for an older request is late and must not stay in the set.
            if request >= self._running:
                self._cancelled.add(request)
            if request == self._running:
                self._abort.set()


class Heart(threading.Thread):
    """Beats while a request runs, so that the app can tell a slow engine from a dead process."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(name="graphide-heartbeat", daemon=True)
        self._outbox = outbox
        self._busy = threading.Event()
        self._request = 0

    def busy(self, request: int) -> None:
        """Begin to beat."""
        self._request = request
        self._busy.set()

    def idle(self) -> None:
        """Stop beating."""
        self._busy.clear()

    def run(self) -> None:
        """Beat for ever; the thread dies with the process."""
        while True:
            self._busy.wait()
            time.sleep(HEARTBEAT_SECONDS)
            if self._busy.is_set():
                self._outbox.beat(Heartbeat(), self._request)


def main() -> NoReturn:
    """Run the worker until its stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the app, which cancels
    # ggml would start a debugger to print a backtrace; the app reads the lines on stderr instead.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    # The engine's threads wait for each other at barriers, many times a token. Where OpenMP makes them spin there for
    # milliseconds, a neighbour that takes a core stalls all of them; so they spin a little and then sleep. Measured on
    # two cores (BENCHMARKS.md): as quick as the default on a quiet machine, twice as quick beside a busy process.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    commands, reports = _own_pipes()
    library = binding()
    log = EngineLog(library)
    abort = AbortFlag(library)
    inbox, outbox = Inbox(commands, abort), Outbox(reports)
    heart = Heart(outbox)
    heart.start()
    library.llama_backend_init()
    outbox.send(Hello(os.getpid(), engine_version()), 0)
    engine = Engine(library, log, abort)
    while True:
        command, request = inbox.next()
        heart.busy(request)
        last = _run(engine, command, outbox, request)
        heart.idle()
        inbox.done()
        outbox.send(last, request)


def _run(engine: Engine, command: Command, outbox: Outbox, request: int) -> Report:
    """Run one command, sending what it reports, and return its last frame."""
    try:
        reports = engine.run(command, lambda frame: outbox.send(frame, request))
        while True:
            try:
                outbox.send(next(reports), request)
            except StopIteration as ended:
                last: Loaded | Completion | Counts = ended.value
                return last
    except Cancelled:
        return Stopped()
    except InferenceFault as fault:
        return faults.to_frame(fault)
    except MemoryError:
        return Failed("oom", "memory ran out in the worker", "Use a shorter prompt, a smaller n_ctx or a smaller model")
    except Exception as error:  # noqa: BLE001 - the fence of this process: one request may fail, the worker lives on
        import traceback

        lines = tuple(traceback.format_exc().splitlines()[-8:])
        return Failed("engine_abort", f"the worker failed: {type(error).__name__}: {error}", "Report this", lines)


def _own_pipes() -> tuple[int, int]:
    """Return descriptors for commands and reports; whatever the engine prints goes to stderr from here on."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    commands, reports = os.dup(0), os.dup(1)
    quiet = os.open(os.devnull, os.O_RDONLY)
    os.dup2(quiet, 0)
    os.close(quiet)
    os.dup2(2, 1)
    return commands, reports


if __name__ == "__main__":
    main()
