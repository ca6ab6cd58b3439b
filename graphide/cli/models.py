"""`graphide models`: the GGUF files of this machine, listed and explained. Finding and reading them is `graphide.models`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphide import settings as settings_file
from graphide.cli import completion, opening, streams
from graphide.cli.fit import fit
from graphide.cli.render import quantity, size, table
from graphide.cli.report import dumps
from graphide.errors import EXIT_MODEL, EXIT_OK, GraphideError, UsageError
from graphide.graph.quoting import printable
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.models.library import Library, LibraryModel, Scan

SCHEMA = 1
_HEAD = ("name", "size", "type", "parameters", "context", "folder")
_format = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How it is printed."
)


@click.group(short_help="List and explain the models of this machine.")
def models() -> None:
    """List and explain the models (GGUF files) of this machine."""


models.add_command(fit)


@models.command("list", short_help="List the models that graphs can name.")
@_format
def list_(format_: str) -> int:
    """List the models that graphs can name; files that cannot be used are listed with what is wrong."""
    with Workspace() as workspace:
        opening.say_settings_problem(workspace)
        found = workspace.library.scan()
        _print(found, format_, _names(workspace))
        if not found.models:
            folders = ", ".join(printable(str(folder)) for folder in workspace.library.folders)
            streams.err(f"There are no models yet. GGUF files are looked for in {folders}\n")
    return EXIT_OK


@models.command("info", short_help="Explain a model.")
@click.argument("name", shell_complete=completion.models)
@click.option("--sha256", "hashed", is_flag=True, help="Compute the hash of the file where it is not known yet.")
@_format
def info(name: str, hashed: bool, format_: str) -> int:
    """Explain the model NAME (an alias, a file name or a path). Exit code 4 when it is not there or cannot be used."""
    from graphide.models.identity import known_sha256, sha256_of

    if name == "echo":
        raise UsageError('"echo" is not a file: it answers with the prompt, for tests and dry runs')
    with Workspace() as workspace:
        library = workspace.library
        model = library.find(name)
        parts: Sequence[Path] = model.parts
        sha256 = (sha256_of if hashed else known_sha256)(parts, library.cache) or "" if not model.problem else ""
        _show(model, sha256, format_)
    return EXIT_MODEL if model.problem else EXIT_OK


@models.command("scan", short_help="Look for models below a folder.")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--add", is_flag=True, help="Look into FOLDER from now on; its files stay where they are.")
@_format
def scan(folder: Path | None, add: bool, format_: str) -> int:
    """Look for models below FOLDER (none: all folders of the library) and say what could not be looked at."""
    if add and folder is None:
        raise UsageError("names no folder to add", where="--add", hint="Write: graphide models scan FOLDER --add")
    with Workspace() as workspace:
        library = workspace.library
        found = _only(library, folder).scan() if folder is not None else library.scan()
        _print(found, format_, {})
        if add and folder is not None:
            _remember(workspace, folder.absolute())
    if not found.models:
        streams.err(f"There are no models below {printable(str(folder))}\n" if folder else "There are no models yet\n")
    return EXIT_OK


def _names(workspace: Workspace) -> dict[str, str]:
    """Return what names other than those of files mean: the user's aliases, and "default"."""
    from graphide.models.library import DEFAULT

    try:
        default = {DEFAULT: workspace.library.find(DEFAULT).file}
    except GraphideError:  # there is none, or an alias of that name leads nowhere
        default = {}
    return {**default, **workspace.settings.aliases}


def _only(library: Library, folder: Path) -> Library:
    return replace(library, folders=(folder.absolute(),), bundled=None)


def _remember(workspace: Workspace, folder: Path) -> None:
    settings = workspace.settings
    if settings.problem:
        raise UsageError(f"the settings are not changed: {settings.problem}", hint="Repair the file first")
    if str(folder) not in settings.model_folders:
        settings_file.save(replace(settings, model_folders=(*settings.model_folders, str(folder))))
    streams.err(f"{printable(str(folder))} belongs to the library now\n")


def _print(found: Scan, format_: str, aliases: Mapping[str, str]) -> None:
    if format_ == "json":
        body = {"schema": SCHEMA, "models": [_as_json(model) for model in found.models], "aliases": dict(aliases)}
        skipped = [{"folder": str(folder.path), "reason": folder.reason} for folder in found.skipped]
        streams.out(dumps({**body, "skipped": skipped}) + "\n")
        return
    usable = [model for model in found.models if not model.problem]
    streams.out(table([_row(model) for model in usable], head=_HEAD) if usable else "")
    for model in found.models:
        if model.problem:
            streams.out(f"{printable(model.file)}  cannot be used: {printable(model.problem)}\n")
    for alias, target in sorted(aliases.items()):
        streams.out(f"{printable(alias)} means {printable(target)}\n")
    for folder in found.skipped:
        streams.err(f"warning: {printable(str(folder.path))} was not looked at: {printable(folder.reason)}\n")


def _row(model: LibraryModel) -> tuple[str, ...]:
    facts = model.facts
    assert facts is not None
    kind = facts.quantisation if facts.kind == "model" else f"{facts.quantisation} ({facts.kind})"
    context = quantity(facts.context_length) if facts.context_length < 1024 else f"{facts.context_length / 1024:.0f}k"
    return model.file, size(model.size), kind, quantity(facts.parameters), context, str(model.path.parent)


def _as_json(model: LibraryModel) -> dict[str, Any]:
    return {
        "name": model.file, "path": str(model.path), "parts": [str(part) for part in model.parts], "size": model.size,
        "problem": model.problem, "facts": asdict(model.facts) if model.facts else None,
    }  # fmt: skip


def _show(model: LibraryModel, sha256: str, format_: str) -> None:
    if format_ == "json":
        streams.out(dumps({"schema": SCHEMA, **_as_json(model), "sha256": sha256}) + "\n")
        return
    facts = asdict(model.facts) if model.facts is not None else {}
    rows = [("name", model.file), ("path", str(model.path)), ("size", f"{size(model.size)} ({model.size:,} bytes)")]
    rows += [("problem", model.problem)] if model.problem else []
    rows += [(name.replace("_", " "), _fact(value)) for name, value in facts.items() if value not in ("", 0)]
    rows += [("sha256", sha256)] if sha256 else []
    streams.out(table(rows))


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
