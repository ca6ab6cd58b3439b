"""The downloads of this user: a queue that starts, pauses, resumes and cancels, and says how far each one is.

Each download has a thread while it runs; the queue itself has none. What one file needs is `download_file`; nothing here
knows about windows or terminals: they look at `jobs`, or follow one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from graphide.errors import GraphideError, UsageError
from graphide.models.download_file import Step, odd
from graphide.models.download_job import (
    BUSY,
    INTERRUPTED,
    Job,
    JobState,
    Mark,
    Request,
    bytes_there,
    checked,
    delete_record,
    read_records,
    records_folder,
    write_record,
)
from graphide.models.download_pace import Speedometer, Throttle
from graphide.models.download_part import DiskFull, PartBusy
from graphide.models.download_room import check_room, delete_parts
from graphide.models.download_run import Marked, Run, name_all, run_steps, stopped
from graphide.models.filecache import FileCache
from graphide.models.hub_errors import HubFault, offline
from graphide.models.identity import NO_CACHE
from graphide.models.origins import remember_hashes
from graphide.models.transfer import Line

_CLOSING_SECONDS = 5.0


class Downloads:
    """All downloads of this user. Close it, or use it in a `with`: what runs then is paused and can be resumed later."""

    def __init__(
        self,
        line: Line,
        *,
        records: Path | None = None,
        parallel: int = 2,
        rate: int = 0,
        network: bool = True,
        first_pause: float = 1.0,
        hashes: FileCache = NO_CACHE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the records of earlier downloads; those that were under way are paused.

        `parallel` downloads run at a time, together below `rate` bytes a second (0: no limit). Without `network`
        nothing starts. `first_pause` is the first of the growing pauses between tries, in seconds. `hashes` is told the
        hashes of files that are done, so that the library need not compute them.
        """
        self._line = line
        self._records = records or records_folder()
        self._parallel = parallel
        self._throttle = Throttle(rate)
        self._network = network
        self._first_pause = first_pause
        self._hashes = hashes
        self._clock = clock
        self._changed = threading.Condition()
        self._saving = threading.Lock()
        self._version = 0
        self._closed = False
        self._jobs: dict[str, Job] = {job.id: job for job in read_records(self._records)}
        self._runs: dict[str, Run] = {}
        self._threads: set[threading.Thread] = set()
        self._leaving: dict[str, Run] = {}  # stopped, but their threads are not at their end yet

    def __enter__(self) -> Downloads:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what there is

    def jobs(self) -> tuple[Job, ...]:
        """Return all downloads as they are now, oldest first."""
        with self._changed:
            return tuple(self._now(job) for job in self._jobs.values())

    def job(self, job_id: str) -> Job:
        """Return one download as it is now; raises UsageError."""
        with self._changed:
            return self._now(self._known(job_id))

    @property
    def version(self) -> int:
        """A number that grows whenever a download changes its state (not with every byte)."""
        return self._version

    def wait(self, version: int, seconds: float) -> int:
        """Wait until something changed since `version`, some seconds at most, and return the version now."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, seconds)
            return self._version

    def follow(self, job_id: str, every: float = 0.2) -> Iterator[Job]:
        """Yield a download now and at every change, at least every so many seconds, until it ended or was cancelled."""
        while True:
            version = self._version
            if job_id not in self._jobs:
                return
            yield (job := self.job(job_id))
            if job.ended:
                return
            self.wait(version, every)

    # --- what one can do

    def start(self, request: Request) -> Job:
        """Add a download, or resume the one of the same files; raises UsageError, HubFault where the network is off."""
        request = checked(request)
        if not self._network:
            raise offline()
        with self._changed:
            old = self._jobs.get(request.id)
            if old is not None and old.request.files != request.files:
                if old.id in self._runs or old.id in self._leaving:
                    raise UsageError(f"another file is being downloaded as {old.request.targets[0]}", hint="Cancel it")
                delete_parts(old.request)
                old = None
            if old is None or old.state == "done":
                marks = (Mark(),) * len(request.files)
                old = Job(request=request, added=self._clock(), marks=marks)
            self._put(replace(old, request=request, done=bytes_there(request)))
        return self.resume(request.id)

    def resume(self, job_id: str) -> Job:
        """Let a download go on; nothing happens to one that runs or is done. Raises UsageError, HubFault."""
        if not self._network:
            raise offline()
        with self._changed:
            job = self._known(job_id)
            if job.state not in BUSY and job.state != "done":
                self._put(replace(job, state="queued", problem="", hint=""))
            self._fill()
        self._save(job_id)
        return self.job(job_id)

    def pause(self, job_id: str) -> Job:
        """Stop a download and keep what is there."""
        with self._changed:
            job = self._now(self._known(job_id))
            if job.state in BUSY or job.state == "queued":
                self._stop(job_id)
                self._put(replace(job, state="paused", speed=0.0, seconds_left=None, problem="", hint=""))
                self._fill()
        self._save(job_id)
        return self.job(job_id)

    def cancel(self, job_id: str) -> None:
        """Stop a download, and delete its unfinished files and its record; files that are done stay.

        Raises GraphideError where another process is at work on it.
        """
        with self._changed:
            job = self._known(job_id)
            self._stop(job_id)
            if (run := self._leaving.get(job_id)) is not None:
                run.discard = True
            else:
                delete_parts(job.request)
            del self._jobs[job_id]
            self._touch()
            self._fill()
        self._save(job_id)

    def remove(self, job_id: str) -> None:
        """Forget a download that is done; raises UsageError for another."""
        with self._changed:
            if self._known(job_id).state != "done":
                raise UsageError("the download is not done", hint="Cancel it")
            del self._jobs[job_id]
            self._touch()
        self._save(job_id)

    def set_limits(self, *, parallel: int | None = None, rate: int | None = None) -> None:
        """Change how many downloads run at a time, and their bytes a second together (0: no limit)."""
        with self._changed:
            self._parallel = self._parallel if parallel is None else max(1, parallel)
            if rate is not None:
                self._throttle.set(rate)
            self._fill()

    def close(self) -> None:
        """Pause what runs, so that it can be resumed by the next start of graphide."""
        with self._changed:
            self._closed = True
            stopped = [job for job in map(self._now, self._jobs.values()) if job.state in BUSY or job.state == "queued"]
            for job in stopped:
                self._stop(job.id)
                self._put(
                    replace(job, state="paused", speed=0.0, seconds_left=None, problem=INTERRUPTED, hint="Resume it")
                )
            threads = list(self._threads)
        for job in stopped:
            self._save(job.id)
        until = time.monotonic() + _CLOSING_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._line.close()

    # --- within the lock

    def _known(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise UsageError(f'there is no download "{job_id}"')
        return self._jobs[job_id]

    def _now(self, job: Job) -> Job:
        """Return a download with what its thread has seen."""
        run = self._runs.get(job.id)
        return run.shown(job) if run else job

    def _put(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._touch()

    def _touch(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _fill(self) -> None:
        """Start what waits while there is a place."""
        for job in list(self._jobs.values()):
            if self._closed or len(self._runs) >= self._parallel:
                return
            if job.state == "queued" and job.id not in self._runs and job.id not in self._leaving:
                run = self._runs[job.id] = Run(Speedometer(), seen=job.done)
                # A daemon: a program that forgets to close its downloads can end; their parts outlive anything.
                thread = threading.Thread(target=self._work, args=(job, run), name=f"download {job.id}", daemon=True)
                self._threads.add(thread)
                thread.start()
                self._touch()

    def _stop(self, job_id: str) -> None:
        run = self._runs.pop(job_id, None)
        if run is not None:
            self._leaving[job_id] = run
            run.stop.set()

    # --- in the thread of a download

    def _work(self, job: Job, run: Run) -> None:
        ended: Job | None = None  # stays that only where somebody stopped it, or for a fault of our own
        try:
            ended = self._fetched(job, run)
        except DiskFull as full:
            ended = stopped(job, "paused", full)
        except HubFault as fault:
            ended = stopped(job, "paused" if fault.passes else "failed", fault)
        except GraphideError as error:
            ended = stopped(job, "failed", error)
        finally:
            self._leave(job, run, ended)
            self._threads.discard(threading.current_thread())

    def _fetched(self, job: Job, run: Run) -> Job | None:
        """Fetch all files and give them their names; None where the download was stopped."""
        with self._changed:
            beside = [self._jobs[each].request for each in self._runs if each != job.id]
        check_room(job.request, beside)
        with closing(run_steps(job, run, self._line, self._throttle, self._first_pause)) as steps:
            for made in steps:
                if isinstance(made, Marked):
                    self._mark(job.id, run, made)
                else:
                    self._note(run, made)
                if run.stop.is_set():
                    return None
        name_all(job.request)
        remember_hashes(job, self._hashes)
        return replace(job, state="done", done=job.size, problem=odd(job.request.targets[0]), hint="")

    def _note(self, run: Run, step: Step) -> None:
        if (step.doing, step.problem) == (run.state, run.problem):
            run.note(step)
            return
        with self._changed:
            run.note(step)
            self._touch()

    def _mark(self, job_id: str, run: Run, made: Marked) -> None:
        with self._changed:
            if self._runs.get(job_id) is not run:
                return
            job = self._jobs[job_id]
            marks = (*job.marks[: made.number], made.mark, *job.marks[made.number + 1 :])
            self._jobs[job_id] = replace(job, marks=marks)
        self._save(job_id)

    def _leave(self, job: Job, run: Run, ended: Job | None) -> None:
        """Put down how a download ended, unless somebody stopped it, and let the next one begin.

        The record comes first: who sees that a file is here asks the records where it is from.
        """
        last = self._last(job, run, ended)
        if last is not None:
            self._write(last)
        with self._changed:
            if last is not None and self._runs.get(job.id) is run:
                del self._runs[job.id]
                self._put(last)
            else:
                last = None
                del self._leaving[job.id]
                if run.discard:
                    with suppress(GraphideError):
                        delete_parts(job.request)
            self._fill()
            self._changed.notify_all()
        if last is None:
            self._save(job.id)

    def _last(self, job: Job, run: Run, ended: Job | None) -> Job | None:
        """Return a download as its thread leaves it, None where somebody stopped it."""
        with self._changed:
            if self._runs.get(job.id) is not run:
                return None
            ended = ended or replace(job, state="failed", problem="a fault of graphide itself", hint="Resume it")
            done = job.size if ended.state == "done" else bytes_there(job.request)
            return replace(ended, marks=self._jobs[job.id].marks, done=done)

    def _write(self, job: Job) -> None:
        """Write the record of a download. A disk that does not take it costs only the resuming later."""
        with self._saving, suppress(OSError):
            write_record(self._records, job)

    def _save(self, job_id: str) -> None:
        """Write the record of a download as it is now, or delete that of one that is no more."""
        with self._saving, suppress(OSError):
            with self._changed:
                job = self._jobs.get(job_id)
            if job is None:
                delete_record(self._records, job_id)
            else:
                write_record(self._records, job)


__all__ = ["Downloads", "Job", "JobState", "PartBusy", "Request"]
