"""Opening graphs for commands: from a file, standard input or a template, with what has to be said about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphide.cli import streams
from graphide.cli.render import problem_line
from graphide.graph.quoting import printable

if TYPE_CHECKING:
    from graphide.workspace import Document, Workspace

STDIN = "-"


def open_document(workspace: Workspace, source: str) -> Document:
    """Return the document of a path, of a template's name, or of standard input (`-`); raises GraphFileError."""
    if source == STDIN:
        return workspace.loads(streams.read_input(), "standard input")
    return workspace.load(source)


def folder_of(document: Document) -> Path | None:
    """Return the folder that the graph file lies in, None when it has no file."""
    return document.path.parent if document.path is not None else None


def say_notes(document: Document, source: str) -> None:
    """Say what migrating an older document changed."""
    for note in document.notes:
        streams.err(problem_line(source, note))


def say_plugin_problems(workspace: Workspace) -> None:
    """Say why plugins of this machine brought no node types."""
    for problem in workspace.plugin_problems:
        streams.err(f"warning: {printable(str(problem))}\n")


def say_settings_problem(workspace: Workspace) -> None:
    """Say what is wrong with the settings of this machine."""
    if workspace.settings.problem:
        streams.err(f"warning: {printable(workspace.settings.problem)}\n")
