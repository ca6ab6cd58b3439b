"""`graphide models verify` and `rm`: the files of models, compared with what they should be, and deleted."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import completion, streams
from graphide.cli.bars import Bars, chosen_bars
from graphide.cli.models_shown import format_option, print_json
from graphide.errors import EXIT_INTERRUPTED, EXIT_MODEL, EXIT_OK, GraphideError, UsageError
from graphide.graph.quoting import printable
from graphide.models.wording import size
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.models.library import Library, LibraryModel
    from graphide.models.verify import Verified


@click.command("verify", short_help="Compare model files with the hashes they should have.")
@click.argument("names", nargs=-1, shell_complete=completion.models)
@click.option("--sha256", "wanted", metavar="HEX", help="The hash that the file of the one named model should have.")
@format_option
def verify(names: tuple[str, ...], wanted: str | None, format_: str) -> int:
    """Read the files of models (none named: of all) and compare them with the hashes they should have.

    That is the hash that the hub gave when the file was downloaded, else the one that was computed here before. Exit code
    4 when a file differs or cannot be read.
    """
    if wanted is not None and (len(names) != 1 or not _is_hash(wanted)):
        raise UsageError("--sha256 takes the 64 hexadecimal digits of one model", hint="Name that model, too")
    with Workspace() as workspace:
        library = workspace.library
        models = [library.find(name) for name in names] or list(library.list())
        if not models:
            streams.err("There are no models yet\n")
        with chosen_bars() as bars:
            found = [_verified(model, library, bars, (wanted or "").lower(), format_) for model in models]
    if format_ == "json":
        print_json({"models": [body for body, _ in found]})
    return EXIT_OK if all(good for _, good in found) else EXIT_MODEL


def _verified(
    model: LibraryModel, library: Library, bars: Bars, wanted: str, format_: str
) -> tuple[dict[str, Any], bool]:
    """Return what was found of a model as JSON, and whether it is as it should be; say it where text is wanted."""
    from graphide.models.verify import verify_steps

    files: tuple[Verified, ...] = ()
    problem = ""
    steps = verify_steps(model.parts, library.cache, wanted)
    try:
        while True:
            bars.show(model.file, next(steps), model.size)
    except StopIteration as end:
        files = end.value
    except GraphideError as error:
        problem = str(error)
    finally:
        steps.close()
        bars.hide()
    problem = problem or model.problem
    if format_ == "text":
        _say(model, files, problem)
    body = {
        "name": model.file,
        "path": str(model.path),
        "problem": problem,
        "files": [_file_json(file) for file in files],
    }
    return body, not problem and all(file.verdict != "differs" for file in files)


def _say(model: LibraryModel, files: Iterable[Verified], problem: str) -> None:
    for file in files:
        match file.verdict:
            case "same":
                text = f"is what {printable(file.source)} says"
            case "differs":
                text = f"DIFFERS: its sha256 is {file.sha256}, and {printable(file.source)} says {file.expected}"
            case "first":
                text = f"has the sha256 {file.sha256}; there was nothing to compare it with"
        streams.out(f"{printable(file.path.name)}  {text}\n")
    if problem:
        streams.out(f"{printable(model.file)}  {printable(problem)}\n")


def _file_json(file: Verified) -> dict[str, Any]:
    return {**file._asdict(), "path": str(file.path)}


def _is_hash(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdefABCDEF" for character in text)


@click.command("rm", short_help="Delete the files of models.")
@click.argument("names", nargs=-1, required=True, shell_complete=completion.models)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Delete files outside of graphide's own folder, too.")
def rm(names: tuple[str, ...], yes: bool, force: bool) -> int:
    """Delete the files of the models NAMES from the disk, after asking.

    Files that belong to other programs are left alone unless --force is given. Of a link, only the link is deleted.
    """
    from graphide.models.removal import is_own, remove

    with Workspace() as workspace:
        library = workspace.library
        found = library.scan()
        models = list({model.path: model for model in (library.find(name, found) for name in names)}.values())
        for model in models:
            if not force and not is_own(library, model):
                remove(library, model)  # says why not, before anything is asked or deleted
        if not yes and not _agreed(models):
            streams.err("nothing was deleted\n")
            return EXIT_INTERRUPTED
        for model in models:
            freed = remove(library, model, anywhere=force)
            streams.err(f"deleted {printable(str(model.path))}{_and_more(model)}, {size(freed)} are free again\n")
        _say_lost(library, models)
    return EXIT_OK


def _agreed(models: Sequence[LibraryModel]) -> bool:
    for model in models:
        link = f", a link to {printable(str(model.path.resolve()))}" if model.path.is_symlink() else ""
        streams.err(f"{printable(str(model.path))}{_and_more(model)} ({size(model.size)}){link}\n")
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError("there is nobody to ask whether to delete this", hint="Add --yes")
    return click.confirm("Delete this?", err=True)


def _and_more(model: LibraryModel) -> str:
    more = len(model.parts) - 1
    return f" and {more} more file{'' if more == 1 else 's'}" if more else ""


def _say_lost(library: Library, models: Sequence[LibraryModel]) -> None:
    gone = {name for model in models for name in (model.file, model.path.stem, str(model.path))}
    for alias, target in sorted(library.aliases.items()):
        if target in gone:
            streams.err(f'the alias "{printable(alias)}" leads nowhere now\n')
    left = {model.projector for model in library.list()}
    for projector in {model.projector for model in models} - left:
        if projector is not None and projector.exists():
            streams.err(f"its projector {printable(projector.name)} is still there\n")
