"""What both ways of filling in a prompt share: its data, how a value becomes text, and texts without Jinja.

A text whose only Jinja is `{{ name }}` is filled in here by one regular expression; jinja2 is not imported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graphide.errors import GraphideError
from graphide.values import dumps, to_json

Kind = Literal["text", "choice", "longtext", "number", "integer", "toggle", "file", "list", "json"]


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Names that Jinja gives a meaning of its own: a text that uses one of them as a placeholder goes through Jinja.
_RESERVED = words("true false none True False None and or not in is if else elif for range dict namespace self")
_PLAIN = re.compile(r"\{\{[ \t\r\n]*([A-Za-z_][A-Za-z0-9_]*)[ \t\r\n]*\}\}|\{[{%#]")
_LINE_END = re.compile(r"\r\n|\r")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A hole in a prompt: its name and the widget that a person fills it in with.

    `optional` says that the text has its own value for it (`default(...)`, or an `is defined` test).
    """

    name: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What filling in one text may cost: wall time in seconds, length of the result in characters."""

    seconds: float = 2.0
    output: int = 1_000_000


def text_of(value: Any) -> str:
    """Return a value as it stands in a prompt: texts as they are, lists and objects as JSON, None as nothing."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    try:
        return dumps(value).decode()
    except (TypeError, ValueError):  # orjson refuses integers above 64 bits and lone surrogates
        return json.dumps(to_json(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise GraphideError("a value is nested too deeply to be written as text") from error


def normalised(text: str) -> str:
    """Return the text with every line end written as a newline, as Jinja does it."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


def plain_names(text: str) -> tuple[str, ...] | None:
    """Return the names of a text whose only Jinja is `{{ name }}`, in order of appearance; None for any other text."""
    names: dict[str, None] = {}
    for match in _PLAIN.finditer(text):
        name = match[1]
        if name is None or name in _RESERVED:
            return None
        names[name] = None
    return tuple(names)


def fill_in(text: str, values: Mapping[str, Any], limits: Limits) -> str:
    """Return a text of which `plain_names` is not None with its values; raises GraphideError as `render` does."""
    room = limits.output
    pieces = []
    for piece in _pieces(normalised(text), values):
        room -= len(piece)
        if room < 0:
            raise too_long(limits)
        pieces.append(piece)
    return "".join(pieces)


def _pieces(text: str, values: Mapping[str, Any]) -> Iterator[str]:
    end = 0
    for match in _PLAIN.finditer(text):
        yield text[end : match.start()]
        name, end = match[1], match.end()
        if name not in values:
            raise missing(name).at(line(text.count("\n", 0, match.start()) + 1))
        yield text_of(values[name])
    yield text[end:]


def missing(name: str) -> GraphideError:
    """Return the error of a placeholder without a value."""
    return GraphideError(
        f'placeholder "{name}" has no value',
        hint=f'Connect or set it, or write {{{{ {name} | default("…") }}}} to make it optional',
    )


def too_long(limits: Limits) -> GraphideError:
    """Return the error of a text that passes the limit on its length."""
    return GraphideError(
        f"the filled-in text is longer than {limits.output:,} characters",
        hint="Shorten the values or the loops of the text",
    )


def line(number: int) -> str:
    """Return the place of an error inside a text."""
    return f"line {number}"
