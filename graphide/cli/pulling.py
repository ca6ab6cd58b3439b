"""Downloads as commands make them: started, shown while they run, paused by Ctrl-C, and told how to go on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from graphide.cli import streams
from graphide.cli.bars import chosen_bars
from graphide.cli.interrupt import interruptible
from graphide.errors import EXIT_MODEL, Cancelled, GraphideError, ModelMismatch, ModelMissing
from graphide.graph.quoting import printable
from graphide.models.opening import open_downloads, open_hub
from graphide.models.wording import amount, duration, size
from graphide.workspace import Document, Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from graphide.graph.model import ModelRef
    from graphide.models.download import Downloads
    from graphide.models.download_job import Job, Request


class PullFailed(GraphideError):
    """A download ended without the file."""

    exit_code = EXIT_MODEL


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


def pull(downloads: Downloads, request: Request, again: str) -> Path:
    """Download files and return the path of the first; errors as in `follow`."""
    job = downloads.start(request)
    if job.state != "done":
        streams.err(f"downloading {printable(job.name)}, {size(job.size)}, from {printable(request.repo)}\n")
    follow(downloads, job, again)
    return request.targets[0]


def pull_missing(workspace: Workspace, document: Document, nodes: frozenset[str]) -> None:
    """Download the models that a graph and the graphs inside it name and that are not on this machine.

    `nodes` are those that will run, empty: all. Raises ModelMissing where the graph does not say from where, and what `pull` raises.
    """
    from graphide.models.asked import refs_asked
    from graphide.models.resolve import resolve

    asked = refs_asked(
        document.graph, workspace.registry, workspace.inside(document), nodes=nodes, servers=workspace.settings.servers
    )
    for ref in asked:
        try:
            resolve(workspace.library, ref)
        except (ModelMissing, ModelMismatch):
            _pull_ref(workspace, ref)
            resolve(workspace.library, ref)  # what was downloaded is what the graph asks for, or is said not to be


def _pull_ref(workspace: Workspace, ref: ModelRef) -> None:
    from graphide import paths
    from graphide.models.hub_spec import PullSpec, is_repo
    from graphide.models.wanted import SHORTEST_HASH, wanted

    if not is_repo(ref.hub):
        raise ModelMissing(
            f'model file "{ref.file}" is not on this machine, and the graph does not say where it can be had',
            hint="Ask its author for the file, or choose another with --model NAME",
        )
    hub = open_hub(workspace.settings)
    repository = hub.repository(ref.hub)
    chosen = wanted(repository, PullSpec(ref.hub, file=ref.file), free=0, sha256=ref.sha256[:SHORTEST_HASH])
    with open_downloads(hub, workspace.settings) as downloads:
        pull(downloads, repository.request(chosen, paths.models_folder()), "the same command")


def _note(job: Job) -> str:
    if job.state in ("waiting", "checking", "queued"):
        return f"{job.state}: {printable(job.problem)}" if job.problem else job.state
    rate = f"{size(job.speed)}/s" if job.speed else ""
    return f"{rate}, {duration(job.seconds_left)} left" if rate and job.seconds_left is not None else rate
