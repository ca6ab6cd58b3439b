"""`graphide templates build`: a template filled in, and the prompts that come of it; no model runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import completion, streams
from graphide.cli.report import dumps
from graphide.disk import write_atomically
from graphide.errors import EXIT_OK, GraphFileError
from graphide.graph.quoting import printable

if TYPE_CHECKING:
    from graphide.executor.preview import Foreseen
    from graphide.workspace import Workspace

SCHEMA = 1
STDOUT = "-"


@click.command(short_help="Fill in a template and print the prompt; no model runs.")
@click.argument("name", shell_complete=completion.graph_files)
@click.option("-i", "--input", "items", multiple=True, metavar="NAME=VALUE", help="Fill in: name=text, name=@file (its "
              "content), name:=JSON, or - for a JSON object from standard input.")  # fmt: skip
@click.option("--to", "targets", multiple=True, metavar="NODE", help="Only what leads to this node (repeatable).")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How it is printed.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write it to this file instead of printing it.")
def build(name: str, items: tuple[str, ...], targets: tuple[str, ...], format_: str, out: Path | None) -> int:
    """Fill in NAME, a template or a graph file, and print what would be sent to its models, and what needs no model.

    What depends on the answer of a model cannot be told before it, and is said.
    """
    from graphide.workspace import Workspace

    with Workspace(cache=False) as workspace:
        made = _built(workspace, name, items, targets)
    text = dumps(_built_json(made), indent=True) if format_ == "json" else _built_text(made)
    text = text if text.endswith("\n") else f"{text}\n"
    if out is None or str(out) == STDOUT:
        streams.out(text)
    else:
        write_file(out, text.encode())
        streams.err(f"wrote {out}\n")
    for node in made.waiting:
        streams.err(f'warning: the prompt of "{printable(node)}" depends on what is known only in a run\n')
    return EXIT_OK


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises GraphFileError."""
    try:
        write_atomically(path, data)
    except OSError as error:
        raise GraphFileError(f"cannot be written: {error.strerror}", where=str(path)) from error


# --- inside


def _built(workspace: Workspace, name: str, items: tuple[str, ...], targets: tuple[str, ...]) -> Foreseen:
    from graphide.cli.inputs import missing, read
    from graphide.cli.opening import folder_of, open_document
    from graphide.templates import blanks, filled

    document = open_document(workspace, name)
    found = blanks(document.graph, workspace.registry)
    ports = [blank.port for blank in found]
    given = read(items, ports, streams.read_input, folder_of(document))
    if problem := missing(ports, given.values, frozenset(port.name for port in ports)):
        raise problem
    workspace.allow(*given.files)
    graph = filled(document.graph, workspace.registry, given.values)
    return workspace.prompts(document._replace(graph=graph), targets=targets)


def _built_json(made: Foreseen) -> dict[str, Any]:
    from graphide.values import to_json

    prompts = {
        node: {"model": request.model, "messages": to_json(request.messages), "max_tokens": request.max_tokens}
        for node, request in made.requests.items()
    }
    return {"schema": SCHEMA, "prompts": prompts, "results": to_json(made.results), "waiting": list(made.waiting)}


def _built_text(made: Foreseen) -> str:
    """Return prompts as text: one message as it is, several with their roles, several prompts under their nodes."""
    from graphide.cli.render import value_text

    parts = {node: _messages_text(request.messages) for node, request in made.requests.items()}
    parts |= {name: value_text(value) for name, value in made.results.items()}
    if len(parts) == 1:
        return next(iter(parts.values()))
    return "\n\n".join(f"== {printable(name)} ==\n{text.rstrip()}" for name, text in parts.items())


def _messages_text(messages: Any) -> str:
    from graphide.cli.render import value_text

    return str(messages[0].content) if len(messages) == 1 else value_text(tuple(messages))
