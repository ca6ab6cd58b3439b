"""The local backend: answers with GGUF models on this machine.

`Workers` owns the processes; a `LocalBackend` is a view of them for one graph, whose names for models `find` knows, and
for one way of computing: in batches with other requests, or so that the same bytes come again.
Everything about the engine is in `graphide.inference`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from graphide.backends.workers import Workers
from graphide.errors import InferenceFault
from graphide.inference.protocol import (
    Completion,
    GenerateRequest,
    LoadProgress,
    Notice,
    Piece,
    PrefillProgress,
)
from graphide.spec.generation import Cancel, Chunk, Embedded, ModelRequest, Progress, SharedPrefix, TokenCounts
from graphide.values import Json, Message, Reply


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file that a name was resolved to; `sha256` is that of its content."""

    path: Path
    sha256: str
    size: int


Find = Callable[[str], ModelFile]
"""Gives the file of a model name; raises ModelMissing or ModelMismatch."""


class LocalBackend:
    """Answers model requests with workers of this machine; which file a name means is told by `find`."""

    def __init__(self, workers: Workers, find: Find, *, reproducible: bool = False) -> None:
        """Take the names that `find` knows; `reproducible` computes each request by itself, which is slower."""
        self._workers = workers
        self._find = find
        self._reproducible = reproducible

    def expect(self, model: str) -> None:
        """Start a worker process now, so that it is there when the first model is asked for."""
        self._workers.expect()

    def identity(self, model: str) -> Json:
        """Return file name, sha256, size and engine settings of the model, and the mode: what an answer depends on.

        The mode keeps answers of batches out of reproducible runs. The other way round an answer would do, but each step
        and all that follows it would have to be looked up under two keys; so it is asked for once more.
        """
        found = self._find(model)
        options = self._workers.options_of(found.path)
        return {
            "file": found.path.name,
            "sha256": found.sha256,
            "size": found.size,
            "engine": engine_name(),
            "kv_type": options.kv_type,
            "n_gpu_layers": options.n_gpu_layers,
            "n_ctx": options.n_ctx,
            "mode": "reproducible" if self._reproducible else "batched",
        }

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return how long the prompt is, by the model's own template and tokenizer; loads the vocabulary, not the weights."""
        found = self._find(request.model)
        counts = self._workers.counter(found.path, found.sha256).count(self._request(request))
        return TokenCounts(counts.messages, counts.template, counts.total, counts.n_ctx)

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Return how many tokens each prompt begins with that an earlier one computes; None: reproducible runs share none."""
        if self._reproducible or not requests:
            return None
        found = self._find(requests[0].model)
        shares = self._workers.counter(found.path, found.sha256).compare([*map(self._request, requests)])
        return tuple(SharedPrefix(share.tokens, share.of) for share in shares)

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Load the model where it is not loaded yet, and return the vectors that it gives texts."""
        found = self._find(model)
        try:
            made = self._workers.get(found.path, found.sha256).embed(texts, cancel=cancel)
        except InferenceFault as fault:
            raise fault.at(f'model "{found.path.name}"') from None
        return Embedded(made.vectors, made.tokens)

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Load the model where it is not loaded yet, stream the answer, and return it."""
        found = self._find(request.model)
        worker = self._workers.get(found.path, found.sha256)
        if worker.info is None:
            yield Progress("loading model", 0, 1)
        answer = worker.generate(self._request(request), cancel=cancel)
        try:
            completion = yield from _streamed(answer)
        except InferenceFault as fault:
            raise fault.at(f'model "{found.path.name}"') from None
        finally:
            answer.close()
        messages = (*request.messages, Message("assistant", completion.text))
        return Reply(completion.text, messages, replace(completion.usage, samplers=completion.samplers))

    def _request(self, request: ModelRequest) -> GenerateRequest:
        return GenerateRequest(
            messages=request.messages,
            sampling=request.sampling,
            max_tokens=request.max_tokens,
            n_ctx=request.n_ctx,
            json_schema=request.json_schema if request.response == "json_schema" else None,
            grammar=request.grammar if request.response == "gbnf" else "",
            overflow=request.overflow,
            reproducible=self._reproducible,
        )


@cache
def engine_name() -> str:
    """Return the engine and its version, as records name it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python"


def _streamed(
    answer: Generator[Piece | PrefillProgress | LoadProgress | Notice, None, Completion],
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
            case Notice(text=text):
                yield Progress(text)
