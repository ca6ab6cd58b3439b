"""Recovery: the journals that a crash left behind, read back to the last state that is whole."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from graphide.editor.changes import apply_changes
from graphide.editor.journal import FORMAT, SUFFIX, fingerprint, journal_folder
from graphide.editor.locks import is_locked
from graphide.editor.unfinished import Unfinished
from graphide.errors import GraphFileError, GraphideError
from graphide.graph import file as graph_file
from graphide.graph.model import Graph
from graphide.graph.shape import graph_of
from graphide.values import Json

_YOUNG = 60
"""Seconds in which an empty journal may be one that is just being made."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Work that was not saved: the last whole state, and what it is.

    `document` is the file it began from (None: none yet), `base` the fingerprint of that file then, `edits` how many
    edits came after, `label` the last of them, `at` its time in seconds since 1970. `unfinished` are texts that were typed
    and did not fit yet. `torn` says that one more edit was being written down and is lost.
    """

    journal: Path
    document: Path | None
    graph: Graph
    base: str
    edits: int
    label: str
    at: float
    torn: bool = False
    replaces: str = ""
    unfinished: tuple[Unfinished, ...] = ()

    def describe(self) -> str:
        """Return the sentence that offers the draft."""
        name = self.document.name if self.document is not None else self.graph.title or "a graph without a file"
        when = f"{datetime.fromtimestamp(self.at).astimezone():%Y-%m-%d at %H:%M}"
        if not self.edits:
            return f"{name} has work of {when} that was not saved"
        number = f"{self.edits:,} edits that were" if self.edits != 1 else "1 edit that was"
        return f"{name} has {number} not saved; the last, {self.label!r}, on {when}"


def left_behind(folder: Path | None = None) -> tuple[Draft, ...]:
    """Return the drafts that nobody works on any more, the newest first.

    Journals of work that turns out to be saved, or undone, are removed on the way.
    """
    found = list(_unlocked(folder or journal_folder()))
    replaced = {draft.replaces for draft in found}
    drafts = []
    for draft in found:
        if draft.journal.name in replaced or _is_saved(draft):
            discard(draft)
        else:
            drafts.append(draft)
    return tuple(sorted(drafts, key=lambda draft: draft.at, reverse=True))


def read(path: Path) -> Draft:
    """Return the last whole state in a journal; raises GraphFileError when not even its head is whole."""
    try:
        *lines, rest = path.read_bytes().split(b"\n")
    except OSError as error:
        raise GraphFileError(error.strerror or str(error), where=str(path)) from error
    head = _parsed(lines[0]) if lines else None
    if not isinstance(head, dict) or head.get("journal") != FORMAT or not isinstance(head.get("graph"), dict):
        raise GraphFileError("is not a journal, or was left before it began", where=str(path))
    state, last, edits, whole = head["graph"], head, 0, 1
    unfinished: tuple[Unfinished, ...] = ()
    for step in map(_parsed, lines[1:]):
        try:
            if "unfinished" in step:
                unfinished = tuple(Unfinished(*text) for text in step["unfinished"])
            elif step["n"] != edits + 1:
                break
            else:
                state, last, edits = apply_changes(state, step["changes"]), step, edits + 1
        except (KeyError, TypeError, AttributeError, ValueError):
            break
        whole += 1
    document = Path(head["path"]) if head.get("path") else None
    torn = bool(rest) or whole < len(lines)
    return Draft(
        path, document, graph_of(state, name=str(path)), str(head.get("base", "")), edits, str(last.get("label", "")),
        float(last.get("at", 0)), torn, str(head.get("replaces", "")), unfinished,
    )  # fmt: skip


def discard(draft: Draft) -> None:
    """Remove the journal of a draft, because the work is in a document again or not wanted."""
    with suppress(OSError):
        draft.journal.unlink()


def _unlocked(folder: Path) -> Iterator[Draft]:
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if is_locked(path):
            continue
        try:
            yield read(path)
        except (GraphideError, ValueError, TypeError):
            _remove_if_empty(path)


def _remove_if_empty(path: Path) -> None:
    with suppress(OSError):
        found = path.stat()
        if not found.st_size and time.time() - found.st_mtime > _YOUNG:
            path.unlink()


def _is_saved(draft: Draft) -> bool:
    if draft.unfinished:
        return False
    try:
        own = fingerprint(draft.graph)
        if own == draft.base and (draft.document is None or draft.document.exists()):
            return True
        return draft.document is not None and fingerprint(graph_file.load(draft.document)) == own
    except GraphideError:
        return False


def _parsed(line: bytes) -> Json:
    try:
        return json.loads(line)
    except ValueError:
        return None
