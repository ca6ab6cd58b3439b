"""Records of runs in a file: one JSON object a line, added at its end, of bounded size. One way to keep a history.

A line that cannot be read (another version, a crash while it was written) is passed over. What a record is, is in
`run_history`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from graphide.disk import write_atomically
from graphide.editor.run_history import Kept, RunRecord
from graphide.errors import GraphideError
from graphide.paths import data_folder, ensure
from graphide.values import Json, dumps

LIMIT = 8 * 1024 * 1024
"""Bytes of the file, after which its older half goes."""

_TEXTS = ("id", "document", "at", "title", "graph", "status")


class RunFile:
    """A `RunStore` in one file; `limit` in bytes."""

    def __init__(self, path: Path | None = None, *, limit: int = LIMIT) -> None:
        self.path = path or data_folder() / "runs.jsonl"
        self._limit = limit

    def append(self, record: RunRecord) -> None:
        """Add a record at the end; raises GraphideError when the file cannot be written."""
        line = dumps(to_json(record)) + b"\n"

        def write() -> None:
            ensure(self.path.parent)
            with self.path.open("ab") as file:
                if file.tell() and not _ends_with_newline(self.path):
                    file.write(b"\n")  # the rest of a line that a crash cut off stays a line of its own
                file.write(line)
                size = file.tell()
            if size > self._limit:
                self._halve()

        self._tried(write)

    def recent(self, document: str, most: int) -> tuple[RunRecord, ...]:
        """Return the last records of a document, newest first; raises GraphideError when the file cannot be read."""
        found: list[RunRecord] = []
        for line in reversed(self._lines()):
            record = _record(line)
            if record is not None and record.document == document:
                found.append(record)
                if len(found) == most:
                    break
        return tuple(found)

    def remove(self, run_id: str) -> None:
        """Forget one record; raises GraphideError."""
        lines = self._lines()
        kept = [line for line in lines if (record := _record(line)) is None or record.id != run_id]
        if len(kept) < len(lines):
            self._tried(lambda: write_atomically(self.path, b"".join(line + b"\n" for line in kept)))

    def clear(self, document: str = "") -> None:
        """Forget the records of a document, or all of them; raises GraphideError."""
        if not document:
            self._tried(lambda: self.path.unlink(missing_ok=True))
            return
        kept = [line for line in self._lines() if (record := _record(line)) is None or record.document != document]
        self._tried(lambda: write_atomically(self.path, b"".join(line + b"\n" for line in kept)))

    def _halve(self) -> None:
        kept: list[bytes] = []
        room = self._limit // 2
        for line in reversed(self._lines()):
            room -= len(line) + 1
            if room < 0:
                break
            kept.append(line)
        write_atomically(self.path, b"".join(line + b"\n" for line in reversed(kept)))

    def _lines(self) -> list[bytes]:
        lines: list[bytes] = []

        def read() -> None:
            if self.path.exists():
                lines.extend(line for line in self.path.read_bytes().split(b"\n") if line)

        self._tried(read)
        return lines

    def _tried(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "Runs of this session are still listed"
            raise GraphideError(
                f"the history of runs cannot be used: {reason}", where=str(self.path), hint=hint
            ) from error


def to_json(record: RunRecord) -> dict[str, Json]:
    """Return a record as a JSON object."""
    body: dict[str, Any] = {own.name: getattr(record, own.name) for own in fields(record)}
    body |= {name: {key: list(kept) for key, kept in body[name].items()} for name in ("inputs", "outputs")}
    return {**body, "targets": list(record.targets), "usage": dict(record.usage), "models": dict(record.models)}


def from_json(data: Json) -> RunRecord:
    """Return the record that `to_json` gave as `data`; raises ValueError, TypeError or KeyError for another shape."""
    texts = {name: str(data[name]) for name in _TEXTS}
    values = {name: {key: Kept(*item) for key, item in data[name].items()} for name in ("inputs", "outputs")}
    return RunRecord(
        **texts, seed=int(data["seed"]), seconds=float(data["seconds"]), targets=tuple(data["targets"]),
        usage=dict(data["usage"]), models=dict(data.get("models", {})), inputs=values["inputs"], outputs=values["outputs"],
    )  # fmt: skip


def _record(line: bytes) -> RunRecord | None:
    try:
        return from_json(orjson.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
