"""Commands about graph files: validate, fmt, diff, show, schema. What they find out is found out in `graphide.graph`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from graphide.cli import completion, opening, streams
from graphide.cli.render import problem_line
from graphide.cli.report import dumps, problem_json
from graphide.errors import EXIT_INVALID_GRAPH, EXIT_OK, GraphFileError, GraphideError, UsageError
from graphide.graph.file import dumps as file_bytes
from graphide.graph.model import Graph
from graphide.graph.problems import Problem
from graphide.graph.quoting import printable
from graphide.workspace import Document, Workspace

SCHEMA = 1
EXIT_DIFFERENT = 1
_text_or_json = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How it is printed."
)


@click.command(short_help="Say what is wrong with graph files.")
@click.argument("graphs", nargs=-1, required=True, shell_complete=completion.graph_files)
@_text_or_json
def validate(graphs: Sequence[str], format_: str) -> int:
    """Say what is wrong with GRAPHS, a line each: file, severity, what and where, what to do, [code].

    Exit code 0 when there is no error (there may be warnings), 3 otherwise.
    """
    with Workspace() as workspace:
        found = [(source, _problems(workspace, source)) for source in graphs]
        if any(problem.code == "unknown-type" for _, problems in found for problem in problems):
            opening.say_plugin_problems(workspace)
    wrong = any(problem.severity == "error" for _, problems in found for problem in problems)
    if format_ == "json":
        files = [{"file": source, "problems": [problem_json(each) for each in problems]} for source, problems in found]
        streams.out(dumps({"schema": SCHEMA, "ok": not wrong, "files": files}) + "\n")
    else:
        for source, problems in found:
            streams.out("".join(problem_line(source, problem) for problem in problems) or f"{printable(source)}: ok\n")
    return EXIT_INVALID_GRAPH if wrong else EXIT_OK


def _problems(workspace: Workspace, source: str) -> list[Problem]:
    try:
        document = opening.open_document(workspace, source)
        return [*document.notes, *workspace.check(document)]
    except GraphideError as error:
        return [_as_problem(error, source)]


def _as_problem(error: GraphideError, source: str) -> Problem:
    where = error.where.removeprefix(source).lstrip(", ")
    return Problem("unreadable", "error", f"{where}: {error.message}" if where else error.message, hint=error.hint)


@click.command(short_help="Write graph files in their canonical form.")
@click.argument("graphs", nargs=-1, required=True, shell_complete=completion.graph_files)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a file is not in canonical form.")
@click.option("--stdout", is_flag=True, help="Print the canonical form instead of writing it.")
def fmt(graphs: Sequence[str], check: bool, stdout: bool) -> int:
    """Write GRAPHS (files, or - from standard input to standard output) in canonical form: sorted, defaults left out.

    Nothing that a graph means changes. A file is replaced whole or not at all, and only when it changes.
    """
    code = EXIT_OK
    with Workspace() as workspace:
        for source in graphs:
            try:
                changed = _format(workspace, source, check=check, stdout=stdout)
            except GraphideError as error:
                streams.err(f"error: {printable(str(error))}\n")
                code = error.exit_code
            else:
                code = code or (EXIT_DIFFERENT if check and changed else EXIT_OK)
    return code


def _format(workspace: Workspace, source: str, *, check: bool, stdout: bool) -> bool:
    if source == opening.STDIN:
        old = streams.read_input()
        document = workspace.loads(old, "standard input")
    else:
        path = Path(source)
        if not path.is_file():  # the name of a template is not one of a file to be written
            raise GraphFileError("there is no such file", where=source)
        document = workspace.load(path)
        old = path.read_bytes()
    new = file_bytes(document.graph, workspace.registry)
    if check or not (stdout or source == opening.STDIN):
        if old != new:
            if not check:
                workspace.save(document, Path(source))
            verb = "would be rewritten" if check else "rewritten"
            streams.err(f"{printable(source)}: {verb}: {_what_changes(old, new, document, workspace)}\n")
        return old != new
    streams.out(new.decode())
    return old != new


def _what_changes(old: bytes, new: bytes, document: Document, workspace: Workspace) -> str:
    parts = [str(note) for note in document.notes]
    shorter = workspace.loads(new).graph.nodes
    left_out = sum(len(node.settings) - len(shorter[node.id].settings) for node in document.graph.nodes.values())
    if left_out > 0:
        parts.append(f"{left_out} {'setting' if left_out == 1 else 'settings'} with the default value left out")
    lines = (Counter(new.split(b"\n")) - Counter(old.split(b"\n"))).total()
    parts.append(f"{lines} {'line' if lines == 1 else 'lines'} written otherwise" if lines else "order and blank lines")
    return printable("; ".join(parts))


@click.command(short_help="Say what differs between two graphs.")
@click.argument("files", nargs=-1, required=True, metavar="OLD NEW", shell_complete=completion.graph_files)
@_text_or_json
def diff(files: Sequence[str], format_: str) -> int:
    """Say what changed from OLD to NEW in terms of the graph: nodes, settings, words of prompts, edges, layout.

    Exit code 0 when nothing differs, 1 when something does. As git's external diff (git config diff.graphide.command
    "graphide diff" and "*.json diff=graphide" in .gitattributes) it takes git's seven arguments and exits with 0. With
    diff.graphide.textconv "graphide show" git compares the texts of graphs by itself.
    """
    if len(files) in (7, 9):
        return _diff_for_git(files)
    if len(files) != 2:
        raise UsageError(f"diff takes two graphs, and these are {len(files)}")
    with Workspace() as workspace:
        old, new = (opening.open_document(workspace, source).graph for source in files)
        text, changes = _compared(workspace, old, new)
    if format_ == "json":
        streams.out(dumps({"schema": SCHEMA, "changes": [asdict(change) for change in changes]}) + "\n")
    else:
        streams.out(text)
    return EXIT_DIFFERENT if changes else EXIT_OK


def _diff_for_git(arguments: Sequence[str]) -> int:
    path, old_file, _, _, new_file = arguments[:5]
    streams.out(f"graphide diff {printable(path)}\n")
    try:
        with Workspace() as workspace:
            old, new = (_graph_for_git(workspace, file) for file in (old_file, new_file))
            streams.out(_compared(workspace, old, new)[0])
    except GraphideError as error:  # git gives up on everything that follows when its external diff fails
        streams.out(f"  cannot be compared: {printable(str(error))}\n")
    return EXIT_OK


def _graph_for_git(workspace: Workspace, file: str) -> Graph:
    return Graph() if file == "/dev/null" else workspace.load(Path(file)).graph


def _compared(workspace: Workspace, old: Graph, new: Graph) -> tuple[str, tuple[Any, ...]]:
    from graphide.graph.diff import diff as compare, render

    changes = compare(old, new, workspace.registry)
    return render(changes), changes


@click.command(short_help="Show a graph as text, Mermaid or JSON.")
@click.argument("graph", shell_complete=completion.graph_files)
@click.option(
    "--format", "format_", type=click.Choice(["text", "mermaid", "json"]), default="text", help="How it is shown."
)
def show(graph: str, format_: str) -> int:
    """Show GRAPH: its nodes in the order they run with settings and sources, as a Mermaid flowchart, or as JSON."""
    from graphide.graph.show import as_mermaid, as_text

    with Workspace() as workspace:
        document = opening.open_document(workspace, graph)
        opening.say_notes(document, graph)
        if format_ == "json":
            streams.out(dumps(_as_json(workspace, document), indent=True) + "\n")
        else:
            found = document.graph
            streams.out(as_mermaid(found) if format_ == "mermaid" else as_text(found, workspace.registry))
    return EXIT_OK


def _as_json(workspace: Workspace, document: Document) -> dict[str, Any]:
    from graphide.graph.canonical import document_of
    from graphide.graph.topology import order

    try:
        ports = workspace.inputs(document)
    except GraphideError:  # a broken input is for `validate` to name
        ports = ()
    inputs = [
        {
            "name": port.name, "kind": port.field.kind if port.field else port.wires[0], "required": port.required,
            "default": port.default, "help": port.help, "json_schema": port.field.schema() if port.field else {},
        }
        for port in ports
    ]  # fmt: skip
    full = replace(document.graph, view={})
    return {
        "schema": SCHEMA, "inputs": inputs, "outputs": list(workspace.outputs(document)),
        "order": list(order(document.graph)), "graph": document_of(full, workspace.registry),
    }  # fmt: skip


@click.command(short_help="Print the JSON Schema of graph files.")
def schema() -> int:
    """Print the JSON Schema of graph files with the node types of this machine, for editors and other tools."""
    from graphide.graph.schema import schema as schema_of

    with Workspace() as workspace:
        streams.out(dumps(schema_of(workspace.registry), indent=True) + "\n")
    return EXIT_OK
