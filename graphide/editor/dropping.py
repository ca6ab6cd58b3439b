"""Files that come from outside, dropped onto the canvas or pasted as paths: graphs are opened, others become a node."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from graphide.editor.offers import adding
from graphide.editor.palette import node_items
from graphide.editor.selection import Selection
from graphide.paths import written_path

if TYPE_CHECKING:
    from graphide.editor.session import Session

GRAPHS: Final = frozenset([".json", ".png"])
"""What a graph can be in: its file, or a picture with it inside."""
_READER: Final = "context"
_MOST: Final = 20
_LONGEST: Final = 4096


def files_in(text: str) -> tuple[Path, ...]:
    """Return the files that a text names, one on each line as a path or a `file:` address; () if it is another text."""
    lines = [line.strip().strip('"') for line in text[: _MOST * _LONGEST].splitlines() if line.strip()]
    if not lines or len(lines) > _MOST or any(len(line) > _LONGEST for line in lines):
        return ()
    found = tuple(_path(line) for line in lines)
    return found if all(_is_file(path) for path in found) else ()


def take_files(session: Session, files: Iterable[Path], at: tuple[float, float]) -> None:
    """Open the graphs, and make one node that reads the other files, at a place of the view."""
    paths = [path.absolute() for path in files]
    others = [path for path in paths if path.suffix.lower() not in GRAPHS]
    if others:
        _add_reader(session, others, at)
    for path in paths:
        if path not in others:
            session.open(path)


def _add_reader(session: Session, files: list[Path], at: tuple[float, float]) -> None:
    item = next((item for item in node_items(session.workspace.registry) if item.id == _READER), None)
    if item is None:
        session.say(f'the node type "{_READER}", which reads files, is not installed', "warning")
        return
    names = [glob.escape(str(path)) for path in files]  # the setting takes globs too, and these are plain files
    command, node_id = adding(session, replace(item, settings={"files": names}), session.tab.camera.to_world(*at))
    if session.do(command):
        session.select(Selection((node_id,)))


def _path(line: str) -> Path:
    if line.startswith("file:"):
        return Path(unquote(urlsplit(line).path))
    return written_path(line)


def _is_file(path: Path) -> bool:
    try:
        return path.is_absolute() and path.is_file()
    except (OSError, ValueError):
        return False
