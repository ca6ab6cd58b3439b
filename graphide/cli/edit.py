"""`graphide edit`: opens the window with graphs, after making sure that this machine can show one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphide.cli import completion, streams
from graphide.errors import EXIT_USAGE


@click.command(short_help="Open the editor.")
@click.argument("files", nargs=-1, shell_complete=completion.graph_files, type=click.Path(path_type=Path))
@click.option("--model", "-m", default="", metavar="NAME|PATH|echo", shell_complete=completion.models,
              help='Answer every model node with this model; "echo" answers with the prompt, without a model.')  # fmt: skip
def edit(files: tuple[Path, ...], **given: Any) -> int:
    """Open FILES, graph files or names of starter templates, in the editor; without any, what was open last.

    What is edited is kept while it is: after a crash the editor offers to go on with it.
    """
    from graphide.ui.display import why_no_window, why_not_loaded

    reason = why_no_window() or why_not_loaded()
    if reason:
        streams.err(f"error: the editor cannot be opened: {reason}\n")
        streams.err("Graphs run without a window too: graphide run FILE\n")
        return EXIT_USAGE
    from graphide.ui.window import edit as show

    return show(files, model=given["model"], serve=_serve)


def _serve(*given: Any) -> Any:
    from graphide.server.inside import start  # loaded when somebody switches it on

    return start(*given)
