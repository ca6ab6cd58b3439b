"""The downloads of this user as the window shows them: lines with progress, and what can be done with each.

The queue itself is `graphide.models.download`; it is opened, asked and told in threads, and followed by one while there is
a window. What is done is remembered with its hash, so that nothing reads it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from graphide.editor.model_list import size_text
from graphide.editor.model_tasks import Tasks
from graphide.errors import Cancelled, GraphideError
from graphide.models.download import Downloads
from graphide.models.download_job import Job, JobState, Request

DownloadDo = Literal["pause", "resume", "cancel", "remove"]

_BUSY_SECONDS: Final = 0.2  # between looks at bytes that arrive
_IDLE_SECONDS: Final = 2.0  # the longest that an ended window leaves its thread behind
_KEY: Final = "downloads"
_CAN: Final[dict[JobState, tuple[DownloadDo, ...]]] = {
    "queued": ("pause", "cancel"),
    "downloading": ("pause", "cancel"),
    "waiting": ("pause", "cancel"),
    "checking": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
    "failed": ("resume", "cancel"),
    "done": ("remove",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRow:
    """One line: `fraction` of 0 to 1, `said` what is going on with numbers, `problem` with what to do about it.

    `can` is what can be done with it, the usual first; `file` is the name that a model field gets, `path` where it is.
    """

    id: str
    title: str
    repo: str
    state: JobState
    fraction: float
    said: str
    problem: str = ""
    can: tuple[DownloadDo, ...] = ()
    file: str = ""
    path: str = ""


def row_of_job(job: Job) -> DownloadRow:
    """Return the line of a download."""
    request = job.request
    more = f" and {len(request.files) - 1} more" if len(request.files) > 1 else ""
    problem = f"{job.problem}. {job.hint}" if job.problem and job.hint else job.problem
    return DownloadRow(
        id=job.id, title=f"{job.name}{more}", repo=request.repo, state=job.state,
        fraction=min(1.0, job.done / job.size) if job.size else 0.0, said=progress_text(job), problem=problem,
        can=_CAN[job.state], file=request.targets[0].name, path=str(request.targets[0]),
    )  # fmt: skip


def progress_text(job: Job) -> str:
    """Return how far a download is, for people: `1.2 GB of 4.7 GB · 8.4 MB/s · 7 min left`."""
    if job.state == "done":
        return f"done · {size_text(job.size)}"
    parts = [f"{size_text(job.done)} of {size_text(job.size)}"]
    if job.state != "downloading":
        parts.insert(0, job.state)
    elif job.speed:
        parts.append(f"{speed_text(job.speed)}/s")
        if job.seconds_left is not None:
            parts.append(f"{time_text(job.seconds_left)} left")
    return " · ".join(parts)


def speed_text(speed: float) -> str:
    """Return bytes a second with one digit behind the point from a megabyte on, because they are read while they change."""
    return f"{speed / 1e6:.1f} MB" if 1e6 <= speed < 1e9 else size_text(round(speed))


def time_text(seconds: float) -> str:
    """Return a time to wait: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class DownloadList:
    """The lines of all downloads, None before they are known. Everything is asked for in the session's thread.

    `open` gives the queue of this user; `finished` is called with each download that is done while one looks on.
    """

    def __init__(self, tasks: Tasks, open: Callable[[], Downloads], finished: Callable[[Job], None]) -> None:
        self._tasks = tasks
        self._open = open
        self._finished = finished
        self._downloads: Downloads | None = None
        self._opening = threading.Lock()
        self._closed = threading.Event()
        self._follower: threading.Thread | None = None
        self.rows: tuple[DownloadRow, ...] | None = None
        self.problem = ""

    @property
    def busy(self) -> int:
        """How many downloads are under way or wait for their turn."""
        return sum(row.state not in ("paused", "failed", "done") for row in self.rows or ())

    def look(self) -> None:
        """Open the queue, and follow it from now on."""
        self._do(lambda: None)

    def start(self, request: Request) -> None:
        """Download something, or go on with it."""
        self._do(lambda: self._opened().start(request))

    def do(self, what: DownloadDo, job_id: str) -> None:
        """Pause, resume, cancel (what is not done yet is deleted) or forget a download."""
        self._do(lambda: getattr(self._opened(), what)(job_id))

    def resume_all(self) -> None:
        """Go on with everything that a restart interrupted or that was paused."""
        for row in self.rows or ():
            if row.state == "paused":
                self.do("resume", row.id)

    def close(self) -> None:
        """Pause what runs; the next start can go on with it."""
        self._closed.set()
        with self._opening:
            downloads, self._downloads = self._downloads, None
        if downloads is not None:
            downloads.close()

    def _do(self, what: Callable[[], object]) -> None:
        def work(_: threading.Event) -> tuple[Job, ...]:
            downloads = self._opened()
            what()
            return downloads.jobs()

        def then(jobs: tuple[Job, ...]) -> None:
            self.problem = ""
            self._show(jobs)

        self._tasks.begin(_KEY, work, then, self._failed)

    def _failed(self, sentence: str) -> None:
        self.problem = sentence

    def _show(self, jobs: tuple[Job, ...]) -> None:
        self.rows = tuple(map(row_of_job, jobs))

    # --- in threads

    def _opened(self) -> Downloads:
        with self._opening:
            if self._closed.is_set():
                raise Cancelled("the window was closed")
            if self._downloads is None:
                self._downloads = self._open()
                self._follower = threading.Thread(
                    target=self._follow, args=(self._downloads,), name="models following", daemon=True
                )
                self._follower.start()
            return self._downloads

    def _follow(self, downloads: Downloads) -> None:
        """Tell of every change, several times a second while bytes arrive and not at all while nothing happens."""
        shown = downloads.jobs()
        done = {(job.id, job.added) for job in shown if job.state == "done"}
        while not self._closed.is_set():
            version, jobs = downloads.version, downloads.jobs()
            if jobs != shown:
                shown = jobs
                self._tasks.post(partial(self._show, jobs), key=_KEY)
            for job in jobs:
                if job.state == "done" and (job.id, job.added) not in done:
                    done.add((job.id, job.added))
                    self._done(downloads, job)
            busy = any(not job.ended for job in jobs)
            downloads.wait(version, _BUSY_SECONDS if busy else _IDLE_SECONDS)

    def _done(self, downloads: Downloads, job: Job) -> None:
        with suppress(GraphideError):  # taken off the list meanwhile
            # Nothing to pause, but its record is written when this returns: the library reads there where a file is from.
            downloads.pause(job.id)
        self._tasks.post(partial(self._finished, job))
