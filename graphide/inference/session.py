"""A model in use: its chat template, its contexts, and the requests on them.

Runs in the worker process. Imported while the weights load, because the engine needs no Python then. How answers are
computed is in `batch`; here they are made from requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import replace

from graphide.errors import InferenceFault
from graphide.inference import job
from graphide.inference.answer import Answer, AnswerText
from graphide.inference.batch import DecodeLoop, Guard
from graphide.inference.chat_template import ChatTemplate
from graphide.inference.context import Context, cache_shape, context_size, thread_count
from graphide.inference.embedding import Embedder
from graphide.inference.grammar import grammar_sampler, wanted_grammar
from graphide.inference.keeping import KeptPrefixes
from graphide.inference.llama import AbortFlag
from graphide.inference.model import Model
from graphide.inference.prefix import PrefixTree
from graphide.inference.protocol import Counts, Embed, Embeddings, Entered, GenerateRequest, ModelInfo, Report, Shares
from graphide.inference.sampler import Sampler
from graphide.inference.speculation import Draft, DraftModel, Lookup
from graphide.inference.threads import ThreadControl
from graphide.inference.writing import Emit


class Session:
    """One loaded model with the contexts over it. Owns them: `close` frees them."""

    def __init__(self, model: Model, *, abort: AbortFlag, emit: Emit, flush: Callable[[], None], guard: Guard) -> None:
        self.model = model
        self._abort = abort
        self._emit = emit
        self._flush = flush
        self._guard = guard
        self._template = ChatTemplate(model.chat_template, model.vocabulary)
        self._context: Context | None = None
        self._loop: DecodeLoop | None = None
        self._kept: KeptPrefixes | None = None
        self._embedder: Embedder | None = None
        self._draft: DraftModel | None = None

    @property
    def idle(self) -> bool:
        """Return whether no answer runs or waits."""
        return self._loop is None or self._loop.idle

    def prepare(self) -> ModelInfo:
        """Create the context and return what the app shows about the model; raises InferenceFault (oom, bad_request)."""
        options = self.model.options
        if options.vocab_only:
            return self.model.info(n_ctx=self._size(0), n_threads=0)
        if options.speculation == "draft":
            self._draft = DraftModel(self.model, options.draft_path, abort=self._abort)
        self._make_context(self._size(0))
        return self.info()

    def info(self) -> ModelInfo:
        """Return what the app shows about the model as it is now."""
        context = self._loaded()
        info = self.model.info(n_ctx=context.n_ctx, n_threads=context.n_threads)
        return replace(info, n_parallel=self.model.options.n_parallel, kv_tokens=context.shape.cells)

    def count(self, request: GenerateRequest) -> Counts:
        """Return the tokens of a request's prompt, message by message."""
        size = self._context.n_ctx if self._context else self._size(0)
        return job.count(request, self._template, request.n_ctx or size)

    def compare(self, requests: tuple[GenerateRequest, ...]) -> Shares:
        """Return how much of the requests' prompts is the same."""
        return Shares(job.shares(requests, self._template))

    def embed(self, embed: Embed) -> Generator[None, None, Embeddings]:
        """Return the vectors of texts, with a pause after each."""
        self._loaded()
        if self._embedder is None:
            self._embedder = Embedder(self.model, abort=self._abort, n_threads=thread_count(self.model.options))
        return self._embedder.embed(embed.texts)

    def holds(self, request: GenerateRequest) -> bool:
        """Return whether the context is large enough for a request; a larger one is made when no answer runs."""
        return self._context is None or request.n_ctx <= self._context.n_ctx

    def submit(self, request: GenerateRequest, number: int) -> None:
        """Begin an answer, whose reports are emitted with `number`; raises InferenceFault."""
        began = time.perf_counter()
        self._emit(Entered("prepare"), number)
        context = self._loaded()
        if request.n_ctx > context.n_ctx:
            context = self._make_context(self._size(request.n_ctx))
        gbnf = wanted_grammar(request.json_schema, request.grammar)
        wanted = job.job_of(request, self._template, request.n_ctx or context.n_ctx, began=began)
        grammar = None
        if gbnf:
            # The engine's reader of grammars can end the process: the app must know by then what was being done.
            self._emit(Entered("grammar"), number)
            self._flush()
            grammar = grammar_sampler(self.model, gbnf)
        sampler = Sampler(context, request.sampling, seed=wanted.seed, grammar=grammar)
        sampler.see(wanted.prompt)
        answer = Answer(number, wanted, sampler, AnswerText(wanted, self.model.vocabulary), self._drafter(wanted))
        assert self._loop
        self._loop.submit(answer)

    def cancel(self, number: int) -> bool:
        """End an answer; return whether there was one."""
        return self._loop is not None and self._loop.cancel(number)

    def acknowledge(self, number: int, tokens: int) -> None:
        """Note that the app took tokens of an answer."""
        if self._loop:
            self._loop.acknowledge(number, tokens)

    def step(self) -> bool:
        """Compute the next batch; return False when there is none to compute."""
        return self._loop is not None and self._loop.step()

    def fail(self, last: Report) -> None:
        """End every answer that runs with the same last report."""
        if self._loop:
            self._loop.fail(last)

    def keep(self) -> None:
        """Write the prefixes that are worth it to disk."""
        if self._kept:
            self._kept.save()

    def close(self) -> None:
        """Free the contexts and the weights."""
        self._close_context()
        if self._embedder:
            self._embedder.close()
        if self._draft:
            self._draft.close()
        self.model.close()

    def _loaded(self) -> Context:
        if self._context is None:
            raise InferenceFault("bad_request", "only the vocabulary is loaded", hint="Load the model to ask it")
        return self._context

    def _make_context(self, n_ctx: int) -> Context:
        """Make a context for requests of up to `n_ctx` tokens; it replaces the old one, the weights stay.

        Raises InferenceFault (oom, bad_request); a context of the old size then serves on.
        """
        options = self.model.options
        shape = cache_shape(self.model, n_ctx)
        old = self._context.n_ctx if self._context else 0
        self.keep()
        self._close_context()
        try:
            context = Context(self.model, shape, abort=self._abort, n_threads=thread_count(options))
        except InferenceFault:
            if old:
                self._make_context(old)
            raise
        self._context = context
        tree = PrefixTree(context, shape.sequences)
        self._kept = KeptPrefixes.of(context, tree, emit=self._emit)
        threads = None if options.n_threads > 0 else ThreadControl(thread_count(options))
        self._loop = DecodeLoop(context, tree, emit=self._emit, guard=self._guard, threads=threads, kept=self._kept)
        return context

    def _close_context(self) -> None:
        if self._loop:
            self._loop.close()
        if self._context:
            self._context.close()
        self._context = self._loop = self._kept = None

    def _drafter(self, wanted: job.Job) -> Draft | Lookup | None:
        if self.model.options.speculation == "off" or wanted.alone:
            return None
        return Draft(self._draft, wanted.prompt) if self._draft else Lookup(wanted.prompt)

    def _size(self, wanted: int) -> int:
        return context_size(wanted, self.model.options, self.model.n_ctx_train)
