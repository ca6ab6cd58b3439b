"""From a body of OpenAI's API to what is wanted: a conversation or texts, samplers, the form of the answer. Pure.

What cannot be had (pictures, tools, tokens as numbers) is refused with the name of the field, never left out in silence.
Whose answer it is, is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from graphide.server.errors import Refusal
from graphide.server.openai_schemas import (
    MOST_CHOICES,
    ChatBody,
    ChatMessage,
    EmbeddingsBody,
    ResponseFormat,
    TextBody,
)
from graphide.values import Json, Message, Messages, Role

NO_LOGPROBS = -1
TEXT_TOKENS = 16
"""How long a continued text is where the request does not say; OpenAI's own number."""

_SAMPLERS = (
    "temperature", "top_p", "top_k", "min_p", "typical_p", "presence_penalty", "frequency_penalty", "repeat_penalty",
)  # fmt: skip
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def refused(param: str, message: str, *, hint: str = "", code: str = "") -> Refusal:
    """Return the refusal of a field that asks for what there is not."""
    said = f'"{param}": {message}'
    return Refusal(400, f"{said}. {hint}" if hint else said, code=code, param=param)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a request asks for: an answer to `messages`, or each of `prompts` gone on with, `answers` times each.

    `sampling` holds what the request sets of the samplers, by their names; `max_tokens` 0 is until the context is full.
    `logprobs` is how many of the likeliest tokens are told beside the chosen one, NO_LOGPROBS nothing at all. `echo`
    repeats a prompt before what comes after it.
    """

    model: str
    messages: Messages = ()
    prompts: tuple[str, ...] = ()
    sampling: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    max_tokens: int = 0
    json_schema: Mapping[str, Json] | None = None
    grammar: str = ""
    logprobs: int = NO_LOGPROBS
    answers: int = 1
    stream: bool = False
    include_usage: bool = False
    echo: bool = False

    @property
    def shaped(self) -> bool:
        """Whether the answer is to have a form."""
        return self.json_schema is not None or bool(self.grammar)

    @property
    def choices(self) -> int:
        """How many answers that is in all."""
        return self.answers * max(1, len(self.prompts))


def chat_wanted(body: ChatBody) -> Wanted:
    """Return what a request for a turn wants; raises Refusal."""
    _refuse_tools(body)
    if body.top_logprobs and not body.logprobs:
        raise refused("top_logprobs", "needs logprobs", hint='Set "logprobs" to true')
    return Wanted(
        messages=tuple(_message(message, index) for index, message in enumerate(body.messages)),
        max_tokens=_length(body.max_completion_tokens, body.max_tokens, 0),
        logprobs=(body.top_logprobs or 0) if body.logprobs else NO_LOGPROBS,
        **_common(body),
    )


def text_wanted(body: TextBody) -> Wanted:
    """Return what a request to go on with texts wants; raises Refusal."""
    prompts = (body.prompt,) if isinstance(body.prompt, str) else tuple(body.prompt)
    if body.suffix:
        raise refused("suffix", "a text cannot be filled in the middle", hint="Leave it out")
    if body.best_of is not None and body.best_of > (body.n or 1):
        raise refused("best_of", "answers are not made to be thrown away", hint="Leave it out, or set n")
    if len(prompts) * (body.n or 1) > MOST_CHOICES:
        raise refused("n", f"at most {MOST_CHOICES} answers are made at one time, for all prompts together")
    return Wanted(
        prompts=prompts,
        max_tokens=_length(body.max_tokens, TEXT_TOKENS),
        logprobs=_first(body.logprobs, NO_LOGPROBS),
        echo=bool(body.echo),
        **_common(body),
    )


def texts_wanted(body: EmbeddingsBody) -> tuple[str, ...]:
    """Return the texts whose vectors are wanted; raises Refusal for one without a word."""
    texts = (body.input,) if isinstance(body.input, str) else tuple(body.input)
    for index, text in enumerate(texts):
        if not text:
            raise refused("input", f"text {index + 1} is empty", hint="Leave empty texts out")
    return texts


def _common(body: ChatBody | TextBody) -> dict[str, Any]:
    schema, grammar = _shape(body.response_format, body.grammar or "")
    return {
        "model": body.model,
        "sampling": dict(_samplers(body)),
        "json_schema": schema,
        "grammar": grammar,
        "answers": body.n or 1,
        "stream": bool(body.stream),
        "include_usage": bool(body.stream_options and body.stream_options.include_usage),
    }


def _samplers(body: ChatBody | TextBody) -> Iterator[tuple[str, Any]]:
    for name in _SAMPLERS:
        value = getattr(body, name)
        if value is not None:
            yield name, max(0, value) if name == "top_k" else value  # -1 is how some clients say that it is off
    if body.logit_bias:
        yield "logit_bias", dict(body.logit_bias)
    if body.stop:
        yield "stop", (body.stop,) if isinstance(body.stop, str) else tuple(body.stop)
    if body.seed is not None and body.seed >= 0:  # llama.cpp's clients say -1 for any seed
        yield "seed", body.seed


def _shape(wanted: ResponseFormat | None, grammar: str) -> tuple[Mapping[str, Json] | None, str]:
    """Return the JSON schema and the grammar of an answer, at most one of them."""
    schema = _schema(wanted)
    if schema is not None and grammar:
        raise refused("grammar", "the answer cannot follow a grammar and response_format", hint="Leave one out")
    return schema, grammar


def _schema(wanted: ResponseFormat | None) -> Mapping[str, Json] | None:
    if wanted is None or wanted.type == "text":
        return None
    param, schema = "response_format.schema", wanted.schema_
    if wanted.type == "json_schema":
        param = "response_format.json_schema"
        given = wanted.json_schema.schema_ if wanted.json_schema is not None else wanted.schema_
        if given is None or isinstance(given, bool):
            raise refused(f"{param}.schema", "is missing", hint='Give an object such as {"type": "object"}')
        schema = given
    if not schema:
        return {"type": "object"}
    try:
        orjson.dumps(schema)
    except TypeError as error:
        raise refused(param, f"cannot be used: {error}") from None
    return schema


def _message(message: ChatMessage, index: int) -> Message:
    if message.role == "function" or message.tool_calls:
        param = f"messages.{index}.{'tool_calls' if message.tool_calls else 'role'}"
        raise refused(param, "calls of tools are not supported", hint="Say in a text what was called")
    role: Role = "system" if message.role == "developer" else message.role
    return Message(role, _text(message.content, index))


def _text(content: str | Sequence[Any] | None, index: int) -> str:
    if content is None:
        raise refused(f"messages.{index}.content", "is missing", hint="Give a text")
    if isinstance(content, str):
        return content
    texts = []
    for number, part in enumerate(content):
        param = f"messages.{index}.content.{number}"
        if part.type not in ("text", "input_text", "output_text", "refusal"):
            raise refused(
                f"{param}.type", f'a part of the type "{part.type}" cannot be read', hint="Only texts can", code="unsupported_content"
            )  # fmt: skip
        if part.text is None:
            raise refused(f"{param}.text", "is missing")
        texts.append(part.text)
    return "\n".join(texts)


def _refuse_tools(body: ChatBody) -> None:
    if body.functions:
        raise refused("functions", "calls of functions are not supported", hint=_INSTEAD)
    if body.tools and body.tool_choice != "none":
        raise refused("tools", "calls of tools are not supported", hint=_INSTEAD)


_INSTEAD = 'Leave it out, or have the answer follow a schema with "response_format"'


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def _length(*values: int | None) -> int:
    return max(0, _first(*values))
