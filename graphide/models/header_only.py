"""A model file without its data: the header of a GGUF file in a sparse file as long as the whole.

It is enough to measure what a load would take, so the fit of a model is known when only its first megabytes are here.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from graphide.errors import GraphideError
from graphide.models.gguf import read_header

_CHUNK = 1 << 20


def header_only(source: Path, target: Path) -> int:
    """Write a copy of a model file that holds only its header, and return the bytes that were copied.

    `source` may end after its header. The target says that it is as long as the whole file and takes no more room than
    the header where the file system knows sparse files. Raises InferenceFault where the source is not a GGUF file, and
    GraphideError where one of the files cannot be read or written.
    """
    header = read_header(source)
    try:
        with source.open("rb") as file, target.open("wb") as out:
            copied = _copy(file, out, header.data_offset)
            out.truncate(header.file_size)
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(target)) from error
    return copied


def _copy(file: BinaryIO, out: BinaryIO, size: int) -> int:
    left = size
    while left and (piece := file.read(min(left, _CHUNK))):
        left -= out.write(piece)
    return size - left
