"""`graphide config`: the settings of this machine, listed, read and changed. What each is for is in `graphide.settings`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from graphide import settings as settings_file
from graphide.cli import streams
from graphide.cli.render import table
from graphide.cli.report import dumps
from graphide.errors import EXIT_OK, UsageError
from graphide.graph.quoting import printable, shortened
from graphide.paths import written_path
from graphide.settings import GROUPS, LOADING, SETTINGS, Known, Settings, plain, variable
from graphide.settings.entries import Place, parsed, place_of, put_at, value_at, with_item, without, without_item

SCHEMA = 1
_SECRETS = ("key", "token", "password", "secret")
_WIDTH = 60
_NAMES = """\
Names:

\b
  n_ctx                          a setting
  aliases.fast                   one name for a model
  servers.home                   one server
  model_defaults.MODEL.n_ctx     a default of one model
"""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(each.name, help=each.label) for each in SETTINGS.values() if each.name.startswith(incomplete)
    ]


name_argument = click.argument("name", shell_complete=_names)


@click.group(short_help="Show and change the settings of this machine.", epilog=_NAMES)
def config() -> None:
    """Show and change the settings of this machine.

    A variable of the environment, such as GRAPHIDE_N_CTX for n_ctx, counts more than the file. Keys of servers are no
    settings: see graphide keys.
    """


@config.command("list", short_help="List the settings with their values.")
@click.option("--changed", is_flag=True, help="Leave out what has its default.")
@json_option
def list_(changed: bool, as_json: bool) -> int:
    """List all settings: their values, where each comes from, and what they are for."""
    found = [each for each in settings_file.known() if not (changed and each.source == "default")]
    if as_json:
        body = {each.name: _told(each) for each in found}
        streams.out(dumps({"schema": SCHEMA, "path": str(settings_file.config_path()), "settings": body}) + "\n")
    else:
        _print(found)
    _say_problem()
    return EXIT_OK


@config.command(short_help="Print the value of a setting.")
@name_argument
@json_option
def get(name: str, as_json: bool) -> int:
    """Print the value of the setting NAME as it counts now."""
    place = _place(name)
    value = value_at(settings_file.load(), place)
    if value is None and place.key:
        raise UsageError(f'"{place}" is not set', hint="See what is with: graphide config list --changed")
    if as_json:
        source = next(each.source for each in settings_file.known() if each.name == place.name)
        streams.out(dumps({"schema": SCHEMA, "name": str(place), "value": value, "source": source}) + "\n")
    else:
        streams.out(_text(place, value) + "\n")
    _say_problem()
    return EXIT_OK


@config.command("set", short_help="Change a setting.", context_settings={"ignore_unknown_options": True})
@name_argument
@click.argument("value")
def set_(name: str, value: str) -> int:
    """Set NAME to VALUE: a number, true or false, an amount such as 8GB, a text, or JSON for lists and objects."""
    place = _place(name)
    wanted = parsed(place, value)
    _check_samplers(place, wanted)
    return _change(place, lambda settings: put_at(settings, place, wanted))


@config.command(short_help="Give a setting its default again.")
@name_argument
def unset(name: str) -> int:
    """Give NAME its default again, or remove an entry such as aliases.fast."""
    place = _place(name)
    if place.key and value_at(settings_file.load(), place) is None:
        raise UsageError(f'"{place}" is not set', hint="See what is with: graphide config list --changed")
    return _change(place, lambda settings: without(settings, place))


@config.command(short_help="Add an entry to a list.")
@name_argument
@click.argument("value")
def add(name: str, value: str) -> int:
    """Add VALUE to the list NAME, such as a folder to model_folders."""
    place, text = _place(name), _whole_path(name, value)
    return _change(place, lambda settings: with_item(settings, place, text))


@config.command(short_help="Remove an entry from a list.")
@name_argument
@click.argument("value")
def remove(name: str, value: str) -> int:
    """Remove VALUE from the list NAME."""
    place = _place(name)
    items = value_at(settings_file.load(), place)
    text = value if isinstance(items, list) and value in items else _whole_path(name, value)
    return _change(place, lambda settings: without_item(settings, place, text))


@config.command(short_help="Print where the settings are kept.")
def path() -> int:
    """Print the path of the file that the settings are kept in; it may not be there yet."""
    streams.out(f"{settings_file.config_path()}\n")
    return EXIT_OK


@config.command(short_help="Put a broken file of settings aside.")
def repair() -> int:
    """Put a file of settings that cannot be read aside, so that settings can be changed again; nothing is deleted."""
    file = settings_file.config_path()
    try:
        json.loads(file.read_bytes())
    except FileNotFoundError:
        streams.err("there is no file of settings, so nothing is broken\n")
    except (OSError, ValueError):
        kept = settings_file.set_aside(file)
        streams.err(f"{printable(str(file))} is {printable(kept.name)} beside it now; the defaults count\n")
    else:
        streams.err("the file of settings can be read; a value that does not fit is repaired by setting it\n")
    return EXIT_OK


# --- inside


def _place(name: str) -> Place:
    first, words = name.partition(".")[0], name.lower().replace(".", "_").split("_")
    if (first not in SETTINGS or (first == "servers" != name)) and any(word in words for word in _SECRETS):
        hint = "Keys are kept apart: graphide keys set NAME"
        raise UsageError(f'"{name}": keys and tokens are no settings, so that they are never shown', hint=hint)
    return place_of(name)


def _change(place: Place, edit: Callable[[Settings], Settings]) -> int:
    settings = settings_file.change(edit)
    streams.err(f"{printable(str(place))} is {printable(_shown(place, settings))} now\n")
    if any(each.name == place.name and each.source == "environment" for each in settings_file.known()):
        streams.err(f"warning: {variable(place.name)} of the environment counts more than the file\n")
    return EXIT_OK


def _shown(place: Place, settings: Settings) -> str:
    value = value_at(settings, place)
    return "not set" if value is None else shortened(_text(place, value), _WIDTH) or "empty"


def _text(place: Place, value: Any) -> str:
    """Return a value as `set` takes it."""
    if not place.key:
        return place.setting.written(value)
    return value if isinstance(value, str) else dumps(value)


def _whole_path(name: str, value: str) -> str:
    if name != "model_folders" or value.startswith("~"):
        return value
    return str(written_path(value).absolute())


def _check_samplers(place: Place, value: Any) -> None:
    """Raise UsageError for samplers outside the bounds of the node type that sets them in graphs."""
    if place.name != "model_defaults":
        return
    entries = {place.field: value} if place.field else value if place.key else {}
    if place.field in LOADING or not entries:
        return
    from graphide.backends.defaults import sampler_problem
    from graphide.workspace import Workspace

    with Workspace(plugins=False) as workspace:
        for name, each in entries.items():
            if name not in LOADING and (problem := sampler_problem(workspace.registry, name, each)):
                raise UsageError(problem, where=str(place))


def _told(known: Known) -> dict[str, Any]:
    setting = SETTINGS[known.name]
    return {
        "value": plain(known.value),
        "source": known.source,
        "default": plain(setting.default),
        "group": setting.group,
        "help": setting.help,
    }


def _print(found: list[Known]) -> None:
    for group in GROUPS:
        rows = [_row(each) for each in found if SETTINGS[each.name].group == group]
        if rows:
            streams.out(f"{group}\n" + table(rows, indent="  "))


def _row(known: Known) -> tuple[str, str, str, str]:
    setting, value = SETTINGS[known.name], plain(known.value)
    source = (
        variable(known.name) if known.source == "environment" else "" if known.source == "default" else "config.json"
    )
    return known.name, shortened(setting.said(value), _WIDTH), source, f"{setting.label}: {setting.help}"


def _say_problem() -> None:
    if problem := settings_file.load().problem:
        streams.err(f"warning: {printable(problem)}\n")
