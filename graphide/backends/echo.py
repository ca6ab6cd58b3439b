"""The echo backend: answers at once and always the same, without a model. For tests, demos and dry pipelines.

The answer is the last user message; for a JSON Schema it is the smallest value that fits. Tokens are words.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

from graphide.errors import Cancelled
from graphide.spec.generation import Cancel, Chunk, ModelRequest, Progress, TokenCounts
from graphide.values import Json, Message, Reply, Usage, dumps

NAME = "echo"
_WORD = re.compile(r"\S+\s*|\s+")


class EchoBackend:
    """Answers every model name."""

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Stream the answer word by word; `max_tokens` counts words."""
        answer = _answer(request)
        words = _WORD.findall(answer) if request.response == "text" else [answer]
        kept = words[: request.max_tokens]
        for word in kept:
            if cancel.is_set():
                raise Cancelled("stopped")
            yield Chunk(word)
        text = "".join(kept)
        usage = Usage(
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            completion_tokens=len(kept),
            seed=request.sampling.seed,
            stop_reason="stop" if len(kept) == len(words) else "length",
        )
        return Reply(text, (*request.messages, Message("assistant", text)), usage)

    def identity(self, model: str) -> Json:
        """Return the echo's name: it is the same everywhere."""
        return {"file": NAME, "sha256": "", "backend": NAME}

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return None: words are not tokens."""
        return None

    def expect(self, model: str) -> None:
        """Do nothing: there is nothing to get ready."""


def _answer(request: ModelRequest) -> str:
    if request.response == "json_schema" and request.json_schema is not None:
        return dumps(_smallest(request.json_schema, request.json_schema)).decode()
    users = [message.content for message in request.messages if message.role == "user"]
    return users[-1] if users else ""


def _smallest(schema: Mapping[str, Any] | bool, root: Mapping[str, Any], depth: int = 0) -> Json:
    """Return the smallest value that a JSON Schema of the usual kind admits."""
    if isinstance(schema, bool) or depth > 32:
        return None
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _smallest({**root.get("$defs", {}), **root.get("definitions", {})}.get(name, {}), root, depth + 1)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _smallest(schema[key][0], root, depth + 1)
    if schema.get("enum"):
        return schema["enum"][0]
    return _smallest_of_type(schema, root, depth)


def _smallest_of_type(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Json:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    match kind[0] if isinstance(kind, list) else kind:
        case "string":
            return "x" * int(schema.get("minLength", 0)) if schema.get("minLength") else "text"
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "array":
            item = schema.get("items", {})
            return [_smallest(item, root, depth + 1) for _ in range(int(schema.get("minItems", 0)))]
        case "object":
            properties = schema.get("properties", {})
            wanted = schema.get("required", list(properties))
            return {name: _smallest(properties.get(name, {}), root, depth + 1) for name in wanted}
        case _:
            return None
