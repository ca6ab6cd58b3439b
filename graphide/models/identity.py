"""The identity of a model: the sha256 of its file, computed once and then remembered while the file stays the same.

The identity of a split model is the sha256 of its parts' bytes, one after the other. Comparing it with what a graph
asks for is `resolve`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Sequence
from pathlib import Path

from graphide.errors import GraphideError
from graphide.models.filecache import FileCache, FileKey

_PIECE = 1 << 20  # bytes; about a millisecond of hashing

NO_CACHE = FileCache(None)


def hash_steps(parts: Path | Sequence[Path], cache: FileCache = NO_CACHE) -> Generator[int, None, str]:
    """Yield the number of bytes hashed so far, and return the sha256 of a model file (or of its parts) in hexadecimal.

    A remembered hash is returned without reading. Close the generator to cancel. Raises GraphideError when a part
    cannot be read or changes meanwhile.
    """
    paths = [parts] if isinstance(parts, Path) else list(parts)
    key = file_key(paths)
    known = cache.sha256(key)
    if known is not None:
        return known
    digest, done = hashlib.sha256(), 0
    for path in paths:
        try:
            with path.open("rb", buffering=0) as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    done += len(piece)
                    yield done
        except OSError as error:
            raise _unreadable(path, error) from error
    if file_key(paths) != key or done != key.size:
        raise GraphideError(
            "changed while it was being read", where=_place(paths[0]), hint="Wait until its download is complete"
        )
    cache.remember_sha256(key, digest.hexdigest())
    return digest.hexdigest()


def sha256_of(parts: Path | Sequence[Path], cache: FileCache = NO_CACHE) -> str:
    """Return the sha256 of a model file, or of the parts of a split model; errors as in `hash_steps`."""
    steps = hash_steps(parts, cache)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)


def known_sha256(parts: Path | Sequence[Path], cache: FileCache) -> str | None:
    """Return the remembered sha256 of a model file in its present state, None when it was never computed."""
    return cache.sha256(file_key([parts] if isinstance(parts, Path) else list(parts)))


def file_key(paths: Sequence[Path]) -> FileKey:
    """Return the state of a file, or of several parts together; raises GraphideError when one is not there."""
    states = []
    for path in paths:
        try:
            states.append(path.stat())
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
    return FileKey(
        path=os.path.realpath(paths[0]),
        size=sum(state.st_size for state in states),
        mtime_ns=max(state.st_mtime_ns for state in states),
        inode=states[0].st_ino,
    )


def _unreadable(path: Path, error: Exception) -> GraphideError:
    reason = getattr(error, "strerror", None) or str(error)
    return GraphideError(f"cannot be read: {reason}", where=_place(path))


def _place(path: Path) -> str:
    return f'model file "{path.name}"'
