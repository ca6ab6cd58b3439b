"""A process that downloads, for tests that kill it or take the room from it.

    python -m tests.support.pull_process HUB_URL FOLDER [--resume] [--largest BYTES]

It starts the download of the shared repository into FOLDER (or resumes the only one that is recorded there), prints each
state that it passes through, and ends with it. With `--largest` the system lets it write no larger file.
"""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path

from graphide.models.download import Downloads
from graphide.models.download_job import Request
from graphide.models.hub import Hub
from graphide.models.transfer import Line
from tests.support.downloading import REPO


def main() -> None:
    """Download."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--largest", type=int)
    given = parser.parse_args()
    if given.largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.largest, given.largest))
    with Downloads(Line(given.url), records=given.folder / "records", first_pause=0.01) as downloads:
        if given.resume:
            (job,) = downloads.jobs()
            say(job.state, job.done, job.problem)
            started = downloads.resume(job.id)
        else:
            started = downloads.start(wanted(given.url, given.folder))
        for job in downloads.follow(started.id, every=0.02):
            say(job.state, job.done, job.problem)


def wanted(url: str, folder: Path) -> Request:
    """Return the download of the shared repository."""
    found = Hub(endpoint=url, cache=folder / "answers").repository(REPO)
    return found.request(found.files.quantisations[0], folder / "models")


def say(*what: object) -> None:
    """Print one line of JSON."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
