"""One answer being written: what was asked, its tokens so far, the text that is certain, and what it cost.

Runs in the worker process. Knows nothing of batches and of the cache: `batch` decides when its tokens are computed.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field
from typing import Literal

from graphide.inference.job import Job
from graphide.inference.model import Vocabulary
from graphide.inference.prefix import Line
from graphide.inference.protocol import Completion, StopReason, TokenLogprob
from graphide.inference.sampler import Sampler
from graphide.inference.speculation import Draft, Lookup
from graphide.inference.text_stream import StopScanner, Utf8Stream
from graphide.values import Usage


class AnswerText:
    """The text of an answer: what is certain, what is held back, and why it ended."""

    def __init__(self, job: Job, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._utf8 = Utf8Stream()
        self._scanner = StopScanner(job.stops)
        self.limit, self._at_limit = _limit(job.max_tokens, job.n_ctx - len(job.prompt))
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
            elif self.tokens >= self.limit:
                self.ended = self._at_limit
                text += self._rest()
        if text:
            self._parts.append(text)
        return text

    def whole(self) -> str:
        """Return the answer so far."""
        return "".join(self._parts)

    def _rest(self) -> str:
        text = self._scanner.feed(self._utf8.finish()) + self._scanner.finish()
        if self._scanner.found:
            self.ended = "stop_string"
        return text


@dataclass(slots=True, eq=False)
class Answer:
    """A request in the worker: its tokens, of which the first `line.length` are computed, and its progress."""

    request: int
    job: Job
    sampler: Sampler
    text: AnswerText
    drafter: Draft | Lookup | None = None
    tokens: array[int] = field(default_factory=lambda: array("i"))
    line: Line | None = None
    cached: int = 0
    unacknowledged: int = 0  # tokens sent that the app has not taken yet
    unsent: int = 0  # tokens sampled whose text is not certain yet
    rereads: bool = False  # it was put back, and what it wrote is computed anew before it goes on
    logprobs: list[TokenLogprob] = field(default_factory=list)
    drafted: int = 0
    accepted: int = 0
    started: float = 0.0
    first: float = 0.0

    def __post_init__(self) -> None:
        """Begin with the prompt."""
        self.tokens = array("i", self.job.prompt)

    @property
    def pending(self) -> int:
        """Return how many tokens are to be computed before the next one can be sampled."""
        return len(self.tokens) - (self.line.length if self.line else 0)

    @property
    def decoding(self) -> bool:
        """Return whether only the token that was sampled last is to be computed."""
        return self.text.tokens > 0 and self.pending == 1

    @property
    def left(self) -> int:
        """Return how many tokens it may still have."""
        return self.text.limit - self.text.tokens

    def completion(self) -> Completion:
        """Return the finished answer and its cost."""
        job, now = self.job, time.perf_counter()
        ended = self.text.ended or "end"
        finish: Literal["stop", "length"] = "stop" if ended in ("end", "stop_string") else "length"
        usage = Usage(
            prompt_tokens=len(job.prompt),
            completion_tokens=self.text.tokens,
            cached_tokens=self.cached,
            prompt_tokens_per_second=_per_second(len(job.prompt) - self.cached, self.first - self.started),
            tokens_per_second=_per_second(self.text.tokens - 1, now - self.first),
            time_to_first_token=self.first - job.began,
            seed=job.seed,
            stop_reason=ended,
            dropped=job.dropped,
            draft_tokens=self.drafted,
            draft_accepted=self.accepted,
            reproducible=job.alone,
        )
        return Completion(self.text.whole(), finish, usage, job.counts, self.sampler.names, tuple(self.logprobs))

    def close(self) -> None:
        """Free what the engine holds for this answer alone."""
        self.sampler.close()


def _limit(max_tokens: int, room: int) -> tuple[int, StopReason]:
    """Return after how many tokens the answer ends, and what that is called."""
    if 0 < max_tokens <= room:
        return max_tokens, "length"
    return max(1, room), "context_full"


def _per_second(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 and count > 0 else 0.0
