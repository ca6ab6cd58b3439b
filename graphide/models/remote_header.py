"""The header of a GGUF file that is still on the hub: enough to know exactly what the model would take of memory.

One answer is read from its beginning and cut off where the header ends, so that a file costs the hub's redirect and one
request for bytes. What is made of the header is `hub_fit`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from graphide.disk import write_atomically
from graphide.errors import GraphideError
from graphide.models.gguf import MAX_HEADER, GgufHeader, read_header
from graphide.models.hub_errors import HubFault, unreachable
from graphide.models.hub_files import HubFile
from graphide.models.transfer import Line
from graphide.models.transfer_feed import Feed

MOST_KEPT = 40
"""Headers of remote files kept in the cache folder; they have up to some ten MB each."""
SECONDS = 30.0
"""How long one header may take."""

_MOMENT = 0.2
_AT_A_TIME = 1 << 20


def remote_header(
    line: Line,
    file: HubFile,
    *,
    repo: str,
    commit: str,
    cache: Path | None = None,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """Return the beginning of a remote file up to the data of its tensors, from the `cache` folder where it is there.

    Raises HubFault, and InferenceFault where the file is not a GGUF file.
    """
    kept = cache / f"{file.sha256}.head" if cache and file.sha256 else None
    if kept is not None:
        with suppress(OSError):
            return kept.read_bytes()
    url = line.url(repo, commit, file.path)
    feed = Feed(lambda: line.open(url, end=min(file.size, MAX_HEADER), repo=repo))
    try:
        arriving = _Arriving(feed, line, clock() + seconds, clock)
        header = header_in(arriving, file)
        head = arriving.up_to(min(header.data_offset, file.size))
    finally:
        feed.close()
    if kept is not None:
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            _make_room(kept.parent)
            write_atomically(kept, head)
    return head


def header_in(source: _Arriving, file: HubFile) -> GgufHeader:
    """Return the header that begins a source; raises InferenceFault that names the file."""
    try:
        return read_header(cast(BinaryIO, source))
    except HubFault:
        raise
    except GraphideError as error:
        raise error.at(f'model file "{file.name}"') from None


class _Arriving:
    """Bytes that are still coming, read like a file; only as many are waited for as are asked for."""

    def __init__(self, feed: Feed, line: Line, until: float, clock: Callable[[], float]) -> None:
        self._feed = feed
        self._line = line
        self._until = until
        self._clock = clock
        self._here = bytearray()
        self._at = 0

    def read(self, size: int) -> bytes:
        piece = self.up_to(self._at + size)[self._at :]
        self._at += len(piece)
        return piece

    def seek(self, offset: int, _whence: int = 1) -> int:
        self._at += offset
        return self._at

    def up_to(self, end: int) -> bytes:
        """Return all bytes before `end`, fewer where there are no more."""
        while len(self._here) < min(end, MAX_HEADER):
            pieces = self._feed.take(_AT_A_TIME, _MOMENT)
            if pieces is None:
                break
            for piece in pieces:
                self._here += piece
            if self._clock() > self._until:
                raise unreachable(self._line.endpoint, "the header of the file did not come in time")
        return bytes(memoryview(self._here)[:end])


def _make_room(folder: Path) -> None:
    found = list(folder.glob("*.head"))
    if len(found) >= MOST_KEPT:
        for path in sorted(found, key=lambda path: path.stat().st_mtime)[: MOST_KEPT // 4]:
            path.unlink()
