"""Who answers: a model of this machine, one of another server, the echo. Requests become theirs, what they say is passed on.

An answer is a blocking generator of pieces that returns how it ended; it is run in a thread by `openai_stream`. Graphs
answer too, in `openai_graphs`. Generation goes to the backend itself: there is no graph and no run around it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from threading import Event
from typing import Protocol

from graphide.backends.workers import LocalModel
from graphide.inference.protocol import Completion, GenerateRequest, Piece as ModelPiece
from graphide.server.errors import Refusal
from graphide.server.openai_wanted import NO_LOGPROBS, Wanted, refused
from graphide.server.openai_wire import Ended, Piece
from graphide.spec.generation import Backend, Chunk, Embedded, ModelRequest
from graphide.values import Message, Messages, Reply, Sampling

REMOTE_TOKENS = 1024
"""How long an answer of another server is where the request does not say: servers refuse more than their context."""

ECHO_TOKENS = 1 << 20

Answer = Generator[Piece, None, Ended]


class Answerer(Protocol):
    """Answers requests for one name."""

    def check(self, wanted: Wanted) -> None:
        """Raise Refusal for what it cannot do."""

    def answer(self, wanted: Wanted, choice: int, cancel: Event) -> Answer:
        """Make answer number `choice` of a request; raises GraphideError."""

    def embed(self, texts: Sequence[str], cancel: Event) -> Embedded:
        """Turn texts into vectors; raises Refusal and GraphideError."""


@dataclass(frozen=True, slots=True)
class LocalAnswerer:
    """A model file of this machine; `defaults` is how its user wants it to choose words."""

    model: LocalModel
    defaults: Sampling = Sampling()

    def check(self, wanted: Wanted) -> None:
        """Refuse nothing: a local model can do everything that can be wanted."""

    def answer(self, wanted: Wanted, choice: int, cancel: Event) -> Answer:
        """Have the model write an answer; it is loaded where it is not yet."""
        prefix = _repeated(wanted, choice)
        if prefix:
            yield Piece(choice, prefix)
        with closing(self.model.generate(request_of(wanted, choice, self.defaults), cancel=cancel)) as reports:
            while True:
                try:
                    report = next(reports)
                except StopIteration as end:
                    return ended_of(end.value, choice, prefix)
                if isinstance(report, ModelPiece) and report.text:
                    yield Piece(choice, report.text)

    def embed(self, texts: Sequence[str], cancel: Event) -> Embedded:
        """Have the model read texts."""
        made = self.model.embed(texts, cancel=cancel)
        return Embedded(made.vectors, made.tokens)


@dataclass(frozen=True, slots=True)
class BackendAnswerer:
    """A model behind a `Backend`: that of another server, or the echo. It takes conversations, and no more than those."""

    backend: Backend
    name: str
    remote: bool = True
    defaults: Sampling = Sampling()

    def check(self, wanted: Wanted) -> None:
        """Refuse logprobs, and texts to go on with, which other servers are not asked for."""
        if wanted.logprobs != NO_LOGPROBS:
            raise refused("logprobs", "only models of this machine tell them", hint="Leave it out")
        if wanted.prompts and self.remote:
            raise refused("model", "a model of another server answers chats only", hint="Use /v1/chat/completions")

    def answer(self, wanted: Wanted, choice: int, cancel: Event) -> Answer:
        """Have the backend write an answer."""
        prefix = _repeated(wanted, choice)
        if prefix:
            yield Piece(choice, prefix)
        with closing(self.backend.generate(self._request(wanted, choice), cancel)) as said:
            while True:
                try:
                    one = next(said)
                except StopIteration as end:
                    return _ended(end.value, choice, prefix)
                if isinstance(one, Chunk) and one.text:
                    yield Piece(choice, one.text)

    def embed(self, texts: Sequence[str], cancel: Event) -> Embedded:
        """Have the backend read texts."""
        return self.backend.embed(self.name, texts, cancel)

    def _request(self, wanted: Wanted, choice: int) -> ModelRequest:
        return ModelRequest(
            model=self.name,
            messages=_conversation(wanted, choice),
            sampling=sampling_of(wanted, choice, self.defaults),
            max_tokens=wanted.max_tokens or (REMOTE_TOKENS if self.remote else ECHO_TOKENS),
            response="json_schema" if wanted.json_schema is not None else "gbnf" if wanted.grammar else "text",
            json_schema=wanted.json_schema,
            grammar=wanted.grammar,
        )


def request_of(wanted: Wanted, choice: int, defaults: Sampling) -> GenerateRequest:
    """Return answer number `choice` of a request as a local model is asked for it."""
    return GenerateRequest(
        messages=wanted.messages,
        prompt=wanted.prompts[choice // wanted.answers] if wanted.prompts else None,
        sampling=sampling_of(wanted, choice, defaults),
        max_tokens=wanted.max_tokens,
        json_schema=wanted.json_schema,
        grammar=wanted.grammar,
        # The engine tells the chosen token only together with the likeliest ones.
        logprobs=max(1, wanted.logprobs) if wanted.logprobs != NO_LOGPROBS else 0,
    )


def sampling_of(wanted: Wanted, choice: int, defaults: Sampling) -> Sampling:
    """Return the samplers of an answer: what the request says, else `defaults`, else our own; each has its own seed."""
    sampling = replace(defaults, **wanted.sampling)
    return sampling if sampling.seed is None else replace(sampling, seed=sampling.seed + choice % wanted.answers)


def ended_of(done: Completion, choice: int, prefix: str = "") -> Ended:
    """Return how an answer of a local model ended."""
    usage = done.usage
    return Ended(
        choice,
        prefix + done.text,
        done.finish_reason,
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cached_tokens,
        done.logprobs,
    )


def _ended(reply: Reply, choice: int, prefix: str) -> Ended:
    usage = reply.usage
    return Ended(
        choice,
        prefix + reply.text,
        "length" if usage.stop_reason in ("length", "context_full") else "stop",
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cached_tokens,
    )


def _conversation(wanted: Wanted, choice: int) -> Messages:
    if not wanted.prompts:
        return wanted.messages
    return (Message("user", wanted.prompts[choice // wanted.answers]),)


def _repeated(wanted: Wanted, choice: int) -> str:
    return wanted.prompts[choice // wanted.answers] if wanted.echo and wanted.prompts else ""


def unknown_model(name: str) -> Refusal:
    """Return the refusal of a name that nobody answers for."""
    shown = name if len(name) <= 80 else f"{name[:79]}…"
    return Refusal(
        404, f'There is no model or graph "{shown}". GET /v1/models lists them', code="model_not_found", param="model"
    )
