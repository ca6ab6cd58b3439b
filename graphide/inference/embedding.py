"""Vectors of texts: the embeddings endpoint of a worker, for scorers that compare meanings.

Runs in the worker process, with a context of its own beside the one that writes answers, made when it is first asked
for. A model that was not trained for it gives the mean of its last layer: good enough to tell near from far.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Generator, Sequence
from typing import Any

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import faults
from graphide.inference.context import CONTEXT_STEP, CacheShape, context_parameters
from graphide.inference.llama import AbortFlag
from graphide.inference.model import Model
from graphide.inference.protocol import Embeddings

MOST_TOKENS = 8192
_MEAN = 1  # LLAMA_POOLING_TYPE_MEAN
_ABORTED = 2


class Embedder:
    """Turns texts into vectors with a loaded model. Owns a context; `close` frees it."""

    def __init__(self, model: Model, *, abort: AbortFlag, n_threads: int) -> None:
        self._model = model
        self._lib = model.library
        self._abort = abort
        self._threads = n_threads
        self._context: Any = None
        self._room = 0
        self._width = self._lib.llama_model_n_embd(model.handle)

    def embed(self, texts: Sequence[str]) -> Generator[None, None, Embeddings]:
        """Return a vector of length 1 for each text, with a pause after each.

        Raises InferenceFault (context_overflow, oom, bad_request), and Cancelled when the abort flag was set.
        """
        prompts = [self._tokens(text, index) for index, text in enumerate(texts)]
        self._make_context(max(map(len, prompts), default=1))
        vectors = []
        for tokens in prompts:
            vectors.append(self._vector(tokens))
            yield
        return Embeddings(tuple(vectors), sum(map(len, prompts)))

    def close(self) -> None:
        """Free the context."""
        if self._context:
            self._lib.llama_free(self._context)
            self._context = None

    def _tokens(self, text: str, index: int) -> list[int]:
        vocabulary = self._model.vocabulary
        tokens = vocabulary.tokenize(text, special=False)
        if vocabulary.adds_bos and vocabulary.bos >= 0:
            tokens = [vocabulary.bos, *tokens]
        most = min(self._model.n_ctx_train or MOST_TOKENS, MOST_TOKENS)
        if not tokens or len(tokens) > most:
            raise InferenceFault(
                "context_overflow" if tokens else "bad_request",
                f"text {index + 1} is {len(tokens)} tokens; an embedding is of 1 to {most}",
                where=self._model.path,
                hint="Shorten it, or cut it into parts" if tokens else "Leave empty texts out",
            )
        return tokens

    def _make_context(self, tokens: int) -> None:
        """Make the context hold a text of so many tokens: pooling needs the whole of it in one batch."""
        if self._context and tokens <= self._room:
            return
        self.close()
        room = -(-tokens // CONTEXT_STEP) * CONTEXT_STEP
        parameters = context_parameters(
            self._lib, self._model.options, CacheShape(room, room, 1), n_threads=self._threads
        )
        parameters.n_batch = parameters.n_ubatch = room
        parameters.n_outputs_max = 0
        parameters.embeddings = True
        if not self._model.number("pooling_type"):
            parameters.pooling_type = _MEAN
        parameters.abort_callback = self._abort.callback
        parameters.abort_callback_data = self._abort.address
        self._context = self._lib.llama_init_from_model(self._model.handle, parameters)
        if not self._context:
            raise faults.from_context(self._model.path, room, self._model.log.lines())
        self._room = room

    def _vector(self, tokens: list[int]) -> tuple[float, ...]:
        library = self._lib
        memory = library.llama_get_memory(self._context)
        if memory:
            library.llama_memory_clear(memory, False)
        array = (ctypes.c_int32 * len(tokens))(*tokens)
        code = library.llama_decode(self._context, library.llama_batch_get_one(array, len(tokens)))
        if code == _ABORTED:
            raise Cancelled("the request was stopped")
        if code:
            raise faults.from_decode(self._model.path, code, self._model.log.lines())
        found = library.llama_get_embeddings_seq(self._context, 0)
        if not found:
            raise InferenceFault(
                "bad_request", "this model gives no embeddings", where=self._model.path, hint="Choose another model"
            )
        return _unit(found[: self._width])


def _unit(vector: Sequence[float]) -> tuple[float, ...]:
    """Return a vector in the same direction whose length is 1."""
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return tuple(value / length for value in vector)
