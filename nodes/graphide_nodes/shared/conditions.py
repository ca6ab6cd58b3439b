"""Conditions on a value, as `if`, `switch`, `filter` and `score` test them; blanks around a text do not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from graphide.api import GraphideError, Settings, describe, to_json
from graphide_nodes.shared.patterns import found, pattern_problem
from graphide_nodes.shared.texts import as_text, is_conversation

Condition = Literal["truthy", "equals", "contains", "matches", "greater", "less", "empty"]

_FALSE = frozenset(["", "false", "no", "off", "0", "null", "none"])


def condition_problem(settings: Settings) -> str | None:
    """Say what is wrong with the settings `condition` and `to`, or None."""
    condition, to = settings["condition"], settings["to"]
    if condition in ("greater", "less") and _number(to) is None:
        return f'condition "{condition}" needs a number in "to", but this is {describe(to)}'
    if condition in ("contains", "matches") and not to:
        return f'condition "{condition}" needs "to": what to look for'
    return pattern_problem(to) if condition == "matches" else None


def holds(condition: Condition, value: Any, to: str, *, ignore_case: bool = False) -> bool:
    """Return whether `value` meets the condition; raises GraphideError when the two cannot be compared."""
    match condition:
        case "truthy":
            return is_true(value)
        case "empty":
            return is_empty(value)
        case "equals":
            return equal(value, to, ignore_case=ignore_case)
        case "contains":
            return contains(value, to, ignore_case=ignore_case)
        case "matches":
            return found(to, as_text(value), ignore_case=ignore_case)
        case "greater":
            return _comparable(value) > _comparable(to)
        case "less":
            return _comparable(value) < _comparable(to)


def is_true(value: Any) -> bool:
    """Return whether a value means yes: not null, false, 0, empty, nor a text such as `false`, `no`, `off`, `0`."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE
    return bool(value)


def is_empty(value: Any) -> bool:
    """Return whether a value is null, blank text, or a list, object or conversation without items; 0 is not empty."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple | Mapping) and not value)


def equal(value: Any, to: Any, *, ignore_case: bool = False) -> bool:
    """Return whether two values are the same number, or the same text when written as text."""
    numbers = _number(value), _number(to)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return _folded(value, ignore_case) == _folded(to, ignore_case)


def contains(value: Any, part: str, *, ignore_case: bool = False) -> bool:
    """Return whether a text has `part` in it, a list has it as an item, an object has it as a key."""
    if isinstance(value, list | Mapping):
        return any(equal(item, part, ignore_case=ignore_case) for item in value)
    if isinstance(value, str) or is_conversation(value):
        return _folded(part, ignore_case) in _folded(value, ignore_case)
    return _folded(part, ignore_case) in _folded(to_json(value), ignore_case)


def _folded(value: Any, ignore_case: bool) -> str:
    text = as_text(value).strip()
    return text.casefold() if ignore_case else text


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _comparable(value: Any) -> float:
    number = _number(value)
    if number is None:
        raise GraphideError(
            f"only numbers are greater or less, but this is {describe(value)}",
            hint='Take the number out of the text with a "regex" or "parse_json" node before this one',
        )
    return number
