"""Where a model file came from on the hub, and which hash it should have: told by our downloads and by the hub's cache.

Nothing is asked of the network. A file that was copied into a folder by hand has no origin.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphide.errors import GraphideError
from graphide.models.download_job import Job, read_records, records_folder
from graphide.models.filecache import FileCache
from graphide.models.identity import file_key
from graphide.models.scan import unsplit

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPOSITORY, _SNAPSHOTS = "models--", "snapshots"


class Origin(NamedTuple):
    """A file of a repository: its path there at a commit, and its sha256 ("" where that is not known)."""

    repo: str
    commit: str
    file: str
    sha256: str = ""

    def __str__(self) -> str:
        return f"{self.repo} at {self.commit[:12]}"


def origins_of(paths: Sequence[Path], records: Path | None = None) -> tuple[Origin | None, ...]:
    """Return the origin of each file, None where it is not known; `records` is the folder of our downloads' records."""
    downloaded = _downloaded(records or records_folder())
    return tuple(downloaded.get(path) or _cached(path) for path in paths)


def remember_hashes(job: Job, cache: FileCache) -> None:
    """Keep the hashes of files that a download has just verified, so that they are not read again.

    Those of a split model stay unknown: its hash is that of all parts together, which the hub does not name.
    """
    for file, target in zip(job.request.files, job.request.targets, strict=True):
        if file.sha256 and unsplit(target.stem) == target.stem:
            with suppress(GraphideError):  # deleted a moment after it came
                cache.remember_sha256(file_key([target]), file.sha256)


def _downloaded(records: Path) -> Mapping[Path, Origin]:
    found: dict[Path, Origin] = {}
    for job in read_records(records):
        if job.state == "done":
            request = job.request
            for file, target in zip(request.files, request.targets, strict=True):
                found[target] = Origin(request.repo, request.commit, file.path, file.sha256)
    return found


def _cached(path: Path) -> Origin | None:
    """Return what the place of a file in the hub's cache says: folders have names, and the bytes lie under their hash."""
    names = path.parts
    for index in range(len(names) - 3, 0, -1):
        if names[index] == _SNAPSHOTS and names[index - 1].startswith(_REPOSITORY):
            repo = names[index - 1].removeprefix(_REPOSITORY).replace("--", "/")
            bytes_at = os.path.basename(os.path.realpath(path))
            sha256 = bytes_at if _SHA256.fullmatch(bytes_at) else ""
            return Origin(repo, names[index + 1], "/".join(names[index + 2 :]), sha256)
    return None
