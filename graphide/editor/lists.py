"""Lists as they are edited item by item: each as a text, with items added, removed and moved. Pure functions on values."""

from __future__ import annotations

import json
from collections.abc import Sequence

from graphide.errors import UsageError
from graphide.spec.fields import parse_json
from graphide.values import Json

MOST_ROWS = 50
"""A longer list is edited as JSON."""


def is_rows(value: Json) -> bool:
    """Return whether a value is a list that can be edited item by item; None is one without items."""
    return value is None or (isinstance(value, list | tuple) and len(value) <= MOST_ROWS)


def rows_of(value: Json) -> list[str]:
    """Return the items as texts: texts as they are, everything else as JSON."""
    items: Sequence[Json] = value if isinstance(value, list | tuple) else ()
    return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items]


def with_item(value: Json, at: int, text: str) -> list[Json]:
    """Return the list with one item typed anew: a text stays a text, what was JSON is read as JSON; raises UsageError."""
    items = _items(value)
    if not 0 <= at < len(items):
        raise UsageError("there is no such item any more")
    items[at] = text if isinstance(items[at], str) else parse_json(text)
    return items


def added(value: Json) -> list[Json]:
    """Return the list with one more item, like the last one in kind: an empty text, or `null` after what is no text."""
    items = _items(value)
    return [*items, "" if not items or isinstance(items[-1], str) else None]


def removed(value: Json, at: int) -> list[Json]:
    """Return the list without one item."""
    return [item for number, item in enumerate(_items(value)) if number != at]


def moved(value: Json, at: int, by: int) -> list[Json]:
    """Return the list with one item moved up (-1) or down (1); at the end it stays."""
    items = _items(value)
    to = at + by
    if 0 <= at < len(items) and 0 <= to < len(items):
        items[at], items[to] = items[to], items[at]
    return items


def _items(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
