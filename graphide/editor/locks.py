"""Locks on files: whether another process, or another document of this one, has a file in use.

The operating system lets go of a lock when its process ends, however it ends, so nothing is ever left behind locked.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this descriptor alone and return whether that was possible; never waits."""
    if sys.platform == "win32":
        import msvcrt

        try:
            # Far behind the end, so that others can still read what is in the file.
            os.lseek(descriptor, 1 << 30, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nobody else can be told apart, so nobody is in the way
        return True
    return True


def is_locked(path: Path) -> bool:
    """Return whether somebody holds the lock of a file; one that cannot be opened is not locked."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


class Claim:
    """The claim of one document on one graph file; `elsewhere` is True where another window had it first."""

    def __init__(self, folder: Path, file: Path) -> None:
        """Claim `file` with a lock in `folder`; where that folder cannot be written, nothing is claimed."""
        self.elsewhere = False
        self._descriptor = -1
        name = hashlib.sha256(os.fsencode(os.path.realpath(file))).hexdigest()[:32]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(folder / f"{name}.lock", _FLAGS, 0o600)
        except OSError:
            return
        self.elsewhere = not try_lock(self._descriptor)
        if self.elsewhere:
            self.release()

    def release(self) -> None:
        """Let go, so that another window may have the file."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
