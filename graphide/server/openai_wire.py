"""What OpenAI's API answers, as JSON: whole answers, chunks of a stream, vectors, models. Pure; times and ids are given.

A stream of a chat: the role in the first delta, pieces, the finish reason on a chunk of its own, the usage only where it
was asked for (with no choices), then `[DONE]`.
Source of names and order: OpenAI's API reference.
"""

from __future__ import annotations

import base64
import json
import secrets
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import orjson

from graphide.inference.protocol import TokenLogprob
from graphide.values import Json

DONE = b"data: [DONE]\n\n"
PING = b": still here\n\n"


class Piece(NamedTuple):
    """A piece of the answer number `choice`."""

    choice: int
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How the answer number `choice` ended: its whole text, why, and what it cost in tokens."""

    choice: int
    text: str
    finish: Literal["stop", "length"] = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What all JSON of one answer has in common; `top` is how many likely tokens are told (below 0: no logprobs).

    Answers come in groups of `per_prompt`, which are answers to the same prompt.
    """

    kind: Literal["chat", "text"]
    model: str
    include_usage: bool = False
    top: int = -1
    per_prompt: int = 1
    id: str = ""
    created: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        """Make an id where none is given."""
        if not self.id:
            prefix = "chatcmpl" if self.kind == "chat" else "cmpl"
            object.__setattr__(self, "id", f"{prefix}-{secrets.token_hex(12)}")

    # --- whole

    def whole(self, answers: Sequence[Ended]) -> bytes:
        """Return the JSON of answers that are done."""
        made = sorted(answers, key=lambda answer: answer.choice)
        body = self._head("chat.completion" if self.kind == "chat" else "text_completion")
        return dumps(body | {"choices": [self._choice(answer) for answer in made], "usage": self._usage(made)})

    def _choice(self, answer: Ended) -> dict[str, Json]:
        choice: dict[str, Json] = {"index": answer.choice}
        if self.kind == "chat":
            choice["message"] = {"role": "assistant", "content": answer.text, "refusal": None}
        else:
            choice["text"] = answer.text
        return choice | {"logprobs": self._logprobs(answer), "finish_reason": answer.finish}

    # --- streamed

    def opening(self, choices: int) -> bytes:
        """Return the first events of a stream: the role of every answer of a chat, nothing for texts."""
        if self.kind == "text":
            return b""
        return b"".join(
            self._event(index, {"delta": {"role": "assistant", "content": ""}}, None) for index in range(choices)
        )

    def piece(self, piece: Piece) -> bytes:
        """Return the event of a piece."""
        return self._event(piece.choice, self._said(piece.text), None)

    def ended(self, answer: Ended) -> bytes:
        """Return the event that ends an answer: no text, why it ended, and the logprobs of all of it."""
        said: dict[str, Json] = {"delta": {}} if self.kind == "chat" else {"text": ""}
        return self._event(answer.choice, said | {"logprobs": self._logprobs(answer)}, answer.finish)

    def closing(self, answers: Sequence[Ended]) -> bytes:
        """Return the last events: the usage where it was asked for, and the mark of the end."""
        if not self.include_usage:
            return DONE
        return event(self._head(self._chunk) | {"choices": [], "usage": self._usage(answers)}) + DONE

    def _usage(self, answers: Sequence[Ended]) -> dict[str, Json]:
        return usage_of(answers, [answer for answer in answers if answer.choice % self.per_prompt == 0])

    @property
    def _chunk(self) -> str:
        return "chat.completion.chunk" if self.kind == "chat" else "text_completion"

    def _said(self, text: str) -> dict[str, Json]:
        return {"delta": {"content": text}} if self.kind == "chat" else {"text": text}

    def _event(self, index: int, said: Mapping[str, Json], finish: str | None) -> bytes:
        body = self._head(self._chunk)
        body["choices"] = [{"index": index, "logprobs": None, **said, "finish_reason": finish}]
        if self.include_usage:
            body["usage"] = None
        return event(body)

    def _head(self, kind: str) -> dict[str, Json]:
        return {
            "id": self.id, "object": kind, "created": self.created, "model": self.model, "system_fingerprint": "graphide"
        }  # fmt: skip

    def _logprobs(self, answer: Ended) -> Json:
        if self.top < 0:
            return None
        if self.kind == "chat":
            return {"content": [_chat_logprob(one, self.top) for one in answer.logprobs], "refusal": None}
        return _text_logprobs(answer.logprobs, self.top)


def usage_of(answers: Sequence[Ended], prompts: Sequence[Ended]) -> dict[str, Json]:
    """Return the tokens of all answers together; `prompts` are those answers whose prompts count."""
    prompt, written = sum(one.prompt_tokens for one in prompts), sum(one.completion_tokens for one in answers)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
        "prompt_tokens_details": {"cached_tokens": sum(one.cached_tokens for one in prompts)},
    }


def event(body: Mapping[str, Json]) -> bytes:
    """Return a JSON object as a server-sent event."""
    return b"data: " + dumps(body) + b"\n\n"


def embeddings(model: str, vectors: Sequence[Sequence[float]], tokens: int, *, packed: bool) -> bytes:
    """Return the JSON of vectors; `packed` ones are base64 of little-endian float32."""
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return dumps({"object": "list", "data": data, "model": model, "usage": usage})


def dumps(body: Json) -> bytes:
    """Return JSON on one line; also of texts that hold half a character, which a graph may make."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, separators=(",", ":")).encode()


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _chat_logprob(one: TokenLogprob, top: int) -> dict[str, Json]:
    likely = [_token(text, logprob) for _, text, logprob in one.top[:top]]
    return _token(one.text, one.logprob) | {"top_logprobs": likely}


def _token(text: str, logprob: float) -> dict[str, Json]:
    # A token may be a part of a character, whose bytes are not known here.
    return {"token": text, "logprob": logprob, "bytes": None if "\ufffd" in text else list(text.encode())}


def _text_logprobs(tokens: Sequence[TokenLogprob], top: int) -> dict[str, Json]:
    offsets, at = [], 0
    for one in tokens:
        offsets.append(at)
        at += len(one.text)
    return {
        "tokens": [one.text for one in tokens],
        "token_logprobs": [one.logprob for one in tokens],
        "top_logprobs": [{text: logprob for _, text, logprob in one.top[:top]} for one in tokens] if top else None,
        "text_offset": offsets,
    }
