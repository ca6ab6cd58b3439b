"""How any value becomes text that a person or a model reads; placeholders have their own rule (`api.render`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from graphide.api import Json, JsonValue, Message, to_json

EMPTY: Mapping[str, Any] = MappingProxyType({})
JsonOutput = Annotated[Any, JsonValue()]
"""The type of an output that gives any JSON value."""


def as_text(value: Any) -> str:
    """Return text as it is, one message as its content, a conversation as a transcript, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Message):
        return value.content
    if is_conversation(value):
        return transcript(value)
    return json.dumps(to_json(value), ensure_ascii=False)


def is_conversation(value: Any) -> bool:
    """Return whether a value is a conversation with at least one turn."""
    return isinstance(value, tuple) and bool(value) and all(isinstance(turn, Message) for turn in value)


def transcript(messages: Iterable[Message]) -> str:
    """Return a conversation as a person reads it: `User: …`, a blank line between two turns."""
    return "\n\n".join(f"{message.role.capitalize()}: {message.content}" for message in messages)


def as_document(value: Any) -> str:
    """Return a value as a file holds it: text as it is, everything else as indented JSON with a last newline."""
    if isinstance(value, str):
        return value
    return json.dumps(to_json(value), ensure_ascii=False, indent=2) + "\n"


def flat(values: Iterable[Any]) -> list[Any]:
    """Return values with lists replaced by their items, one level deep."""
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def listed(names: Sequence[Json]) -> str:
    """Return names for a sentence: `"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)
