"""Requests in one batch: each answer is what it would be alone, nobody stalls another, and no prefix is computed twice."""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from inference.wire import Reports, Wire, completions, frames, wired

from graphide.errors import Cancelled
from graphide.inference.batch import WINDOW, WORTH
from graphide.inference.client import (
    Completion,
    GenerateRequest,
    LoadOptions,
    Piece,
    PrefillProgress,
    Worker,
    finish,
)
from graphide.inference.protocol import Ack, Cancel, Count, Counts, Generate, Stopped
from graphide.values import Sampling
from tests.support import tiny_models
from tests.support.forced import forced

WRITERS: dict[str, Callable[[Path], Path]] = {
    "llama": tiny_models.tiny_llama,
    "sliding": tiny_models.tiny_sliding,
    "mamba": tiny_models.tiny_mamba,
    "hybrid": tiny_models.tiny_hybrid,
}
PER_TOKEN = {"llama": 256, "sliding": 512, "mamba": 1, "hybrid": 1024}  # bytes in the KV cache
KINDS = pytest.mark.parametrize("kind", WRITERS)
TIE = 0.05  # logits: ten times what the cut into batches changes, a fourth of what one wrong cell does
LETTERS = string.ascii_lowercase + "    "


def options(**more: Any) -> LoadOptions:
    """Return options under which the cut into batches changes little enough to see a wrong token in the cache."""
    values = {"n_ctx": 512, "n_batch": 64, "n_ubatch": 64, "n_threads": 1, "flash_attn": "off", **more}
    return LoadOptions(**values)


def text(seed: int, tokens: int) -> str:
    """Return random letters; most of them are a token each."""
    return "".join(random.Random(seed).choices(LETTERS, k=tokens))


def wanted(prompt: str, max_tokens: int = 16, **more: Any) -> GenerateRequest:
    """Return a greedy request that reports its tokens."""
    return GenerateRequest(
        prompt=prompt, **{"sampling": Sampling(temperature=0), "max_tokens": max_tokens, "logprobs": 1, **more}
    )


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {kind: write(folder / f"{kind}.gguf") for kind, write in WRITERS.items()}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    own = Worker()
    yield own
    own.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as one:
        yield one


def check_all(path: Path, asked: Sequence[GenerateRequest], answers: Sequence[Completion]) -> None:
    """Assert that every answer is the greedy one to its own prompt, to the last token, up to ties."""
    said = [[one.token for one in answer.logprobs] for answer in answers]
    truths = forced(path, [(request.prompt or "", tokens) for request, tokens in zip(asked, said, strict=True)])
    for request, answer, tokens, truth in zip(asked, answers, said, truths, strict=True):
        usage = answer.usage
        assert max(truth.gaps) < TIE, f"{request.prompt!r} got foreign tokens: {truth.gaps}"
        assert answer.text == "".join(one.text for one in answer.logprobs)
        assert len(tokens) == usage.completion_tokens == request.max_tokens
        assert usage.prompt_tokens == truth.prompt and 0 <= usage.cached_tokens < usage.prompt_tokens


# --- any requests, in any order


class Plan(NamedTuple):
    """A request and what its caller does: takes `taken` reports and goes (-1: takes all), or never begins."""

    request: GenerateRequest
    taken: int
    cancelled: bool


def plans(rng: random.Random, count: int) -> list[Plan]:
    """Return requests whose prompts begin alike, some the same, of which some are given up."""
    heads = [text(rng.random().__hash__(), rng.choice([20, 90, 200])) for _ in range(3)]
    found: list[Plan] = []
    for _ in range(count):
        head = rng.choice(heads)
        prompt = head[: rng.randint(1, len(head))] + text(rng.random().__hash__(), rng.choice([0, 3, 40, 120]))
        if found and rng.random() < 0.2:
            prompt = rng.choice(found).request.prompt or ""
        request = wanted(prompt, rng.choice([1, 4, 20, 60]), reproducible=rng.random() < 0.1)
        found.append(Plan(request, rng.choice([-1, -1, -1, 0, 1, 3]), rng.random() < 0.1))
    return found


