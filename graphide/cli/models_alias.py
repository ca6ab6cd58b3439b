"""`graphide models alias`: names of the user's own for models, listed, set and removed."""

from __future__ import annotations

from dataclasses import replace

import click

from graphide import settings as settings_file
from graphide.cli import completion, streams
from graphide.cli.models_shown import format_option, print_json
from graphide.cli.render import table
from graphide.errors import EXIT_OK, GraphideError, UsageError
from graphide.graph.quoting import printable
from graphide.paths import written_path
from graphide.settings import Settings
from graphide.workspace import Workspace

_LONGEST = 100


@click.command("alias", short_help="Give a model a name of your own.")
@click.argument("name", required=False, shell_complete=completion.models)
@click.argument("model", required=False, shell_complete=completion.models)
@click.option("--rm", "removed", is_flag=True, help="Remove the name; the model stays.")
@format_option
def alias(name: str | None, model: str | None, removed: bool, format_: str) -> int:
    """Let NAME mean MODEL (a file name, another alias or a path), from now on.

    Without MODEL: say what NAME means; without NAME: list all names. "default" is the name that graphs use which name no
    other.
    """
    with Workspace() as workspace:
        if name is None:
            return _list(workspace.settings, format_)
        if removed:
            return _remove(workspace.settings, name, model)
        if model is None:
            return _say(workspace, name, format_)
        return _set(workspace, name, model)


def _list(settings: Settings, format_: str) -> int:
    if format_ == "json":
        print_json({"aliases": dict(settings.aliases)})
    else:
        streams.out(table(sorted(settings.aliases.items())))
    return EXIT_OK


def _say(workspace: Workspace, name: str, format_: str) -> int:
    found = workspace.library.find(name)
    if format_ == "json":
        print_json({"aliases": {name: str(found.path)}})
    else:
        streams.out(f"{printable(name)} means {printable(str(found.path))}\n")
    return EXIT_OK


def _set(workspace: Workspace, name: str, model: str) -> int:
    settings = _changeable(workspace.settings)
    if name == "echo" or "/" in name or "\\" in name or not name.strip() or len(name) > _LONGEST:
        raise UsageError(f'"{name}" cannot be the name of a model', hint="Choose a short one without slashes")
    if not name.isprintable():
        raise UsageError("the name has characters that cannot be seen")
    path = written_path(model).absolute()
    target = str(path) if ("/" in model or "\\" in model) and path.is_file() else model
    changed = settings_file.with_alias(settings, name, target)
    library = workspace.library
    library.aliases = changed.aliases
    found = library.find(name)  # also says when it leads back to itself
    settings_file.change(lambda now: settings_file.with_alias(now, name, target))
    streams.err(f"{printable(name)} means {printable(found.file)} now\n")
    if found.problem:
        streams.err(f"warning: {printable(found.file)} cannot be used: {printable(found.problem)}\n")
    return EXIT_OK


def _remove(settings: Settings, name: str, model: str | None) -> int:
    if model is not None:
        raise UsageError("--rm takes the name only", hint=f"Write: graphide models alias {name} --rm")
    settings = _changeable(settings)
    if name not in settings.aliases:
        there = ", ".join(sorted(settings.aliases)) or "none"
        raise UsageError(f'there is no alias "{name}"', hint=f"Aliases are: {there}")
    settings_file.change(
        lambda now: replace(now, aliases={key: now.aliases[key] for key in now.aliases if key != name})
    )
    streams.err(f"{printable(name)} is no alias any more\n")
    return EXIT_OK


def _changeable(settings: Settings) -> Settings:
    if settings.problem:
        raise GraphideError(f"the settings are not changed: {settings.problem}", hint="Repair the file first")
    return settings
