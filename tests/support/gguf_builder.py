"""Writes tiny GGUF files for tests: valid ones by default, broken ones by changing one thing."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphide.models.ggml_types import ELEMENT_TYPES

METADATA: dict[str, Any] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.license": "apache-2.0",
    "general.file_type": 0,
    "llama.block_count": 1,
    "llama.context_length": 128,
    "llama.embedding_length": 8,
    "llama.attention.head_count": 2,
    "llama.attention.head_count_kv": 1,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a", "b", "c", "d"],
    "tokenizer.chat_template": "{{ messages }}",
}
TENSORS: tuple[tuple[str, tuple[int, ...], int], ...] = (
    ("token_embd.weight", (8, 4), 0),
    ("output_norm.weight", (8,), 0),
)


def gguf_bytes(
    metadata: Mapping[str, Any] | None = None,
    tensors: Sequence[tuple[str, tuple[int, ...], int]] = TENSORS,
    *,
    version: int = 3,
    alignment: int = 32,
    fill: bytes = b"\0",
    data: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a GGUF file: `metadata` changes entries of METADATA (None removes one), tensors are (name, dims, type).

    `data` holds the bytes of tensors by name; the others are filled with `fill`.
    """
    entries = {key: value for key, value in {**METADATA, **(metadata or {})}.items() if value is not None}
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries))
    head += b"".join(_text(key) + _value(value) for key, value in entries.items())
    body, offset = [], 0
    for name, dims, code in tensors:
        head += _text(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}q", *dims)
        head += struct.pack("<IQ", code, offset)
        size = _padded(tensor_size(dims, code), alignment)
        body.append((data or {}).get(name, b"").ljust(size, fill))
        offset += size
    return head.ljust(_padded(len(head), alignment), b"\0") + b"".join(body)


def write_gguf(path: Path, metadata: Mapping[str, Any] | None = None, **options: Any) -> Path:
    """Write a GGUF file, as `gguf_bytes` makes it, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf_bytes(metadata, **options))
    return path


def write_split(folder: Path, stem: str, count: int) -> list[Path]:
    """Write a model split into `count` files and return their paths."""
    files = []
    for number in range(count):
        split = {"split.no": number, "split.count": count, "split.tensors.count": count}
        metadata = split if number == 0 else {**dict.fromkeys(METADATA), **split}
        tensors = [(f"blk.{number}.weight", (8, 4), 0)]
        path = folder / f"{stem}-{number + 1:05d}-of-{count:05d}.gguf"
        files.append(write_gguf(path, metadata, tensors=tensors))
    return files


def tensor_size(dims: Sequence[int], code: int) -> int:
    """Return the size of a tensor in bytes."""
    elements = 1
    for dim in dims:
        elements *= dim
    element = ELEMENT_TYPES[code]
    return elements // element.block * element.size


def _padded(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value) if value >= 0 else struct.pack("<Ii", 5, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
