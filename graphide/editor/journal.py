"""The journal: every state of an open document, on disk before the next one, so that a crash costs nothing.

One file per document and process, JSON lines: a head with the graph as a whole, then the changes of each edit. Each line
is handed to the system at once, so it survives the death of the process; `settle` also makes it survive a loss of power
and is for moments in which nobody waits, because it may take long. A journal is locked by who writes it, so that a
journal without a lock is one that was left behind. Reading those is in `recovery`.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from graphide import paths
from graphide.disk import try_lock
from graphide.editor.changes import changes
from graphide.editor.unfinished import Unfinished
from graphide.errors import GraphideError
from graphide.graph import file as graph_file
from graphide.graph.canonical import document_of
from graphide.graph.model import Graph
from graphide.values import Json

FORMAT = 1
SUFFIX = ".journal"
_LARGE = 4 * 1024 * 1024
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def journal_folder() -> Path:
    """Return the folder of journals: work that is nowhere else yet."""
    return paths.data_folder() / "drafts"


class Journal:
    """Writes down the states of one document. Never raises: what cannot be written is said once, in `notice`."""

    def __init__(self, folder: Path | None = None) -> None:
        """Prepare a journal in `folder` (the user's); nothing is written before the first edit."""
        self._folder = folder or journal_folder()
        self._file = -1
        self._path: Path | None = None
        self._graph = Graph()
        self._base: Graph | None = None
        self._count = 0
        self._size = 0
        self._first = 0
        self._settled = True
        self._failing = False
        self._notice = ""

    @property
    def path(self) -> Path | None:
        """The file that is written, None before the first edit and while nothing can be written."""
        return self._path

    @property
    def kept(self) -> Path | None:
        """The file that has everything up to the last edit, None where there is none, or the last edit is not in it."""
        return self._path if not self._failing else None

    def take_notice(self) -> str:
        """Return, once, the sentence that says why nothing is kept, or ""."""
        notice, self._notice = self._notice, ""
        return notice

    def write(self, label: str, before: Graph, after: Graph, *, document: Path | None = None) -> None:
        """Keep the state after an edit; `before` and the file `document` are the base where this is the first one."""
        try:
            self._open(before, document)
            delta = changes(self._graph, after)
            self._append({"n": self._count + 1, "label": label, "at": _now(), "changes": delta})
        except (OSError, GraphideError, TypeError, ValueError) as error:
            self._failed(error)
            return
        self._count += 1
        self._graph = after
        self._failing = False

    def note(self, unfinished: Sequence[Unfinished], graph: Graph, *, document: Path | None = None) -> None:
        """Keep all texts that are no part of `graph` yet, in the place of those that were kept before."""
        if not unfinished and self._file < 0:
            return
        try:
            self._open(graph, document)
            self._append({"unfinished": [list(text) for text in unfinished], "at": _now()})
        except (OSError, GraphideError, TypeError, ValueError) as error:
            self._failed(error)
            return
        self._failing = False

    def settle(self) -> None:
        """Make what was written survive a loss of power; may take long, so call it in a thread that nobody waits for."""
        file = self._file  # the thread that edits may close it meanwhile
        if not self._settled and file >= 0:
            self._settled = True
            with suppress(OSError):
                os.fsync(file)

    def remove(self) -> None:
        """Forget what was written: it is saved, or not wanted. The next edit begins a new journal."""
        path, self._settled = self._path, True
        self.close()
        if path is not None:
            with suppress(OSError):
                path.unlink()

    def close(self) -> None:
        """Stop writing and leave the file behind, to be found by the next start."""
        if self._file >= 0:
            self.settle()
            with suppress(OSError):
                os.close(self._file)
        self._file, self._path, self._graph, self._base = -1, None, Graph(), None

    def _open(self, graph: Graph, document: Path | None) -> None:
        """Have a file that the next line can be added to: a new one where there is none, it broke, or it is long."""
        if self._base is None:
            self._base = graph
        if self._file < 0 or self._failing or self._size > max(_LARGE, 4 * self._first):
            self._begin(graph, document)

    def _begin(self, graph: Graph, document: Path | None) -> None:
        """Open a new file with the whole graph in its head; an older file of this journal is removed after that."""
        base = self._base or graph
        head = {
            "journal": FORMAT,
            "path": str(document.absolute()) if document is not None else "",
            "base": fingerprint(base),
            "at": _now(),
            "replaces": self._path.name if self._path is not None else "",
            "graph": document_of(graph),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns():020}-{os.getpid()}-{os.urandom(4).hex()}{SUFFIX}"
        file = os.open(path, _FLAGS, 0o600)
        try:
            try_lock(file)
            size = _write_whole(file, head, 0)
            if self._path is not None:  # it is removed now; without one before it, `settle` comes soon enough
                os.fsync(file)
        except BaseException:
            os.close(file)
            with suppress(OSError):
                path.unlink()
            raise
        self.remove()
        self._file, self._path, self._graph, self._base = file, path, graph, base
        self._count, self._size, self._first = 0, size, size

    def _append(self, line: Json) -> None:
        self._size += _write_whole(self._file, line, self._size)
        self._settled = False

    def _failed(self, error: Exception) -> None:
        # The file stays, and locked, with all states before; the next edit tries a new one with the whole graph.
        if not self._failing:
            reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
            self._notice = (
                f"The edits cannot be kept for the case of a crash: {reason} ({self._folder}). "
                "They are safe in memory; save the graph soon"
            )
        self._failing = True


def fingerprint(graph: Graph) -> str:
    """Return the hash of what a graph says, by which a journal knows the state it began with."""
    return hashlib.sha256(graph_file.dumps(graph)).hexdigest()


def _write_whole(file: int, line: Json, start: int) -> int:
    """Write a line whole and return its size; where only a part fits, take that part back and raise OSError."""
    data = _bytes_of(line) + b"\n"
    written = 0
    try:
        while written < len(data):
            written += os.write(file, data[written:])
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, start)
            os.lseek(file, start, os.SEEK_SET)
        raise
    return len(data)


def _bytes_of(line: Json) -> bytes:
    # Keys keep their order: in a setting it may matter.
    try:
        return orjson.dumps(line, default=_plain)
    except TypeError:  # whole numbers of more than 64 bits
        return json.dumps(line, default=_plain, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _now() -> float:
    return round(time.time(), 3)
