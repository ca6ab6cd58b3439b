"""Short forms: a value of any wire type on one line of bounded length, as nodes, inspectors and lists show it.

What is cut off is never looked at, so that a list of a million items costs as much as its first few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from itertools import islice
from typing import Any

from graphide.graph.quoting import quoted, shortened
from graphide.spec.nodespec import ABSENT
from graphide.values import Message, Sampling, Usage, to_json

LIMIT = 200
_MOST_ITEMS = 40


def short(value: Any, limit: int = LIMIT) -> str:
    """Return a value on one line of at most about `limit` characters: texts as they are, the rest by what counts."""
    if value is ABSENT:
        return "no value"
    if isinstance(value, str):
        return shortened(value, limit)
    if isinstance(value, Message):
        return shortened(f"{value.role}: {value.content[: 4 * limit]}", limit)
    if isinstance(value, Usage):
        return usage_line(value)
    if isinstance(value, Sampling):
        return shortened(_sampling(value), limit)
    if isinstance(value, tuple) and value and all(isinstance(turn, Message) for turn in value):
        return shortened(f"{_count(len(value), 'turn')}, last {short(value[-1], limit)}", limit)
    if isinstance(value, list | tuple) and not hasattr(value, "_asdict"):
        return shortened(f"{_count(len(value), 'item')}: {quoted(to_json(value[:_MOST_ITEMS]), limit)}", limit)
    if isinstance(value, Mapping):
        return quoted(to_json(dict(islice(value.items(), _MOST_ITEMS))), limit)
    return quoted(to_json(value), limit)


def usage_line(usage: Usage) -> str:
    """Return what an answer cost: `120 tokens read (96 cached), 45 written at 12.3/s`."""
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    speed = f" at {usage.tokens_per_second:.1f}/s" if usage.tokens_per_second else ""
    return f"{usage.prompt_tokens:,} tokens read{cached}, {usage.completion_tokens:,} written{speed}"


def _sampling(sampling: Sampling) -> str:
    usual = Sampling()
    changed = [
        f"{field.name} {quoted(to_json(getattr(sampling, field.name)), 40)}"
        for field in fields(sampling)
        if getattr(sampling, field.name) != getattr(usual, field.name)
    ]
    return ", ".join(changed) or "the usual sampling"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
