"""What was typed in chats before, for the arrow keys: one file of the user, without what looks like a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson
from prompt_toolkit.history import History

from graphide import paths
from graphide.chatting.keeping import typed_file
from graphide.disk import write_atomically
from graphide.errors import GraphideError

MOST: Final = 1_000
"""Messages that are remembered."""
_LONGEST: Final = 10_000
_LARGEST: Final = 1 << 20
_SECRET: Final = re.compile(
    r"\b(?:sk|pk|rk|hf|gh[pousr]|github_pat|glpat|xox[abprs]|AKIA|AIza)[-_]?[A-Za-z0-9_-]{16,}"
    r"|\bbearer\s+\S{12,}|\beyJ[\w-]{10,}\.[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:pass(?:word|wort|wd|phrase)?|secret|token|api[-_ ]?key)\b\s*(?:is\b|[:=])\s*\S",
    re.IGNORECASE,
)


def looks_secret(text: str) -> bool:
    """Return whether a text seems to hold a key or a password, which no file of ours is to remember."""
    return _SECRET.search(text) is not None


class TypedBefore(History):
    """The history of a prompt in the file at `path`; a file that cannot be read or written is an empty one."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self._path = path or typed_file()

    def load_history_strings(self) -> Iterable[str]:
        """Return what was typed, the newest first."""
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return []
        texts = [text for line in lines[-MOST:] if isinstance(text := _read(line), str)]
        if len(lines) > 2 * MOST or sum(map(len, lines)) > _LARGEST:
            with suppress(OSError):
                write_atomically(self._path, b"".join(map(_line, texts)))
        return reversed(texts)

    def store_string(self, string: str) -> None:
        """Remember a text, unless it looks like a secret or is very long."""
        if len(string) > _LONGEST or looks_secret(string):
            return
        with suppress(OSError, GraphideError):
            paths.ensure(self._path.parent)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, _line(string))
            finally:
                os.close(descriptor)


def _line(text: str) -> bytes:
    return orjson.dumps(text.encode("utf-8", "replace").decode()) + b"\n"


def _read(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except ValueError:
        return None
