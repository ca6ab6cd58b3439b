"""Values as whole texts: what a person expands, reads to the end and copies. Short forms are in `short`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from graphide.editor.short import usage_line
from graphide.spec.nodespec import ABSENT
from graphide.values import Message, Usage, to_json

MOST = 200_000
"""Characters of a value that are shown."""
_MOST_ITEMS = 5_000


class Whole(NamedTuple):
    """A value as text: `mono` where its columns matter (JSON), `cut` where it goes on."""

    text: str
    mono: bool = False
    cut: bool = False


def whole(value: Any, limit: int = MOST) -> Whole:
    """Return a value as text: texts as they are, conversations turn by turn, the rest as indented JSON."""
    if value is ABSENT or value is None:
        return Whole("null" if value is None else "no value", value is None)
    if isinstance(value, str):
        return _cut(value, limit, mono=_is_json(value))
    if isinstance(value, Message):
        return _cut(_turn(value), limit)
    if isinstance(value, Usage):
        return _cut(f"{usage_line(value)}\n\n{_indented(to_json(value))}", limit, mono=True)
    if isinstance(value, tuple) and value and all(isinstance(turn, Message) for turn in value):
        return _cut("\n\n".join(map(_turn, value)), limit)
    few, more = _some(value)
    text, mono, cut = _cut(_indented(to_json(few)), limit, mono=True)
    return Whole(text, mono, cut or more)


def _some(value: Any) -> tuple[Any, bool]:
    """Return as much of a long collection as is shown, and whether there is more."""
    if isinstance(value, list | tuple) and not hasattr(value, "_asdict") and len(value) > _MOST_ITEMS:
        return list(value[:_MOST_ITEMS]), True
    if isinstance(value, Mapping) and len(value) > _MOST_ITEMS:
        return dict(islice(value.items(), _MOST_ITEMS)), True
    return value, False


def _turn(turn: Message) -> str:
    return f"{turn.role}\n{turn.content}"


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _cut(text: str, limit: int, *, mono: bool = False) -> Whole:
    return Whole(text[:limit], mono, len(text) > limit)


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "[") or len(text) > MOST:
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
