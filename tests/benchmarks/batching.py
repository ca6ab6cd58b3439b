"""Rows about many requests at once: chats that share a system prompt, cold and warm, and the rows of a template.

Everyone answers the same chats with the same number of tokens; an answer that ends early would make its side look
quick, so what counts is the wall time for as many tokens as were asked for.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from contestants import Answer, Contestant, Ours, Peer, installed
from fairness import TRIES, Ratio, Timed, in_turns, ratio, timed, undisturbed
from table import Row, not_measured, of_ratio
from texts import chats, rows

CHAT_TOKENS, ROW_TOKENS = 48, 32
MISSING = "xllamacpp is not installed (make benchmark installs it)"
Opens = Mapping[str, Callable[[], Contestant]]
Runs = dict[str, list[Timed[list[Answer]]]]


def shared(path: str, rounds: int) -> Iterator[Row]:
    """Measure eight chats under one system prompt: with nothing cached, and after that system prompt was seen."""
    opens: dict[str, Callable[[], Contestant]] = {"ours": lambda: Ours(path), "llama": lambda: Peer("llama", path)}
    if installed("xllamacpp"):
        opens["xllamacpp"] = lambda: Peer("xllamacpp", path)
    cold: Runs = {name: [] for name in opens}
    warm: Runs = {name: [] for name in opens if name != "llama"}
    for turn, name in in_turns(opens, rounds):
        first, contestant = _cold(opens[name])
        cold[name].append(first)
        if name in warm:
            warm[name].append(_warm(contestant, turn))
        contestant.close()
    what = "8 chats, one system prompt"
    yield _row(f"{what}, cold: ours / Llama one by one", cold, "llama", 0.35)
    if "xllamacpp" in opens:
        yield _row(f"{what}, cold: ours / xllamacpp, 8 slots", cold, "xllamacpp", 0.4)
        yield _row(f"{what}, warm: ours / xllamacpp, 8 slots", warm, "xllamacpp", 1.05)
    else:
        yield not_measured(f"{what}, cold: ours / xllamacpp, 8 slots", 0.4, MISSING)
        yield not_measured(f"{what}, warm: ours / xllamacpp, 8 slots", 1.05, MISSING)


def template_rows(path: str, rounds: int) -> Iterator[Row]:
    """Measure the rows of one template, all wanted at once, through eight slots."""
    what = "32 rows of a template, tokens/s: ours / xllamacpp, 8 slots"
    if not installed("xllamacpp"):
        yield not_measured(what, 0.95, MISSING, at_least=True)
        return
    sides: dict[str, Contestant] = {"ours": Ours(path), "xllamacpp": Peer("xllamacpp", path)}
    runs: Runs = {name: [] for name in sides}
    for contestant in sides.values():
        contestant.answer(rows(-1, 8), 2)
    for turn, name in in_turns(sides, rounds):
        runs[name].append(_rows(sides[name], turn))
    for contestant in sides.values():
        contestant.close()
    speeds = {name: [_tokens(run) / run.seconds for run in found] for name, found in runs.items()}
    said = ", ".join(f"{name} {statistics.median(found):.0f} tokens/s" for name, found in speeds.items())
    found = ratio(speeds["ours"], speeds["xllamacpp"], best=max)
    yield of_ratio(what, found, 0.95, at_least=True, detail=f"{said}; {_spoiled(runs)}")


def _cold(open_one: Callable[[], Contestant]) -> tuple[Timed[list[Answer]], Contestant]:
    """Return the first chats of a process that has seen nothing, and the process; tried again when disturbed."""
    for attempt in range(TRIES):
        contestant = open_one()
        run = timed(lambda: contestant.answer(chats(0), CHAT_TOKENS))  # noqa: B023
        if not run.disturbed or attempt == TRIES - 1:
            break
        contestant.close()
    return run, contestant


def _warm(contestant: Contestant, turn: int) -> Timed[list[Answer]]:
    """Return new questions under a system prompt that was seen before."""
    groups = itertools.cycle((1, 2, 3, 4))
    for _ in range(turn % 4):
        next(groups)
    return undisturbed(lambda: timed(lambda: contestant.answer(chats(next(groups)), CHAT_TOKENS)))


def _rows(contestant: Contestant, turn: int) -> Timed[list[Answer]]:
    """Return rows that nobody has seen, other ones in every try."""
    groups = itertools.count(TRIES * turn)
    return undisturbed(lambda: timed(lambda: contestant.answer(rows(next(groups)), ROW_TOKENS)))


def _row(what: str, runs: Runs, other: str, limit: float) -> Row:
    sides = {"ours": runs["ours"], other: runs[other]}
    seconds = {name: [_even(run, CHAT_TOKENS) for run in found] for name, found in sides.items()}
    said = ", ".join(f"{name} {statistics.median(found):.1f} s" for name, found in seconds.items())
    cached = ", ".join(f"{name} {_cached(found)}" for name, found in sides.items())
    found: Ratio = ratio(seconds["ours"], seconds[other])
    return of_ratio(what, found, limit, detail=f"{said}; prompt tokens cached: {cached}; {_spoiled(sides)}")


def _even(run: Timed[list[Answer]], tokens: int) -> float:
    """Return the seconds that all tokens asked for would have taken, where some answers ended early."""
    return run.seconds * len(run.value) * tokens / _tokens(run)


def _tokens(run: Timed[list[Answer]]) -> int:
    return sum(answer.tokens for answer in run.value)


def _cached(runs: Sequence[Timed[list[Answer]]]) -> str:
    cached = statistics.median(sum(answer.cached for answer in run.value) for run in runs)
    return f"{cached:.0f} of {sum(answer.prompt_tokens for answer in runs[-1].value)}"


def _spoiled(runs: Mapping[str, Sequence[Timed[list[Answer]]]]) -> str:
    every = [run for found in runs.values() for run in found]
    return f"disturbed {sum(run.disturbed for run in every)} of {len(every)}"
