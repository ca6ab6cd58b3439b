"""Names of files: what may be one, with which ending a graph is saved, and how a setting names a file."""

from __future__ import annotations

from pathlib import Path

_FORBIDDEN = '/\\:*?"<>|'


def name_problem(name: str) -> str:
    """Return why something cannot be the name of a file or folder, "" when it can."""
    if not name:
        return "a name is missing"
    if name in (".", "..") or any(char in _FORBIDDEN or ord(char) < 32 for char in name):
        return f"a name is without {_FORBIDDEN}"
    return "is too long a name" if len(name.encode()) > 240 else ""


def with_ending(path: Path) -> Path:
    """Return the path of a graph file: with .json where no ending was given."""
    return path if path.suffix else path.with_name(f"{path.name}.json")


def as_written(path: Path, document: Path | None) -> str:
    """Return a path as a setting names it: relative to the graph file where it is below its folder."""
    if document is not None and path.is_relative_to(document.parent):
        return path.relative_to(document.parent).as_posix()
    return str(path)
