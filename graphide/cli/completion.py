"""Shell completion: the script that a shell loads, and what is offered where. Never fails, never says anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from graphide.cli import streams
from graphide.errors import EXIT_OK, GraphideError

if TYPE_CHECKING:
    from graphide.workspace import Document, Workspace

_VARIABLE = "_GRAPHIDE_COMPLETE"
_HOW = """\
Load it in your shell:

\b
  bash  eval "$(graphide completion bash)"   in ~/.bashrc
  zsh   eval "$(graphide completion zsh)"    in ~/.zshrc
  fish  graphide completion fish | source    in ~/.config/fish/config.fish
"""


@click.command(short_help="Print the script that completes graphide's commands in a shell.", epilog=_HOW)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script that completes commands, options, graph files, inputs and nodes in SHELL."""
    from graphide.cli.commands import graphide

    found = get_completion_class(shell)
    assert found is not None
    script = found(graphide, {}, "graphide", _VARIABLE)
    streams.out(script.source_template % script.source_vars() + "\n")
    return EXIT_OK


def graph_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer files, and the templates by name."""
    from graphide.templates import Templates

    names = sorted(Templates().ids()) if "/" not in incomplete else []
    files = CompletionItem(incomplete, type="file")
    return [*(CompletionItem(name, help="template") for name in names if name.startswith(incomplete)), files]


def inputs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer `name=` for the inputs of the graph that the line names."""

    def names(workspace: Workspace, document: Document) -> Iterable[tuple[str, str]]:
        return ((f"{port.name}=", port.help) for port in workspace.inputs(document))

    return _offered(ctx, incomplete, names)


def nodes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the nodes of the graph that the line names."""
    return _offered(ctx, incomplete, lambda _, document: ((n.id, n.type) for n in document.graph.nodes.values()))


def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer `node.setting=` for the graph that the line names."""

    def names(workspace: Workspace, document: Document) -> Iterable[tuple[str, str]]:
        for node in document.graph.nodes.values():
            spec = workspace.registry.get(node.type)
            for setting in spec.settings.values() if spec is not None else ():
                yield f"{node.id}.{setting.name}=", setting.field.help

    return _offered(ctx, incomplete, names)


def node_types(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the node types of this machine."""
    from graphide.workspace import Workspace

    with Workspace() as workspace:
        types = [(spec.type, spec.summary) for spec in workspace.registry.values()]
    return [CompletionItem(name, help=help) for name, help in sorted(types) if name.startswith(incomplete)]


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer `echo`, the user's aliases, and files."""
    from graphide import settings as settings_file

    names = ["echo", *settings_file.load().aliases]
    offered = [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
    return [*offered, CompletionItem(incomplete, type="file")]


def templates(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the templates."""
    return [item for item in graph_files(ctx, param, incomplete) if item.type == "plain"]


_Names = Callable[[Any, Any], Iterable[tuple[str, str]]]


def _offered(ctx: click.Context, incomplete: str, names: _Names) -> list[CompletionItem]:
    from graphide.workspace import Workspace

    # A line that ends in an option without its value leaves click with the graph among the arguments it did not place.
    graph = str(ctx.params.get("graph") or next(iter(ctx.args), ""))
    if not graph or graph == "-":
        return []
    try:
        with Workspace() as workspace:
            found = sorted(names(workspace, workspace.load(graph)))
    except GraphideError:  # a graph that cannot be read has nothing to offer
        return []
    return [CompletionItem(name, help=help) for name, help in found if name.startswith(incomplete)]
