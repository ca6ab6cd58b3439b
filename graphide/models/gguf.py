"""The header of a GGUF file, read in pure Python: its metadata and where its tensors lie, never their data.

Files come from strangers, so every count and length is bounded before anything is read or kept: a wrong file costs
well under a second and 64 MB, and ends in an InferenceFault that says what is wrong. Whether the engine could use the
file is `gguf_check`; what a person wants to know about it is `facts`. Source of the format: gguf.h of ggml.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from graphide.errors import FaultKind, GraphideError, InferenceFault
from graphide.models.ggml_types import ELEMENT_TYPES

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

MAX_KEYS = 4_096
MAX_TENSORS = 16_384  # the largest models of today have about 2,000
MAX_DIMENSIONS = 4  # GGML_MAX_DIMS
MAX_NAME = 64  # bytes with the final zero: GGML_MAX_NAME
MAX_KEY = 1_024
MAX_STRING = 1 << 20
MAX_STRINGS = 1_200_000  # in all arrays; a vocabulary of 262,144 with its merges has under 800,000
MAX_HEADER = 64 << 20  # bytes read; long arrays of numbers are skipped
KEEP_ITEMS = 1_024  # arrays up to here are kept, longer ones are summarised
KEEP_BYTES = 4 << 20  # of all strings and small arrays together
EACH_TEXT = 64  # bytes that a string takes in Python beside its characters

_AGAIN = "Download the file again"


@dataclass(frozen=True, slots=True)
class LongArray:
    """Stands for an array that is too long to keep: how many items it has, and their type in the format's numbering."""

    item_type: int
    length: int


Value = int | float | bool | str | tuple[int | float | bool | str, ...] | LongArray


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Where a tensor lies: dimensions (fastest first), ggml type, and offset in bytes from the data offset."""

    name: str
    dims: tuple[int, ...]
    type: int
    offset: int

    @property
    def elements(self) -> int:
        """The number of elements."""
        return prod(self.dims)

    @property
    def size(self) -> int:
        """The size in bytes; 0 for an unknown type."""
        element = ELEMENT_TYPES.get(self.type)
        return self.elements // element.block * element.size if element else 0


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The header of a GGUF file; `data_offset` is where the data of the tensors begins, in bytes."""

    version: int
    metadata: Mapping[str, Value]
    tensors: tuple[TensorInfo, ...]
    data_offset: int
    alignment: int

    @property
    def file_size(self) -> int:
        """The size in bytes that a complete file has at least."""
        ends = (tensor.offset + tensor.size for tensor in self.tensors)
        return self.data_offset + max(ends, default=0)


def read_header(source: Path | str | BinaryIO) -> GgufHeader:
    """Return the header of a GGUF file.

    Raises InferenceFault ("corrupt_file" or "unsupported_arch") when it is not one, and GraphideError when the file
    cannot be read.
    """
    if not isinstance(source, Path | str):
        return _Reader(source).header()
    path = Path(source)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise _fault("is not a file", hint="Choose a file that ends in .gguf")
        with path.open("rb") as file:
            return _Reader(file).header()
    except InferenceFault as fault:
        raise fault.at(f'model file "{path.name}"') from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GraphideError(f"cannot be read: {reason}", where=f'model file "{path.name}"') from error


_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_SIZES = {code: struct.calcsize(form) for code, form in _SCALARS.items()}
_STRING, _ARRAY = 8, 9


