"""The unfinished file of a download: `name.gguf.part` beside its later place, locked while somebody writes it.

It knows its size and the sha256 of what it holds; nothing gets the final name before `finish`. The operating system lets
go of the lock when the process ends, however it ends.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

from graphide.disk import try_lock
from graphide.errors import GraphideError
from graphide.models.download_hash import RunningHash

SUFFIX = ".part"

_FLAGS = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
)
_PIECE = 1 << 20
_FULL = frozenset([errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)])


class DiskFull(GraphideError):
    """There is no room for the rest of a download; what is there is kept."""


class PartBusy(GraphideError):
    """Another download, here or in another process, writes the same file."""


class PartFile:
    """The unfinished file for `target`, opened and locked. Close it, or use it in a `with`.

    `size` is in bytes; `etag` is what the hub calls the bytes that are in it, "" where it gave no name.

    The first thing to do is `hash_steps`, which reads what an earlier run left.
    """

    def __init__(self, target: Path) -> None:
        """Open the part, making it and its folder if need be; raises PartBusy, DiskFull, GraphideError."""
        self.target = target
        self.path = part_of(target)
        self.size = 0
        self.etag = ""
        self._hash = RunningHash()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = _open_locked(self.path)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hash_steps(self) -> Generator[int, None, None]:
        """Yield the bytes hashed so far, until all that is in the file is known."""
        self._hash.clear()
        self.size = 0
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            while piece := os.read(self._descriptor, _PIECE):
                self._hash.add(piece)
                self.size += len(piece)
                yield self.size
        except OSError as error:
            raise write_fault(self.path, error) from error

    def append(self, pieces: Sequence[bytes]) -> int:
        """Write pieces at the end and return their size; raises DiskFull, GraphideError. What was written counts."""
        before = self.size
        try:
            os.lseek(self._descriptor, self.size, os.SEEK_SET)
            data = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
            while data:
                count = os.write(self._descriptor, data)
                self._hash.add(data[:count])
                self.size += count
                data = data[count:]
        except OSError as error:
            raise write_fault(self.path, error) from error
        return self.size - before

    def empty(self) -> None:
        """Throw away what is in the file."""
        try:
            os.ftruncate(self._descriptor, 0)
        except OSError as error:
            raise write_fault(self.path, error) from error
        self._hash.clear()
        self.size, self.etag = 0, ""

    def sha256(self) -> str:
        """Return the sha256 of what is in the file, in hexadecimal."""
        return self._hash.hexdigest()

    def save(self) -> None:
        """Have the system put all bytes on the disk; raises DiskFull, GraphideError."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def delete(self) -> None:
        """Close and remove the file."""
        if sys.platform == "win32":
            self.close()
        with suppress(OSError):
            self.path.unlink()
        self.close()

    def close(self) -> None:
        """Close the file, which others may then continue."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
        self._hash.close()


def part_of(target: Path) -> Path:
    """Return where the unfinished file of a target lies."""
    return target.with_name(target.name + SUFFIX)


def finish(target: Path) -> None:
    """Give a complete part its final name; a file that has that name already is not replaced."""
    if os.path.lexists(target):
        raise GraphideError("is there already, with other content", where=str(target), hint="Move it away, then resume")
    try:
        os.replace(part_of(target), target)
    except OSError as error:
        raise write_fault(target, error) from error


def write_fault(path: Path, error: OSError) -> GraphideError:
    """Return what an error of the file system means for a download."""
    if error.errno in _FULL:
        too_large = error.errno == errno.EFBIG
        reason = "the disk does not take a file of this size" if too_large else "the disk is full"
        return DiskFull(reason, where=str(path.parent), hint="Make room, or choose another folder; then resume")
    reason = error.strerror or str(error)
    return GraphideError(f"cannot be written: {reason}", where=str(path), hint="Make the folder writable, then resume")


def _open_locked(path: Path) -> int:
    """Open and lock the file that has this name now; raises PartBusy, OSError."""
    while True:
        descriptor = os.open(path, _FLAGS, 0o666)
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise OSError(errno.EINVAL, "is not a file", str(path))
            if not try_lock(descriptor):
                raise PartBusy(
                    "is being downloaded by another graphide", where=str(path), hint="Wait for it, or stop it there"
                )
            if _is_at(state, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # who had the lock finished or deleted the file meanwhile


def _is_at(state: os.stat_result, path: Path) -> bool:
    try:
        now = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (now.st_dev, now.st_ino) == (state.st_dev, state.st_ino)
