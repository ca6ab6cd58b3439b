"""What a load takes of memory, measured without loading: weights, KV cache, computation, by device.

The engine goes through its own load with `no_alloc`: it reads the header and lays everything out, but takes no memory
and reads no weights, in 0.2 s at about 20 MB. The measure uses the parameters of a real load, so it is what a load
takes. What is read from the log is in `placement`; whether that fits is `graphide.models.fit`.

Exact to the byte: weights (the engine sums its tensors), and the KV cache of ordinary attention (the formula of
`context.bytes_per_token`, where the engine's own figure agrees with it). Rounded by the engine's log to 0.01 MiB: compute
and output buffers, caches with sliding windows, recurrent states. Not in it: what the process itself takes, and a
draft model that guesses ahead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from graphide.errors import InferenceFault
from graphide.inference import faults
from graphide.inference.context import bytes_per_token, cache_shape, context_parameters, context_size
from graphide.inference.devices import gpus
from graphide.inference.llama import EngineLog
from graphide.inference.model import Model, check_file
from graphide.inference.placement import (
    HOST,
    MIB,
    assigned_layers,
    buffers,
    caches,
    shared_out,
    split_paths,
    tensor_sizes,
    weights_by_device,
)
from graphide.inference.protocol import FitMeasure, LoadOptions, MemoryUse

_ROUNDING = MIB // 100


class Outline:
    """A model as the engine lays it out, without its weights; `measure` as often as wanted."""

    def __init__(self, model: Model, gpu_names: Sequence[str], lines: Sequence[str]) -> None:
        """Take the model, the devices for layers, and what the engine wrote while it laid the model out."""
        self.model = model
        self.n_layer: int = model.library.llama_model_n_layer(model.handle)
        self.n_ctx_train = model.n_ctx_train
        self._gpus = tuple(gpu_names)
        self._weights = self._place_weights(lines)

    def measure(self, n_ctx: int = 0) -> FitMeasure:
        """Return what a load takes for requests of `n_ctx` tokens (0: as the options say).

        Raises InferenceFault (bad_request) where the engine refuses such a context: a quantised cache without flash
        attention, a kind of cache that does not divide the model's keys.
        """
        model, library = self.model, self.model.library
        shape = cache_shape(model, context_size(n_ctx, model.options, model.n_ctx_train))
        parameters = context_parameters(library, model.options, shape, n_threads=1)
        model.log.clear()
        with model.log.listening() as heard:
            context = library.llama_init_from_model(model.handle, parameters)
            lines = heard()
        if not context:
            raise _refused(model, shape.n_ctx)
        library.llama_free(context)
        kv, compute = self._cache_use(lines), buffers(lines, "compute", self._gpus)
        output = buffers(lines, "output", self._gpus)
        used = dict.fromkeys([HOST, *self._gpus])
        uses = [MemoryUse(name, self._weights[name], kv[name], compute[name], output[name]) for name in used]
        kept = tuple(use for use in uses if use.total or use.device == HOST)
        return FitMeasure(shape.n_ctx, shape.cells, shape.sequences, kept)

    def _place_weights(self, lines: Sequence[str]) -> Counter[str]:
        model = self.model
        whole: int = model.library.llama_model_size(model.handle)
        layers = assigned_layers(lines, self._gpus)
        if not set(layers.values()) - {HOST}:
            return Counter({HOST: whole})
        parts = model.metadata.get("split.count", "")
        paths = split_paths(model.path, int(parts) if parts.isdecimal() else 1)
        return weights_by_device(tensor_sizes(model.library, paths), layers)

    def _cache_use(self, lines: Sequence[str]) -> Counter[str]:
        found = caches(lines, self._gpus)
        heads = self.model.per_layer("attention.head_count_kv")
        if len(found) == 1:
            exact = bytes_per_token(self.model) * found[0].cells
            if abs(exact - found[0].size) <= _ROUNDING:
                return shared_out(exact, found[0].layers, heads)
        parts: Counter[str] = Counter()
        for cache in found:
            parts.update(shared_out(cache.size, cache.layers, heads))
        return parts


def _refused(model: Model, n_ctx: int) -> InferenceFault:
    lines, options = model.log.lines(), model.options
    if any("flash" in line.lower() for line in lines):
        return InferenceFault(
            "bad_request",
            f"a KV cache of type {options.kv_type} needs flash attention, and that is not possible here"
            + (": flash_attn is off" if options.flash_attn == "off" else ""),
            engine_lines=lines,
            where=model.path,
            hint="Set flash_attn to auto, or kv_type to f16",
        )
    return faults.from_context(model.path, n_ctx, lines)


@contextmanager
def outlined(library: Any, path: str, options: LoadOptions, *, log: EngineLog) -> Iterator[Outline]:
    """Lay a model file out without loading it; `n_gpu_layers` below 0 counts as none.

    A file that holds only the header and is as long as the whole is enough. Raises InferenceFault like a load; the
    engine may also end the process on a hostile header, so what comes from strangers is measured in a process of its own.
    """
    check_file(path)
    parameters = library.llama_model_default_params()
    parameters.n_gpu_layers = max(0, options.n_gpu_layers)
    parameters.load_mode = library.LLAMA_LOAD_MODE_NONE
    parameters.no_alloc = True
    names = [device.name for device in gpus(library)] if options.n_gpu_layers > 0 else []
    with log.listening() as heard:
        handle = library.llama_model_load_from_file(path.encode(), parameters)
        lines = heard()
    if not handle:
        raise faults.from_load(path, log.lines())
    model = Model(library, handle, path, options, log)
    try:
        yield Outline(model, names, lines)
    finally:
        model.close()


def measure(library: Any, path: str, options: LoadOptions, n_ctx: int = 0, *, log: EngineLog) -> FitMeasure:
    """Return what a load of a model file takes for requests of `n_ctx` tokens; raises like `outlined`."""
    with outlined(library, path, options, log=log) as outline:
        return outline.measure(n_ctx)
