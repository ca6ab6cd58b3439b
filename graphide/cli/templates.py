"""`graphide new`: a starter template becomes a graph file of the user's own."""

from __future__ import annotations

from pathlib import Path

import click

from graphide.cli import completion, streams
from graphide.cli.render import table
from graphide.cli.report import dumps
from graphide.disk import write_atomically
from graphide.errors import EXIT_OK, GraphFileError, GraphideError, UsageError
from graphide.graph import file as graph_file
from graphide.graph.model import Graph
from graphide.graph.problems import nearest
from graphide.graph.quoting import shortened
from graphide.paths import templates_folder

EMPTY = "empty"
STDOUT = "-"


@click.command(short_help="Write a new graph file from a starter template.")
@click.argument("name", required=False, shell_complete=completion.templates)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--list", "listed", is_flag=True, help="List the templates.")
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How the list is printed."
)
def new(name: str | None, file: Path | None, listed: bool, force: bool, format_: str) -> int:
    """Write the template NAME ("empty": a graph without nodes) to FILE (NAME.json; - prints it)."""
    if listed or name is None:
        return _list(format_)
    data = _template(name)
    if str(file) == STDOUT:
        streams.out(data.decode())
        return EXIT_OK
    path = file or Path(f"{name}.json")
    if path.exists() and not force:
        raise UsageError("is there already", where=str(path), hint="Choose another name, or replace it with --force")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise GraphFileError(f"cannot be written: {error.strerror}", where=str(path)) from error
    streams.err(f"wrote {path}. See its inputs with: graphide run {path} --help\n")
    return EXIT_OK


def _template(name: str) -> bytes:
    if name == EMPTY:
        return graph_file.dumps(Graph())
    names = [path.stem for path in _templates()]
    if name not in names:
        raise UsageError(f'there is no template "{name}"', hint=nearest(name, [*names, EMPTY]))
    return (templates_folder() / f"{name}.json").read_bytes()


def _templates() -> list[Path]:
    return sorted(templates_folder().glob("*.json"))


def _list(format_: str) -> int:
    found = [(path.stem, *_about(path)) for path in _templates()] + [(EMPTY, "Empty", "A graph without nodes.")]
    if format_ == "json":
        streams.out(dumps([dict(zip(("name", "title", "about"), each, strict=True)) for each in found]) + "\n")
    else:
        streams.out(table([(name, shortened(_first_sentence(about or title), 200)) for name, title, about in found]))
    return EXIT_OK


def _about(path: Path) -> tuple[str, str]:
    try:
        graph = graph_file.load(path)
    except GraphideError as error:
        return "", f"(cannot be read: {error.message})"
    return graph.title, graph.about


def _first_sentence(text: str) -> str:
    head, stop, _ = text.partition(". ")
    return head + stop.rstrip()
