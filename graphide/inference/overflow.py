"""What happens when a conversation is longer than the context: nothing is ever cut in silence.

Three policies: `stop` refuses and names the message, `drop_oldest` leaves out the oldest turns, `middle_out` cuts the
middle of the longest message. Each says what it did. Pure: the token counter is a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from graphide.errors import InferenceFault
from graphide.inference.protocol import Counts, Overflow
from graphide.values import Messages

_CUT_MARK = "\n[…]\n"
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Fitted:
    """The conversation that is sent, its prompt tokens, and in words what was left out ("" when nothing)."""

    messages: Messages
    tokens: list[int]
    dropped: str = ""


def reserve(max_tokens: int, n_ctx: int) -> int:
    """Return the tokens to keep free for the answer: what was asked for, but at most a quarter of the context."""
    quarter = max(1, n_ctx // 4)
    return min(max_tokens, quarter) if max_tokens > 0 else quarter


def fit(
    messages: Messages,
    policy: Overflow,
    *,
    n_ctx: int,
    max_tokens: int,
    tokens_of: Callable[[Messages], list[int]],
    content_tokens: Callable[[Messages], Sequence[int]],
) -> Fitted:
    """Return the conversation in the form that fits into `n_ctx` tokens.

    Raises InferenceFault (context_overflow) when it does not, naming the message to blame.
    """
    tokens = tokens_of(messages)
    if policy == "stop":
        if len(tokens) >= n_ctx:
            raise too_long(content_tokens(messages), len(tokens), n_ctx, messages)
        return Fitted(messages, tokens)
    room = n_ctx - reserve(max_tokens, n_ctx)
    if len(tokens) <= room:
        return Fitted(messages, tokens)
    if policy == "drop_oldest":
        return _drop_oldest(messages, room, n_ctx, tokens_of, content_tokens)
    return _middle_out(messages, room, n_ctx, tokens_of, content_tokens)


def check_raw(tokens: list[int], n_ctx: int) -> None:
    """Raise InferenceFault (context_overflow) when a raw prompt leaves no room for an answer."""
    if len(tokens) >= n_ctx:
        raise _overflow(f"the prompt is {len(tokens)} tokens", len(tokens), n_ctx)


def too_long(counts: Sequence[int], total: int, n_ctx: int, messages: Messages) -> InferenceFault:
    """Return the fault that names the longest message, its size and what to do."""
    longest = max(range(len(counts)), key=counts.__getitem__, default=0)
    blame = f"message {longest + 1} ({messages[longest].role}) is {counts[longest]} tokens" if counts else "it is empty"
    return _overflow(f"the conversation is {total} tokens, of which {blame}", total, n_ctx)


def _overflow(what: str, total: int, n_ctx: int) -> InferenceFault:
    return InferenceFault(
        "context_overflow",
        f"{what}; the context holds {n_ctx}",
        hint=f"Shorten it, set n_ctx above {total}, or choose the overflow policy drop_oldest or middle_out",
    )


def counts(content: Sequence[int], total: int, n_ctx: int) -> Counts:
    """Return the tokens per message and those that the template adds."""
    return Counts(tuple(content), max(0, total - sum(content)), total, n_ctx)


def _drop_oldest(
    messages: Messages,
    room: int,
    n_ctx: int,
    tokens_of: Callable[[Messages], list[int]],
    content_tokens: Callable[[Messages], Sequence[int]],
) -> Fitted:
    """Leave out the oldest turns; the system text and the last message always stay."""
    droppable = [index for index, message in enumerate(messages[:-1]) if message.role != "system"]
    sizes = content_tokens(messages)
    for count in range(1, len(droppable) + 1):
        # An answer without its question means nothing, so a user turn takes the answers after it along.
        if count < len(droppable) and messages[droppable[count]].role in ("assistant", "tool"):
            continue
        gone = set(droppable[:count])
        kept = tuple(message for index, message in enumerate(messages) if index not in gone)
        tokens = tokens_of(kept)
        if len(tokens) <= room:
            lost = sum(sizes[index] for index in gone)
            turns = "the oldest message" if count == 1 else f"the {count} oldest messages"
            return Fitted(kept, tokens, f"left out {turns} ({lost} tokens)")
    last = tuple(message for index, message in enumerate(messages) if index not in droppable)
    total = len(tokens_of(last))
    if total < n_ctx and droppable:
        lost = sum(sizes[index] for index in droppable)
        return Fitted(last, tokens_of(last), f"left out all {len(droppable)} earlier messages ({lost} tokens)")
    if not droppable and total < n_ctx:
        return Fitted(messages, tokens_of(messages))
    raise too_long(content_tokens(last), total, n_ctx, last)


def _middle_out(
    messages: Messages,
    room: int,
    n_ctx: int,
    tokens_of: Callable[[Messages], list[int]],
    content_tokens: Callable[[Messages], Sequence[int]],
) -> Fitted:
    """Cut the middle of the longest message, and of the next longest while that is not enough."""
    before = content_tokens(messages)
    current = messages
    goals = list(before)
    for _ in range(_ROUNDS):
        tokens = tokens_of(current)
        if len(tokens) <= room:
            after = content_tokens(current)
            cut = [
                f"message {index + 1} ({messages[index].role}): {before[index] - after[index]} tokens"
                for index in range(len(messages))
                if current[index] != messages[index]
            ]
            return Fitted(current, tokens, f"cut the middle of {', '.join(cut)}")
        sizes = content_tokens(current)
        longest = max(range(len(sizes)), key=sizes.__getitem__)
        # The goal shrinks in every round, because what a part of a text is in tokens is only a guess.
        excess = len(tokens) - room
        goals[longest] = max(8, min(sizes[longest] - excess - 4, goals[longest] - max(4, excess)))
        # Always cut the original text: cutting a cut one would leave a mark for every round.
        shorter = _without_middle(messages[longest].content, goals[longest] / max(1, before[longest]))
        if len(shorter) >= len(current[longest].content):
            break
        current = tuple(
            replace(message, content=shorter) if index == longest else message for index, message in enumerate(current)
        )
    raise too_long(before, len(tokens_of(messages)), n_ctx, messages)


def _without_middle(text: str, share: float) -> str:
    """Return the head and the tail of a text, together about `share` of it, with a mark where the middle was."""
    keep = int((len(text) - len(_CUT_MARK)) * share)
    if keep < 16 or keep + len(_CUT_MARK) >= len(text):
        return text
    head = keep - keep // 2
    return f"{text[:head]}{_CUT_MARK}{text[len(text) - keep // 2 :]}"
