"""The working memory of a model (its KV cache) and the one call that computes: decode a batch of tokens.

Runs in the worker process. Which tokens are decoded, and what is done with the result, is in `batch`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import faults
from graphide.inference.llama import AbortFlag
from graphide.inference.model import Model
from graphide.inference.protocol import LoadOptions
from graphide.inference.threads import physical_cores

AUTO_CONTEXT = 4096
CONTEXT_STEP = 256
_FLASH = {"auto": -1, "off": 0, "on": 1}
_GGML_TYPES = {
    "f32": 0,
    "f16": 1,
    "q4_0": 2,
    "q4_1": 3,
    "q5_0": 6,
    "q5_1": 7,
    "q8_0": 8,
    "iq4_nl": 20,
    "bf16": 30,
}
KV_BYTES = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 1.0625,
    "q5_1": 0.75,
    "q5_0": 0.6875,
    "q4_1": 0.625,
    "q4_0": 0.5625,
    "iq4_nl": 0.5625,
}
"""Bytes of one number in the KV cache, by its type; source: ggml's block sizes."""
KEPT_SEQUENCES = 56  # prefixes that stay in the cache beside the running requests
KEPT_STATES = 4  # the same where each costs memory of its own: sliding windows, recurrent states
_ABORTED, _NO_ROOM = 2, 1  # what llama_decode returns


@dataclass(frozen=True, slots=True)
class CacheShape:
    """How large a KV cache is: the longest sequence (`n_ctx`), all its cells, and the sequences it tells apart."""

    n_ctx: int
    cells: int
    sequences: int


class Context:
    """One KV cache of `n_ctx` tokens over a model.

    A batch holds up to `n_batch` tokens of one sequence now; its C form already carries a sequence id per token, so
    several sequences need only more ids.
    """

    def __init__(self, model: Model, n_ctx: int, *, abort: AbortFlag, n_threads: int) -> None:
        self.model = model
        self.library = model.library
        self.n_threads = n_threads
        self._abort = abort
        shape = CacheShape(n_ctx, n_ctx, 1)
        parameters = context_parameters(self.library, model.options, shape, n_threads=n_threads)
        parameters.abort_callback = abort.callback
        parameters.abort_callback_data = abort.address
        self.handle = self.library.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise faults.from_context(model.path, n_ctx, model.log.lines())
        self.n_ctx: int = self.library.llama_n_ctx(self.handle)
        # The engine lowers the batch to the context, and aborts on a larger one.
        self.n_batch: int = self.library.llama_n_batch(self.handle)
        self._memory = self.library.llama_get_memory(self.handle)
        self._batch = self.library.llama_batch_init(self.n_batch, 0, 1)
        for index in range(self.n_batch):
            self._batch.n_seq_id[index] = 1
            self._batch.seq_id[index][0] = 0
            self._batch.logits[index] = 0
        self._one = _OneToken()
        self._decode = self.library.llama_decode

    def clear(self) -> None:
        """Forget every token."""
        self.library.llama_memory_clear(self._memory, False)

    def prefill(self, tokens: Sequence[int], position: int, *, logits: bool) -> None:
        """Compute up to `n_batch` prompt tokens that start at `position`; keep the last one's logits if asked.

        Raises Cancelled when the abort flag was set, InferenceFault when the engine fails.
        """
        batch, count = self._batch, len(tokens)
        ctypes.memmove(batch.token, (ctypes.c_int32 * count)(*tokens), 4 * count)
        ctypes.memmove(batch.pos, (ctypes.c_int32 * count)(*range(position, position + count)), 4 * count)
        batch.logits[count - 1] = logits
        batch.n_tokens = count
        code = self._decode(self.handle, batch)
        batch.logits[count - 1] = 0
        if code:
            raise self._failed(code)
        # The call only queues work on some backends; progress must mean computed.
        self.library.llama_synchronize(self.handle)

    def step(self, token: int, position: int) -> None:
        """Compute one generated token and its logits; raises like `prefill`."""
        self._one.set(token, position)
        code = self._decode(self.handle, self._one.batch(self.library))
        if code:
            raise self._failed(code)

    def _failed(self, code: int) -> Cancelled | InferenceFault:
        if code == _ABORTED:
            return Cancelled("the request was stopped")
        if code == _NO_ROOM:
            return InferenceFault(
                "context_overflow",
                f"the context of {self.n_ctx} tokens has no room left",
                where=self.model.path,
                hint="Set a larger n_ctx",
            )
        return faults.from_decode(self.model.path, code, self.model.log.lines())

    def close(self) -> None:
        """Free the cache."""
        if self.handle:
            self.library.llama_batch_free(self._batch)
            self.library.llama_free(self.handle)
            self.handle = None


