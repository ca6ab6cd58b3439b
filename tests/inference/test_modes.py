"""Ways to answer beside the usual one: the same bytes every time, guessing ahead, likelihoods, and vectors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from inference.together import EXACT, answer, text_of, together, wanted

from graphide.errors import GraphideError, InferenceFault
from graphide.inference.client import Completion, LoadOptions, Piece, Share, Worker, finish
from tests.support import bare_engine
from tests.support.tiny_models import WIDTH, tiny_embedder, tiny_hybrid, tiny_llama, tiny_mamba, tiny_sliding

BATCH = 64
AUTO = LoadOptions(n_ctx=1024, n_threads=1, n_batch=BATCH, n_ubatch=BATCH)
PROMPT = "The keeper of the lamp went down to the sea and told the wolf of it.\n" * 8  # some 350 tokens
EXACTLY = wanted(PROMPT, 40, reproducible=True, logprobs=3)
KINDS = {"llama": tiny_llama, "sliding": tiny_sliding, "mamba": tiny_mamba, "hybrid": tiny_hybrid}


@pytest.fixture(scope="module")
def exact(tiny: Path) -> Iterator[Worker]:
    """Give a worker whose answers do not depend on their neighbours."""
    own = Worker()
    finish(own.load(str(tiny), EXACT))
    yield own
    own.close()


def answers_of_a_life(path: Path) -> list[Completion]:
    """Return the answers of a new worker to one request: cold, warm, after a batch, after other reproducible ones."""
    worker = Worker()
    finish(worker.load(str(path), AUTO))
    results = [answer(worker, EXACTLY), answer(worker, EXACTLY)]
    together([lambda end=end: text_of(worker, wanted(PROMPT + end, 30)) for end in ("a", "b", "c")])
    results.append(answer(worker, EXACTLY))
    answer(worker, wanted("The sea is", 20, reproducible=True))
    results.append(answer(worker, EXACTLY))
    answer(worker, wanted(PROMPT[:-60] + "b", 20, reproducible=True))
    results.append(answer(worker, EXACTLY))
    worker.close()
    return results


@pytest.mark.parametrize("kind", KINDS)
def test_a_reproducible_answer_is_the_same_to_the_bit_whatever_was_before(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path / "tiny.gguf")
    results = [*answers_of_a_life(path), *answers_of_a_life(path)]
    first = results[0]
    assert all(
        (one.text, one.logprobs, one.usage.reproducible) == (first.text, first.logprobs, True) for one in results
    )
    assert all(one.usage.cached_tokens % BATCH == 0 for one in results)
    whole = (results[0].usage.prompt_tokens - 1) // BATCH * BATCH
    assert results[0].usage.cached_tokens == 0 and results[0].usage.prompt_tokens > 256
    assert results[1].usage.cached_tokens == (whole if kind == "llama" else 0)
    assert results[4].usage.cached_tokens == (whole - BATCH if kind == "llama" else 0)


def test_a_reproducible_answer_of_the_real_model_is_the_same_cold_and_warm(model_path: Path) -> None:
    worker = Worker()
    finish(worker.load(str(model_path), replace(AUTO, n_ctx=256)))
    request = wanted("The keeper of the lamp went down to the sea. " * 14, 6, reproducible=True, logprobs=1)
    cold, warm = answer(worker, request), answer(worker, request)
    together([lambda: text_of(worker, wanted("The sea is", 4)), lambda: text_of(worker, wanted("A wolf is", 4))])
    after = answer(worker, request)
    worker.close()
    assert (cold.usage.cached_tokens, warm.usage.cached_tokens, after.usage.cached_tokens) == (0, 2 * BATCH, 0)
    assert (cold.text, cold.logprobs) == (warm.text, warm.logprobs) == (after.text, after.logprobs)


def test_an_answer_that_shares_batches_does_not_say_that_it_is_reproducible(exact: Worker) -> None:
    assert [answer(exact, wanted("A", 2, reproducible=one)).usage.reproducible for one in (True, False)] == [
        True,
        False,
    ]


SONG = "la lo li la lo li la lo li la lo li la lo li "
REPEATS = wanted(SONG * 4, 60, grammar='root ::= ("la lo li ")+')


@pytest.mark.parametrize("speculation", ["lookup", "draft"])
def test_guesses_change_nothing_but_the_work(speculation: str, exact: Worker, tiny: Path) -> None:
    request = REPEATS if speculation == "lookup" else wanted(PROMPT, 60)
    without = answer(exact, request)
    guessing = Worker()
    finish(guessing.load(str(tiny), replace(EXACT, speculation=speculation, draft_path=str(tiny))))
    done = answer(guessing, request)
    streamed = "".join(report.text for report in guessing.generate(request) if isinstance(report, Piece))
    exactly = answer(guessing, replace(request, reproducible=True))
    guessing.close()
    assert done.text == streamed == exactly.text == without.text
    assert 0 < done.usage.draft_accepted <= done.usage.draft_tokens < done.usage.completion_tokens == 60
    assert (exactly.usage.draft_tokens, without.usage.draft_tokens) == (0, 0)


def test_a_cache_that_holds_no_context_is_refused_with_the_numbers(tiny: Path) -> None:
    worker = Worker()
    with pytest.raises(InferenceFault) as caught:
        finish(worker.load(str(tiny), replace(AUTO, kv_bytes=100_000)))
    assert caught.value.kind == "bad_request" and caught.value.hint
    assert "100,000 bytes" in str(caught.value) and f"{1024:,}" in str(caught.value)
    finish(worker.load(str(tiny), AUTO))
    assert text_of(worker, wanted("A sea is"))
    worker.close()


def test_likelihoods_are_those_of_the_bare_engine(exact: Worker, tiny: Path) -> None:
    done = answer(exact, wanted(PROMPT, 5, logprobs=4))
    assert "".join(one.text for one in done.logprobs) == done.text and len(done.logprobs) == 5
    for one in done.logprobs:
        chances = [logprob for _, _, logprob in one.top]
        assert len(chances) == 4 and chances == sorted(chances, reverse=True) and sum(map(math.exp, chances)) <= 1.0001
        assert tuple(one.top[0]) == (one.token, one.text, one.logprob)
    truth = bare_engine.logits(tiny, prompt_tokens(tiny, PROMPT), n_ctx=1024)
    total = math.log(sum(math.exp(logit - max(truth)) for logit in truth)) + max(truth)
    first = done.logprobs[0]
    assert first.token == bare_engine.likeliest(truth)
    assert all(logprob == pytest.approx(truth[token] - total, abs=1e-3) for token, _, logprob in first.top)


def prompt_tokens(path: Path, text: str) -> list[int]:
    """Return the tokens of a raw prompt as the worker counts them."""
    (begin,), plain = bare_engine.tokens(path, ["<|begin|>", text])
    return [begin, *plain]


def test_without_asking_there_are_no_likelihoods(exact: Worker) -> None:
    assert answer(exact, wanted("A sea is", 3)).logprobs == ()


def test_compare_says_what_is_computed_for_another(exact: Worker) -> None:
    prompts = (PROMPT + "One", PROMPT + "Two", "Else", PROMPT)
    totals = [exact.count(wanted(prompt)).total for prompt in prompts]
    first, second, third, last = exact.compare([wanted(prompt) for prompt in prompts])
    assert first == Share(totals[0], 0, -1)
    assert (second.total, second.of) == (totals[1], 0) and totals[3] - 2 <= second.tokens <= totals[3]
    assert (third.total, third.tokens <= 1) == (totals[2], True)
    assert last == Share(totals[3], totals[3] - 1, 0)
    assert exact.compare([]) == ()


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("write", [tiny_embedder, tiny_llama, tiny_mamba])
def test_vectors_have_length_one_and_tell_texts_apart(write: object, tmp_path: Path) -> None:
    worker = Worker()
    assert callable(write)
    finish(worker.load(str(write(tmp_path / "tiny.gguf")), replace(AUTO, n_ctx=256)))
    one, other, same = worker.embed(["A lamp by the sea", "Bread", "A lamp by the sea"]).vectors
    assert len(one) == WIDTH and all(likeness(v, v) == pytest.approx(1, abs=1e-6) for v in (one, other))
    assert one == same and likeness(one, other) < 0.99
    assert worker.embed([]).vectors == () and worker.embed([]).tokens == 0
    assert worker.embed(["Bread"]).vectors[0] == pytest.approx(other, abs=1e-4)
    worker.close()


def test_a_text_that_is_too_long_or_empty_is_refused_by_its_number(tmp_path: Path) -> None:
    worker = Worker()
    finish(worker.load(str(tiny_embedder(tmp_path / "tiny.gguf", context=128)), replace(AUTO, n_ctx=128)))
    with pytest.raises(InferenceFault, match="text 2 is .* 128") as caught:
        worker.embed(["short", "much too long " * 60])
    assert caught.value.kind == "context_overflow"
    assert len(worker.embed(["short"]).vectors) == 1
    worker.close()


def test_an_empty_text_is_refused_by_a_model_that_adds_no_tokens_to_it(model_path: Path) -> None:
    worker = Worker()
    finish(worker.load(str(model_path), LoadOptions(n_ctx=256, n_threads=1)))
    with pytest.raises(InferenceFault, match="text 3") as caught:
        worker.embed(["one", "two", ""])
    assert caught.value.kind == "bad_request"
    worker.close()


def test_vectors_between_running_answers_disturb_none(exact: Worker) -> None:
    requests = [wanted(f"A {word} is", 120) for word in ("sea", "wolf", "lamp")]
    truth, vector = [text_of(exact, request) for request in requests], exact.embed([PROMPT]).vectors[0]
    works = [lambda one=one: answer(exact, one) for one in requests]
    *texts, vectors = together([*works, lambda: exact.embed([PROMPT, "Bread", PROMPT])])
    assert [one.text for one in texts if isinstance(one, Completion)] == truth
    assert not isinstance(vectors, GraphideError | Completion) and vectors.vectors[0] == vectors.vectors[2] == vector
