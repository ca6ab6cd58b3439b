"""The working memory of a model (its KV cache) and the one call that computes: decode a batch of tokens.

Runs in the worker process. Whose tokens share a batch is in `batch`, what stays in the cache in `prefix`.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphide.errors import InferenceFault
from graphide.inference import faults
from graphide.inference.llama import AbortFlag
from graphide.inference.model import Model
from graphide.inference.prefix import Rewind
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
KEPT_SEQUENCES = 24  # prefixes that stay in the cache beside the running requests
KEPT_STATES = 4  # the same where each costs memory of its own: sliding windows, recurrent states
_ABORTED, _NO_ROOM = 2, 1  # what llama_decode returns


@dataclass(frozen=True, slots=True)
class CacheShape:
    """How large a KV cache is: the longest sequence (`n_ctx`), all its cells, and the sequences it tells apart."""

    n_ctx: int
    cells: int
    sequences: int


class Rows(NamedTuple):
    """Tokens of one sequence in a batch, from `position` on; the last `outputs` of them get logits."""

    sequence: int
    tokens: Sequence[int]
    position: int
    outputs: int


class Context:
    """One KV cache over a model, and the batches that are computed in it.

    Is the `Memory` of a prefix tree: its sequences share cells. Owns the engine's context; `close` frees it.
    """

    def __init__(self, model: Model, shape: CacheShape, *, abort: AbortFlag, n_threads: int) -> None:
        """Create the cache; raises InferenceFault (oom, bad_request)."""
        self.model = model
        self.library = library = model.library
        self.shape = shape
        self.n_threads = n_threads
        parameters = context_parameters(library, model.options, shape, n_threads=n_threads)
        parameters.abort_callback = abort.callback
        parameters.abort_callback_data = abort.address
        self.handle = library.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise faults.from_context(model.path, shape.cells, model.log.lines())
        self.n_ctx = shape.n_ctx
        # The engine lowers the batch to the context, and aborts on a larger one.
        self.n_batch: int = library.llama_n_batch(self.handle)
        self.rewind: Rewind = "none" if model.keeps_state else "window" if model.window else "any"
        self._window = model.window
        self._memory = library.llama_get_memory(self.handle)
        self._batch = _Batch(library, self.n_batch)
        self._decode = library.llama_decode

    def compute(self, rows: Sequence[Rows]) -> list[int]:
        """Compute a batch and return where in it the outputs of each row begin, for the samplers.

        Raises Aborted when the abort flag was set and NoRoom when no cells were free; the caller then takes the
        sequences back to where they were. Raises InferenceFault when the engine fails.
        """
        outputs = self._batch.fill(rows)
        code = self._decode(self.handle, self._batch.struct)
        if code:
            raise self._failed(code)
        return outputs

    def finish(self) -> None:
        """Wait until what was computed is there: some backends only queue it."""
        self.library.llama_synchronize(self.handle)

    def use_threads(self, count: int) -> None:
        """Compute with `count` threads from now on."""
        if count != self.n_threads:
            self.n_threads = count
            self.library.llama_set_n_threads(self.handle, count, count)

    def share(self, source: int, target: int, length: int) -> None:
        """Make the first `length` tokens of `source` the beginning of the empty sequence `target`."""
        # A recurrent state is whole or nothing, which the engine wants to hear as an open range.
        end = -1 if self.rewind == "none" else length
        self.library.llama_memory_seq_cp(self._memory, source, target, -1 if end < 0 else 0, end)

    def cut(self, sequence: int, length: int) -> bool:
        """Forget all but the first `length` tokens of a sequence; return False where that is impossible."""
        return bool(self.library.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def drop(self, sequence: int) -> None:
        """Forget a sequence."""
        self.library.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def reaches(self, sequence: int, length: int) -> bool:
        """Return whether the window before `length` is still in the cache; always where there is no window."""
        if not length or not self._window:
            return True
        first = int(self.library.llama_memory_seq_pos_min(self._memory, sequence))
        return 0 <= first <= max(0, length - self._window + 1)

    def clear(self) -> None:
        """Forget everything."""
        self.library.llama_memory_clear(self._memory, False)

    @staticmethod
    def buffer(size: int) -> Any:
        """Return a ctypes array of `size` bytes; its memory is the system's, which hands it out already empty."""
        return (ctypes.c_uint8 * size).from_buffer(mmap.mmap(-1, max(1, size)))

    def state(self, sequence: int) -> Any:
        """Return a sequence's state as a ctypes array of bytes, an empty one when there is none."""
        size = self.library.llama_state_seq_get_size(self.handle, sequence)
        buffer = self.buffer(size)
        written = self.library.llama_state_seq_get_data(self.handle, buffer, size, sequence)
        return buffer if written == size else (ctypes.c_uint8 * 0)()

    def set_state(self, sequence: int, state: Any) -> bool:
        """Fill an empty sequence with a state (a ctypes array of bytes); return False when the engine refuses it."""
        size = ctypes.sizeof(state)
        return bool(self.library.llama_state_seq_set_data(self.handle, state, size, sequence) == size)

    def full(self) -> InferenceFault:
        """Return the fault of a request for which no room can be made."""
        return InferenceFault(
            "context_overflow",
            f"the KV cache of {self.shape.cells} tokens has no room left",
            where=self.model.path,
            hint="Set a larger n_ctx or kv_bytes",
        )

    def _failed(self, code: int) -> Exception:
        if code == _ABORTED:
            return Aborted()
        if code == _NO_ROOM:
            return NoRoom()
        return faults.from_decode(self.model.path, code, self.model.log.lines())

    def close(self) -> None:
        """Free the cache."""
        if self.handle:
            self.library.llama_free(self.handle)
            self.handle = None


