"""Where the engine puts weights, caches and work areas, and how large they are: read from the lines of its log.

Pure, but for reading the sizes of tensors from the engine's own GGUF reader. Loading and measuring is `fit`.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graphide.inference.devices import registry

MIB = 1 << 20
HOST = ""
"""The memory of the machine itself, as the name of a device."""

_ASSIGNED = re.compile(r"load_tensors: layer\s+(\d+) assigned to device ([^,\s]+)")
_CACHE_LAYER = re.compile(r"llama_\w+[:,]\s+layer\s+(\d+): dev = (\S+)")
_CACHE_SIZE = re.compile(r"llama_\w+: size =\s*([\d.]+) MiB \(\s*(\d+) cells")
_BUFFER = re.compile(r"\w+:\s+(\S+)\s+(output|compute) buffer size =\s*([\d.]+) MiB")
_LAYER_TENSOR = re.compile(r"blk\.(\d+)\.")


class CacheUse(NamedTuple):
    """One cache of a context (some models have several): its bytes, rounded to 0.01 MiB, and the device of each layer."""

    size: int
    cells: int
    layers: Mapping[int, str]


class _GgufParameters(ctypes.Structure):
    _fields_ = [("no_alloc", ctypes.c_bool), ("context", ctypes.c_void_p)]


def assigned_layers(lines: Iterable[str], gpus: Collection[str]) -> dict[int, str]:
    """Return the device of every layer; the last number is the output layer."""
    return {int(found[1]): place(found[2], gpus) for line in lines if (found := _ASSIGNED.search(line))}


def caches(lines: Iterable[str], gpus: Collection[str]) -> tuple[CacheUse, ...]:
    """Return the caches that a context has made, for attention and for recurrent states."""
    found: list[CacheUse] = []
    layers: dict[int, str] = {}
    for line in lines:
        if layer := _CACHE_LAYER.search(line):
            layers[int(layer[1])] = place(layer[2], gpus)
        elif size := _CACHE_SIZE.search(line):
            found.append(CacheUse(round(float(size[1]) * MIB), int(size[2]), layers))
            layers = {}
    return tuple(found)


def buffers(lines: Iterable[str], kind: str, gpus: Collection[str]) -> Counter[str]:
    """Return the bytes of the "compute" or "output" buffers by device, rounded to 0.01 MiB each by the engine."""
    sizes: Counter[str] = Counter()
    for line in lines:
        if (found := _BUFFER.search(line)) and found[2] == kind:
            sizes[place(found[1], gpus)] += round(float(found[3]) * MIB)
    return sizes


def place(buffer: str, gpus: Collection[str]) -> str:
    """Return the device that a buffer lies on by its name; "CUDA0" and "MTL0_Private" do, "CUDA_Host" is main memory."""
    if buffer.endswith("_Host"):
        return HOST
    return next((gpu for gpu in gpus if buffer == gpu or buffer.startswith(f"{gpu}_")), HOST)


def shared_out(size: int, layers: Mapping[int, str], weight: Sequence[int] = ()) -> Counter[str]:
    """Return the bytes of a cache by device: each layer has its part, as large as its `weight` (else all the same).

    The parts are rounded down and main memory gets the rest, so that their sum is `size`.
    """
    weights = {layer: weight[layer] if layer < len(weight) else 1 for layer in layers}
    whole = sum(weights.values())
    parts: Counter[str] = Counter()
    for device in set(layers.values()) - {HOST}:
        own = sum(weights[layer] for layer, where in layers.items() if where == device)
        parts[device] = size * own // whole if whole else 0
    parts[HOST] = size - sum(parts.values())
    return parts


def weights_by_device(tensors: Mapping[str, int], layers: Mapping[int, str]) -> Counter[str]:
    """Return the bytes of weights by device, from the sizes of tensors by name and the device of every layer.

    Source: llama.cpp keeps the token embedding in main memory, and everything that is in no layer with the output
    layer; a model whose output is its token embedding has a copy of it there.
    """
    output = layers.get(max(layers, default=0), HOST)
    sizes: Counter[str] = Counter()
    for name, size in tensors.items():
        layer = _LAYER_TENSOR.match(name)
        if layer:
            sizes[layers.get(int(layer[1]), HOST)] += size
        elif name.startswith(("token_embd", "token_types", "position_embd")):
            sizes[HOST] += size
        else:
            sizes[output] += size
    if output != HOST and "output.weight" not in tensors:
        sizes[output] += tensors.get("token_embd.weight", 0)
    return sizes


def tensor_sizes(library: Any, paths: Iterable[str]) -> dict[str, int]:
    """Return the bytes of every tensor in some GGUF files by name, exactly; a file that cannot be read has none."""
    find = registry(library)
    open_ = find("gguf_init_from_file", ctypes.c_void_p, ctypes.c_char_p, _GgufParameters)
    count = find("gguf_get_n_tensors", ctypes.c_int64, ctypes.c_void_p)
    name = find("gguf_get_tensor_name", ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int64)
    size = find("gguf_get_tensor_size", ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int64)
    sizes: dict[str, int] = {}
    for path in paths:
        file = open_(path.encode(), _GgufParameters(True, None))
        if file:
            sizes |= {name(file, index).decode("utf-8", "replace"): size(file, index) for index in range(count(file))}
            find("gguf_free", None, ctypes.c_void_p)(file)
    return sizes


def split_paths(path: str, count: int) -> list[str]:
    """Return the files of a model that is split into `count`, of which `path` is the first."""
    first = f"-00001-of-{count:05d}.gguf"
    if count < 2 or not path.endswith(first):
        return [path]
    stem = path.removesuffix(first)
    return [f"{stem}-{number:05d}-of-{count:05d}.gguf" for number in range(1, count + 1)]