def carry_out(worker: Worker, plan: Plan) -> Completion | None:
    """Do what a plan says; return the answer where it was taken whole."""
    cancel = threading.Event()
    if plan.cancelled:
        cancel.set()
    with closing(worker.generate(plan.request, cancel=cancel)) as steps:
        try:
            if plan.taken < 0:
                return finish(steps)
            for _ in range(plan.taken):
                next(steps, None)
        except Cancelled:
            if not plan.cancelled:
                raise
    return None


@KINDS
@pytest.mark.parametrize("seed", range(4))
def test_each_of_many_answers_is_that_to_its_own_prompt(
    kind: str, seed: int, worker: Worker, models: dict[str, Path]
) -> None:
    rng = random.Random(f"{kind} {seed}")
    batch = rng.choice([8, 40, 64])
    cells = rng.choice([512, 512, 768])
    some = options(n_parallel=rng.choice([2, 5, 8]), n_batch=batch, n_ubatch=batch, kv_bytes=cells * PER_TOKEN[kind])
    assert finish(worker.load(str(models[kind]), some)).kv_tokens == cells
    todo = plans(rng, 14)
    with ThreadPoolExecutor(len(todo)) as pool:
        answers = list(pool.map(lambda plan: carry_out(worker, plan), todo))
    whole = [(plan.request, answer) for plan, answer in zip(todo, answers, strict=True) if answer]
    assert len(whole) > 2
    check_all(models[kind], [request for request, _ in whole], [answer for _, answer in whole])
    # What the cancelled and the evicted ones left behind must not show in a later answer either.
    again = [request for request, _ in whole[:4]]
    check_all(models[kind], again, [finish(worker.generate(request)) for request in again])


# --- prefixes


@KINDS
def test_a_head_that_eight_share_is_computed_once(kind: str, wire: Wire, models: dict[str, Path]) -> None:
    wire.load(models[kind], options(n_ctx=1024, n_parallel=8))
    head = text(1, 500)
    asked = [wanted(head + text(number, 6), 4) for number in range(2, 10)]
    wire.ask(*asked)
    answers = completions(wire.until_all_end(*range(1, 9)), 8)
    check_all(models[kind], asked, answers)
    computed = sum(answer.usage.prompt_tokens - answer.usage.cached_tokens for answer in answers)
    shared = min(answer.usage.prompt_tokens for answer in answers) - 8
    tails = sum(answer.usage.prompt_tokens - shared for answer in answers)
    assert sum(not answer.usage.cached_tokens for answer in answers) == 1
    assert computed <= shared + tails + 7 * WORTH


def test_a_finished_prompt_is_not_computed_again_and_neither_is_a_conversation_that_goes_on(
    wire: Wire, models: dict[str, Path]
) -> None:
    wire.load(models["llama"], options())
    first = wanted(text(1, 100), 20)
    wire.ask(first)
    (one,) = completions(wire.until_all_end(1), 1)
    wire.ask(first, first=2)
    (same,) = completions(wire.until_all_end(2), 1, first=2)
    longer = wanted(f"{first.prompt}{one.text} and", 20)
    wire.ask(longer, first=3)
    (more,) = completions(wire.until_all_end(3), 1, first=3)
    check_all(models["llama"], [first, first, longer], [one, same, more])
    total = one.usage.prompt_tokens
    assert (one.usage.cached_tokens, same.usage.cached_tokens) == (0, total - 1)
    assert more.usage.cached_tokens >= total + 15  # a pair of letters may have become one token at the seam


# --- nobody stalls another


@KINDS
def test_those_that_write_go_on_while_a_long_prompt_is_read(kind: str, wire: Wire, models: dict[str, Path]) -> None:
    wire.load(models[kind], options(n_ctx=2048, n_parallel=4))
    writers = [wanted(text(number, 5), 400) for number in (1, 2)]
    wire.ask(*writers)
    begun = wire.until(lambda frame, number: number == 2 and isinstance(frame, Piece))
    long = wanted(text(3, 1500), 4)
    wire.ask(long, first=3)
    reports = wire.until_all_end(1, 2, 3)
    order = [
        frame if number == 3 else number for frame, number in reports if isinstance(frame, (PrefillProgress, Piece))
    ]
    steps = [at for at, what in enumerate(order) if isinstance(what, PrefillProgress)]
    assert len(steps) > 1500 // 64
    # Pieces of text are joined for a fiftieth of a second, so not every step shows one.
    assert {1, 2} <= {what for what in order[steps[0] : steps[-1]] if isinstance(what, int)}
    check_all(models[kind], [*writers, long], completions([*begun, *reports], 3))


