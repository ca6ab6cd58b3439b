"""The work of one download: all its files fetched one after the other and then named together, and what was seen meanwhile.

It is done in a thread that `download` starts; others look at the `Run` and stop it there.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from graphide.errors import GraphideError
from graphide.models.download_file import Fetch, Step, fetch_steps
from graphide.models.download_job import Job, JobState, Mark, Request
from graphide.models.download_pace import Speedometer, Throttle
from graphide.models.download_part import finish, part_of
from graphide.models.transfer import Line


@dataclass(slots=True)
class Run:
    """A thread at work on a download, and what it has seen so far. Written by that thread, read by all."""

    speed: Speedometer
    stop: threading.Event = field(default_factory=threading.Event)
    discard: bool = False
    here: int = 0  # bytes there
    seen: int = 0  # the most that were shown
    before: int = 0  # of the files before the present one
    state: JobState = "checking"
    problem: str = ""

    def note(self, step: Step) -> None:
        """Take down what happened."""
        if step.came:
            self.speed.add(step.came)
        self.here = self.before + step.here
        self.seen = max(self.seen, self.here)
        self.state, self.problem = step.doing, step.problem

    def shown(self, job: Job) -> Job:
        """Return the download as it is now."""
        speed = self.speed.speed()
        left = (job.size - self.here) / speed if speed else None
        return replace(job, state=self.state, problem=self.problem, done=self.seen, speed=speed, seconds_left=left)


class Marked(NamedTuple):
    """What is worth remembering of a file of a download, by its place in the request."""

    number: int
    mark: Mark


def run_steps(
    job: Job, run: Run, line: Line, throttle: Throttle, first_pause: float
) -> Generator[Step | Marked, None, None]:
    """Yield what happens while the files of a download are fetched into their parts; raises what `fetch_steps` raises."""
    request = job.request
    for number, (file, target, mark) in enumerate(zip(request.files, request.targets, job.marks, strict=True)):
        url = line.url(request.repo, request.commit, file.path)
        fetch = Fetch(file, target, url, request.repo, line, throttle, run.stop.wait, mark, first_pause)
        yield Marked(number, (yield from _noting(fetch, number)))
        run.before += file.size


def _noting(fetch: Fetch, number: int) -> Generator[Step | Marked, None, Mark]:
    """Yield the steps of one file, and after each that names the bytes a mark with that name."""
    steps = fetch_steps(fetch)
    try:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                mark: Mark = end.value
                return mark
            yield step
            if step.etag:
                yield Marked(number, Mark(etag=step.etag))
    finally:
        steps.close()


def name_all(request: Request) -> None:
    """Give the verified parts of a download their names; raises GraphideError."""
    for target in request.targets:
        if part_of(target).exists():
            finish(target)


def stopped(job: Job, state: JobState, error: GraphideError) -> Job:
    """Return a download that an error ended."""
    problem = f"{error.where}: {error.message}" if error.where else error.message
    return replace(job, state=state, problem=problem, hint=error.hint)
