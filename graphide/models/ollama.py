"""The store of Ollama as it lies on a disk: files that are called after their hash, and manifests that give them names.

Nothing is written or asked here, and what a manifest says is not believed further than a name and a hash go. Layout:
`manifests/HOST/NAMESPACE/MODEL/TAG` is a JSON object whose layers have a media type and a digest; the bytes of a layer are
in `blobs/sha256-HEX`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

MANIFESTS, BLOBS = "manifests", "blobs"
LATEST = ":latest"
DEEPEST = 6
"""Folders below the manifests: usually three, for a host, a namespace and a model."""

_USUAL = ("registry.ollama.ai", "library")
_MODEL = "application/vnd.ollama.image.model"
_PROJECTOR = "application/vnd.ollama.image.projector"
_LARGEST_MANIFEST = 1 << 20
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")


class Manifest(NamedTuple):
    """The hashes of the files of a model in hexadecimal; `projector` is "" where it has none of its own."""

    model: str
    projector: str = ""


def is_store(names: Collection[str]) -> bool:
    """Return whether a folder with these names in it is a store."""
    return MANIFESTS in names and BLOBS in names


def blob(store: Path, sha256: str) -> Path:
    """Return where the file with a hash lies."""
    return store / BLOBS / f"sha256-{sha256}"


def sha256_in_name(path: Path) -> str:
    """Return the hash that a file of a store is called after, "" for any other file."""
    found = _DIGEST.fullmatch(path.name) if path.parent.name == BLOBS else None
    return found[1] if found else ""


def model_name(place: Sequence[str]) -> str:
    """Return what Ollama calls the model whose manifest lies at a place below the manifests: `qwen3:4b`, `ada/tiny:latest`."""
    *folders, model, tag = place
    kept = [name for name, usual in zip(folders, _USUAL, strict=False) if name != usual] + folders[len(_USUAL) :]
    return f"{'/'.join([*kept, model])}:{tag}"


def read_manifest(path: Path) -> Manifest | None:
    """Return the files of the model that a manifest describes, None where it describes none or cannot be read."""
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            return None
        layers = orjson.loads(path.read_bytes())["layers"]
        digests = {str(layer["mediaType"]): _sha256(layer) for layer in reversed(layers)}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    model = digests.get(_MODEL, "")
    return Manifest(model, digests.get(_PROJECTOR, "")) if model else None


def _sha256(layer: Any) -> str:
    found = _DIGEST.fullmatch(str(layer["digest"]))
    return found[1] if found else ""
