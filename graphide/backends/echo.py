"""The echo backend: answers at once and always the same, without a model. For tests, demos and dry pipelines.

The answer is the last user message; for a JSON Schema it is the smallest value that fits. Tokens are words. Vectors count
words: texts are alike as far as they have words in common, whatever the words mean.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from graphide.errors import Cancelled
from graphide.spec.generation import Cancel, Chunk, Embedded, ModelRequest, Progress, SharedPrefix, TokenCounts
from graphide.values import Json, Message, Reply, Usage, dumps

NAME = "echo"
_WORD = re.compile(r"\S+\s*|\s+")
_BARE_WORD = re.compile(r"\w+")
_DIMENSIONS = 256

_Tree = dict[tuple[str, str], tuple[int, "_Tree"]]
"""Prompts word by word: by the role and the word, the first prompt that has it here, and what follows it."""


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
            reproducible=True,
        )
        return Reply(text, (*request.messages, Message("assistant", text)), usage)

    def identity(self, model: str) -> Json:
        """Return the echo's name: it is the same everywhere."""
        return {"file": NAME, "sha256": "", "backend": NAME}

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return None: words are not tokens."""
        return None

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Return how many words each prompt begins with that an earlier one begins with too."""
        tree: _Tree = {}
        return tuple(_grown(tree, number, request) for number, request in enumerate(requests))

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Return how often the words of each text are there, in 256 numbers that words are dealt out to by their hash."""
        vectors = []
        for text in texts:
            if cancel.is_set():
                raise Cancelled("stopped")
            vectors.append(_word_counts(text))
        return Embedded(tuple(vectors), sum(len(text.split()) for text in texts))

    def expect(self, model: str) -> None:
        """Do nothing: there is nothing to get ready."""


def _answer(request: ModelRequest) -> str:
    if request.response == "json_schema" and request.json_schema is not None:
        return dumps(_smallest(request.json_schema, request.json_schema)).decode()
    users = [message.content for message in request.messages if message.role == "user"]
    return users[-1] if users else ""


def _grown(tree: _Tree, number: int, request: ModelRequest) -> SharedPrefix:
    """Return what prompt `number` shares with those that are in the tree, and put it there too."""
    tokens, of = 0, -1
    for message in request.messages:
        for word in message.content.split():
            first, after = tree.setdefault((message.role, word), (number, {}))
            if first < number:
                tokens, of = tokens + 1, first
            tree = after
    return SharedPrefix(tokens, of)


def _word_counts(text: str) -> tuple[float, ...]:
    counts = [0] * _DIMENSIONS
    for word in _BARE_WORD.findall(text.casefold()) or [""]:  # a text without words has a direction too
        counts[
            int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()) % _DIMENSIONS
        ] += 1
    length = math.sqrt(sum(count * count for count in counts))
    return tuple(count / length for count in counts)


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
