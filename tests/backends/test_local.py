"""The local backend: what identifies an answer, and what the real model says of prompts, texts and the same seed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.backends.local import LocalBackend, ModelFile
from graphide.backends.workers import Workers
from graphide.inference.protocol import LoadOptions
from graphide.spec.generation import ModelRequest, SharedPrefix
from graphide.values import Message, Reply, Sampling

LONG = Message(
    "system", "You know all rivers of the world and answer with the name of one river and nothing else. " * 3
)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(LoadOptions(n_threads=1, n_ctx=512))
    yield made
    made.close()


def backend(workers: Workers, path: Path, *, reproducible: bool = False) -> LocalBackend:
    return LocalBackend(workers, lambda _: ModelFile(path, "f" * 64, 1), reproducible=reproducible)


def asked(question: str, *, max_tokens: int = 8, seed: int = 7) -> ModelRequest:
    turns = (LONG, Message("user", question))
    return ModelRequest(model="m", messages=turns, sampling=Sampling(seed=seed), max_tokens=max_tokens)


def answer(local: LocalBackend, request: ModelRequest) -> Reply:
    stream = local.generate(request, threading.Event())
    while True:
        try:
            next(stream)
        except StopIteration as ended:
            reply: Reply = ended.value
            return reply


def test_an_answer_of_a_batch_is_no_answer_of_a_reproducible_run() -> None:
    workers, path = Workers(), Path("m.gguf")
    batched, alone = (backend(workers, path, reproducible=mode).identity("m") for mode in (False, True))
    assert (batched.pop("mode"), alone.pop("mode")) == ("batched", "reproducible")
    assert batched == alone
    assert (batched["file"], batched["sha256"]) == ("m.gguf", "f" * 64)


def test_reproducible_prompts_share_nothing_because_each_is_computed_whole() -> None:
    request = asked("Which?")
    assert backend(Workers(), Path("m.gguf"), reproducible=True).shared([request, request]) is None


@pytest.mark.real_model
def test_prompts_share_the_tokens_that_they_begin_with(workers: Workers, model_path: Path) -> None:
    local = backend(workers, model_path)
    requests = [asked("Which river is long?"), asked("Which river is wide?"), asked("Name one.")]
    counts = [local.count(request) for request in requests]
    shares = local.shared(requests)
    assert shares is not None and shares[0] == SharedPrefix()
    assert [share.of for share in shares[1:]] == [0, 0]
    assert all(count is not None for count in counts)
    system = counts[0].messages[0]  # type: ignore[union-attr]
    assert system < shares[2].tokens < shares[1].tokens < counts[1].total  # type: ignore[union-attr]


@pytest.mark.real_model
def test_texts_become_vectors_of_length_1(workers: Workers, model_path: Path) -> None:
    made = backend(workers, model_path).embed("m", ["A cat sleeps.", "A cat sleeps.", "Taxes."], threading.Event())
    first, same, other = made.vectors
    assert made.tokens > 6
    assert sum(x * x for x in first) == pytest.approx(1, abs=1e-3)
    assert sum(a * b for a, b in zip(first, same, strict=True)) == pytest.approx(1, abs=1e-3)
    assert sum(a * b for a, b in zip(first, other, strict=True)) < 0.999


@pytest.mark.real_model
def test_a_reproducible_answer_comes_again_beside_any_others_and_says_so(workers: Workers, model_path: Path) -> None:
    alone = answer(backend(workers, model_path, reproducible=True), asked("Which river is long?"))
    replies: dict[int, Reply] = {}

    def ask(number: int) -> None:
        local = backend(workers, model_path, reproducible=number == 1)
        replies[number] = answer(local, asked("Which river is long?" if number == 1 else f"Number {number}?"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies[1].text == alone.text
    assert [replies[number].usage.reproducible for number in range(3)] == [False, True, False]
    assert (alone.usage.reproducible, alone.usage.seed, alone.usage.cached_tokens) == (True, 7, 0)
    assert alone.usage.samplers == ("top_k", "top_p", "min_p", "temperature", "dist")
