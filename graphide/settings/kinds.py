"""Kinds of settings: what fits each, how a person types it and reads it back. Which settings there are is in `described`.

Like the fields of node settings one level up, without them: settings are read before any node type is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from graphide.errors import UsageError
from graphide.values import describe

Kind = Literal[
    "toggle", "whole", "number", "bytes", "choice", "text", "address", "texts", "names", "addresses", "objects"
]

_TRUE: Final = frozenset(["true", "yes", "on", "1"])
_FALSE: Final = frozenset(["false", "no", "off", "0"])
_UNITS: Final[Mapping[str, int]] = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}  # fmt: skip
_WRITTEN: Final = (("TB", 10**12), ("TiB", 1 << 40), ("GB", 10**9), ("GiB", 1 << 30), ("MB", 10**6), ("MiB", 1 << 20), ("kB", 10**3), ("KiB", 1 << 10))  # fmt: skip
_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)(?:/s)?\s*")
_LARGEST: Final = 1 << 53  # what every JSON reader takes whole


@dataclass(frozen=True, slots=True)
class Bounds:
    """What of a kind fits: numbers from `low` to `high`, both included, and one of `choices`."""

    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


def noun(kind: Kind, bounds: Bounds) -> str:
    """Return what fits as a person says it: "a whole number of at least 0"."""
    if kind == "choice":
        return f"one of {', '.join(bounds.choices)}"
    if kind not in ("whole", "number", "bytes"):
        return _NOUNS[kind]
    if kind == "bytes":
        return f"an amount of at least {bounds.low or 0:g}, such as 8GB"
    name = "a whole number" if kind == "whole" else "a number"
    if bounds.low is not None and bounds.high is not None:
        return f"{name} from {bounds.low:g} to {bounds.high:,.10g}"
    return name if bounds.low is None else f"{name} of at least {bounds.low:g}"


def fits(kind: Kind, bounds: Bounds, value: Any) -> bool:
    """Return whether a JSON value is one of a kind; true is no number."""
    if kind in ("whole", "number", "bytes"):
        return _is_number(value, whole=kind != "number") and _within(bounds, value)
    if kind == "choice":
        return isinstance(value, str) and value in bounds.choices
    return _FITS[kind](value)


def parse(kind: Kind, text: str) -> Any:
    """Return the value that a typed text stands for, unchecked; raises UsageError where it stands for none."""
    text = text.strip()
    if kind == "toggle":
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else text
    if kind in ("whole", "number"):
        return _number(text)
    if kind == "bytes":
        return size(text)
    if kind == "texts":
        return _json(text) if text.startswith("[") else [text] if text else []
    return _json(text) if kind in ("names", "addresses", "objects") else text


def written(kind: Kind, value: Any) -> str:
    """Return a value as a person types it: the text that `parse` takes."""
    import orjson

    if kind == "toggle":
        return "on" if value else "off"
    if kind == "bytes":
        return written_size(value)
    if kind == "number":
        return f"{value:g}"
    return orjson.dumps(value).decode() if isinstance(value, dict | list | tuple) else str(value)


def size(text: str) -> int:
    """Return the bytes of "8 GB", "512MiB" or "4096"; GB are 1,000,000,000 bytes, GiB 1,073,741,824. Raises UsageError."""
    found = _SIZE.fullmatch(text)
    factor = _UNITS.get(found[2].lower()) if found else None
    if found is None or factor is None:
        raise UsageError(f'"{text}" is no amount', hint="Write it like 8GB, 512MiB or 4096")
    return round(float(found[1]) * factor) if "." in found[1] else int(found[1]) * factor


def written_size(count: int) -> str:
    """Return an amount of bytes in the largest unit that says it in whole numbers: "8 GB", "1 GiB", "1,500 MB"."""
    for unit, length in sorted(_WRITTEN, key=lambda each: -each[1]):
        if count and count % length == 0:
            return f"{count // length} {unit}"
    return str(count)


def is_address(text: Any) -> bool:
    """Return whether a text is the URL of a server: http or https, with a host, and without a name and password in it."""
    if not isinstance(text, str) or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and (parts.port or 1) > 0
        )
    except ValueError:  # a port that is none, brackets without an end
        return False


def _is_number(value: Any, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return math.isfinite(value) and abs(value) <= _LARGEST


def _within(bounds: Bounds, value: float) -> bool:
    return (bounds.low is None or value >= bounds.low) and (bounds.high is None or value <= bounds.high)


def _number(text: str) -> Any:
    for cast in (int, float):
        try:
            return cast(text)
        except ValueError:
            continue
    raise UsageError(f"needs a number, but this is {describe(text)}")


def _json(text: str) -> Any:
    import orjson

    try:
        return orjson.loads(text)
    except ValueError as error:
        raise UsageError(f"is not JSON: {error}", hint="Texts in JSON need double quotes") from error


def _all(value: Any, fits_one: Callable[[Any], bool]) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) and fits_one(value[key]) for key in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_FITS: Final[Mapping[Kind, Callable[[Any], bool]]] = {
    "toggle": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str) and value.isprintable(),
    "address": lambda value: value == "" or is_address(value),
    "texts": lambda value: isinstance(value, list | tuple) and all(map(_is_text, value)),
    "names": lambda value: _all(value, _is_text),
    "addresses": lambda value: _all(value, is_address),
    "objects": lambda value: _all(value, lambda item: isinstance(item, Mapping)),
}
_NOUNS: Final[Mapping[Kind, str]] = {
    "toggle": "true or false",
    "text": "a text of one line",
    "address": "an address that begins with http:// or https://, without a password in it",
    "texts": "a list of texts",
    "names": "an object of texts",
    "addresses": "an object of addresses that begin with http:// or https://, without passwords in them",
    "objects": "an object of objects",
}