@KINDS
def test_a_short_prompt_behind_a_long_one_is_answered_before_that_is_read(
    kind: str, wire: Wire, models: dict[str, Path]
) -> None:
    wire.load(models[kind], options(n_ctx=2048, n_parallel=2))
    asked = [wanted(text(1, 1500), 4), wanted(text(2, 10), 4)]
    wire.ask(*asked)
    reports = wire.until_all_end(1, 2)
    short = next(at for at, (frame, number) in enumerate(reports) if number == 2 and isinstance(frame, Completion))
    after = [frame for frame, number in reports[short:] if number == 1 and isinstance(frame, PrefillProgress)]
    assert len(after) > 10
    check_all(models[kind], asked, completions(reports, 2))


def test_a_reproducible_prompt_is_read_in_the_same_pieces_whoever_waits(wire: Wire, models: dict[str, Path]) -> None:
    prompt = text(1, 200)
    alone = wanted(prompt, 4, reproducible=True)
    seen = []
    for others in ([], [wanted(prompt[:50] + text(2, 30), 4), wanted(prompt[:120], 4)]):
        wire.load(models["llama"], options())
        wire.ask(alone, *others)
        reports = wire.until_all_end(*range(1, 2 + len(others)))
        done = completions(reports, 1)[0]
        seen.append((frames(reports, PrefillProgress, 1), done.text, done.logprobs))
    assert seen[0] == seen[1]


# --- too little room


@KINDS
def test_answers_that_do_not_fit_together_are_put_back_and_finish(
    kind: str, wire: Wire, models: dict[str, Path]
) -> None:
    wire.load(models[kind], options(n_parallel=6, kv_bytes=512 * PER_TOKEN[kind]))
    asked = [wanted(text(number, 30), 200) for number in range(6)]
    wire.ask(*asked)
    answers = completions(wire.until_all_end(*range(1, 7)), 6)
    check_all(models[kind], asked, answers)
    assert sum(answer.usage.completion_tokens for answer in answers) > 2 * 512


def test_a_window_s_cache_full_of_one_shared_head_is_no_end(wire: Wire, models: dict[str, Path]) -> None:
    # Cells that several sequences share stay in the small cache of the window; 8 answers beside them do not fit there.
    wire.load(models["sliding"], options(n_ctx=1024, n_parallel=8, n_batch=64))
    head = text(1, 430)
    asked = [wanted(head + text(number, 40), 80) for number in range(2, 10)]
    wire.ask(*asked)
    check_all(models["sliding"], asked, completions(wire.until_all_end(*range(1, 9)), 8))


def test_what_was_taken_of_an_answer_that_was_put_back_is_not_forgotten(wire: Wire, models: dict[str, Path]) -> None:
    wire.load(models["llama"], options(n_ctx=1024, n_parallel=2, kv_bytes=1024 * PER_TOKEN["llama"]))
    asked = [wanted(text(number, 20), 800) for number in (1, 2)]
    wire.ask(*asked)
    reports: Reports = []
    while written(reports, 1) < WINDOW:
        # Also makes the worker send what it holds back of a text that does not go on.
        wire.send((Count(asked[0]), 3))
        reports += wire.until(lambda frame, _: isinstance(frame, Counts))
    # The first is as far ahead as it may be, so the second waits: there is no room for as much again.
    wire.send((Ack(written(reports, 2)), 2), (Ack(written(reports, 1)), 1))
    reports += wire.until_all_end(1, 2)
    check_all(models["llama"], asked, completions(reports, 2))


def written(reports: Reports, request: int) -> int:
    """Return how many tokens of an answer came."""
    return sum(piece.tokens for piece in frames(reports, Piece, request))


