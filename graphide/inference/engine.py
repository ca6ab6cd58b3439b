"""What a worker can do, as commands in and reports out: load a model, then count, compare, embed and generate with it.

No process and no pipes here (see `worker`). What happens with a loaded model is in `session`. Commands are begun in the
order they came; answers then run side by side, and what must have the engine for itself waits until they are done.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import faults
from graphide.inference.devices import surveyed
from graphide.inference.llama import AbortFlag, EngineLog
from graphide.inference.model import load_model
from graphide.inference.offload import LayerChoice, choose_layers, fitted, with_fallback
from graphide.inference.protocol import (
    Ack,
    Cancel,
    Close,
    Command,
    Compare,
    Count,
    Embed,
    Embeddings,
    Entered,
    Failed,
    Fit,
    Generate,
    Load,
    Loaded,
    LoadProgress,
    ModelInfo,
    Notice,
    ProtocolError,
    Report,
    Stopped,
    Survey,
)

if TYPE_CHECKING:
    from graphide.inference.batch import Guard
    from graphide.inference.session import Session
    from graphide.inference.writing import Emit

_PROGRESS_STEP = 0.02


class Engine:
    """The engine of one worker: at most one model at a time."""

    def __init__(
        self, library: Any, *, log: EngineLog, abort: AbortFlag, emit: Emit, flush: Callable[[], None], guard: Guard
    ) -> None:
        """Begin without a model; `emit` takes reports, `flush` sends them, `guard` lets a cancel reach the engine."""
        self._lib = library
        self._log = log
        self._abort = abort
        self._emit = emit
        self._flush = flush
        self._guard = guard
        self._session: Session | None = None
        self._commands: deque[tuple[Command, int]] = deque()
        self._embedding: tuple[Generator[None, None, Embeddings], int] | None = None
        self.closed = False

    @property
    def busy(self) -> bool:
        """Return whether there is work that does not wait for the app."""
        return bool(self._commands or self._embedding) or (self._session is not None and not self._session.idle)

    def accept(self, command: Command, request: int) -> None:
        """Take a command: a cancel and an acknowledgement act at once, the others in turn."""
        match command:
            case Cancel():
                self._cancel(request)
            case Ack(tokens):
                if self._session:
                    self._session.acknowledge(request, tokens)
            case _:
                if self._commands or not self._may_begin(command):
                    self._emit(Entered("queue"), request)  # or the app takes the wait for a stall
                self._commands.append((command, request))

    def step(self) -> bool:
        """Begin what can begin, compute one batch; return False when all that is left waits for the app."""
        while self._commands and self._may_begin(self._commands[0][0]):
            command, request = self._commands.popleft()
            self._fenced(partial(self._do, command, request), request)
        embedded = self._embed_one()
        if self._session is None:
            return embedded
        try:
            return self._session.step() or embedded
        except Exception as error:  # noqa: BLE001 - the fence of the decode loop: its answers fail, the worker lives on
            self._session.fail(faults.unexpected(error))
            return True

    def _embed_one(self) -> bool:
        """Read the next text of those to be embedded; answers are written and cancels heard between two of them."""
        if self._embedding is None:
            return False
        texts, request = self._embedding

        def next_text() -> Report | None:
            try:
                with self._guard([request]):
                    next(texts)
            except StopIteration as ended:
                found: Embeddings = ended.value
                return found
            return None

        if self._fenced(next_text, request):
            self._embedding = None
        return True

    def _may_begin(self, command: Command) -> bool:
        session = self._session
        if session is None or (session.idle and self._embedding is None):
            return True
        match command:
            case Generate(request):
                return session.holds(request)
            case Load() | Close():
                return False
            case Embed():
                return self._embedding is None
            case _:
                return True

    def _fenced(self, work: Callable[[], Report | None], request: int) -> bool:
        """Do some work for a request and return whether it ended; whatever goes wrong is its last report."""
        self._log.clear()
        try:
            last = work()
        except Cancelled:
            last = Stopped()
        except InferenceFault as fault:
            last = faults.to_frame(fault)
        except MemoryError:
            last = Failed("oom", "memory ran out in the worker", "Use a shorter prompt, a smaller n_ctx or model")
        except Exception as error:  # noqa: BLE001 - the fence of this process: one request may fail
            last = faults.unexpected(error)
        if last is not None:
            try:
                self._emit(last, request)
            except ProtocolError as error:
                self._emit(
                    Failed("bad_request", f"the answer cannot be sent: {error}", "Ask for less at a time"), request
                )
        return last is not None

    def _do(self, command: Command, request: int) -> Report | None:
        match command:
            case Load():
                return self._load(command, request)
            case Generate(wanted):
                self._loaded().submit(wanted, request)
                return None
            case Count(wanted):
                return self._loaded().count(wanted)
            case Compare(requests):
                return self._loaded().compare(requests)
            case Embed():
                self._emit(Entered("prefill"), request)
                self._embedding = (self._loaded().embed(command), request)
                return None
            case Fit():
                self._emit(Entered("load"), request)
                self._flush()
                return fitted(self._lib, command, log=self._log)
            case Survey():
                return surveyed(self._lib)
            case Close():
                if self._session:
                    self._session.keep()
                self.closed = True
                return None
            case _:
                raise InferenceFault("bad_request", f"unknown command {type(command).__name__}")

    def _cancel(self, request: int) -> None:
        for item in self._commands:
            if item[1] == request:
                self._commands.remove(item)
                self._emit(Stopped(), request)
                return
        if self._embedding and self._embedding[1] == request:
            self._embedding = None
            self._emit(Stopped(), request)
        elif self._session:
            self._session.cancel(request)

    def _load(self, load: Load, request: int) -> Loaded:
        self._emit(Entered("load"), request)
        self._flush()
        if self._session:
            self._session.keep()
            self._session.close()
            self._session = None
        # The engine needs no Python while it loads, so the rest of ours is imported meanwhile.
        importing = threading.Thread(target=_import_rest, name="graphide-import", daemon=True)
        importing.start()
        began, last = time.perf_counter(), -1.0

        def on_progress(fraction: float) -> None:
            nonlocal last
            if fraction - last >= _PROGRESS_STEP or fraction >= 1.0 > last:
                last = fraction
                self._emit(LoadProgress(fraction), request)
                self._flush()

        with self._guard([request]):
            choice = choose_layers(self._lib, load.path, load.options, log=self._log)
            info = with_fallback(choice, lambda choice: self._open(load, choice, on_progress))
        importing.join()
        if info.n_gpu_layers != choice.layers:
            self._emit(Notice(info.gpu_reason), request)
        return Loaded(replace(info, load_seconds=time.perf_counter() - began))

    def _open(self, load: Load, choice: LayerChoice, progress: Callable[[float], None]) -> ModelInfo:
        """Load a model with the chosen layers on the GPU, and make it the session."""
        options = replace(load.options, n_gpu_layers=choice.layers)
        model = load_model(self._lib, load.path, options, log=self._log, abort=self._abort, progress=progress)
        if model is None:
            raise Cancelled("the load was stopped")
        model.gpu_reason = choice.reason
        from graphide.inference.session import Session

        session = Session(model, abort=self._abort, emit=self._emit, flush=self._flush, guard=self._guard)
        try:
            info = session.prepare()
            if self._abort:
                raise Cancelled("the load was stopped")
        except BaseException:
            session.close()
            raise
        self._session = session
        return info

    def _loaded(self) -> Session:
        if self._session is None:
            raise InferenceFault("bad_request", "no model is loaded", hint="Load one first")
        return self._session


def _import_rest() -> None:
    for name in ("graphide.inference.session", "jinja2.sandbox", "jinja2.ext"):
        importlib.import_module(name)
