"""What follows a computed batch for one answer: tokens are sampled, and their text is sent.

Runs in the worker process. Which tokens are computed when is in `batch`; why guesses change nothing in `speculation`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from graphide.inference.answer import Answer
from graphide.inference.context import Context
from graphide.inference.logprobs import token_logprobs
from graphide.inference.protocol import Entered, Piece, Report

Emit = Callable[[Report, int], None]


def write(answer: Answer, begin: int, guess: Sequence[int], *, context: Context, emit: Emit) -> int:
    """Sample the next token of an answer, and one more after each guess that was right; return how many.

    `begin` is the place in the batch of the first of its logits. Raises InferenceFault when no token is possible.
    """
    assert answer.line
    if not answer.text.tokens:
        answer.first = time.perf_counter()
    if answer.rereads or not answer.text.tokens:
        answer.rereads = False
        emit(Entered("generate"), answer.request)
    right = 0
    while True:
        token = _next_token(answer, begin + right, context, emit)
        if answer.text.ended or right == len(guess) or token != guess[right]:
            break
        answer.line.grow([token])
        right += 1
    if answer.drafter:
        answer.drafter.add(answer.tokens[-right - 1 :].tolist())
        if guess:
            answer.drafter.accepted(len(guess), right)
            answer.drafted += len(guess)
            answer.accepted += right
    return right + 1


def _next_token(answer: Answer, index: int, context: Context, emit: Emit) -> int:
    token = answer.sampler.sample(index)
    if answer.job.logprobs:
        vocabulary = context.model.vocabulary
        likely = token_logprobs(
            context.library, context.handle, index, vocabulary, token=token, top_n=answer.job.logprobs
        )
        answer.logprobs.append(likely)
    answer.tokens.append(token)
    answer.unsent += 1
    text = answer.text.take(token)
    if text:
        emit(Piece(text, answer.unsent), answer.request)
        answer.unacknowledged += answer.unsent
        answer.unsent = 0
    return token