class Aborted(Exception):
    """The abort flag ended a computation."""


class NoRoom(Exception):
    """The cache has no free cells for a batch."""


class _Batch:
    """The C form of a batch, made once: setting one up for every token would be felt in the speed."""

    def __init__(self, library: Any, size: int) -> None:
        self._tokens = (ctypes.c_int32 * size)()
        self._positions = (ctypes.c_int32 * size)()
        self._counts = (ctypes.c_int32 * size)(*([1] * size))
        self._sequences = (ctypes.c_int32 * size)()
        pointer = ctypes.POINTER(ctypes.c_int32)
        start = ctypes.addressof(self._sequences)
        self._pointers = (pointer * size)(
            *(ctypes.cast(start + 4 * index, pointer) for index in range(size)),
        )
        self._outputs = (ctypes.c_int8 * size)()
        self.struct = library.llama_batch(
            0, self._tokens, None, self._positions, self._counts, self._pointers, self._outputs
        )

    def fill(self, rows: Sequence[Rows]) -> list[int]:
        """Write the rows and return where the outputs of each begin (the end of the row when it has none)."""
        at, begins = 0, []
        tokens, positions, sequences, flags = self._tokens, self._positions, self._sequences, self._outputs
        for sequence, row, position, outputs in rows:
            count = len(row)
            end = at + count
            begins.append(end - outputs)
            if count == 1:
                tokens[at], positions[at], sequences[at], flags[at] = row[0], position, sequence, outputs
            else:
                tokens[at:end] = row if isinstance(row, list) else list(row)
                positions[at:end] = list(range(position, position + count))
                sequences[at:end] = [sequence] * count
                ctypes.memset(ctypes.byref(flags, at), 0, count - outputs)
                ctypes.memset(ctypes.byref(flags, end - outputs), 1, outputs)
            at = end
        self.struct.n_tokens = at
        return begins


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
    cells = n_ctx if options.kv_bytes <= 0 else options.kv_bytes // per_token // CONTEXT_STEP * CONTEXT_STEP
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
    # Room for logits is taken for each output a batch may have: 100 MB and more where that is every token.
    parameters.n_outputs_max = max(shape.sequences, 1 + options.draft_tokens)
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
