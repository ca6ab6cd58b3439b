"""`graphide keys`: keys of servers and the token of the hub, kept where secrets are. None is ever an argument or printed."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from typing import Final, NamedTuple

import click
from click.shell_completion import CompletionItem

from graphide import secrets, settings as settings_file
from graphide.backends.remote import secret_of, variable_of
from graphide.cli import streams
from graphide.cli.render import table
from graphide.cli.report import dumps
from graphide.errors import EXIT_OK, UsageError
from graphide.graph.problems import nearest
from graphide.graph.quoting import printable
from graphide.settings import Settings

HUB: Final = "hub"
_WHERE: Final = {
    "environment": "environment",
    "keyring": "keyring",
    "file": "file",
    "hugging face": "file",
    "": "not set",
}


class Key(NamedTuple):
    """A key that may be there: whose it is, where it was found ("": nowhere), and in which variable or file exactly."""

    name: str
    source: str
    place: str = ""


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in (*settings_file.load().servers, HUB) if name.startswith(incomplete)]


@click.group(short_help="Keep the keys of servers and of the hub.")
def keys() -> None:
    """Keep the keys of servers, and the token of the hub (NAME "hub"), in the system's keyring or in a file that only you can read.

    The environment comes first: GRAPHIDE_KEY_NAME for a server, HF_TOKEN for the hub. Keys are in no graph, export or log.
    """


@keys.command("set", short_help="Keep a key.")
@click.argument("name", shell_complete=_names)
def set_(name: str) -> int:
    """Keep the key of NAME, a server of the settings or "hub". It is asked for, or read from standard input."""
    from graphide.models import tokens

    settings = _settings()
    _refuse_unknown(name, settings)
    text = _read(name)
    source = tokens.keep_token(text) if name == HUB else secrets.keep(secret_of(name), text)
    where = (
        "the keyring" if source == "keyring" else f"{secrets.file_of(tokens.NAME if name == HUB else secret_of(name))}"
    )
    streams.err(f'the key of "{name}" is kept in {where}\n')
    if (found := _key(name)).source == "environment":
        streams.err(f"note: {found.place} of the environment comes before it\n")
    return EXIT_OK


@keys.command("list", short_help="Say which keys there are, and where.")
@click.option("--json", is_flag=True, help="Print JSON.")
def list_(json: bool) -> int:
    """Say whose keys there are and where they are kept; never what they are."""
    found = [_key(name) for name in _known(_settings())]
    if json:
        streams.out(dumps([key._asdict() for key in found], indent=streams.out_is_terminal()) + "\n")
    else:
        streams.out(table([(key.name, _WHERE[key.source], key.place) for key in found]))
    return EXIT_OK


@keys.command(short_help="Remove a key.")
@click.argument("name", shell_complete=_names)
def rm(name: str) -> int:
    """Remove the key of NAME from where graphide keeps it; one in the environment stays."""
    from graphide.models import tokens

    known = _known(_settings())
    if name not in known:
        raise UsageError(f'there is no key of "{name}"', hint=nearest(name, known))
    before = _key(name)
    if name == HUB:
        tokens.forget_token()
    else:
        secrets.forget(secret_of(name))
    after = _key(name)
    if after.source:
        streams.err(f'the key of "{name}" is still in {after.place or after.source}, which is not graphide\'s own\n')
    else:
        streams.err(f'there is no key of "{name}" any more\n' if before.source else f'there was no key of "{name}"\n')
    return EXIT_OK


def _settings() -> Settings:
    settings = settings_file.load()
    if settings.problem:
        streams.err(f"warning: {printable(settings.problem)}\n")
    return settings


def _known(settings: Settings) -> list[str]:
    """Return whose keys there may be: the hub, the servers, and servers that are gone and left a key in a file."""
    folder, prefix = secrets.file_of(secret_of("x")).parent, secret_of("")
    left = [path.name.removeprefix(prefix) for path in folder.glob(f"{prefix}*")] if folder.is_dir() else []
    return [HUB, *sorted({*settings.servers, *left} - {HUB})]


def _key(name: str) -> Key:
    from graphide.models import tokens

    if name == HUB:
        token = tokens.find_token()
        return Key(name, token.source, _place(token.source, tokens.NAME, tokens.VARIABLES))
    variables = (variable_of(name),)
    return Key(
        name, (source := secrets.find(secret_of(name), variables).source), _place(source, secret_of(name), variables)
    )


def _place(source: str, name: str, variables: tuple[str, ...]) -> str:
    match source:
        case "environment":
            return next((each for each in variables if os.environ.get(each)), "")
        case "file":
            return str(secrets.file_of(name))
        case "hugging face":
            return "the token of Hugging Face's own programs"
        case _:
            return ""


def _refuse_unknown(name: str, settings: Settings) -> None:
    if name == HUB or name in settings.servers:
        return
    close = get_close_matches(name, [*settings.servers, HUB], n=1)
    near = f'Did you mean "{close[0]}"? ' if close else ""
    raise UsageError(
        f'there is no server "{name}" in the settings',
        hint=f"{near}Its address comes first: graphide config set servers.NAME URL",
    )


def _read(name: str) -> str:
    """Return the key from a hidden prompt, or the first line of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        return str(click.prompt(f'Key of "{printable(name)}" (it is not shown)', hide_input=True, err=True))
    return streams.read_input()[: secrets.LONGEST + 2].decode("utf-8", "replace").strip()
