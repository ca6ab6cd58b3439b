"""`graphide models pull`: models from the hub, by name, by hash, or the one that suits this machine."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphide import paths
from graphide.cli import streams
from graphide.cli.hub_opened import say_age, users_settings
from graphide.cli.models_shown import format_option, print_json
from graphide.cli.pulling import PullFailed, follow, pull as pull_files
from graphide.cli.render import error_text
from graphide.errors import EXIT_OK, Cancelled, UsageError
from graphide.graph.quoting import printable
from graphide.models.opening import open_downloads, open_hub
from graphide.models.wording import size

if TYPE_CHECKING:
    from graphide.models.download import Downloads
    from graphide.models.download_job import Job
    from graphide.models.hub import Hub

_AGAIN = "graphide models pull"
_RATE = re.compile(r"(\d{1,9}(?:\.\d+)?) ?([kMG]?)B?(?:/s)?", re.ASCII | re.IGNORECASE)
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


@click.command("pull", short_help="Download a model from the hub.")
@click.argument("spec", required=False, metavar="[OWNER/REPO[:QUANTISATION|FILE][@REVISION]]")
@click.option("--sha256", default="", metavar="HEX", help="Only the file with this hash, whatever it is called there.")
@click.option("--projector", is_flag=True, help="With it, the file that adds pictures or sound to the model.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Not into graphide's own folder.")
@click.option("--rate", default="", metavar="5MB", help="At most so many bytes a second.")
@click.option("--cancel", is_flag=True, help="Give up unfinished downloads (of OWNER/REPO, if named), and delete them.")
@format_option
def pull(
    spec: str | None, sha256: str, projector: bool, folder: Path | None, rate: str, cancel: bool, format_: str
) -> int:
    """Download a model from Hugging Face, and print the path of its file.

    Without a quantisation or file, the one that suits this machine is taken. Every file is compared with the hash that
    the hub names before it gets its name. Ctrl-C pauses; the same command goes on with the bytes that are still missing.
    Without OWNER/REPO, all unfinished downloads go on.
    """
    settings = users_settings()
    hub = open_hub(settings)
    with open_downloads(hub, settings, rate=_bytes(rate)) as downloads:
        if cancel:
            return _cancel(downloads, spec)
        if spec is None and (sha256 or projector or folder):
            raise UsageError("names no repository", hint=f"Write: {_AGAIN} OWNER/REPO")
        try:
            if spec is None:
                return _go_on(downloads, format_)
            return _pull(hub, downloads, spec, sha256, projector, folder or paths.models_folder(), format_)
        except Cancelled as paused:  # what was asked for, not an error
            streams.err(f"{paused}\n")
            return paused.exit_code


def _pull(hub: Hub, downloads: Downloads, text: str, sha256: str, projector: bool, folder: Path, format_: str) -> int:
    from graphide.models.hub_spec import parse_spec
    from graphide.models.memory import host_memory
    from graphide.models.wanted import projector_for, wanted

    spec = parse_spec(text)
    found = hub.repository(spec.repo, spec.revision)
    say_age(found.old)
    chosen = wanted(found, spec, free=host_memory().free, sha256=sha256)
    with_it = projector_for(found) if projector else None
    request = found.request(chosen, folder.absolute(), projector=with_it)
    path = pull_files(downloads, request, f"{_AGAIN} {printable(text)}")
    _done(path, downloads.job(request.id), format_)
    return EXIT_OK


def _done(path: Path, job: Job, format_: str) -> None:
    if format_ == "json":
        request = job.request
        files = [
            {**asdict(file), "path": str(target), "hub_path": file.path}
            for file, target in zip(request.files, request.targets, strict=True)
        ]
        print_json({"path": str(path), "repo": request.repo, "commit": request.commit, "files": files})
    else:
        streams.out(f"{printable(str(path))}\n")
    streams.err(f"{printable(path.name)} is here, and is what the hub promised ({size(job.size)})\n")


def _go_on(downloads: Downloads, format_: str) -> int:
    """Go on with everything that is unfinished, one after the other; what fails does not keep the others back."""
    unfinished = [job for job in downloads.jobs() if job.state != "done"]
    code = EXIT_OK
    for job in unfinished:
        try:
            done = follow(downloads, downloads.resume(job.id), _AGAIN)
        except PullFailed as error:
            streams.err(error_text(error))
            code = error.exit_code
        else:
            _done(done.request.targets[0], done, format_)
    if not unfinished:
        streams.err("There are no unfinished downloads\n")
    return code


def _cancel(downloads: Downloads, text: str | None) -> int:
    from graphide.models.hub_spec import parse_spec

    repo = parse_spec(text).repo if text else ""
    unfinished = [job for job in downloads.jobs() if job.state != "done" and repo in ("", job.request.repo)]
    for job in unfinished:
        downloads.cancel(job.id)
        streams.err(f"{printable(job.name)} was given up; {size(job.done)} are free again\n")
    if not unfinished:
        streams.err("There are no such unfinished downloads\n")
    return EXIT_OK


def _bytes(text: str) -> int:
    """Return a number of bytes a second that is written like 5MB or 800k, 0 for ""; raises UsageError."""
    if not text:
        return 0
    found = _RATE.fullmatch(text.strip())
    rate = int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
    if not rate:
        raise UsageError(
            f'"{text}" is not a number of bytes a second', where="--rate", hint="Write it like 5MB or 800k"
        )
    return rate
