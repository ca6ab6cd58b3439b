"""Downloads on lines: how far each one is in numbers, what is wrong with it, and what can be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from graphide.editor.model_list import size_text
from graphide.models.download_job import Job, JobState
from graphide.models.wording import duration, speed

DownloadDo = Literal["pause", "resume", "cancel", "remove"]

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
    `place` counts those that wait for their turn, from 1; 0: it does not wait for that.
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
    place: int = 0

    @property
    def busy(self) -> bool:
        """Whether it is under way or waits for its turn."""
        return self.state not in ("paused", "failed", "done")


@dataclass(frozen=True, slots=True)
class DownloadSum:
    """What is under way together: how many downloads, how far they are (0 to 1), and bytes a second."""

    count: int
    fraction: float
    speed: float

    def __str__(self) -> str:
        return f"{self.count} download{'s' if self.count > 1 else ''} · {self.fraction:.0%}".replace("%", " %")


def rows_of_jobs(jobs: Sequence[Job]) -> tuple[DownloadRow, ...]:
    """Return the lines of all downloads, those that wait for their turn with their place in the queue."""
    waiting = [job.id for job in jobs if job.state == "queued"]
    return tuple(row_of_job(job, waiting.index(job.id) + 1 if job.id in waiting else 0) for job in jobs)


def sum_of(jobs: Iterable[Job]) -> DownloadSum | None:
    """Return what is under way together, None where nothing is."""
    going = [job for job in jobs if not job.ended]
    if not going:
        return None
    size = sum(job.size for job in going)
    return DownloadSum(len(going), sum(job.done for job in going) / max(1, size), sum(job.speed for job in going))


def row_of_job(job: Job, place: int = 0) -> DownloadRow:
    """Return the line of a download."""
    request = job.request
    more = f" and {len(request.files) - 1} more" if len(request.files) > 1 else ""
    problem = f"{job.problem}. {job.hint}" if job.problem and job.hint else job.problem
    return DownloadRow(
        id=job.id, title=f"{job.name}{more}", repo=request.repo, state=job.state,
        fraction=min(1.0, job.done / job.size) if job.size else 0.0, said=progress_text(job, place), problem=problem,
        can=_CAN[job.state], file=request.targets[0].name, path=str(request.targets[0]), place=place,
    )  # fmt: skip


def progress_text(job: Job, place: int = 0) -> str:
    """Return how far a download is, for people: `1.2 GB of 4.7 GB · 8.4 MB/s · 7 min left`."""
    if job.state == "done":
        return f"done · {size_text(job.size)}"
    parts = [f"{size_text(job.done)} of {size_text(job.size)}"]
    if job.state != "downloading":
        parts.insert(0, f"{job.state}, number {place}" if place > 1 else "next" if place else job.state)
    elif job.speed:
        parts.append(speed(job.speed))
        if job.seconds_left is not None:
            parts.append(f"{duration(job.seconds_left)} left")
    return " · ".join(parts)
