"""Downloads as commands make them: started, shown while they run, paused by Ctrl-C, and told how to go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graphide.cli import streams
from graphide.cli.bars import amount, chosen_bars
from graphide.cli.interrupt import interruptible
from graphide.cli.render import size
from graphide.errors import EXIT_MODEL, Cancelled, GraphideError, ModelMismatch, ModelMissing
from graphide.graph.quoting import printable
from graphide.workspace import Document, Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from graphide.graph.model import ModelRef
    from graphide.models.download import Downloads
    from graphide.models.download_job import Job, Request
    from graphide.models.hub import Hub


class PullFailed(GraphideError):
    """A download ended without the file."""

    exit_code = EXIT_MODEL


@contextmanager
def open_downloads(hub: Hub, rate: int = 0) -> Iterator[Downloads]:
    """Give the downloads of this user."""
    from graphide.models.download import Downloads
    from graphide.models.library import user_cache

    with Downloads(hub.line, rate=rate, network=hub.network, hashes=user_cache()) as downloads:
        yield downloads


def follow(downloads: Downloads, job: Job, again: str) -> Job:
    """Show a download until it is done, and return it; `again` is the command that goes on with it.

    Raises Cancelled when it is paused by Ctrl-C, and PullFailed when it ended otherwise.
    """
    stop = threading.Event()
    ended = job
    with interruptible(stop), chosen_bars() as bars:
        for ended in downloads.follow(job.id, 0.1):
            bars.show(ended.name, ended.done, ended.size, _note(ended))
            if stop.is_set():
                ended = downloads.pause(job.id)
                break
    if ended.state == "done":
        if ended.problem:
            streams.err(f"warning: {printable(ended.name)}: {printable(ended.problem)}\n")
        return ended
    here = amount(ended.done, ended.size)
    if stop.is_set():
        raise Cancelled(f"the download is paused at {here}", hint=f"Go on with: {again}")
    hint = f"{ended.hint}. {here} are here; go on with: {again}" if ended.state == "paused" else ended.hint
    raise PullFailed(ended.problem or "the download was stopped by another command", where=ended.name, hint=hint)


def pull(hub: Hub, downloads: Downloads, request: Request, again: str) -> Path:
    """Download files and return the path of the first; errors as in `follow`."""
    job = downloads.start(request)
    if job.state != "done":
        streams.err(f"downloading {printable(job.name)}, {size(job.size)}, from {printable(request.repo)}\n")
    follow(downloads, job, again)
    return request.targets[0]


def pull_missing(workspace: Workspace, document: Document, nodes: frozenset[str]) -> None:
    """Download the models that a graph names and that are not on this machine; `nodes` empty: those of all nodes.

    Raises ModelMissing where the graph does not say from where, and what `pull` raises.
    """
    from graphide.models.resolve import resolve

    for ref in _named(workspace, document, nodes):
        try:
            resolve(workspace.library, ref)
        except (ModelMissing, ModelMismatch):
            _pull_ref(workspace, ref)
            resolve(workspace.library, ref)  # what was downloaded is what the graph asks for, or is said not to be


def _named(workspace: Workspace, document: Document, nodes: frozenset[str]) -> Iterator[ModelRef]:
    """Yield the entries of a graph's `models` that its nodes ask for."""
    asked = set[str]()
    for node in document.graph.nodes.values():
        spec = workspace.registry.get(node.type)
        if spec is not None and "model" in spec.settings and (not nodes or node.id in nodes):
            asked.add(str(node.settings.get("model", spec.settings["model"].default)))
    yield from (ref for name, ref in document.graph.models.items() if name in asked)


def _pull_ref(workspace: Workspace, ref: ModelRef) -> None:
    from graphide import paths
    from graphide.cli.hub_opened import open_hub
    from graphide.models.hub_spec import PullSpec, is_repo
    from graphide.models.wanted import SHORTEST_HASH, wanted

    if not is_repo(ref.hub):
        raise ModelMissing(
            f'model file "{ref.file}" is not on this machine, and the graph does not say where it can be had',
            hint="Ask its author for the file, or choose another with --model NAME",
        )
    hub = open_hub()
    repository = hub.repository(ref.hub)
    chosen = wanted(repository, PullSpec(ref.hub, file=ref.file), free=0, sha256=ref.sha256[:SHORTEST_HASH])
    with open_downloads(hub) as downloads:
        request = repository.request(chosen, paths.models_folder())
        pull(hub, downloads, request, "the same command")


def _note(job: Job) -> str:
    if job.state in ("waiting", "checking", "queued"):
        return f"{job.state}: {printable(job.problem)}" if job.problem else job.state
    speed = f"{size(job.speed)}/s" if job.speed else ""
    return f"{speed}, {duration(job.seconds_left)} left" if speed and job.seconds_left is not None else speed


def duration(seconds: float) -> str:
    """Return a time to wait for a person: 40 s, 3 min, 2 h 5 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
