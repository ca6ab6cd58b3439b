"""The file of one saved prefix: a header that says what it is, then the engine's state, which is only bytes here.

Numbers are little-endian. Every version of the format begins with a magic, its version, and the length and CRC-32 of the
header, so that another version is told from damage. Version 1 goes on with the lengths and the CRC-32 of the state, the
key (canonical JSON) and the tokens (int32). Which prefixes are kept, and for how long, is the business of `prefix_store`.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

FORMAT = 1
SUFFIX = ".kvprefix"
UNFINISHED = ".kvprefix.part"
_MAGIC = b"GRPHDKV\n"
_START = struct.Struct(
    "<8sIII"
)  # magic, format, bytes of the header after this, CRC-32 of the header without this field
_SIZES = struct.Struct("<IIQI")  # bytes of the key, bytes of the tokens, bytes of the state, CRC-32 of the state
_CHECKED = _START.size - 4
# Checksum and copy of one piece meet in the processor's cache; larger pieces are slower to read from a cold disk.
_PIECE = 1 << 20
_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class DamagedFile(ValueError):
    """A file that is not what was written."""


class OtherFormat(ValueError):
    """A whole file of another version of the format."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file is for: the key its state depends on, its tokens (packed), and its state's length and checksum."""

    key: bytes
    tokens: bytes
    state_bytes: int
    state_crc: int

    @property
    def file_bytes(self) -> int:
        return _START.size + _SIZES.size + len(self.key) + len(self.tokens) + self.state_bytes


def pack(tokens: Sequence[int]) -> bytes:
    """Return tokens as little-endian int32; raises struct.error for a number that is none."""
    return struct.pack(f"<{len(tokens)}i", *tokens)


def common(left: bytes, right: bytes) -> int:
    """Return how many first bytes of two lists of packed tokens are the same, in whole tokens."""
    low, high = 0, min(len(left), len(right)) // 4
    while low < high:
        middle = (low + high + 1) // 2
        if left[4 * low : 4 * middle] == right[4 * low : 4 * middle]:
            low = middle
        else:
            high = middle - 1
    return 4 * low


def flat(buffer: ReadableBuffer) -> memoryview:
    """Return any contiguous buffer as single bytes, without a copy."""
    return memoryview(buffer).cast("B")


def read_header(path: Path) -> Header:
    """Read what a file is for; raises DamagedFile, OtherFormat, OSError."""
    with _open(path) as file:
        return _header(file)


def read_state(path: Path, into: WriteableBuffer, *, key: bytes, tokens: bytes) -> bool:
    """Fill the start of `into` with the state of a file, checked; False when the file is not for this key and tokens.

    The state goes straight into the buffer: a mapped file would save one copy, but kills the process when it shrinks.
    Raises DamagedFile (the buffer then holds garbage), OtherFormat, OSError.
    """
    with _open(path) as file:
        header, view = _header(file), flat(into)
        if (header.key, header.tokens) != (key, tokens) or header.state_bytes > view.nbytes:
            return False
        crc, at = 0, 0
        while at < header.state_bytes:
            piece = view[at : min(at + _PIECE, header.state_bytes)]
            count = file.readinto(piece)
            if not count:
                raise DamagedFile(f"the state ends after {at:,} of {header.state_bytes:,} bytes")
            crc = zlib.crc32(piece[:count], crc)
            at += count
    if crc != header.state_crc:
        raise DamagedFile("the checksum of the state is wrong")
    return True


def write(path: Path, state: ReadableBuffer, *, key: bytes, tokens: bytes, used: int) -> None:
    """Write a file whole or not at all, last used at `used` (nanoseconds); raises OSError.

    It is not forced onto the disk: that would hold up the worker for seconds, and a file that a power cut spoils is
    found by its checksums and costs one prompt computed again.
    """
    file, fresh = _create(path.parent)
    held = -1
    try:
        with file:
            if sys.platform != "win32":
                held = os.dup(file.fileno())  # keeps the lock until the file has its name
            _fill(file, flat(state), key, tokens)
        os.utime(fresh, ns=(used, used))
        _put(fresh, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh)
        raise
    finally:
        if held >= 0:
            os.close(held)


def remove_unfinished(path: Path) -> None:
    """Remove what a killed writer left behind; raises OSError when its writer still lives, or it cannot be removed."""
    if sys.platform == "win32":
        os.unlink(path)  # refused while a process has it open
    else:
        descriptor = os.open(path, os.O_RDWR | _FLAGS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(descriptor)


def _open(path: Path) -> FileIO:
    return FileIO(path, "r")


def _header(file: FileIO) -> Header:
    size = os.fstat(file.fileno()).st_size
    start = file.read(_START.size)
    if len(start) < _START.size or not start.startswith(_MAGIC):
        raise DamagedFile("it does not begin like a saved prefix")
    _, version, length, crc = _START.unpack(start)
    rest = file.read(length) if length <= size else b""
    if zlib.crc32(rest, zlib.crc32(start[:_CHECKED])) != crc:
        raise DamagedFile("the checksum of the header is wrong")
    if version != FORMAT:
        raise OtherFormat(f"its format is {version}, not {FORMAT}")
    if length < _SIZES.size:
        raise DamagedFile("its header is too short")
    key_bytes, token_bytes, state_bytes, state_crc = _SIZES.unpack_from(rest)
    key = rest[_SIZES.size : _SIZES.size + key_bytes]
    header = Header(key, rest[_SIZES.size + key_bytes :], state_bytes, state_crc)
    if len(header.tokens) != token_bytes or header.file_bytes != size:
        raise DamagedFile(f"it has {size:,} bytes instead of {header.file_bytes:,}")
    return header


def _fill(file: FileIO, state: memoryview, key: bytes, tokens: bytes) -> None:
    # The header comes last: until then the file does not even begin like one.
    file.seek(_START.size + _SIZES.size + len(key) + len(tokens))
    crc = 0
    for at in range(0, state.nbytes, _PIECE):
        piece = state[at : at + _PIECE]
        crc = zlib.crc32(piece, crc)
        _write_all(file, piece)
    rest = _SIZES.pack(len(key), len(tokens), state.nbytes, crc) + key + tokens
    start = _START.pack(_MAGIC, FORMAT, len(rest), 0)[:_CHECKED]
    file.seek(0)
    _write_all(file, memoryview(start + struct.pack("<I", zlib.crc32(rest, zlib.crc32(start))) + rest))


def _write_all(file: FileIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]


def _create(folder: Path) -> tuple[FileIO, Path]:
    """Make a file that says by its lock that its writer lives."""
    while True:
        fresh = folder / f"{os.urandom(8).hex()}{UNFINISHED}"
        file = FileIO(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600), "r+")
        if sys.platform != "win32":
            with suppress(OSError):  # some network folders have no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if not os.fstat(file.fileno()).st_nlink:  # taken for a dead writer's in the moment before the lock
                file.close()
                continue
        return file, fresh


def _put(fresh: Path, path: Path) -> None:
    try:
        os.replace(fresh, path)
    except PermissionError:
        # Windows refuses while another process reads the same prefix there; then theirs is as good as ours.
        if os.name != "nt" or not path.exists():
            raise
        os.unlink(fresh)
