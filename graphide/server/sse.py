"""Server-sent events as bytes: data lines, comments, and errors after a stream has begun. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphide.server.errors import Refusal
from graphide.values import dumps

PING = b": \n\n"
"""A comment: it says that the server lives, and readers of events do not see it."""


def event(data: bytes) -> bytes:
    """Return one event with one line of data, which has no line break in it."""
    return b"data: " + data + b"\n\n"


def json_event(data: Mapping[str, Any]) -> bytes:
    """Return one event with an object as JSON."""
    return event(dumps(data))


def fault_event(refusal: Refusal) -> bytes:
    """Return the event that says why a stream ends before it is complete."""
    return event(refusal.body())