class _OneToken:
    """The C batch of a single token, built once: making one for every token would be felt in the speed."""

    def __init__(self) -> None:
        self._token = ctypes.c_int32()
        self._position = ctypes.c_int32()
        self._count = ctypes.c_int32(1)
        self._sequence = ctypes.c_int32(0)
        self._sequences = (ctypes.POINTER(ctypes.c_int32) * 1)(ctypes.pointer(self._sequence))
        self._logits = ctypes.c_int8(1)
        self._batch: Any = None

    def set(self, token: int, position: int) -> None:
        self._token.value = token
        self._position.value = position

    def batch(self, library: Any) -> Any:
        if self._batch is None:
            self._batch = library.llama_batch(
                1,
                ctypes.pointer(self._token),
                None,
                ctypes.pointer(self._position),
                ctypes.pointer(self._count),
                self._sequences,
                ctypes.pointer(self._logits),
            )
        return self._batch


def context_size(wanted: int, options: LoadOptions, trained: int) -> int:
    """Return the context to create, in tokens: what the request wants, else the load's, else a modest default.

    The engine makes contexts in steps of 256; a size between would only lower its largest batch.
    """
    size = wanted or options.n_ctx or min(trained or AUTO_CONTEXT, AUTO_CONTEXT)
    return -(-size // CONTEXT_STEP) * CONTEXT_STEP


def thread_count(options: LoadOptions) -> int:
    """Return the engine's number of threads: what the load asked for, else the physical cores."""
    return options.n_threads if options.n_threads > 0 else physical_cores()


def cache_shape(model: Model, n_ctx: int) -> CacheShape:
    """Return the cache to create for requests of up to `n_ctx` tokens with the model's load options.

    Raises InferenceFault (bad_request) when the budget for the cache does not hold one such request.
    """
    options = model.options
    per_token = bytes_per_token(model)
    cells = 2 * n_ctx if options.kv_bytes <= 0 else options.kv_bytes // per_token // CONTEXT_STEP * CONTEXT_STEP
    if cells < n_ctx:
        raise InferenceFault(
            "bad_request",
            f"the budget of {options.kv_bytes:,} bytes for the KV cache holds {max(0, cells):,} tokens, "
            f"a context of {n_ctx:,} needs {n_ctx * per_token:,} bytes",
            where=model.path,
            hint="Raise kv_bytes, or lower n_ctx",
        )
    kept = KEPT_STATES if model.keeps_state or model.window else KEPT_SEQUENCES
    return CacheShape(n_ctx, cells, min(model.library.llama_max_parallel_sequences(), options.n_parallel + kept))


def bytes_per_token(model: Model) -> int:
    """Return the bytes that one token takes in the KV cache, from the model's header.

    Source: llama.cpp stores per layer n_head_kv keys of key_length and values of value_length numbers.
    """
    heads = model.per_layer("attention.head_count_kv") or model.per_layer("attention.head_count")
    length = model.number("embedding_length") // max(1, model.number("attention.head_count"))
    width = (model.number("attention.key_length") or length) + (model.number("attention.value_length") or length)
    return max(1, int(sum(heads) * width * KV_BYTES[model.options.kv_type]))


def context_parameters(library: Any, options: LoadOptions, shape: CacheShape, *, n_threads: int) -> Any:
    """Return the engine's parameters for a context; the fit before a load measures with the same."""
    parameters = library.llama_context_default_params()
    parameters.n_ctx = shape.cells
    parameters.n_batch = max(1, options.n_batch)
    parameters.n_ubatch = max(1, min(options.n_ubatch, options.n_batch))
    parameters.n_seq_max = shape.sequences
    parameters.n_threads = n_threads
    parameters.n_threads_batch = n_threads
    parameters.flash_attn_type = _FLASH[options.flash_attn]
    parameters.type_k = _GGML_TYPES[options.kv_type]
    parameters.type_v = _GGML_TYPES[options.kv_type]
    parameters.swa_full = options.swa_full
    parameters.kv_unified = True
    parameters.offload_kqv = True
    parameters.embeddings = False
    parameters.no_perf = True
    return parameters
