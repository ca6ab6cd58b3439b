"""`graphide share`: a graph becomes a picture that shows it and that graphide opens."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from graphide.cli import completion, opening, streams
from graphide.disk import write_atomically
from graphide.errors import EXIT_OK, GraphFileError, UsageError
from graphide.workspace import Workspace


@click.command(short_help="Make a picture of a graph that opens as the graph.")
@click.argument("graph", shell_complete=completion.graph_files)
@click.option(
    "--out", "-o", "out", type=click.Path(path_type=Path), required=True, help="The picture to write, a .png file."
)
@click.option("--theme", type=click.Choice(["dark", "light"]), default="dark", help="How it looks.")
@click.option("--scale", type=click.FloatRange(0.1, 4), default=1.0, help="Pixels for each unit of the canvas.")
@click.option("--force", is_flag=True, help="Replace the picture when it is there.")
def share(graph: str, out: Path, theme: Literal["dark", "light"], scale: float, force: bool) -> int:
    """Draw GRAPH into a PNG that has the graph in it: its JSON, and nothing else of this machine.

    Every command that takes a graph file takes the picture as well: graphide run picture.png
    """
    from graphide.editor.connect import Rules
    from graphide.editor.share import shared
    from graphide.ui.colors import LOOKS

    if out.suffix.lower() != ".png":
        raise UsageError("is not the name of a PNG picture", where=str(out), hint="Let it end in .png")
    if out.exists() and not force:
        raise UsageError("is there already", where=str(out), hint="Choose another name, or replace it with --force")
    with Workspace() as workspace:
        document = opening.open_document(workspace, graph)
        opening.say_notes(document, graph)
        data = shared(document.graph, Rules(workspace.registry), LOOKS[theme].color, scale)
    try:
        write_atomically(out, data)
    except OSError as error:
        raise GraphFileError(f"cannot be written: {error.strerror}", where=str(out)) from error
    streams.err(f"wrote {out}. It opens as a graph: graphide run {out}\n")
    return EXIT_OK
