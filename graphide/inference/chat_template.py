"""From a conversation to the model's prompt tokens, by the chat template that came inside the model file.

A template is a program from a stranger, so it runs in jinja2's immutable sandbox (CVE-2024-34359 was a template that
ran code), and in the worker process. What the messages say can not pretend to be the template: text in a message that
spells a control token (`<|im_end|>`) is tokenised as plain text.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from graphide.errors import InferenceFault
from graphide.inference.model import Vocabulary
from graphide.values import Message, Messages

FALLBACK_STOP = "\nUser:"


class ChatTemplate:
    """Renders conversations for one model.

    A model without a template gets a plain transcript (`System text`, then `User: …` and `Assistant: …` turns); its
    answers are stopped where it would write the next `User:` turn.
    """

    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._bos = vocabulary.text(vocabulary.bos)
        eos = vocabulary.text(vocabulary.eos)
        self._render = compile_template(source, bos_token=self._bos, eos_token=eos) if source else plain_transcript
        self.stops: tuple[str, ...] = () if source else (FALLBACK_STOP,)

    def tokens(self, messages: Messages) -> list[int]:
        """Return the prompt tokens of a conversation, BOS included where the model wants one.

        Raises InferenceFault (bad_request) when the template refuses the conversation.
        """
        messages, text = self._accepted(messages)
        pieces = self._protected(messages, text)
        tokens = [token for piece, special in pieces for token in self._vocabulary.tokenize(piece, special=special)]
        return self._with_bos(tokens)

    def raw_tokens(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt that the caller wrote in full: control tokens in it are meant."""
        return self._with_bos(self._vocabulary.tokenize(prompt, special=True))

    def content_tokens(self, message: Message) -> int:
        """Return how many tokens the text of a message is, without the template around it."""
        return len(self._vocabulary.tokenize(message.content, special=False))

    def _with_bos(self, tokens: list[int]) -> list[int]:
        bos = self._vocabulary.bos
        if self._vocabulary.adds_bos and bos >= 0 and tokens[:1] != [bos]:
            return [bos, *tokens]
        return tokens

    def _accepted(self, messages: Messages) -> tuple[Messages, str]:
        """Return the conversation in the first form that the template takes, and its text."""
        refusal: Exception | None = None
        for form in (messages, _system_merged(messages), _turns_merged(_system_merged(messages))):
            try:
                text = self._render(form)
            except Exception as error:  # noqa: BLE001 - a fence: the template is foreign code
                refusal = refusal or error
                continue
            if not _loses_system(form, text):
                return form, text
        reason = str(refusal)[:300] if refusal else "it leaves the system message out"
        raise InferenceFault(
            "bad_request",
            f"the model's chat template refuses this conversation: {reason}",
            hint="Begin with a user message and let user and assistant alternate",
        ) from refusal

    def _protected(self, messages: Messages, text: str) -> list[tuple[str, bool]]:
        """Return the text in pieces, each with whether control tokens in it are meant.

        Nearly no message spells a control token; then the whole text is one piece, tokenised as every engine does it.
        """
        suspects = [index for index, message in enumerate(messages) if self._spells_control(message.content)]
        if not suspects:
            return [(text, True)]
        marks = {index: f"\ue000{secrets.token_hex(8)}\ue001" for index in suspects}
        marked = tuple(
            replace(message, content=marks[index]) if index in marks else message
            for index, message in enumerate(messages)
        )
        frame = self._render(marked)
        for trim in (str, str.strip):
            contents = {marks[index]: trim(messages[index].content) for index in suspects}
            if _filled(frame, contents) == text:
                return _split(frame, contents)
        number = suspects[0] + 1
        raise InferenceFault(
            "bad_request",
            f"message {number} spells a control token of this model, and its chat template rewrites messages",
            hint="Write the control token differently, for example with a space inside",
        )

    def _spells_control(self, content: str) -> bool:
        tokenize = self._vocabulary.tokenize
        return tokenize(content, special=True) != tokenize(content, special=False)


def compile_template(source: str, *, bos_token: str, eos_token: str) -> Callable[[Messages], str]:
    """Return the function that renders conversations with a template.

    Raises InferenceFault (bad_request) when the template is not one.
    """
    from jinja2 import TemplateSyntaxError
    from jinja2.exceptions import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None, **_: Any) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals |= {
        "raise_exception": raise_exception,
        "strftime_now": lambda form: datetime.now().astimezone().strftime(form),
    }
    try:
        template = environment.from_string(source)
    except TemplateSyntaxError as error:
        raise InferenceFault(
            "bad_request",
            f"the model's chat template is broken: {error.message} (line {error.lineno})",
            hint="Use another conversion of this model, or send a raw prompt",
        ) from error

    def render(messages: Messages) -> str:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        return template.render(
            messages=turns,
            add_generation_prompt=True,
            bos_token=bos_token,
            eos_token=eos_token,
            tools=None,
            documents=None,
        )

    return render


def plain_transcript(messages: Messages) -> str:
    """Return the conversation as a transcript that ends where the assistant is to speak."""
    names = {"user": "User: ", "assistant": "Assistant: ", "tool": "Tool: ", "system": ""}
    turns = [f"{names[message.role]}{message.content}" for message in messages]
    return "\n\n".join([*turns, "Assistant:"])


def _system_merged(messages: Messages) -> Messages:
    """Return the conversation with the system text at the head of the first user message."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    turns = [message for message in messages if message.role != "system"]
    if not system:
        return messages
    for index, turn in enumerate(turns):
        if turn.role == "user":
            turns[index] = replace(turn, content=f"{system}\n\n{turn.content}")
            return tuple(turns)
    return (Message("user", system), *turns)


def _turns_merged(messages: Messages) -> Messages:
    """Return the conversation with neighbours of one role joined."""
    turns: list[Message] = []
    for message in messages:
        if turns and turns[-1].role == message.role:
            turns[-1] = replace(message, content=f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(message)
    return tuple(turns)


def _loses_system(messages: Messages, text: str) -> bool:
    return any(message.role == "system" and message.content.strip() not in text for message in messages)


def _filled(frame: str, contents: dict[str, str]) -> str:
    for mark, content in contents.items():
        frame = frame.replace(mark, content)
    return frame


def _split(frame: str, contents: dict[str, str]) -> list[tuple[str, bool]]:
    """Return template text and contents in order; `True` marks the template's own text."""
    pieces: list[tuple[str, bool]] = [(frame, True)]
    for mark, content in contents.items():
        pieces = [part for piece in pieces for part in _split_one(piece, mark, content)]
    return [piece for piece in pieces if piece[0]]


def _split_one(piece: tuple[str, bool], mark: str, content: str) -> Sequence[tuple[str, bool]]:
    text, own = piece
    if not own:
        return [piece]
    parts: list[tuple[str, bool]] = []
    for index, part in enumerate(text.split(mark)):
        if index:
            parts.append((content, False))
        parts.append((part, True))
    return parts