def test_more_answers_than_a_batch_has_places_are_written_all_the_same(wire: Wire, models: dict[str, Path]) -> None:
    wire.load(models["llama"], options(n_parallel=8, n_batch=4, n_ubatch=4))
    asked = [wanted(text(number, 10), 20) for number in range(8)]
    wire.ask(*asked)
    check_all(models["llama"], asked, completions(wire.until_all_end(*range(1, 9)), 8))


# --- cancels


@KINDS
@pytest.mark.parametrize("after", [0, 1, 3, 8])
def test_a_cancel_in_the_middle_of_a_batch_changes_no_other_answer(
    kind: str, after: int, wire: Wire, models: dict[str, Path]
) -> None:
    wire.load(models[kind], options(n_ctx=1024, n_parallel=4))
    head = text(1, 300)
    asked = [wanted(head + text(number, 30), 30) for number in range(4)]
    wire.send(*((Generate(request), number) for number, request in enumerate(asked, 1)))
    seen: list[object] = []

    def enough(frame: Any, number: int) -> bool:
        seen.append(frame)
        return sum(isinstance(one, PrefillProgress) for one in seen) > after

    reports = wire.until(enough)
    wire.send((Cancel(), 1))
    reports += wire.until_all_end(1, 2, 3, 4)
    assert isinstance([frame for frame, number in reports if number == 1][-1], (Stopped, Completion))
    check_all(models[kind], asked[1:], completions(reports, 3, first=2))


# --- different kinds of requests


def test_requests_of_all_kinds_in_one_batch_get_the_answers_they_get_alone(wire: Wire, models: dict[str, Path]) -> None:
    wire.load(models["llama"], options(n_parallel=8))
    prompt = text(1, 60)
    asked = [
        wanted(prompt + " one", 24),
        wanted(prompt + " two", 24, grammar='root ::= ("sea" | "lake") " " [a-z]{4,8} "."'),
        wanted(prompt + " three", 24, sampling=Sampling(temperature=1.1, seed=5)),
        wanted(prompt + " four", 24, sampling=Sampling(temperature=0, logit_bias={"e": -100.0, "a": 5.0})),
        wanted(prompt + " five", 24, sampling=Sampling(temperature=0, repeat_penalty=1.5, dry_multiplier=0.8)),
    ]
    wire.ask(*asked)
    together = completions(wire.until_all_end(*range(1, 6)), 5)
    apart = []
    for request in asked:
        wire.load(models["llama"], options(n_parallel=8))
        wire.ask(request)
        apart += completions(wire.until_all_end(1), 1)
    assert [answer.text for answer in together] == [answer.text for answer in apart]
    assert together[1].text.startswith(("sea ", "lake ")) and together[1].text.endswith(".")
    for one, other in zip(together, apart, strict=True):
        assert [token.logprob for token in one.logprobs] == pytest.approx(
            [token.logprob for token in other.logprobs], abs=TIE
        )


# --- the real model


def test_log_probabilities_of_a_batch_of_the_real_model_are_those_of_one_up_to_its_own_rounding(
    wire: Wire, model_path: Path
) -> None:
    """Compare answers of one batch, over a head that they share, with the same tokens forced one answer at a time.

    Its weights are quantised, and the engine computes many rows otherwise than one. Measured here, largest difference
    of a log-probability: the bare engine in batches of 8 and of 1 by 0.20, the worker from these by 0.20.
    """
    wire.load(model_path, options(n_parallel=4))
    head = "The sea has many colours, and sailors have a name for each of them. " * 4
    asked = [wanted(head + tail, 6) for tail in ("At noon it is", "At night it is", "A sailor says")]
    wire.ask(*asked)
    answers = completions(wire.until_all_end(1, 2, 3), 3)
    assert sum(answer.usage.cached_tokens > 0 for answer in answers) == 2
    said = [[one.token for one in answer.logprobs] for answer in answers]
    pairs = [(request.prompt or "", tokens) for request, tokens in zip(asked, said, strict=True)]
    for answer, alone in zip(answers, forced(model_path, pairs, n_batch=8, n_ctx=512), strict=True):
        assert [one.logprob for one in answer.logprobs] == pytest.approx(alone.logprobs, abs=0.5)
