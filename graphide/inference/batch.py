"""The decode loop: prompt tokens in fixed chunks, then one token after the other, as a stream of reports.

Runs in the worker process. A `Sequence` is one answer being written and knows nothing of the engine's batches; the loop
drives one sequence now, and is the one place to change for several. Every prompt starts from an empty cache and is cut
into the same chunks, so the same request gives the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal

from graphide.inference.context import Context
from graphide.inference.model import Vocabulary
from graphide.inference.protocol import Completion, Counts, Entered, Piece, PrefillProgress, StopReason
from graphide.inference.sampler import Sampler
from graphide.inference.text_stream import StopScanner, Utf8Stream
from graphide.values import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One answer to write: its prompt tokens and where it ends. `max_tokens=0` ends it at `n_ctx`."""

    prompt: list[int]
    n_ctx: int
    stops: tuple[str, ...] = ()
    max_tokens: int = 0
    seed: int = 0
    counts: Counts = Counts()
    dropped: str = ""
    began: float = 0.0


class Sequence:
    """One answer being written: its text so far, what is held back, and why it ended."""

    def __init__(self, job: Job, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._utf8 = Utf8Stream()
        self._scanner = StopScanner(job.stops)
        room = job.n_ctx - len(job.prompt)
        self._limit, self._at_limit = _limit(job.max_tokens, room)
        self._parts: list[str] = []
        self.tokens = 0
        self.ended: StopReason | None = None

    def take(self, token: int) -> str:
        """Add a sampled token and return the text that is now certain; sets `ended` when it was the last."""
        self.tokens += 1
        if self._vocabulary.ends(token):
            self.ended = "end"
            text = self._rest()
        else:
            text = self._scanner.feed(self._utf8.feed(self._vocabulary.piece(token)))
            if self._scanner.found:
                self.ended = "stop_string"
            elif self.tokens >= self._limit:
                self.ended = self._at_limit
                text += self._rest()
        if text:
            self._parts.append(text)
        return text

    @property
    def text(self) -> str:
        """Return the answer so far."""
        return "".join(self._parts)

    def _rest(self) -> str:
        text = self._scanner.feed(self._utf8.finish()) + self._scanner.finish()
        if self._scanner.found:
            self.ended = "stop_string"
        return text


def write_answer(
    job: Job, context: Context, sampler: Sampler
) -> Generator[Entered | PrefillProgress | Piece, None, Completion]:
    """Compute an answer, yielding progress and text as they come, and return the whole.

    Raises Cancelled when the context's abort flag is set, InferenceFault when the engine fails.
    """
    sequence = Sequence(job, context.model.vocabulary)
    clock = time.perf_counter
    prefill_began = clock()
    yield Entered("prefill")
    yield from _prefill(job.prompt, context)
    sampler.see(job.prompt)
    position = len(job.prompt)
    token = sampler.sample()
    first = clock()
    yield Entered("generate")
    while True:
        before = sequence.tokens
        text = sequence.take(token)
        if text:
            yield Piece(text, sequence.tokens - before)
        if sequence.ended:
            break
        context.step(token, position)
        position += 1
        token = sampler.sample()
    usage = Usage(
        prompt_tokens=len(job.prompt),
        completion_tokens=sequence.tokens,
        cached_tokens=0,
        prompt_tokens_per_second=_per_second(len(job.prompt), first - prefill_began),
        tokens_per_second=_per_second(sequence.tokens - 1, clock() - first),
        time_to_first_token=first - job.began,
        seed=job.seed,
        stop_reason=sequence.ended,
        dropped=job.dropped,
    )
    finish: Literal["stop", "length"] = "stop" if sequence.ended in ("end", "stop_string") else "length"
    return Completion(sequence.text, finish, usage, job.counts, sampler.names)


def _prefill(prompt: list[int], context: Context) -> Iterator[PrefillProgress]:
    """Compute a prompt from an empty cache; the chunks are the same for every run of the same prompt."""
    total = len(prompt)
    context.clear()
    yield PrefillProgress(0, total)
    for start in range(0, total, context.n_batch):
        chunk = prompt[start : start + context.n_batch]
        done = start + len(chunk)
        context.prefill(chunk, start, logits=done == total)
        yield PrefillProgress(done, total)


def _limit(max_tokens: int, room: int) -> tuple[int, StopReason]:
    """Return after how many tokens the answer ends, and what that is called."""
    if 0 < max_tokens <= room:
        return max_tokens, "length"
    return max(1, room), "context_full"


def _per_second(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 and count > 0 else 0.0
