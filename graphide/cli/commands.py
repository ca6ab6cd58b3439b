"""Which commands there are. Each is imported when it is called, so that one command does not pay for the others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

_COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "edit": ("edit:edit", "Open the editor."),
        "run": ("run:run", "Run a graph and print its results."),
        "chat": ("chat:chat", "Talk with a model, or with a graph."),
        "chats": ("chats:chats", "Find, read, export and look after chats."),
        "new": ("templates:new", "Write a new graph file from a template."),
        "templates": ("templates:templates", "Look after templates, and fill them in without a model."),
        "validate": ("graphs:validate", "Say what is wrong with graph files."),
        "show": ("graphs:show", "Show a graph as text, Mermaid or JSON."),
        "fmt": ("graphs:fmt", "Write graph files in their canonical form."),
        "diff": ("graphs:diff", "Say what differs between two graphs."),
        "share": ("share:share", "Make a picture of a graph that opens as the graph."),
        "schema": ("graphs:schema", "Print the JSON Schema of graph files."),
        "nodes": ("nodes:nodes", "List and explain the node types of this machine."),
        "models": ("models:models", "Find, download and look after models."),
        "serve": ("serve:serve", "Serve models and graphs over HTTP."),
        "config": ("config:config", "Show and change the settings of this machine."),
        "keys": ("keys:keys", "Keep the keys of servers and of the hub."),
        "system": ("system:system", "Show what this machine has for running models."),
        "completion": ("completion:completion", "Print the script that completes graphide's commands in a shell."),
    }
)
"""Command → where it is (module of this package, name), and its line in the help."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = _COMMANDS.get(cmd_name)
        if found is None:
            return None
        module, _, name = found[0].partition(":")
        command: click.Command = getattr(import_module(f"graphide.cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(_unknown(name), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


def _unknown(name: str) -> str:
    message = f'There is no command "{name}"'
    near = get_close_matches(name, _COMMANDS, n=1)
    if near:
        return f'{message}. Did you mean "{near[0]}"?'
    if name.endswith(".json") or os.path.exists(name):
        return f"{message}. A graph is run with: graphide run {name}"
    return message


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from graphide.cli import streams
        from graphide.cli.version import version

        streams.out(f"graphide {version()}\n")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.option(
    "--version", "-V", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.option("--debug", is_flag=True, help="Show where it happened when graphide itself has a fault.")
@click.pass_context
def graphide(ctx: click.Context, /, **options: Any) -> int | None:
    """Edit, run and look after prompt graphs, on your own machine.

    Without a command, the editor is opened.

    Results are printed to standard output, everything else to standard error. Exit codes: 0 ok, 1 a node failed, 2 wrong
    use, 3 invalid graph, 4 model missing or another one than the graph asks for, 5 some branches failed, 130 interrupted.
    """
    if options["debug"]:
        os.environ["GRAPHIDE_DEBUG"] = "1"
    return _editor(ctx) if ctx.invoked_subcommand is None else None


def _editor(ctx: click.Context) -> int:
    """Open the editor; where there is no screen, say what commands there are."""
    from graphide.ui.display import why_no_window

    if why_no_window():
        raise click.exceptions.NoArgsIsHelpError(ctx)
    from graphide.cli.edit import edit

    return int(ctx.invoke(edit, files=(), model=""))
