"""The app's side of local inference: one supervised worker process per loaded model.

Loads, counts, generates, cancels, and turns every way a worker can die into a typed fault. Nothing of the engine is
imported here, so importing this costs next to nothing.

    worker = Worker()
    worker.start()                                      # early: the process starts while the app does other things
    try:
        info = finish(worker.load("model.gguf"))
        answer = worker.generate(GenerateRequest(messages=(Message("user", "Hello"),)))
        for report in answer:                           # closing `answer` cancels; so does `cancel=event`
            if isinstance(report, Piece):
                print(report.text, end="", flush=True)
        # `completion = yield from worker.generate(…)` inside a generator gives the whole answer and its cost
    finally:
        worker.close()
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
import time
import weakref
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing
from typing import Any, TypeVar

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import faults
from graphide.inference.patience import TICK, CancelFlag, Limits, Places, Turns, Watch
from graphide.inference.process import Replies, WorkerProcess
from graphide.inference.protocol import (
    Ack,
    Cancel,
    Close,
    Command,
    Compare,
    Completion,
    Count,
    Counts,
    Embed,
    Embeddings,
    Failed,
    Frame,
    Generate,
    GenerateRequest,
    Load,
    Loaded,
    LoadOptions,
    LoadProgress,
    ModelInfo,
    Notice,
    Phase,
    Piece,
    PrefillProgress,
    Share,
    Shares,
    Stopped,
    encode,
)
from graphide.inference.spawn import Spawned, spawn

_T = TypeVar("_T")
_R = TypeVar("_R", Counts, Shares, Embeddings)

_LAST = Completion | Counts | Shares | Embeddings | Loaded | Stopped | Failed
"""The frames that end a request."""

_ACKNOWLEDGED = 128  # tokens after which the worker is told that they were taken


class Worker:
    """A worker process for one model, restarted when it died, safe to use from several threads.

    It computes as many requests side by side as its load options say; at most `waiting` others wait, in order.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] = (),
        limits: Limits | None = None,
        waiting: int = 64,
        spawned: Spawned | None = None,
    ) -> None:
        """Make a worker without a process; `spawned` is one that was started already and is taken over."""
        self._command = tuple(command)
        self._spawned = spawned
        self._limits = limits or Limits()
        self._waiting = waiting
        self._places = Places()
        self._loads = Turns(self._limits.turn)
        self._ids = itertools.count(1)
        self._starting = threading.Lock()
        self._process: WorkerProcess | None = None
        self._finalizer: Any = None
        self._wanted: Load | None = None
        self._info: ModelInfo | None = None
        self._closed = False

    @property
    def info(self) -> ModelInfo | None:
        """Return what is loaded, None while nothing is."""
        return self._info

    @property
    def pid(self) -> int | None:
        """Return the process id of the worker, None while none runs."""
        process = self._process
        return process.pid if process and process.alive else None

    def start(self) -> None:
        """Start the process without waiting for it; its start and the engine's import overlap with the app's work."""
        self._running()

    @property
    def busy(self) -> bool:
        """Return whether a request runs or waits."""
        return self._places.taken > 0

    def aim(self, path: str, options: LoadOptions | None = None) -> None:
        """Name the model that requests are for; the first of them loads it, in its own turn and with its own cancel."""
        self._wanted = Load(path, options or LoadOptions())

    def load(
        self, path: str, options: LoadOptions | None = None, *, cancel: CancelFlag | None = None
    ) -> Generator[LoadProgress, None, ModelInfo]:
        """Load a model, yielding progress; the model that was loaded before is given up.

        Raises Cancelled, or InferenceFault: corrupt_file, unsupported_arch, oom, engine_abort, killed, stalled.
        """
        with self._place(), self._loads.turn(cancel):
            self._wanted = Load(path, options or LoadOptions())
            self._info = None
            return (yield from self._load(self._running(), self._wanted, cancel))

    def generate(
        self, request: GenerateRequest, *, cancel: CancelFlag | None = None
    ) -> Generator[Piece | PrefillProgress | LoadProgress | Notice, None, Completion]:
        """Answer a request, yielding progress and pieces of text; the return value is the whole answer.

        A caller that takes its pieces slowly slows its own answer, and no other.

        Closing the generator cancels. After a fault the pieces so far are the answer's beginning, and the next request
        starts a new worker and loads the model again. Raises Cancelled or InferenceFault.
        """
        with self._place(), closing(self._ask(Generate(request), cancel)) as frames:
            for frame in frames:
                match frame:
                    case Piece() | PrefillProgress() | LoadProgress() | Notice():
                        yield frame
                    case Completion():
                        return frame
        raise AssertionError("a conversation ends with its last frame or an error")

    def count(self, request: GenerateRequest, *, cancel: CancelFlag | None = None) -> Counts:
        """Count the tokens of a request's prompt, message by message, with the model's own tokenizer."""
        return self._one(Count(request), Counts, cancel)

    def compare(self, requests: Sequence[GenerateRequest], *, cancel: CancelFlag | None = None) -> tuple[Share, ...]:
        """Return for each prompt how many of its first tokens an earlier one of them computes, and which."""
        return self._one(Compare(tuple(requests)), Shares, cancel).shares

    def embed(self, texts: Sequence[str], *, cancel: CancelFlag | None = None) -> Embeddings:
        """Return a vector of length 1 for each text; raises InferenceFault for one that is empty or too long."""
        return self._one(Embed(tuple(texts)), Embeddings, cancel)

    def close(self) -> None:
        """End the worker, after it wrote its prefixes to disk; requests that run are cancelled. Safe to call twice."""
        self._closed = True
        with self._starting:
            process, self._process, self._info = self._process, None, None
            spawned, self._spawned = self._spawned, None
        if spawned:
            spawned.discard()
        if process:
            keeps = process.loaded and self._wanted is not None and self._wanted.options.prefix_bytes > 0
            if keeps and process.alive:
                for request in process.requests:
                    process.send(encode(Cancel(), request))
                process.send(encode(Close(), 0))
                process.wait(self._limits.close)
            process.end()

    def _place(self) -> AbstractContextManager[None]:
        parallel = self._wanted.options.n_parallel if self._wanted else 1
        return self._places.place(parallel, self._waiting)

    def _one(self, command: Command, kind: type[_R], cancel: CancelFlag | None) -> _R:
        """Send a command and return its only answer."""
        with self._place(), closing(self._ask(command, cancel)) as frames:
            for frame in frames:
                if isinstance(frame, kind):
                    return frame
        raise AssertionError("a conversation ends with its last frame or an error")

    def _ask(self, command: Command, cancel: CancelFlag | None) -> Generator[Frame, None, None]:
        """Yield the frames of a request on the loaded model.

        A worker that died before it heard the request (it was killed while idle) is replaced without a word, once.
        """
        process = yield from self._ready(cancel)
        try:
            yield from self._converse(process, command, "prepare", cancel)
        except _NeverHeard:
            process = yield from self._ready(cancel)
            yield from self._converse(process, command, "prepare", cancel)

    def _ready(self, cancel: CancelFlag | None) -> Generator[LoadProgress, None, WorkerProcess]:
        """Return a running process that holds the model, starting and loading it again when it died."""
        process = self._running()
        if process.loaded:
            return process
        with self._loads.turn(cancel):
            if self._closed:
                raise Cancelled("the model was unloaded")
            process = self._running()  # another request may have started and loaded it meanwhile
            if not process.loaded:
                if self._wanted is None:
                    raise InferenceFault("bad_request", "no model is loaded", hint="Load one first")
                yield from self._load(process, self._wanted, cancel)
        return process

    def _load(
        self, process: WorkerProcess, load: Load, cancel: CancelFlag | None
    ) -> Generator[LoadProgress, None, ModelInfo]:
        process.loaded = False
        with closing(self._converse(process, load, "load", cancel)) as frames:
            for frame in frames:
                match frame:
                    case LoadProgress():
                        yield frame
                    case Loaded(info):
                        process.loaded = True
                        self._info = info
                        return info
        raise AssertionError("a conversation ends with its last frame or an error")

    def _running(self) -> WorkerProcess:
        """Return the process, started when none runs."""
        with self._starting:
            if self._closed:
                raise InferenceFault("bad_request", "this worker was closed", hint="Make a new one")
            if self._process and not self._process.alive:
                self._process.end()
                self._process = None
            if self._process is None:
                spawned, self._spawned = self._spawned, None
                self._process = WorkerProcess(spawned or spawn(self._command))
                self._info = None
                if self._finalizer:
                    self._finalizer.detach()
                # Also runs when the interpreter ends, so no worker outlives the app.
                self._finalizer = weakref.finalize(self, self._process.end)
            return self._process

    def _converse(
        self, process: WorkerProcess, command: Command, phase: Phase, cancel: CancelFlag | None
    ) -> Generator[Frame, None, None]:
        """Send a command and yield its frames; the caller stops at the last one.

        Ends the request in the worker when the caller, a cancel or a fault ends it here.
        """
        request, watch, over = next(self._ids), Watch(self._limits, phase if process.greeted else "start"), False
        data = encode(command, request)
        if not process.requests:
            process.forget_errors()
        replies = process.listen(request)
        taken = 0
        try:
            if not process.send(data):
                over = True
                raise self._unheard(process, self._lost(process, watch.phase))
            while True:
                if cancel and cancel.is_set():
                    raise Cancelled("stopped")
                frame = self._next(process, replies, watch)
                if frame is None:
                    continue
                over = isinstance(frame, _LAST)
                match frame:
                    case Failed():
                        raise faults.from_frame(frame, process.error_lines())
                    case Stopped():
                        raise Cancelled("stopped")
                    case _:
                        yield frame
                if isinstance(frame, Piece):
                    taken += frame.tokens
                    if taken >= _ACKNOWLEDGED:
                        process.send(encode(Ack(taken), request))
                        taken = 0
        except InferenceFault:
            over = True  # reported by a worker that is done with it, or by one that is gone
            raise
        finally:
            if not over:
                self._stop(process, request, replies)
            process.leave(request)

    def _next(self, process: WorkerProcess, replies: Replies, watch: Watch) -> Frame | None:
        """Return the next frame of a request, None when there is none yet; raises InferenceFault on death and stall."""
        try:
            frame = replies.next(TICK)
        except queue.Empty:
            if watch.stalled(process.heard):
                lines = process.error_lines()
                process.kill()
                process.end()
                raise faults.stalled(watch.phase, watch.waited, lines, where=self._where()) from None
            return None
        if frame is None:
            fault = self._lost(process, watch.phase)
            raise fault if watch.heard else self._unheard(process, fault)
        watch.saw(frame)
        return frame

    def _stop(self, process: WorkerProcess, request: int, replies: Replies) -> None:
        """Cancel a request in the worker and wait until it is quiet; kill a worker that does not become so.

        A worker that others still use is left to find the cancel later.
        """
        deadline = time.monotonic() + self._limits.quiet
        if process.send(encode(Cancel(), request), seconds=self._limits.quiet):
            while (left := deadline - time.monotonic()) > 0:
                try:
                    frame = replies.next(left)
                except queue.Empty:
                    break
                if frame is None or isinstance(frame, Loaded):
                    break  # a model nobody waits for; the next request starts afresh
                if isinstance(frame, _LAST):
                    return
        if set(process.requests) <= {request}:
            process.kill()
            process.end()

    def _unheard(self, process: WorkerProcess, fault: InferenceFault | Cancelled) -> InferenceFault | Cancelled:
        """Return the fault of a request that the worker said nothing about: one that had the model may be replaced."""
        if isinstance(fault, Cancelled) or not process.loaded:
            return fault
        return _NeverHeard(
            fault.kind, fault.message, engine_lines=fault.engine_lines, where=fault.where, hint=fault.hint
        )

    def _lost(self, process: WorkerProcess, phase: Phase) -> InferenceFault | Cancelled:
        """Return why a process that ended did so, and give back what it held."""
        if self._closed:
            return Cancelled("the model was unloaded")
        code = process.exit_code()
        process.end()
        return faults.from_exit(code, phase, process.error_lines(), where=self._where())

    def _where(self) -> str:
        return f'model "{os.path.basename(self._wanted.path)}"' if self._wanted else ""


class _NeverHeard(InferenceFault):
    """The worker ended before it said anything about a request."""


def finish(steps: Generator[Any, None, _T]) -> _T:
    """Run a generator to its end and return its value."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            value: _T = ended.value
            return value
