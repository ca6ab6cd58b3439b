"""What the thread of a download has seen so far, and how others stop it. The thread itself is started by `download`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from graphide.models.download_file import Step
from graphide.models.download_job import Job, JobState
from graphide.models.download_pace import Speedometer


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
