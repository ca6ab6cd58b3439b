"""The local backend: answers with GGUF models on this machine, one worker process per loaded model.

Which file a name means is told by `find`; everything about the engine is in `graphide.inference`. Models stay loaded
until `close` or until a model that was used later needs their place.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from graphide.errors import InferenceFault
from graphide.inference.client import Worker
from graphide.inference.protocol import (
    Completion,
    GenerateRequest,
    LoadOptions,
    LoadProgress,
    Piece,
    PrefillProgress,
)
from graphide.inference.spawn import Spawned
from graphide.spec.generation import Cancel, Chunk, ModelRequest, Progress
from graphide.values import Json, Message, Reply

MAX_LOADED = 2
"""Models that stay loaded at the same time."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file that a name was resolved to; `sha256` is that of its content."""

    path: Path
    sha256: str
    size: int


Find = Callable[[str], ModelFile]
"""Gives the file of a model name; raises ModelMissing or ModelMismatch."""


class LocalBackend:
    """Answers model requests with workers of this machine. Safe between threads."""

    def __init__(
        self,
        find: Find,
        options: LoadOptions | None = None,
        *,
        max_loaded: int = MAX_LOADED,
        spawned: Spawned | None = None,
    ) -> None:
        """Set up the backend; `spawned` is a worker process that was started already, for the first model."""
        self._find = find
        self._options = options or LoadOptions()
        self._max_loaded = max_loaded
        self._lock = threading.Lock()
        self._workers: OrderedDict[Path, Worker] = OrderedDict()
        self._spare = Worker(spawned=spawned) if spawned else None

    def expect(self, model: str) -> None:
        """Start a worker process now, so that it is there when the first model is asked for."""
        with self._lock:
            if self._spare is None and not self._workers:
                self._spare = Worker()
                self._spare.start()

    def identity(self, model: str) -> Json:
        """Return file name, sha256, size and engine settings of the model: what an answer depends on."""
        found = self._find(model)
        return {
            "file": found.path.name,
            "sha256": found.sha256,
            "size": found.size,
            "engine": engine_name(),
            "kv_type": self._options.kv_type,
            "n_gpu_layers": self._options.n_gpu_layers,
            "n_ctx": self._options.n_ctx,
        }

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Load the model where it is not loaded yet, stream the answer, and return it."""
        path = self._find(request.model).path
        worker = self._worker(path)
        if worker.info is None:
            yield Progress("loading model", 0, 1)
        answer = worker.generate(_request(request), cancel=cancel)
        try:
            completion = yield from _streamed(answer)
        except InferenceFault as fault:
            raise fault.at(f'model "{path.name}"') from None
        finally:
            answer.close()
        messages = (*request.messages, Message("assistant", completion.text))
        return Reply(completion.text, messages, completion.usage)

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            workers = [*self._workers.values(), *([self._spare] if self._spare else [])]
            self._workers.clear()
            self._spare = None
        for worker in workers:
            worker.close()

    def _worker(self, path: Path) -> Worker:
        with self._lock:
            worker = self._workers.get(path)
            if worker is None:
                worker, self._spare = self._spare or Worker(), None
                worker.aim(str(path), self._options)
                self._workers[path] = worker
            self._workers.move_to_end(path)
            idle = [key for key, other in self._workers.items() if other is not worker and not other.busy]
            closing = [self._workers.pop(key) for key in idle[: max(0, len(self._workers) - self._max_loaded)]]
        for other in closing:
            other.close()
        return worker


def engine_name() -> str:
    """Return the engine and its version, as records name it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python"


def _streamed(
    answer: Generator[Piece | PrefillProgress | LoadProgress, None, Completion],
) -> Generator[Chunk | Progress, None, Completion]:
    while True:
        try:
            report = next(answer)
        except StopIteration as stop:
            completion: Completion = stop.value
            return completion
        match report:
            case Piece(text=text) if text:
                yield Chunk(text)
            case PrefillProgress(done=done, total=total):
                yield Progress("reading prompt", done, total)
            case LoadProgress(fraction=fraction):
                yield Progress("loading model", fraction, 1)


def _request(request: ModelRequest) -> GenerateRequest:
    return GenerateRequest(
        messages=request.messages,
        sampling=request.sampling,
        max_tokens=request.max_tokens,
        n_ctx=request.n_ctx,
        json_schema=request.json_schema if request.response == "json_schema" else None,
        grammar=request.grammar if request.response == "gbnf" else "",
        overflow=request.overflow,
    )
