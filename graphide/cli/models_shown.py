"""How models are printed: as rows for people, as JSON for programs. What is found is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import streams
from graphide.cli.render import table
from graphide.cli.report import dumps
from graphide.graph.quoting import printable
from graphide.models.wording import amount, context, quantity, size

if TYPE_CHECKING:
    from graphide.models.download_job import Job
    from graphide.models.library import LibraryModel, Scan
    from graphide.models.origins import Origin
    from graphide.models.places import Place

SCHEMA = 1
_HEAD = ("name", "size", "type", "parameters", "context", "folder")

format_option = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How it is printed."
)


def print_json(body: Mapping[str, Any]) -> None:
    """Print one JSON object with the schema of these commands."""
    streams.out(dumps({"schema": SCHEMA, **body}) + "\n")


def print_scan(found: Scan, aliases: Mapping[str, str], lost: Mapping[str, str]) -> None:
    """Print what is in some folders; `aliases` are names and what they mean, `lost` those that lead nowhere and why."""
    usable = [model for model in found.models if not model.problem]
    streams.out(table([_row(model) for model in usable], head=_HEAD) if usable else "")
    for model in (*found.models, *found.projectors):
        if model.problem:
            streams.out(f"{printable(model.file)}  cannot be used: {printable(model.problem)}\n")
    taken = {model.projector for model in found.models}
    for projector in found.projectors:
        if not projector.problem and projector.path not in taken:
            streams.out(f"{printable(projector.file)}  is a projector, and its model is not beside it\n")
    for alias, target in sorted(aliases.items()):
        streams.out(f"{printable(alias)} means {printable(target)}{', which is not there' if alias in lost else ''}\n")
    for folder in found.skipped:
        streams.err(f"warning: {printable(str(folder.path))} was not looked at: {printable(folder.reason)}\n")


def scan_json(found: Scan, aliases: Mapping[str, str], lost: Mapping[str, str]) -> dict[str, Any]:
    """Return the same as JSON."""
    return {
        "models": [model_json(model) for model in found.models],
        "projectors": [model_json(model) for model in found.projectors],
        "aliases": dict(aliases),
        "lost_aliases": dict(lost),
        "skipped": [{"folder": str(folder.path), "reason": folder.reason} for folder in found.skipped],
    }


def model_json(model: LibraryModel) -> dict[str, Any]:
    """Return a model as JSON; `facts` are null where its header cannot be read."""
    return {
        "name": model.file, "names": list(model.names), "path": str(model.path), "parts": [str(part) for part in model.parts], "size": model.size,
        "folder": str(model.folder), "projector": str(model.projector) if model.projector else "",
        "problem": model.problem, "facts": model.facts._asdict() if model.facts else None,
    }  # fmt: skip


def print_model(model: LibraryModel, sha256: str, origin: Origin | None, aliases: Sequence[str]) -> None:
    """Print all that is known about a model."""
    facts = model.facts._asdict() if model.facts is not None else {}
    rows = [("name", model.file), ("path", str(model.path)), ("size", f"{size(model.size)} ({model.size:,} bytes)")]
    rows += [("also called", name) for name in model.names if name != model.file]
    rows += [("files", f"{len(model.parts)}, the first of which is shown")] if len(model.parts) > 1 else []
    rows += [("problem", model.problem)] if model.problem else []
    rows += [(name.replace("_", " "), _fact(value)) for name, value in facts.items() if value not in ("", 0)]
    rows += [("projector", model.projector.name)] if model.projector else []
    rows += [("aliases", ", ".join(aliases))] if aliases else []
    rows += [("from", f"{origin} on the hub")] if origin else []
    rows += [("sha256", sha256)] if sha256 else []
    streams.out(table(rows))


def unfinished_line(job: Job) -> str:
    """Return the line of a download that is not done."""
    return f"{printable(job.name)}  is not complete: {amount(job.done, job.size)}. Go on with: graphide models pull\n"


def unfinished_json(job: Job) -> dict[str, Any]:
    """Return such a download as JSON."""
    request = job.request
    return {
        "name": job.name, "path": str(request.targets[0]), "repo": request.repo, "commit": request.commit,
        "size": job.size, "done": job.done, "state": job.state, "problem": job.problem,
    }  # fmt: skip


def place_line(place: Place, count: int) -> str:
    """Return the line of a folder of another program that is not in the library."""
    files = f"{count:,} model{'' if count == 1 else 's'}"
    return f"{place.program} has {files} in {printable(str(place.folder))}\n"


def _row(model: LibraryModel) -> tuple[str, ...]:
    facts = model.facts
    assert facts is not None
    kind = facts.quantisation if facts.kind == "model" else f"{facts.quantisation} ({facts.kind})"
    kind += " + projector" if model.projector else ""
    length = context(facts.context_length)
    return model.file, size(model.size), kind, quantity(facts.parameters), length, str(model.path.parent)


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
