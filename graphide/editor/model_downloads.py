"""The downloads of this user as the window has them: followed while there is a window, and told what to do.

The queue itself is `graphide.models.download`; it is opened, asked and told in threads. What its lines say is
`model_download_rows`. What is done is remembered with its hash, so that nothing reads it again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from graphide.disk import try_lock
from graphide.editor.model_download_rows import DownloadDo, DownloadRow, DownloadSum, rows_of_jobs, sum_of
from graphide.editor.model_tasks import Tasks
from graphide.errors import Cancelled
from graphide.models.download import Downloads
from graphide.models.download_job import INTERRUPTED, Job, Request
from graphide.models.download_part import part_of
from graphide.models.hub_errors import HubFault

_BUSY_SECONDS: Final = 0.2  # between looks at bytes that arrive
_IDLE_SECONDS: Final = 2.0  # the longest that an ended window leaves its thread behind
_KEY: Final = "downloads"


class DownloadList:
    """The lines of all downloads, None before they are known. Everything is asked for in the session's thread.

    `open` gives the queue of this user; `finished` is called with each download that is done while one looks on, and
    `broke` with each that ended otherwise by itself.
    """

    def __init__(
        self,
        tasks: Tasks,
        open: Callable[[], Downloads],
        finished: Callable[[Job], None],
        broke: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self._tasks = tasks
        self._open = open
        self._finished = finished
        self._broke = broke
        self._downloads: Downloads | None = None
        self._opening = threading.Lock()
        self._closed = threading.Event()
        self._follower: threading.Thread | None = None
        self.rows: tuple[DownloadRow, ...] | None = None
        self.total: DownloadSum | None = None
        self.problem = ""

    @property
    def busy(self) -> int:
        """How many downloads are under way or wait for their turn."""
        return sum(row.busy for row in self.rows or ())

    def row(self, job_id: str) -> DownloadRow | None:
        """Return the line of a download, None where it is not known."""
        return next((row for row in self.rows or () if row.id == job_id), None)

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

    def go_on(self, then: Callable[[int], None]) -> None:
        """Resume what the end of graphide interrupted and nobody else is at; tell how many those were."""

        def work(_: threading.Event) -> tuple[int, tuple[Job, ...]]:
            downloads = self._opened()
            found = [job for job in downloads.jobs() if job.problem == INTERRUPTED and is_free(job.request)]
            try:
                for job in found:
                    downloads.resume(job.id)
            except HubFault:  # the network is switched off: they wait
                found = []
            return len(found), downloads.jobs()

        def shown(done: tuple[int, tuple[Job, ...]]) -> None:
            self._show(done[1])
            then(done[0])

        self._tasks.begin(_KEY, work, shown, self._failed)

    def first(self, job_id: str) -> None:
        """Let a download that waits be the next one: one that runs gives it its place, and waits in turn."""
        self._do(lambda: _put_first(self._opened(), job_id))

    def set_limits(self, *, parallel: int, rate: int) -> None:
        """Change how many run at a time, and their bytes a second together (0: no limit), where the queue is open."""
        if self._downloads is not None:
            self._do(lambda: self._opened().set_limits(parallel=parallel, rate=rate))

    def begin_anew(self) -> None:
        """Let go of the queue, because there is another hub, and go on with what was under way."""
        with self._opening:
            old, self._downloads = self._downloads, None
        if old is not None:
            self._tasks.begin(_KEY, lambda _: old.close(), lambda _: self.go_on(lambda _: None), self._failed)

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
        self.rows, self.total = rows_of_jobs(jobs), sum_of(jobs)

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
        going = {job.id for job in shown if not job.ended}
        while not self._closed.is_set() and self._downloads is downloads:
            version, jobs = downloads.version, downloads.jobs()
            if jobs != shown:
                shown = jobs
                self._tasks.post(partial(self._show, jobs), key=_KEY)
            for job in jobs:
                if job.state == "done" and (job.id, job.added) not in done:
                    done.add((job.id, job.added))
                    self._tasks.post(partial(self._finished, job))
                if job.id in going and job.state in ("failed", "paused") and job.problem:
                    self._tasks.post(partial(self._broke, job))
            going = {job.id for job in jobs if not job.ended}
            busy = any(not job.ended for job in jobs)
            downloads.wait(version, _BUSY_SECONDS if busy else _IDLE_SECONDS)


def _put_first(downloads: Downloads, job_id: str) -> None:
    """Let a download that waits have the place of one that runs; raises UsageError, HubFault."""
    jobs = downloads.jobs()
    waiting = [job for job in jobs if job.state == "queued" and job.id != job_id]
    running = [job for job in jobs if not job.ended and job.state != "queued"]
    if not any(job.id == job_id and job.state == "queued" for job in jobs):
        return
    aside = [*waiting, *running[-1:]]
    for job in aside:  # so that nothing else takes the place as it becomes free
        downloads.pause(job.id)
    for job in aside:
        downloads.resume(job.id)


def is_free(request: Request) -> bool:
    """Return whether no other process is at work on a download: its unfinished files are locked by nobody."""
    for target in request.targets:
        try:
            descriptor = os.open(part_of(target), os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        except OSError:
            continue
        try:
            if not try_lock(descriptor):
                return False
        finally:
            os.close(descriptor)
    return True
