"""What tests of downloads share: a repository on a fake hub, a request for it, and downloads that try again quickly."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from graphide.models.download import Downloads
from graphide.models.download_job import Job, Request
from graphide.models.hub import Hub
from graphide.models.transfer import Line
from tests.support.fake_hub import TOKEN, FakeHub, gguf_of_size

REPO, FILE = "ada/tiny-GGUF", "tiny-Q4_K_M.gguf"
SIZE = 3_000_000


def content(seed: int = 1, size: int = SIZE) -> bytes:
    """Return the file of the repository."""
    return gguf_of_size(size, seed)


def request(hub: FakeHub, folder: Path, repo: str = REPO, file: str = FILE, *, token: str = TOKEN) -> Request:
    """Return the download of a file that is on the hub, as the real listing gives it."""
    found = Hub(endpoint=hub.url, token=lambda: token, cache=folder / "answers").repository(repo)
    chosen = next(each for each in (*found.files.quantisations, *found.files.projectors) if each.file == file)
    return found.request(chosen, folder / "models")


def downloads(hub: FakeHub, folder: Path, *, token: str = TOKEN, stall: float = 5.0, **options: object) -> Downloads:
    """Return the downloads with their records below a folder."""
    line = Line(hub.url, lambda: token, stall=stall, connect=2.0)
    options.setdefault("first_pause", 0.01)
    return Downloads(line, records=folder / "records", **options)  # type: ignore[arg-type]


def ended(found: Downloads, job: Job) -> Job:
    """Return a download when it has ended."""
    return list(found.follow(job.id, every=0.01))[-1]


def threads_of(job: Job) -> list[threading.Thread]:
    """Return the threads that work on a download."""
    return [thread for thread in threading.enumerate() if thread.name == f"download {job.id}"]


def seconds_until_quiet(job: Job, began: float) -> float:
    """Return how long after `began` the last thread of a download ended."""
    for thread in threads_of(job):
        thread.join(10)
        assert not thread.is_alive()
    return time.monotonic() - began


def wait_until(true: object, seconds: float = 10.0) -> None:
    """Wait until a function returns something true."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
