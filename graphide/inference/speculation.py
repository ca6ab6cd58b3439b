"""Guessing ahead: what the next tokens of a sequence may be, so that the model can check several in one batch.

Runs in the worker process. Two drafters guess: `Lookup` finds the text's own last words earlier in it, `Draft` asks a
small model. Neither decides a token. The decode loop computes the last token and k guesses in one batch, each with
logits, and goes through its rows in order: the request's own sampler draws from a row; while what it drew equals the
guess that follows, the next row was computed after the right text and is drawn from too; at the first difference the
drawn token stands, and the guesses after it leave the cache. So every token of the answer was drawn by the request's
own sampler (with its grammar, penalties and random numbers, which advance once per token, as ever) from the model's
logits after the true text. A guess decides only whether those logits are there already: the distribution is exactly
that without guesses, however bad they are. What may differ are the last bits of the logits, which depend on the size of
a batch: a reproducible request must not guess. Nor can a model with recurrent state, which cannot forget a guess.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from graphide.errors import Cancelled, InferenceFault
from graphide.inference.context import (
    AUTO_CONTEXT,
    Aborted,
    CacheShape,
    Context,
    NoRoom,
    Rows,
    context_size,
    thread_count,
)
from graphide.inference.llama import AbortFlag
from graphide.inference.logprobs import log_sum_exp, logits_row
from graphide.inference.model import Model, load_model
from graphide.inference.prefix import common_length

if TYPE_CHECKING:
    from graphide.inference.logprobs import Row

PRICE = 0.65
"""What one more token in a batch costs, as a share of a batch of one; measured on CPU (0.58 to 0.70)."""

_SHORTEST, _LONGEST = 2, 3  # places are found by so many tokens; how many more agree is counted
_SEEN_BACK = 16
_AGREEMENTS = ((_SEEN_BACK, 0.97), (5, 0.85), (3, 0.7), (_SHORTEST, 0.4))
"""From how many agreeing tokens on the next guess is right how often: measured on edits, summaries, code, stories."""
_LEARNED = 0.15  # how much one outcome changes an estimate
_FORGOTTEN = 0.02  # how much of it is forgotten with each step, so that what failed is tried again
_MOST = 64  # guesses at once, where they cost nothing
_SURE = 0.75  # a small model goes on while its own likeliest token is at least so likely
_RIGHT_WHEN_SURE = 0.9
_PADDING = 128  # vocabularies of one family differ in size by unused tokens, at most so many
_COMPARED = 2048


class Drafter(Protocol):
    """Guesses how one sequence goes on."""

    def add(self, tokens: Sequence[int]) -> None:
        """Learn the next tokens of the sequence: the prompt first, then what was sampled."""

    def propose(self, limit: int) -> list[int]:
        """Return up to `limit` guesses for the next tokens, fewer or none when they would not pay."""

    def accepted(self, proposed: int, taken: int) -> None:
        """Learn that of the last `proposed` guesses the first `taken` were right."""


class _Odds:
    """How often guesses of one kind are right, learned from outcomes, and how many at once pay."""

    def __init__(self, hit: float, price: float) -> None:
        self.hit = self._first = hit
        self._price = price

    def worth(self) -> int:
        """Return how many guesses pay: the n-th counts only if all before are right too, so hit ** n >= price."""
        if self._price <= 0 or self.hit >= 1:
            return _MOST
        return int(math.log(self._price) / math.log(self.hit)) if self.hit > 0 and self._price < 1 else 0

    def learn(self, proposed: int, taken: int) -> None:
        for _ in range(taken):
            self.hit += _LEARNED * (1 - self.hit)
        if taken < proposed:
            self.hit -= _LEARNED * self.hit

    def forget(self) -> None:
        self.hit += _FORGOTTEN * (self._first - self.hit)


class Lookup:
    """Guesses that the text goes on as it did after the latest place that ends with the same tokens.

    Costs no model and about a microsecond per token. The longer the agreement before that place, the likelier the
    guess: how likely is learned for each length, and nothing is proposed that is not worth `price` (see `PRICE`).
    """

    def __init__(self, tokens: Sequence[int] = (), *, price: float = PRICE) -> None:
        self._tokens: list[int] = []
        self._after: dict[int, dict[int, int]] = {n: {} for n in range(_LONGEST, _SHORTEST - 1, -1)}
        self._last = dict.fromkeys(self._after, 0)
        self._odds = {least: _Odds(hit, price) for least, hit in _AGREEMENTS}
        self._used: _Odds | None = None
        self.add(tokens)

    def add(self, tokens: Sequence[int]) -> None:
        """Learn the next tokens of the sequence; each place is found only after the token that follows it is known."""
        for token in tokens:
            at = len(self._tokens)
            for n, after in self._after.items():
                if at >= n:
                    after[self._last[n]] = at
                # The last n tokens as one number: cheaper to keep than a tuple for each place.
                self._last[n] = (self._last[n] << 32 | token) & ((1 << 32 * n) - 1)
            self._tokens.append(token)

    def propose(self, limit: int) -> list[int]:
        """Return up to `limit` tokens that followed the latest place like this one."""
        for odds in self._odds.values():
            odds.forget()
        self._used = None
        at = self._place()
        if not at:
            return []
        agreement = self._agreement(at)
        self._used = next(odds for least, odds in self._odds.items() if agreement >= least)
        return self._tokens[at : at + min(limit, self._used.worth())]

    def accepted(self, proposed: int, taken: int) -> None:
        """Learn from the outcome of the last proposal."""
        if self._used:
            self._used.learn(proposed, taken)

    def _place(self) -> int:
        """Return where the text went on after its last tokens stood there before, 0 if they did not."""
        known = len(self._tokens)
        found = (after.get(self._last[n], 0) for n, after in self._after.items() if known > n)
        return next((at for at in found if at), 0)

    def _agreement(self, at: int) -> int:
        """Return how many tokens before `at` equal the last ones, at most _SEEN_BACK."""
        before, last = self._tokens[max(0, at - _SEEN_BACK) : at], self._tokens[-_SEEN_BACK:]
        pairs = enumerate(zip(reversed(before), reversed(last), strict=False))
        return next((count for count, (a, b) in pairs if a != b), min(len(before), len(last)))


class Draft:
    """Guesses what a small model would say next."""

    def __init__(self, model: DraftModel, tokens: Sequence[int] = (), *, price: float = PRICE) -> None:
        self._model = model
        self._tokens = array("i", tokens)
        self._odds = _Odds(_RIGHT_WHEN_SURE, price)

    def add(self, tokens: Sequence[int]) -> None:
        """Learn the next tokens of the sequence."""
        self._tokens.extend(tokens)

    def propose(self, limit: int) -> list[int]:
        """Return up to `limit` tokens that the small model is sure of; none while its guesses fail."""
        self._odds.forget()
        limit = min(limit, self._odds.worth())
        return self._model.guess(self._tokens, limit) if limit else []

    def accepted(self, proposed: int, taken: int) -> None:
        """Learn from the outcome of the last proposal."""
        self._odds.learn(proposed, taken)


class DraftModel:
    """A small model and one sequence in its cache, which follows whichever text is asked about.

    Only one answer is guessed for at a time, and the next often begins like the one before: what they share stays.
    `fault` is set when the engine failed; the guesses then end and the answers go on without. `close` frees both.
    """

    def __init__(self, target: Model, path: str, *, abort: AbortFlag, n_ctx: int = 0) -> None:
        """Load the file at `path` to guess for `target`, in texts of up to `n_ctx` tokens (0: what the load asks for).

        Raises InferenceFault (bad_request when it cannot guess for this model, else as `load_model`), and Cancelled
        when `abort` was set.
        """
        # A sliding window kept short could not be taken back over wrong guesses; small models can afford it whole.
        options = replace(target.options, swa_full=True, vocab_only=False)
        model = load_model(target.library, path, options, log=target.log, abort=abort, progress=lambda _: None)
        if model is None:
            raise Cancelled("the load was stopped")
        try:
            _check(model, target)
            trained = model.n_ctx_train
            size = min(context_size(n_ctx, options, target.n_ctx_train), trained or AUTO_CONTEXT)
            shape = CacheShape(size, size, 1)
            self._context = Context(model, shape, abort=abort, n_threads=thread_count(options))
        except BaseException:
            model.close()
            raise
        self._model = model
        self._known = min(target.vocabulary.size, model.vocabulary.size)  # what is not known to both is not guessed
        self._computed = array("i")
        self.fault: InferenceFault | None = None

    def guess(self, tokens: array[int], limit: int) -> list[int]:
        """Return up to `limit` likeliest tokens after a text.

        Reads at most one batch of the text in a call and guesses nothing until it has caught up, so that the answer
        being written does not wait long.
        """
        guesses: list[int] = []
        limit = min(limit, self._context.n_ctx - len(tokens))
        if self.fault or limit <= 0 or not tokens:
            return guesses
        try:
            logits = self._read(tokens)
            while logits is not None and (token := self._sure(logits)) is not None:
                guesses.append(token)
                logits = self._compute([token]) if len(guesses) < limit else None
        except (Aborted, NoRoom):
            self._context.cut(0, len(self._computed))
        except InferenceFault as fault:
            self.fault = fault
        return guesses

    def use_threads(self, count: int) -> None:
        """Compute with `count` threads from now on."""
        self._context.use_threads(count)

    def close(self) -> None:
        """Free the cache and the weights."""
        self._context.close()
        self._model.close()

    def _read(self, tokens: array[int]) -> Row | None:
        """Make the cache that of a text; return the logits after it, None when there is more to read."""
        kept = min(common_length(self._computed, tokens), len(tokens) - 1)
        self._context.cut(0, kept)
        del self._computed[kept:]
        logits = self._compute(tokens[kept : kept + self._context.n_batch])
        return logits if len(self._computed) == len(tokens) else None

    def _compute(self, tokens: Sequence[int]) -> Row:
        (index,) = self._context.compute([Rows(0, tokens, len(self._computed), 1)])
        self._computed.extend(tokens)
        return logits_row(self._context.library, self._context.handle, index, self._model.vocabulary.size)

    def _sure(self, logits: Row) -> int | None:
        """Return the likeliest token if the model is sure of it; the end of the answer need not be guessed."""
        token = int(logits.argmax())
        sure = math.exp(float(logits[token]) - log_sum_exp(logits)) >= _SURE
        return token if sure and token < self._known and not self._model.vocabulary.ends(token) else None


class Words(Protocol):
    """What two vocabularies are compared by."""

    size: int
    bos: int
    eos: int

    def text(self, token: int) -> str:
        """Return a token as text."""


def vocabulary_difference(target: Words, draft: Words) -> str:
    """Return why tokens of `draft` do not mean the same in `target`, "" when they do as far as a sample shows."""
    if abs(target.size - draft.size) > _PADDING:
        return f"it has {draft.size:,} tokens instead of {target.size:,}"
    if (target.bos, target.eos) != (draft.bos, draft.eos):
        return f"its texts begin and end with {draft.bos} and {draft.eos} instead of {target.bos} and {target.eos}"
    common = min(target.size, draft.size)
    # What a family's members add to a vocabulary is at its end.
    sample = (*range(0, common, max(1, common // _COMPARED)), *range(max(0, common - _PADDING), common))
    for token in sample:
        if target.text(token) != draft.text(token):
            return f"its token {token} is {draft.text(token)!r} instead of {target.text(token)!r}"
    return ""


def _check(model: Model, target: Model) -> None:
    reason = vocabulary_difference(target.vocabulary, model.vocabulary)
    if not reason and model.keeps_state:
        reason = "its recurrent state cannot be taken back when a guess was wrong"
    if reason:
        raise InferenceFault(
            "bad_request",
            f"{PurePath(model.path).name} cannot guess for {PurePath(target.path).name}: {reason}",
            where=model.path,
            hint="Choose a smaller model of the same family, or let the text itself be looked up",
        )
