"""`graphide serve`: models, graphs, chats and templates over HTTP. What is served and how is in `graphide.server`."""

from __future__ import annotations

import logging
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import completion, opening, streams
from graphide.errors import EXIT_OK, UsageError

if TYPE_CHECKING:
    from graphide.server.config import Limits, ServerConfig
    from graphide.settings import Settings

_LIMITS = ("running", "waiting", "heartbeat", "reader", "head", "body", "grace")
"""Options that are limits of the server, by their names there."""
_OTHER_FILES = 256


@click.command(short_help="Serve models and graphs over HTTP.")
@click.argument("graphs", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[GRAPH|FOLDER]...")
@click.option(
    "--host", default=None, help="The address to listen at, 127.0.0.1 (this machine only) where nothing is said."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="The port, 5000 where nothing is said; 0: a free one."
)
@click.option("--model", "-m", default="", metavar="NAME|PATH|echo", shell_complete=completion.models,
              help="Answer every model node of graphs with this model.")  # fmt: skip
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file with the key, made when it is not there.",
)
@click.option("--show-key", is_flag=True, help="Print the key that clients show, and end.")
@click.option("--no-key", is_flag=True, help="Ask nobody for a key; only at an address of this machine.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A further name that the server goes by.")
@click.option("--allow-origin", "origins", multiple=True, metavar="URL", help="A further web site whose pages may ask.")
@click.option("--allow", multiple=True, metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="A folder whose files nodes of the served graphs may read and write; graphs that clients send may not.")  # fmt: skip
@click.option(
    "--parallel", "running", type=click.IntRange(1, 1_000), default=None, help="Requests worked on at one time."
)
@click.option(
    "--queue",
    "waiting",
    type=click.IntRange(0, 100_000),
    default=None,
    help="Requests that wait for that; others are sent away.",
)
@click.option("--heartbeat", type=click.FloatRange(0.05, 3600), default=None, hidden=True)
@click.option("--reader", type=click.FloatRange(0.1, 3600), default=None, hidden=True)
@click.option("--body", type=click.FloatRange(0.1, 3600), default=None, hidden=True)
@click.option("--head", type=click.FloatRange(0.1, 3600), default=None, hidden=True)
@click.option(
    "--grace", type=click.FloatRange(0, 3600), default=None, help="Seconds that requests get to end at a shutdown."
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", help="What is logged."
)
def serve(**given: Any) -> int:
    """Serve models, the given graphs (or those in folders), starter templates and chats over HTTP.

    The address is printed to standard output, one line for each request to standard error. Programs that know the API of
    OpenAI use the address with /v1; a web page is at the address itself. Ctrl-C ends the server when the requests under
    way have ended, a second one ends it at once.
    """
    from graphide.server import auth

    if given["show_key"]:
        streams.out(auth.server_key(given["key_file"]) + "\n")
        return EXIT_OK
    if given["no_key"] and given["key_file"]:
        raise UsageError("--no-key and --key-file exclude each other")
    return _serve(given)


def _serve(given: dict[str, Any]) -> int:
    from graphide.server.app import make_app
    from graphide.server.running import Serving, address_of, listen, raise_file_limit
    from graphide.workspace import Workspace

    with Workspace(model=given["model"]) as workspace:
        config = _config(given, workspace.settings)
        _log_to_standard_error(given["log_level"])
        opening.say_settings_problem(workspace)
        opening.say_plugin_problems(workspace)
        app = make_app(workspace, config)
        raise_file_limit(config.limits.connections + _OTHER_FILES)
        with closing(listen(config)) as listening:
            started = partial(_say_that_it_runs, address_of(listening), given["key_file"], needs_key=bool(config.key))
            Serving(app, listening, started=started, stopping=_say_that_it_ends).run()
    return EXIT_OK


def _say_that_it_runs(address: str, key_file: Path | None, *, needs_key: bool) -> None:
    from graphide.server.auth import key_file as usual

    streams.out(f"{address}\n")
    streams.flush()
    if needs_key:
        option = f" --key-file {key_file}" if key_file else ""
        streams.err(f"clients need the key in {key_file or usual()}: graphide serve --show-key{option}\n")


def _say_that_it_ends() -> None:
    streams.err("ending when the requests under way have ended\n")


def _config(given: dict[str, Any], settings: Settings) -> ServerConfig:
    from graphide.server.auth import server_key
    from graphide.server.config import ServerConfig
    from graphide.ui.colors import LOOKS

    return ServerConfig(
        host=given["host"] or settings.serve_host,
        port=given["port"] if given["port"] is not None else settings.serve_port,
        key="" if given["no_key"] else server_key(given["key_file"]),
        graphs=given["graphs"],
        hosts=given["hosts"],
        origins=given["origins"],
        allow=tuple(folder.absolute() for folder in given["allow"]),
        limits=_limits(given, settings),
        pictures={name: look.color for name, look in LOOKS.items()},
    )


def _limits(given: dict[str, Any], settings: Settings) -> Limits:
    from dataclasses import replace

    from graphide.server.config import usual_limits

    return replace(usual_limits(settings), **{name: given[name] for name in _LIMITS if given[name] is not None})


def _log_to_standard_error(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
