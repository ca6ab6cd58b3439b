"""From a request to what is to be computed: its prompt tokens, after the overflow policy, and where it ends.

Runs in the worker process.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from graphide.errors import InferenceFault
from graphide.inference import overflow
from graphide.inference.chat_template import ChatTemplate
from graphide.inference.protocol import Counts, GenerateRequest, Share
from graphide.values import Messages

_Prompt = TypeVar("_Prompt", list[int], Messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One answer to write: its prompt tokens and where it ends. `max_tokens=0` ends it at `n_ctx`.

    `alone`: no other answer may share a batch with it; `logprobs`: how many likely tokens to report at every place.
    """

    prompt: list[int]
    n_ctx: int
    stops: tuple[str, ...] = ()
    max_tokens: int = 0
    seed: int = 0
    counts: Counts = Counts()
    dropped: str = ""
    began: float = 0.0
    alone: bool = False
    logprobs: int = 0


def job_of(request: GenerateRequest, template: ChatTemplate, n_ctx: int, *, began: float) -> Job:
    """Return what to compute for a request; raises InferenceFault (context_overflow, bad_request)."""
    seed = secrets.randbits(31) if request.sampling.seed is None else request.sampling.seed
    job = Job(
        prompt=[],
        n_ctx=n_ctx,
        stops=request.sampling.stop,
        max_tokens=request.max_tokens,
        seed=seed,
        began=began,
        alone=request.reproducible,
        logprobs=request.logprobs,
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


def count(request: GenerateRequest, template: ChatTemplate, n_ctx: int) -> Counts:
    """Return the tokens of a request's prompt, message by message."""
    if request.prompt is not None:
        return Counts(total=len(template.raw_tokens(request.prompt)), n_ctx=n_ctx)
    content = [template.content_tokens(message) for message in request.messages]
    return overflow.counts(content, len(template.tokens(request.messages)), n_ctx)


def shares(requests: Sequence[GenerateRequest], template: ChatTemplate) -> tuple[Share, ...]:
    """Return for each prompt how many of its first tokens an earlier one has computed, and which."""
    prompts: list[list[int]] = []
    found = []
    for request in requests:
        raw = request.prompt
        prompt = template.raw_tokens(raw) if raw is not None else template.tokens(request.messages)
        # The last token is computed in any case: what follows it is what is wanted.
        common = [_common(prompt[:-1], earlier) for earlier in prompts]
        best = max(range(len(common)), key=common.__getitem__, default=-1)
        tokens = common[best] if best >= 0 else 0
        found.append(Share(len(prompt), tokens, best if tokens else -1))
        prompts.append(prompt)
    return tuple(found)


def _common(first: list[int], second: list[int]) -> int:
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += 1
    return length


def _not_empty(prompt: _Prompt) -> _Prompt:
    if not prompt:
        raise InferenceFault("bad_request", "the prompt is empty", hint="Write at least one character")
    return prompt
