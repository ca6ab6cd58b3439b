"""Answers of the hub kept on disk, so that what was seen once can be seen offline. One JSON file for each question.

A cache that cannot be read or written is the same as none.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

MOST_ANSWERS = 300
_LARGEST = 8 << 20


class Kept(NamedTuple):
    """An answer and when it was given, in seconds since 1970."""

    body: Any
    at: float


class AnswerCache:
    """The answers in a folder; `None` keeps nothing."""

    def __init__(self, folder: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def get(self, question: str) -> Kept | None:
        """Return the last answer to a question."""
        import orjson

        if self._folder is None:
            return None
        try:
            found = orjson.loads(self._path(self._folder, question).read_bytes())
            return Kept(found["body"], float(found["at"])) if found["question"] == question else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, question: str, body: Any) -> Kept:
        """Keep an answer and return it."""
        import orjson

        from graphide.disk import write_atomically

        kept = Kept(body, self._clock())
        if self._folder is None:
            return kept
        data = orjson.dumps({"question": question, "at": kept.at, "body": body})
        if len(data) <= _LARGEST:
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                self._make_room(self._folder)
                write_atomically(self._path(self._folder, question), data)
        return kept

    def age(self, kept: Kept) -> float:
        """Return how old an answer is, in seconds."""
        return self._clock() - kept.at

    @staticmethod
    def _path(folder: Path, question: str) -> Path:
        return folder / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}.json"

    @staticmethod
    def _make_room(folder: Path) -> None:
        found = list(folder.glob("*.json"))
        if len(found) >= MOST_ANSWERS:
            for path in sorted(found, key=lambda path: path.stat().st_mtime)[: MOST_ANSWERS // 3]:
                path.unlink()
