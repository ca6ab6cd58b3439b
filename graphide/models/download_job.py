"""A download as a value: what is fetched into which folder and how far it is; and its record, which outlives a restart.

A record is a small JSON file, written whole or not at all. It holds no token, and no progress: that is the size of the
unfinished files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from graphide import paths
from graphide.disk import write_atomically
from graphide.errors import UsageError
from graphide.models.download_part import part_of
from graphide.models.hub_files import HubFile
from graphide.models.hub_spec import is_plain_path, is_repo

JobState = Literal["queued", "downloading", "waiting", "checking", "paused", "done", "failed"]
"""`waiting`: for the hub, until the next try; `checking`: bytes that are here are compared with what was promised."""

BUSY: frozenset[JobState] = frozenset(["downloading", "waiting", "checking"])
INTERRUPTED = "graphide was closed meanwhile"

_FORMAT = 1
_MOST_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Mark:
    """The state in which a file was verified, so that it need not be read again: size, time of change, inode, etag."""

    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to download: files of one commit of a repository, into a folder. Paths in the repository are kept there."""

    repo: str
    commit: str
    files: tuple[HubFile, ...]
    folder: Path

    @property
    def id(self) -> str:
        """What names the download: the same for the same place."""
        return hashlib.sha256(str(self.targets[0]).encode("utf-8", "surrogateescape")).hexdigest()[:12]

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def targets(self) -> tuple[Path, ...]:
        """Where the files will be."""
        return tuple(self.folder / file.path for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A download and how far it is: `done` of `size` bytes, `speed` in bytes a second, `seconds_left` (None: unknown).

    `done` never goes back while a download runs, also when bytes have to come again. `problem` and `hint` say why it
    waits, pauses or failed, or what is odd about a file that is done. `added` is in seconds since 1970.
    """

    request: Request
    state: JobState = "queued"
    done: int = 0
    speed: float = 0.0
    seconds_left: float | None = None
    problem: str = ""
    hint: str = ""
    added: float = 0.0
    marks: tuple[Mark, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """What names the download."""
        return self.request.id

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return self.request.size

    @property
    def name(self) -> str:
        """What to show: the name of the first file."""
        return self.request.files[0].name

    @property
    def ended(self) -> bool:
        """Whether nothing happens any more by itself."""
        return self.state in ("done", "failed", "paused")


def checked(request: Request) -> Request:
    """Return a request whose files can be downloaded; raises UsageError."""
    if not request.files or len(request.files) > _MOST_FILES:
        raise UsageError("a download has at least one file")
    if not is_repo(request.repo) or not request.commit or "/" in request.commit:
        raise UsageError(f'"{request.repo}" at "{request.commit}" is no state of a repository of the hub')
    for file in request.files:
        if not is_plain_path(file.path):
            raise UsageError(f'the repository names a file "{file.path[:80]}", which is not written to a disk')
        if file.size <= 0:
            raise UsageError(f"the hub does not say how large {file.path} is", hint="Try again later")
    if len(set(request.targets)) != len(request.targets):
        raise UsageError("a download has each file once")
    return replace(request, folder=request.folder.absolute())


def bytes_there(request: Request) -> int:
    """Return how many bytes are on the disk already, verified or not."""
    total = 0
    for file, target in zip(request.files, request.targets, strict=True):
        for path in (target, part_of(target)):
            with suppress(OSError):
                total += min(path.stat().st_size, file.size)
                break
    return total


def records_folder() -> Path:
    """Return the folder of the records of this user."""
    return paths.data_folder() / "downloads"


def write_record(folder: Path, job: Job) -> None:
    """Keep what a download needs to go on; raises OSError."""
    request = job.request
    body = {
        "format": _FORMAT,
        "repo": request.repo,
        "commit": request.commit,
        "folder": str(request.folder),
        "files": [asdict(file) for file in request.files],
        "marks": [asdict(mark) for mark in job.marks],
        "state": job.state,
        "problem": job.problem,
        "hint": job.hint,
        "added": job.added,
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{job.id}.json", json.dumps(body, indent=1).encode("ascii"))


def delete_record(folder: Path, job_id: str) -> None:
    """Forget a download."""
    with suppress(OSError):
        (folder / f"{job_id}.json").unlink()


def read_records(folder: Path) -> Iterator[Job]:
    """Yield the downloads that are known, oldest first; a record that cannot be understood is left where it is."""
    found = []
    with suppress(OSError):
        for path in folder.glob("*.json"):
            with suppress(OSError, ValueError, TypeError, KeyError, UsageError):
                found.append(_job(json.loads(path.read_bytes())))
    yield from sorted(found, key=lambda job: job.added)


def _job(body: Any) -> Job:
    """Return the download of a record; one that was under way when the process ended is paused."""
    if body["format"] != _FORMAT or body["state"] not in get_args(JobState):
        raise ValueError("another format")
    files = tuple(HubFile(str(each["path"]), int(each["size"]), str(each["sha256"])) for each in body["files"])
    request = checked(Request(repo=body["repo"], commit=body["commit"], files=files, folder=Path(body["folder"])))
    state, problem, hint = body["state"], str(body["problem"]), str(body["hint"])
    if state in BUSY or state == "queued":
        state, problem, hint = "paused", INTERRUPTED, "Resume it"
    marks = tuple(Mark(**mark) for mark in body["marks"])
    done = request.size if state == "done" else bytes_there(request)
    return Job(
        request=request, state=state, done=done, problem=problem, hint=hint, added=float(body["added"]), marks=marks
    )
