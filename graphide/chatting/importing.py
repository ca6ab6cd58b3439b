"""Exports of other programs read from a file: JSON, or the archive that ChatGPT gives, with its chats inside."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

import orjson

from graphide.errors import GraphideError
from graphide.store.imports import Import, read

LARGEST: Final = 1 << 30
"""Bytes of JSON that are read; an archive may hold more than it has bytes itself."""
_IN_ARCHIVE: Final = "conversations.json"


def read_export(path: Path) -> Import:
    """Return the chats of a file; raises GraphideError that says what is wrong with it."""
    try:
        data = _from_archive(path) if zipfile.is_zipfile(path) else _limited(path)
        found = orjson.loads(data)
    except OSError as error:
        raise GraphideError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    except (ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise GraphideError(f"is not JSON: {error}", where=str(path)) from error
    try:
        return read(found)
    except GraphideError as error:
        raise error.at(str(path)) from None


def _limited(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise GraphideError(f"is larger than {LARGEST >> 30} GiB", where=str(path))
    return path.read_bytes()


def _from_archive(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        inside = next((info for info in archive.infolist() if info.filename.split("/")[-1] == _IN_ARCHIVE), None)
        if inside is None:
            raise GraphideError(f"has no {_IN_ARCHIVE} in it", where=str(path))
        with archive.open(inside) as file:
            data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise GraphideError(f"holds more than {LARGEST >> 30} GiB", where=str(path))
    return data
