"""The graphs that are served under names: given files, those in given folders, and templates. A name is never a path."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from graphide.errors import GraphFileError, GraphideError, UsageError
from graphide.executor.files import FileAccess
from graphide.graph.problems import nearest
from graphide.server.errors import Refusal
from graphide.templates import Templates
from graphide.workspace import Document, Workspace


class Entry(NamedTuple):
    """A name and the file it stands for."""

    name: str
    source: Literal["graph", "template"]
    path: Path


class _Read(NamedTuple):
    state: tuple[int, int]
    document: Document


class ServedGraphs:
    """Finds graphs by name; files are looked at again when they have changed. Any thread may call."""

    def __init__(self, workspace: Workspace, places: Iterable[Path], allow: tuple[Path, ...], templates: Templates):
        """Look for nothing yet but for names that are taken twice, which raise UsageError."""
        self._workspace = workspace
        self._places = tuple(place.absolute() for place in places)
        self._allow = tuple(folder.resolve() for folder in allow)
        self._templates = templates
        self._known: dict[Path, _Read] = {}
        self._lock = threading.Lock()
        _refuse_twins([place for place in self._places if place.is_file()])

    def entries(self) -> dict[str, Entry]:
        """Return what there is by name; given files go before those in folders, and these before templates."""
        found = {id: Entry(id, "template", path) for id, path in self._templates.ids().items()}
        folders = [place for place in self._places if place.is_dir()]
        for folder in reversed(folders):
            found |= {path.stem: Entry(path.stem, "graph", path) for path in sorted(folder.glob("*.json"))}
        return found | {path.stem: Entry(path.stem, "graph", path) for path in self._places if path not in folders}

    def names(self) -> tuple[str, ...]:
        """Return all names."""
        return tuple(sorted(self.entries()))

    def document(self, name: str) -> Document | None:
        """Return the graph of a name, None where there is none; raises GraphFileError for one that cannot be read."""
        entry = self.entries().get(name)
        return None if entry is None else self.read(entry)

    def named(self, name: str) -> Document:
        """Return the graph of a name; raises Refusal (404) with the nearest one where there is none."""
        found = self.entries()
        if name not in found:
            hint = nearest(name, found)
            message = f'there is no graph "{name[:100]}"'
            raise Refusal(404, f"{message}. {hint}" if hint else message, code="graph_not_found", param="graph")
        return self.read(found[name])

    def sent(self, graph: object) -> Document:
        """Return the graph that a client sent: its nodes touch no files. Raises GraphFileError."""
        from graphide.values import dumps

        try:
            document = self._workspace.loads(dumps(graph), "the graph")
        except RecursionError:
            raise GraphFileError("is nested too deep", where="the graph") from None
        return document._replace(files=FileAccess())

    def read(self, entry: Entry) -> Document:
        """Return the graph of an entry."""
        try:
            stat = entry.path.stat()
        except OSError as error:
            raise GraphFileError(f"cannot be read: {error.strerror}", where=entry.path.name) from error
        state = (stat.st_mtime_ns, stat.st_size)
        with self._lock:
            known = self._known.get(entry.path)
        if known is None or known.state != state:
            try:
                known = _Read(state, self._workspace.load(entry.path))
            except GraphideError as error:
                raise GraphFileError(error.message, where=entry.path.name, hint=error.hint) from error
            with self._lock:
                self._known[entry.path] = known
        return known.document._replace(files=self._files(entry.path))

    def _files(self, path: Path) -> FileAccess:
        """Return what nodes of a served graph may touch: nothing but what was allowed, whoever asks it."""
        folder = path.resolve().parent
        allowed = any(folder == root or root in folder.parents for root in self._allow)
        return FileAccess(folder if allowed else None, self._allow, protected=path.resolve())


def _refuse_twins(paths: list[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        if seen.setdefault(path.stem, path) != path:
            raise UsageError(f'two graphs have the name "{path.stem}"', hint="Rename one of the files")
