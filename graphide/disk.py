"""Files on disk: written whole or not at all, and locked. What is in them is the business of whoever writes."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

_ABANDONED = 3600.0
_swept: set[Path] = set()


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file whole or not at all: a temporary file beside it takes its place once it is on the disk.

    The target of a symbolic link is replaced, not the link; the mode of an existing file is kept. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_of(target)
    fresh = target.parent / f".graphide-{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(fresh, flags, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(fresh, mode)
        os.replace(fresh, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh)
        raise
    _sync_folder(target.parent)
    _sweep(target.parent)


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


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed while they wrote left in a folder; looked for once by each process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError):
        for left in folder.glob(".graphide-????????????????.tmp"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()


def _mode_of(path: Path) -> int | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is not a file", str(path))
    return stat.S_IMODE(found.st_mode)


def _sync_folder(folder: Path) -> None:
    # Makes the new name durable; some systems cannot open a folder, and then the file itself is still whole.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
