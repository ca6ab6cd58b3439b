"""The folder of saved prefixes of all models: what it takes, what must go, and what killed writers left in it.

Knows files by name, size and last use only. Files of other names are never touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphide.inference.prefix_file import SUFFIX, UNFINISHED, remove_unfinished


class Size(NamedTuple):
    """How many prefixes are saved, and the bytes of their files."""

    prefixes: int
    bytes: int


class _Kept(NamedTuple):
    """A file: its last use in nanoseconds, its path, its size in bytes."""

    used: int
    path: Path
    size: int


def size(folder: Path) -> Size:
    """Return how much the saved prefixes of all models take; nothing for a folder that cannot be read."""
    kept = [file for file in _files(folder) if file.path.suffix == SUFFIX]
    return Size(len(kept), sum(file.size for file in kept))


def clear(folder: Path) -> int:
    """Remove the saved prefixes of all models; return the bytes that were freed."""
    kept = _files(folder)
    clean(folder, [file.path.name for file in kept])
    return sum(file.size for file in kept if file.path.suffix == SUFFIX and remove(file.path))


def make_room(folder: Path, limit: int, first: Sequence[Path] = ()) -> None:
    """Remove prefixes until all files fit into `limit` bytes: those of `first`, then those used longest ago.

    What living writers have written so far counts too, but stays.
    """
    clean(folder, os.listdir(folder))
    kept = _files(folder)
    total = sum(file.size for file in kept)
    for file in sorted(kept, key=lambda file: (file.path not in first, file)):
        if total <= limit:
            return
        if file.path.suffix == SUFFIX and remove(file.path):
            total -= file.size


def clean(folder: Path, names: Iterable[str]) -> None:
    """Remove the files among these that killed writers left unfinished."""
    for name in names:
        if name.endswith(UNFINISHED):
            with suppress(OSError):
                remove_unfinished(folder / name)


def remove(path: Path) -> bool:
    """Remove a file; False when it cannot be removed or is gone."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _files(folder: Path) -> list[_Kept]:
    kept = []
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.endswith((SUFFIX, UNFINISHED)):
                with suppress(FileNotFoundError):
                    found = os.stat(folder / name)
                    kept.append(_Kept(found.st_mtime_ns, folder / name, found.st_size))
    return kept
