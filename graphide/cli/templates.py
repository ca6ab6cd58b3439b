"""`graphide templates` and `graphide new`: what there is to begin with, the user's own, and prompts filled in without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphide.cli import completion, streams
from graphide.cli.render import inputs_text, table
from graphide.cli.report import dumps
from graphide.cli.templates_build import SCHEMA, STDOUT, build, write_file
from graphide.errors import EXIT_OK, UsageError
from graphide.graph import file as graph_file
from graphide.graph.model import Graph
from graphide.graph.problems import nearest
from graphide.graph.quoting import printable, shortened
from graphide.templates import EMPTY, Template, Templates

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
name_argument = click.argument("name", shell_complete=completion.templates)


@click.command(short_help="Write a new graph file from a template.")
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
    data = _data(name)
    if str(file) == STDOUT:
        streams.out(data.decode())
        return EXIT_OK
    path = file or Path(f"{name}.json")
    if path.exists() and not force:
        raise UsageError("is there already", where=str(path), hint="Choose another name, or replace it with --force")
    write_file(path, data)
    streams.err(f"wrote {path}. See its inputs with: graphide run {path} --help\n")
    return EXIT_OK


@click.group(short_help="Look after templates, and fill them in without a model.")
def templates() -> None:
    """Look after templates: the starter graphs of graphide, and your own.

    graphide new NAME makes a graph file from one, graphide run NAME runs it.
    """


@templates.command("list", short_help="List the templates.")
@click.argument("words", nargs=-1)
@click.option("--own", is_flag=True, help="Leave out those that come with graphide.")
@json_option
def list_(words: tuple[str, ...], own: bool, as_json: bool) -> int:
    """List the templates that have all WORDS in their name, description or tags; your own are marked."""
    found, unreadable = Templates().listed()
    shown = [each for each in found if _fits(each, words) and not (own and each.origin == "packaged")]
    if as_json:
        streams.out(dumps({"schema": SCHEMA, "templates": [_told(each) for each in shown]}) + "\n")
    else:
        streams.out(table([_row(each) for each in shown]))
    for path, problem in unreadable:
        streams.err(f"warning: {printable(str(path))} is left out: {printable(problem)}\n")
    return EXIT_OK


@templates.command(short_help="Show a template and what is filled in in it.")
@name_argument
@json_option
def show(name: str, as_json: bool) -> int:
    """Show what NAME is for, and what there is to fill in."""
    from graphide.templates import blanks
    from graphide.workspace import Workspace

    template = Templates().load(name)
    with Workspace() as workspace:
        ports = [blank.port for blank in blanks(template.graph, workspace.registry)]
        outputs = workspace.outputs(workspace.load(template.path))
    if as_json:
        fields = {port.name: port.field.schema() if port.field else {} for port in ports}
        needed = [port.name for port in ports if port.required]
        body = {**_told(template), "inputs": fields, "required": needed, "outputs": list(outputs)}
        streams.out(dumps({"schema": SCHEMA, **body}) + "\n")
        return EXIT_OK
    whose = "yours" if template.origin == "user" else "comes with graphide"
    streams.out(f"{printable(template.title)}  ({printable(template.id)}, {whose})\n")
    streams.out(
        "".join(f"{line}\n" for line in (printable(template.about), ", ".join(map(printable, template.tags))) if line)
    )
    streams.out(f"\nInputs:\n{inputs_text(ports)}\nOutputs:\n  {', '.join(outputs) or '(none)'}\n")
    return EXIT_OK


@templates.command(short_help="Keep a graph as a template.")
@click.argument("graph", shell_complete=completion.graph_files)
@click.option(
    "--name", default="", help="What it is called; by itself the title of the graph, or the name of its file."
)
@click.option("--about", default=None, help="What it is for.")
@click.option("--tag", "tags", multiple=True, help="A word that it is found by (repeatable).")
@click.option("--force", is_flag=True, help="Replace a template of yours that has this name.")
def save(graph: str, name: str, about: str | None, tags: tuple[str, ...], force: bool) -> int:
    """Keep GRAPH, a graph file or - for standard input, among your templates."""
    from graphide.cli.opening import open_document
    from graphide.templates import tags_of
    from graphide.workspace import Workspace

    with Workspace() as workspace:
        document = open_document(workspace, graph)
        made = document.graph
        called = name or made.title or (document.path.stem if document.path else "")
        kept = Templates(registry=workspace.registry).save(
            made, called, about=made.about if about is None else about, tags=tags or tags_of(made), anew=force
        )
    streams.err(f"kept as {printable(kept.id)}: graphide run {printable(kept.id)}, graphide new {printable(kept.id)}\n")
    return EXIT_OK


@templates.command(short_help="Delete a template of yours.")
@name_argument
def rm(name: str) -> int:
    """Delete NAME, one of your own templates."""
    removed = Templates().remove(name)
    streams.err(f"{printable(name)} is deleted ({printable(str(removed.template.path))})\n")
    return EXIT_OK


templates.add_command(build)


# --- inside


def _data(name: str) -> bytes:
    if name == EMPTY:
        return graph_file.dumps(Graph())
    found = Templates().ids()
    if name not in found:
        raise UsageError(f'there is no template "{name}"', hint=nearest(name, [*found, EMPTY]))
    return found[name].read_bytes()


def _list(format_: str) -> int:
    found, unreadable = Templates().listed()
    rows = [(each.id, each.title, each.about) for each in found]
    rows += [(path.stem, "", f"(cannot be read: {problem})") for path, problem in unreadable]
    rows.append((EMPTY, "Empty", "A graph without nodes."))
    if format_ == "json":
        streams.out(dumps([dict(zip(("name", "title", "about"), each, strict=True)) for each in rows]) + "\n")
    else:
        streams.out(table([(name, shortened(_first_sentence(about or title), 200)) for name, title, about in rows]))
    return EXIT_OK


def _row(template: Template) -> tuple[str, str, str]:
    tags = " ".join(f"#{tag}" for tag in template.tags)
    about = shortened(_first_sentence(template.about or template.title), 200)
    return template.id, "yours" if template.origin == "user" else "", f"{about} {tags}".strip()


def _told(template: Template) -> dict[str, Any]:
    return {
        "name": template.id,
        "title": template.title,
        "about": template.about,
        "tags": list(template.tags),
        "own": template.origin == "user",
        "path": str(template.path),
    }


def _fits(template: Template, words: tuple[str, ...]) -> bool:
    text = " ".join([template.id, template.title, template.about, *template.tags]).casefold()
    return all(word.casefold() in text for word in words)


def _first_sentence(text: str) -> str:
    head, stop, _ = text.partition(". ")
    return head + stop.rstrip()
