"""What is kept of the runs of a document: when, with what, how they ended, what they gave; and two of them compared.

The newest are in memory; a store, where there is one and the user wants it, has them after a restart. Outputs and inputs
are kept up to a size. Starting a run again is the business of `runs`, undoing edits that of `undo`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from graphide.errors import GraphFileError, GraphideError, UsageError
from graphide.executor.events import RunFinished
from graphide.graph import file as graph_file
from graphide.graph.model import Graph
from graphide.graph.text_diff import text_diff
from graphide.spec.nodespec import NodeSpec
from graphide.values import Json, dumps, to_json

MOST_RUNS = 50
"""Runs of one document that are kept in memory and shown."""
MOST_BYTES = 64 * 1024
"""What is kept of one output or input, in bytes of its JSON."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Kept(NamedTuple):
    """A value of a run as JSON; one that was too long is `cut`, its beginning kept as text. `size` in bytes."""

    value: Json
    cut: bool = False
    size: int = 0

    @property
    def text(self) -> str:
        """The value as text: text as it is, everything else as indented JSON."""
        return self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False, indent=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run that ended. `document` is the key of its document, `graph` the hash of what was run, `at` in UTC."""

    id: str
    document: str = ""
    at: str = ""
    title: str = ""
    graph: str = ""
    status: str = "ok"
    seed: int = 0
    seconds: float = 0.0
    targets: tuple[str, ...] = ()
    inputs: Mapping[str, Kept] = field(default_factory=lambda: _NOTHING)
    outputs: Mapping[str, Kept] = field(default_factory=lambda: _NOTHING)
    usage: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    models: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)

    def whole_inputs(self) -> dict[str, Json]:
        """Return its inputs to run with them again; raises UsageError when one of them was too long to keep."""
        for name, kept_value in self.inputs.items():
            if kept_value.cut:
                size = f"{kept_value.size:,} bytes"
                raise UsageError(f"was too long to be kept ({size})", where=f'input "{name}"', hint="Give it again")
        return {name: kept_value.value for name, kept_value in self.inputs.items()}


class OutputDiff(NamedTuple):
    """How an output of one run became that of another; `lines` as `text_diff` gives them, none when they are the same."""

    name: str
    before: Kept | None
    after: Kept | None
    lines: tuple[str, ...] = ()


class RunStore(Protocol):
    """Keeps records of runs beyond the life of the program."""

    def append(self, record: RunRecord) -> None:
        """Keep one more record; raises GraphideError."""
        ...

    def recent(self, document: str, most: int) -> tuple[RunRecord, ...]:
        """Return the last records of a document, newest first; raises GraphideError."""
        ...

    def remove(self, run_id: str) -> None:
        """Forget one record; raises GraphideError."""
        ...

    def clear(self, document: str = "") -> None:
        """Forget the records of a document, or of all; raises GraphideError."""
        ...


class RunHistory:
    """The last runs of every document. `keep` False leaves the store alone; safe between threads.

    `problem` says why the store could not be used; a run never fails for its sake.
    """

    def __init__(self, store: RunStore | None = None, *, keep: bool = True, most: int = MOST_RUNS) -> None:
        self._store = store
        self._most = most
        self._lock = threading.Lock()
        self._recent: dict[str, list[RunRecord]] = {}
        self._looked_up: set[str] = set()
        self.keep = keep
        self.problem = ""

    def add(self, record: RunRecord) -> None:
        """Keep a record."""
        with self._lock:
            runs = self._runs(record.document)
            runs.insert(0, record)
            del runs[self._most :]
            if self.keep and self._store is not None:
                try:
                    self._store.append(record)
                except GraphideError as error:
                    self.problem = str(error)

    def of(self, document: str) -> tuple[RunRecord, ...]:
        """Return the last runs of a document, newest first."""
        with self._lock:
            return tuple(self._runs(document))

    def remove(self, record: RunRecord) -> None:
        """Forget one run, in the store too."""
        with self._lock:
            runs = self._runs(record.document)
            self._recent[record.document] = [run for run in runs if run.id != record.id]
            if self._store is not None:
                try:
                    self._store.remove(record.id)
                except GraphideError as error:
                    self.problem = str(error)

    def clear(self, document: str) -> None:
        """Forget the runs of a document, in the store too."""
        with self._lock:
            self._recent[document] = []
            self._looked_up.add(document)
            if self._store is not None:
                try:
                    self._store.clear(document)
                except GraphideError as error:
                    self.problem = str(error)

    def forget_all(self) -> None:
        """Forget all runs of all documents, in the store too."""
        with self._lock:
            self.problem = ""
            for document in self._recent:
                self._recent[document] = []
            if self._store is not None:
                try:
                    self._store.clear()
                except GraphideError as error:
                    self.problem = str(error)

    def _runs(self, document: str) -> list[RunRecord]:
        runs = self._recent.setdefault(document, [])
        if self.keep and self._store is not None and document and document not in self._looked_up:
            self._looked_up.add(document)
            try:
                known = {record.id for record in runs}
                runs += [old for old in self._store.recent(document, self._most) if old.id not in known]
            except GraphideError as error:
                self.problem = str(error)
            del runs[self._most :]
        return runs


def record_of(
    end: RunFinished,
    graph: Graph,
    registry: Mapping[str, NodeSpec],
    *,
    id: str,
    document: str,
    at: str,
    inputs: Mapping[str, Any],
    targets: tuple[str, ...],
) -> RunRecord:
    """Return what is kept of a run that ended so."""
    return RunRecord(
        id=id, document=document, at=at, title=graph.title, graph=graph_hash(graph, registry), status=end.status,
        seed=end.seed, seconds=round(end.seconds, 3), targets=targets, usage=to_json(end.usage), models=to_json(end.models),
        inputs={name: kept(value) for name, value in inputs.items()},
        outputs={name: kept(value) for name, value in end.outputs.items()},
    )  # fmt: skip


def graph_hash(graph: Graph, registry: Mapping[str, NodeSpec]) -> str:
    """Return what tells graphs apart that give other results: 32 hex digits of its canonical text without places."""
    try:
        data = graph_file.dumps(replace(graph, view={}), registry)
    except GraphFileError:  # it ran although it cannot be saved
        return ""
    return blake2b(data, digest_size=16).hexdigest()


def kept(value: Any, most: int = MOST_BYTES) -> Kept:
    """Return a value as it is kept: whole as JSON, or its beginning as text."""
    data = dumps(value)
    if len(data) <= most:
        return Kept(to_json(value), size=len(data))
    text = value[:most] if isinstance(value, str) else data.decode("utf-8", "replace")[:most]
    return Kept(text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore"), True, len(data))


def compare(before: RunRecord, after: RunRecord) -> tuple[OutputDiff, ...]:
    """Return every output of two runs with what changed from one to the other."""
    diffs = []
    for name in dict.fromkeys([*before.outputs, *after.outputs]):
        old, new = before.outputs.get(name), after.outputs.get(name)
        changed = old is None or new is None or old.value != new.value
        lines = text_diff(old.text if old else "", new.text if new else "") if changed else ()
        diffs.append(OutputDiff(name, old, new, lines))
    return tuple(diffs)
