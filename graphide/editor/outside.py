"""The file of a document as others may change it: what it was when it was read or written, and what it is now."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal, NamedTuple

Outside = Literal["same", "changed", "gone", "unreadable"]


class Stamp(NamedTuple):
    """What a file was: its time of change in nanoseconds, its size in bytes, and the hash of its content."""

    changed: int
    size: int
    sha256: str


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, None when it cannot be read."""
    try:
        found = os.stat(path)
        return Stamp(found.st_mtime_ns, found.st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    except (OSError, ValueError):
        return None


def compared(path: Path, known: Stamp | None) -> tuple[Outside, Stamp | None]:
    """Return what became of a file since `known`, and its stamp now; it is only read when its time or size differ."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return ("same" if known is None else "gone"), known
    except (OSError, ValueError):
        return "unreadable", known
    if known is not None and (found.st_mtime_ns, found.st_size) == (known.changed, known.size):
        return "same", known
    now = stamp_of(path)
    if now is None:
        return "unreadable", known
    if known is not None and now.sha256 == known.sha256:
        return "same", now
    return "changed", known
