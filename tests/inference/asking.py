"""Requests that the tests of a worker send."""

from __future__ import annotations

from graphide.inference.client import GenerateRequest
from graphide.values import Message, Sampling

GREEDY = Sampling(temperature=0)


def ask(text: str, **more: object) -> GenerateRequest:
    """Return a request for a greedy, short answer to one question, the same bytes each time."""
    values: dict[str, object] = {"sampling": GREEDY, "max_tokens": 24, "reproducible": True, **more}
    return GenerateRequest(messages=(Message("user", text),), **values)  # type: ignore[arg-type]
