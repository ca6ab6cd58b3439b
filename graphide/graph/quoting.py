"""Quoting: values and names of a graph as they are printed for a person, safe in any terminal and of bounded length."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson

from graphide.values import Json


def printable(text: str) -> str:
    """Return `text` with every character that a terminal would act on (escapes, line ends, bidi marks) written out.

    Graphs come from strangers; a title must not be able to repaint the screen.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def shortened(text: str, limit: int) -> str:
    """Return `text` on one line and printable, cut to `limit` characters with an ellipsis."""
    line = " ".join(text[: 4 * limit + 4].split())
    line = printable(line)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def quoted(value: Json, limit: int = 60) -> str:
    """Return a JSON value on one line as it would be written in a file, cut to about `limit` characters."""
    if isinstance(value, str):
        cut = value if len(value) <= limit else f"{value[: limit - 1]}…"
        return '"' + printable(cut).replace('"', '\\"') + '"'
    try:
        text = orjson.dumps(_cut(value, limit), default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):
        text = repr(value)[: limit + 1]
    return shortened(text, limit)


def _cut(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return value[: limit + 1]
    if isinstance(value, Mapping):
        return {key: _cut(item, limit) for key, item in islice(value.items(), limit)} if limit > 4 else {}
    if isinstance(value, list | tuple):
        return [_cut(item, limit // 2) for item in value[:limit]] if limit > 4 else []
    return value


def _escape(char: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if char in known:
        return known[char]
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
