"""A model in use: its chat template, its context, and the requests on them (count, generate).

Runs in the worker process. Imported while the weights load, because the engine needs no Python then.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

from graphide.errors import InferenceFault
from graphide.inference import overflow
from graphide.inference.batch import Job, write_answer
from graphide.inference.chat_template import ChatTemplate
from graphide.inference.context import Context, context_size, thread_count
from graphide.inference.grammar import grammar_sampler, wanted_grammar
from graphide.inference.llama import AbortFlag
from graphide.inference.model import Model
from graphide.inference.protocol import Completion, Counts, Entered, GenerateRequest, ModelInfo, Piece, PrefillProgress
from graphide.inference.sampler import Sampler
from graphide.values import Messages

_Prompt = TypeVar("_Prompt", list[int], Messages)


class Session:
    """One loaded model with one context. Owns both: `close` frees them."""

    def __init__(self, model: Model, abort: AbortFlag) -> None:
        self.model = model
        self._abort = abort
        self._template = ChatTemplate(model.chat_template, model.vocabulary)
        self._context: Context | None = None

    def prepare(self) -> ModelInfo:
        """Create the context and return what the app shows about the model; raises InferenceFault (oom)."""
        if self.model.options.vocab_only:
            return self.model.info(n_ctx=self._size(0), n_threads=0)
        context = self._context_for(0)
        return self.model.info(n_ctx=context.n_ctx, n_threads=context.n_threads)

    def count(self, request: GenerateRequest) -> Counts:
        """Return the tokens of a request's prompt, message by message."""
        n_ctx = request.n_ctx or (self._context.n_ctx if self._context else self._size(0))
        if request.prompt is not None:
            return Counts(total=len(self._template.raw_tokens(request.prompt)), n_ctx=n_ctx)
        content = [self._template.content_tokens(message) for message in request.messages]
        return overflow.counts(content, len(self._template.tokens(request.messages)), n_ctx)

    def generate(self, request: GenerateRequest) -> Generator[Entered | PrefillProgress | Piece, None, Completion]:
        """Answer a request, yielding progress and text; raises Cancelled or InferenceFault."""
        began = time.perf_counter()
        yield Entered("prepare")
        if self.model.options.vocab_only:
            raise InferenceFault("bad_request", "only the vocabulary is loaded", hint="Load the model to ask it")
        gbnf = wanted_grammar(request.json_schema, request.grammar)
        context = self._context_for(request.n_ctx)
        job = _job(request, self._template, request.n_ctx or context.n_ctx, began)
        grammar = None
        if gbnf:
            yield Entered("grammar")
            grammar = grammar_sampler(self.model, gbnf)
        sampler = Sampler(context, request.sampling, seed=job.seed, grammar=grammar)
        try:
            return (yield from write_answer(job, context, sampler))
        finally:
            sampler.close()

    def close(self) -> None:
        """Free the context and the weights."""
        if self._context:
            self._context.close()
        self.model.close()

    def _context_for(self, wanted: int) -> Context:
        """Return a context of at least `wanted` tokens; a larger one replaces the old, the weights stay."""
        if self._context and wanted <= self._context.n_ctx:
            return self._context
        if self._context:
            self._context.close()
            self._context = None
        threads = thread_count(self.model.options)
        self._context = Context(self.model, self._size(wanted), abort=self._abort, n_threads=threads)
        return self._context

    def _size(self, wanted: int) -> int:
        return context_size(wanted, self.model.options, self.model.n_ctx_train)


def _job(request: GenerateRequest, template: ChatTemplate, n_ctx: int, began: float) -> Job:
    """Return what to compute for a request: its prompt tokens, after the overflow policy."""
    seed = secrets.randbits(31) if request.sampling.seed is None else request.sampling.seed
    job = Job(
        prompt=[], n_ctx=n_ctx, stops=request.sampling.stop, max_tokens=request.max_tokens, seed=seed, began=began
    )
    if request.prompt is not None:
        tokens = template.raw_tokens(request.prompt)
        overflow.check_raw(tokens, n_ctx)
        return replace(job, prompt=_not_empty(tokens), counts=Counts(total=len(tokens), n_ctx=n_ctx))

    def content(messages: Messages) -> list[int]:
        return [template.content_tokens(message) for message in messages]

    fitted = overflow.fit(
        _not_empty(request.messages),
        request.overflow,
        n_ctx=n_ctx,
        max_tokens=request.max_tokens,
        tokens_of=template.tokens,
        content_tokens=content,
    )
    return replace(
        job,
        prompt=_not_empty(fitted.tokens),
        stops=(*job.stops, *template.stops),
        counts=overflow.counts(content(fitted.messages), len(fitted.tokens), n_ctx),
        dropped=fitted.dropped,
    )


def _not_empty(prompt: _Prompt) -> _Prompt:
    if not prompt:
        raise InferenceFault("bad_request", "the prompt is empty", hint="Write at least one character")
    return prompt