class _Reader:
    """Reads a header piece by piece through a window of a megabyte."""

    _WINDOW = 1 << 20

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._window = b""
        self._at = 0  # in the window
        self._start = 0  # of the window in the file
        self._read = 0
        self._kept = 0
        self._strings = 0

    def header(self) -> GgufHeader:
        version = self._version()
        tensors, keys = self._unpack("<q"), self._unpack("<q")
        if not (0 <= tensors <= MAX_TENSORS and 0 <= keys <= MAX_KEYS):
            raise _fault(f"has a broken header: {tensors:,} tensors and {keys:,} metadata entries", hint=_AGAIN)
        metadata: dict[str, Value] = {}
        for _ in range(keys):
            key = self._string(MAX_KEY)
            if key in metadata:
                raise _fault(f'has the metadata entry "{_short(key)}" twice', hint=_AGAIN)
            metadata[key] = self._value(self._unpack("<I"))
        infos = tuple(self._tensor() for _ in range(tensors))
        alignment = _alignment(metadata.get("general.alignment", DEFAULT_ALIGNMENT))
        end = self._start + self._at
        return GgufHeader(version, metadata, infos, -(-end // alignment) * alignment, alignment)

    def _version(self) -> int:
        magic = self._take(4, "is empty, or too short to be a GGUF file")
        if magic != MAGIC:
            raise _fault(f"is not a GGUF file: it starts with {magic!r}", hint="Choose a file that ends in .gguf")
        version = self._unpack("<I")
        if version & 0xFFFF == 0:
            raise _fault("is a GGUF file for big-endian machines", kind="unsupported_arch", hint="Get a normal one")
        if version not in VERSIONS:
            raise _fault(
                f"is a GGUF file of version {version}; the engine reads versions 2 and 3",
                kind="unsupported_arch",
                hint="Download a newer conversion of this model" if version < 2 else "Update graphide",
            )
        return int(version)

    def _tensor(self) -> TensorInfo:
        name = self._string(MAX_NAME - 1)
        count = self._unpack("<I")
        if count > MAX_DIMENSIONS:
            raise _fault(f'says that its tensor "{_short(name)}" has {count:,} dimensions', hint=_AGAIN)
        *dims, code, offset = struct.unpack(f"<{count}qIQ", self._take(8 * count + 12))
        return TensorInfo(name, tuple(dims), code, offset)

    def _value(self, code: int) -> Value:
        if code == _STRING:
            return self._string(MAX_STRING)
        if code == _ARRAY:
            return self._array(self._unpack("<I"), self._unpack("<Q"))
        if code not in _SCALARS:
            raise _fault(f"has a metadata entry of the unknown type {code}", hint=_AGAIN)
        value: int | float | bool = self._unpack(_SCALARS[code])
        return value

    def _array(self, code: int, length: int) -> Value:
        if code == _STRING:
            return self._string_array(length)
        if code not in _SCALARS:
            raise _fault(f"has an array of the unknown type {code}", hint=_AGAIN)
        if length > KEEP_ITEMS:
            self._skip(length * _SIZES[code])
            return LongArray(code, length)
        self._keep(length * 32)
        raw = self._take(length * _SIZES[code])
        return tuple(item[0] for item in struct.iter_unpack(_SCALARS[code], raw))

    def _string_array(self, length: int) -> Value:
        self._strings += length
        if self._strings > MAX_STRINGS:
            raise _fault(f"has a broken header: an array of {length:,} texts", hint=_AGAIN)
        if length <= KEEP_ITEMS:
            return tuple(self._string(MAX_STRING) for _ in range(length))
        for _ in range(self._skip_strings(length)):
            self._skip(self._unpack("<Q"))
        return LongArray(_STRING, length)

    def _skip_strings(self, length: int) -> int:
        """Skip strings as long as they lie in the window, fast; return how many are left, all of them to be skipped."""
        unpack, left = struct.Struct("<Q").unpack_from, length
        while left:
            window, at, last = self._window, self._at, len(self._window) - 8
            before = left
            while left and at <= last:
                end = at + 8 + unpack(window, at)[0]
                if end > last + 8:
                    break
                at, left = end, left - 1
            self._at = at
            if left == before:
                self._skip(self._unpack("<Q"))
                left -= 1
        return left

    def _string(self, limit: int) -> str:
        length = self._unpack("<Q")
        if length > limit:
            raise _fault(f"has a broken header: a text of {length:,} bytes", hint=_AGAIN)
        self._keep(length + EACH_TEXT)
        return self._take(length).decode("utf-8", "replace")

    def _keep(self, size: int) -> None:
        self._kept += size
        if self._kept > KEEP_BYTES + MAX_TENSORS * (MAX_NAME + EACH_TEXT):
            raise _fault("has a broken header: its metadata is too large", hint=_AGAIN)

    def _unpack(self, form: str) -> int:
        value: int = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return value

    def _take(self, size: int, otherwise: str = "") -> bytes:
        if self._at + size > len(self._window):
            self._refill(size)
        if self._at + size > len(self._window):
            raise _fault(otherwise or "is truncated: it ends inside its header", hint=_AGAIN)
        piece = self._window[self._at : self._at + size]
        self._at += size
        return piece

    def _refill(self, size: int) -> None:
        rest = self._window[self._at :]
        more = self._file.read(max(size, self._WINDOW) - len(rest))
        self._read += len(more)
        if self._read > MAX_HEADER:
            raise _fault("has a broken header: it is too large", hint=_AGAIN)
        self._start += self._at
        self._window, self._at = rest + more, 0

    def _skip(self, size: int) -> None:
        if self._at + size <= len(self._window):
            self._at += size
            return
        target = self._start + self._at + size
        try:
            self._file.seek(target - self._start - len(self._window), 1)
        except (OSError, ValueError, OverflowError):  # further than any file of this file system can be long
            raise _fault("is truncated: it ends inside its header", hint=_AGAIN) from None
        self._window, self._at, self._start = b"", 0, target


def _alignment(value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0 or value & (value - 1) or value > 1 << 20:
        raise _fault(f"has a broken header: an alignment of {_short(str(value))}", hint=_AGAIN)
    return value


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _fault(message: str, *, kind: FaultKind = "corrupt_file", hint: str = "") -> InferenceFault:
    return InferenceFault(kind, message, hint=hint)
