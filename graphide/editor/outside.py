"""The file of a document as others may change it: what it was when it was read or written, and what it is now."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Literal, NamedTuple

from graphide.graph.file import LARGEST

Outside = Literal["same", "changed", "gone", "unreadable"]


class Stamp(NamedTuple):
    """What a file was: its time of change in nanoseconds, its size in bytes, and the hash of its content."""

    changed: int
    size: int
    sha256: str


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, None when it cannot be read or is no file; of one too large for a graph, without hash."""
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):  # a pipe would keep its reader waiting, a device may have no end
            return None
        read = path.read_bytes() if found.st_size <= LARGEST else b""
    except (OSError, ValueError):
        return None
    return Stamp(found.st_mtime_ns, found.st_size, hashlib.sha256(read).hexdigest() if read else "")


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
    if known is not None and now.size == known.size and now.sha256 == known.sha256 != "":
        return "same", now
    return "changed", known
