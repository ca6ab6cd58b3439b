"""One file fetched into its part: continued where it stopped, hashed while it comes, tried again when the line breaks.

A generator of steps, so that whoever drives it can stop between any two; it waits for nothing longer than a moment. It
ends with a verified part, which has not got its final name yet.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from graphide.errors import GraphideError, InferenceFault
from graphide.models.download_job import Mark
from graphide.models.download_pace import Pauses, Throttle
from graphide.models.download_part import PartFile, part_of, write_fault
from graphide.models.gguf import read_header
from graphide.models.gguf_check import check_structure
from graphide.models.hub_errors import HubFault
from graphide.models.hub_files import HubFile
from graphide.models.transfer import Answer, Line
from graphide.models.transfer_feed import Feed

MOST_TRIES = 8
"""Tries in a row that bring no byte, after which a download pauses: about four minutes."""

_MOMENT = 0.1
_PIECE = 1 << 20

Doing = Literal["downloading", "waiting", "checking"]


class Step(NamedTuple):
    """What just happened: bytes that came from the hub, or a wait that goes on. `here` is the size of the part.

    `etag`, where it is not "", is what the hub calls the bytes that come now, and is worth remembering.
    """

    doing: Doing
    here: int = 0
    came: int = 0
    problem: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Fetch:
    """What a fetch needs: the file, where it goes, the line to the hub, and how to rest for some seconds."""

    file: HubFile
    target: Path
    url: str
    repo: str
    line: Line
    throttle: Throttle
    rest: Callable[[float], object]
    mark: Mark = Mark()
    first_pause: float = 1.0


def fetch_steps(fetch: Fetch) -> Generator[Step, None, Mark]:
    """Yield steps until the part of a file is complete and verified, and return its mark.

    Raises HubFault, DiskFull, PartBusy, GraphideError, and InferenceFault where the file is no GGUF file. The part is
    kept, except where its bytes were wrong twice.
    """
    there = yield from _already_there(fetch)
    if there is not None:
        return there
    with PartFile(fetch.target) as part:
        part.etag = fetch.mark.etag
        for attempt in (1, 2):
            wrong = yield from _complete(fetch, part)
            yield Step("checking", part.size)
            wrong = wrong or _mismatch(fetch.file, part)
            if not wrong:
                break
            part.empty()
            if attempt == 2:
                part.delete()
                raise HubFault(
                    "damaged",
                    f"{fetch.file.name} came with other bytes than the hub promised, twice: {wrong}",
                    hint="A proxy may change it, or the repository is broken; try later, or another quantisation",
                )
            yield Step("waiting", problem=f"{wrong}; it comes once more")
        part.save()
        yield Step("checking", part.size)
        _check_header(part)
        return _marked(part.path, part.etag)


def _complete(fetch: Fetch, part: PartFile) -> Generator[Step, None, str]:
    """Yield steps until the part has all bytes that the hub gives, and return what is wrong with the hub's file.

    Raises HubFault when the tries are used up.
    """
    for here in part.hash_steps():
        yield Step("checking", here)
    if part.size > fetch.file.size:
        part.empty()
    pauses = Pauses(fetch.first_pause)
    while part.size < fetch.file.size:
        before = part.size
        try:
            wrong = yield from _receive(fetch, part)
            if wrong:
                return wrong
        except HubFault as fault:
            if part.size > before:
                pauses.forget()
            if not fault.passes or pauses.count >= MOST_TRIES:
                raise
            yield from _waiting(fetch, part, pauses.next(fault.retry_after), str(fault))
    return ""


def _receive(fetch: Fetch, part: PartFile) -> Generator[Step, None, str]:
    """Yield steps while one answer comes; return why asking for the rest makes no sense, "" where it does."""
    start, etag, line = part.size, part.etag, fetch.line
    feed = Feed(lambda: line.open(fetch.url, start=start, etag=etag, repo=fetch.repo))
    try:
        answer = yield from _head(fetch, part, feed)
        if answer.status == 416:
            return "the hub has no more bytes of it"
        if answer.total not in (-1, fetch.file.size):
            return f"the hub's file has {answer.total:,} bytes instead of {fetch.file.size:,}"
        if answer.start != start:
            part.empty()
            if answer.start != 0:
                raise HubFault("unreachable", "the hub sent another part of the file than was asked for")
        part.etag = answer.etag
        yield Step("downloading", part.size, etag=answer.etag)
        yield from _body(fetch, part, feed)
        if part.size == start:
            raise HubFault("unreachable", "the hub sent nothing")
        return ""
    finally:
        feed.close()


def _head(fetch: Fetch, part: PartFile, feed: Feed) -> Generator[Step, None, Answer]:
    for _ in _moments(fetch.line.stall + fetch.line.connect):
        if (answer := feed.answer(_MOMENT)) is not None:
            return answer
        yield Step("downloading", part.size)
    raise HubFault("unreachable", "the hub does not answer")


def _body(fetch: Fetch, part: PartFile, feed: Feed) -> Generator[Step, None, None]:
    while True:
        pieces: list[bytes] | None = []
        for _ in _moments(fetch.line.stall):
            pieces = feed.take(fetch.throttle.most(), _MOMENT)
            if pieces != []:
                break
            yield Step("downloading", part.size)
        if pieces is None:
            return
        if not pieces:
            raise HubFault("unreachable", f"no bytes came for {fetch.line.stall:.0f} seconds")
        came = part.append(_within(pieces, fetch.file.size + 1 - part.size))
        yield Step("downloading", part.size, came)
        if part.size > fetch.file.size:
            return
        for pause in _slices(fetch.throttle.spend(came)):
            fetch.rest(pause)
            yield Step("downloading", part.size)


def _waiting(fetch: Fetch, part: PartFile, seconds: float, why: str) -> Iterator[Step]:
    for pause in _slices(seconds):
        yield Step("waiting", part.size, problem=why)
        fetch.rest(pause)


def _already_there(fetch: Fetch) -> Generator[Step, None, Mark | None]:
    """Return the mark of a file that is there and right, or of a part that was verified before; None to fetch it."""
    part = part_of(fetch.target)
    if fetch.mark.size == fetch.file.size and _marked(part, fetch.mark.etag) == fetch.mark:
        return fetch.mark
    if not os.path.lexists(fetch.target):
        return None
    digest, size = hashlib.sha256(), 0
    try:
        with fetch.target.open("rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                yield Step("checking", size)
    except OSError as error:
        raise write_fault(fetch.target, error) from error
    if size == fetch.file.size and fetch.file.sha256 in ("", digest.hexdigest()):
        return _marked(fetch.target, "")
    raise GraphideError(
        "is there already, with other content", where=str(fetch.target), hint="Move it away or rename it, then resume"
    )


def _mismatch(file: HubFile, part: PartFile) -> str:
    """Return how the part differs from what the hub promised, "" where it does not."""
    if part.size != file.size:
        return f"{part.size:,} bytes came instead of {file.size:,}" if part.size <= file.size else "too many bytes came"
    if file.sha256 and part.sha256() != file.sha256:
        return f"the sha256 is {part.sha256()[:12]}… instead of {file.sha256[:12]}…"
    return ""


def odd(path: Path) -> str:
    """Return what is wrong with a model file of which every byte is right, "" for nothing."""
    try:
        fault = check_structure(read_header(path), path.stat().st_size)
    except InferenceFault as error:
        fault = error
    except (GraphideError, OSError):
        return ""
    return f"{fault.message}. {fault.hint}" if fault is not None else ""


def _check_header(part: PartFile) -> None:
    """Refuse a file that is no GGUF file though its bytes are the right ones; what is only too new is kept."""
    try:
        fault = check_structure(read_header(part.path), part.size)
    except InferenceFault as error:
        fault = error
    if fault is not None and fault.kind == "corrupt_file":
        part.delete()
        raise InferenceFault(
            "corrupt_file",
            f"{part.target.name} is broken in the repository itself: it {fault.message}",
            hint="Choose another quantisation or another repository",
        )


def _marked(path: Path, etag: str) -> Mark:
    try:
        state = path.stat()
    except OSError:
        return Mark()
    return Mark(state.st_size, state.st_mtime_ns, state.st_ino, etag)


def _within(pieces: list[bytes], room: int) -> list[bytes]:
    """Return pieces cut after so many bytes: one more than promised is enough to see that they are too many."""
    if sum(map(len, pieces)) <= room:
        return pieces
    return [b"".join(pieces)[:room]]


def _moments(seconds: float) -> range:
    return range(max(1, round(seconds / _MOMENT)))


def _slices(seconds: float) -> Iterator[float]:
    while seconds > 0:
        yield min(seconds, _MOMENT)
        seconds -= _MOMENT
