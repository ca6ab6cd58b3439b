"""Reading a file for a document: what the window takes, and what it refuses before it would keep everybody waiting."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from graphide import paths
from graphide.editor.outside import Stamp, stamp_of
from graphide.errors import GraphFileError
from graphide.graph.picture import SIGNATURE, is_picture
from graphide.workspace import Document, Workspace

MOST_NODES = 20_000
"""Nodes that a window takes some seconds to draw for the first time; nobody edits more by hand."""


def read_document(workspace: Workspace, path: Path) -> tuple[Document, Stamp | None]:
    """Return the document in a file, or of a starter template by its name, and the stamp of the file before it was read.

    What is not saved where it came from, a template and a picture, has no path. Raises GraphFileError.
    """
    _refuse_devices(path)
    # Looked at before it is read: what is written in between is found later, not missed.
    stamp = stamp_of(path)
    document = workspace.load(path)
    if (number := len(document.graph.nodes)) > MOST_NODES:
        message = f"has {number:,} nodes, and the window shows {MOST_NODES:,} at the most"
        raise GraphFileError(message, where=str(path), hint="It runs without a window: graphide run FILE")
    own = document.path
    if own is None or own.parent == paths.templates_folder() or _is_picture(own):
        return document._replace(path=None), None
    return document, stamp


def _refuse_devices(path: Path) -> None:
    """Raise GraphFileError for what is there and may never end to be read: a pipe keeps its reader waiting."""
    with suppress(OSError, ValueError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise GraphFileError("is a folder or a device, not a file", where=str(path))


def _is_picture(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return is_picture(file.read(len(SIGNATURE)))
    return False
