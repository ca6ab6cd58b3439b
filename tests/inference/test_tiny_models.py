"""The tiny models are what their names say, the worker can use them, and the bare engine tells the truth about them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from graphide.inference.client import GenerateRequest, LoadOptions, Worker, finish
from graphide.values import Message, Sampling
from tests.support import bare_engine, tiny_models, tiny_vocabulary
from tests.support.bare_engine import Memory, Traits
from tests.support.tiny_models import VOCABULARY, WIDTH, WINDOW

Write = Callable[[Path], Path]
WRITERS: dict[str, Write] = {
    "llama": tiny_models.tiny_llama,
    "sliding": tiny_models.tiny_sliding,
    "mamba": tiny_models.tiny_mamba,
    "hybrid": tiny_models.tiny_hybrid,
}
QUESTIONS = ("What is a lighthouse?", "What is a harbour?", "Name three seas, and say why: 🎉 ça, 海.")
LONG = random.Random(3).choices(range(256), k=400)

every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@every_writer
def test_the_worker_loads_it_and_answers_differently_to_different_questions(write: Write, tmp_path: Path) -> None:
    worker = Worker()
    try:
        info = finish(worker.load(str(write(tmp_path / "tiny.gguf")), LoadOptions(n_ctx=512, n_threads=1)))
        answers = [finish(worker.generate(_ask(question))) for question in QUESTIONS]
        again = finish(worker.generate(_ask(QUESTIONS[0])))
    finally:
        worker.close()
    assert (info.n_vocab, info.n_ctx_train, info.has_chat_template) == (VOCABULARY, tiny_models.CONTEXT, True)
    assert len({answer.text for answer in answers}) == len(QUESTIONS)
    assert all(answer.text.isascii() and answer.text.isprintable() for answer in answers)
    assert {answer.usage.completion_tokens for answer in answers} == {40}
    assert again.text == answers[0].text


@every_writer
def test_its_greedy_text_goes_on_changing_and_depends_on_the_whole_prompt(write: Write, tmp_path: Path) -> None:
    path = write(tmp_path / "tiny.gguf")
    other = [LONG[0] ^ 1, *LONG[1:20]]
    first, second = bare_engine.greedy_each(path, [LONG[:20], other], 60)
    assert len(set(first)) > 20 and len(set(second)) > 20
    assert first != second
    assert first == bare_engine.greedy(path, LONG[:20], 60, n_batch=7)


def test_the_engine_calls_each_kind_by_its_name(tmp_path: Path) -> None:
    found = {name: bare_engine.traits(write(tmp_path / f"{name}.gguf")) for name, write in WRITERS.items()}
    assert found == {
        "llama": Traits(False, False, 0, True, WIDTH, VOCABULARY),
        "sliding": Traits(False, False, WINDOW, True, WIDTH, VOCABULARY),
        "mamba": Traits(True, False, 0, True, WIDTH, VOCABULARY),
        "hybrid": Traits(False, True, 0, True, WIDTH, VOCABULARY),
    }


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("llama", {}, Memory(0, 399, True)),
        # Pruned where room is needed: 256 cells hold the window and a batch of 64, and what else is left of the past.
        ("sliding", {}, Memory(400 - 256, 399, True)),
        ("sliding", {"swa_full": True}, Memory(0, 399, True)),
        ("mamba", {}, Memory(399, 399, False)),
        ("hybrid", {}, Memory(399, 399, False)),
    ],
)
def test_its_memory_goes_back_as_far_as_its_kind_allows(
    kind: str, options: dict[str, int], expected: Memory, tmp_path: Path
) -> None:
    assert bare_engine.memory(WRITERS[kind](tmp_path / "tiny.gguf"), LONG, **options) == expected


def test_a_sliding_model_forgets_what_lies_outside_all_its_windows(tmp_path: Path) -> None:
    # With full layers between, the first token still reaches the last; with one sliding layer alone it cannot.
    path = tiny_models.tiny_sliding(tmp_path / "tiny.gguf", layers=1)
    far, near = [LONG[0] ^ 1, *LONG[1:100]], [*LONG[:80], LONG[80] ^ 1, *LONG[81:100]]
    truth = bare_engine.logits(path, LONG[:100])
    assert bare_engine.logits(path, far) == pytest.approx(truth, abs=1e-3)
    assert bare_engine.logits(path, near) != pytest.approx(truth, abs=0.1)


@every_writer
def test_logits_do_not_depend_on_how_a_prompt_is_cut_into_batches(write: Write, tmp_path: Path) -> None:
    path = write(tmp_path / "tiny.gguf")
    whole = bare_engine.logits(path, LONG[:100], n_batch=128)
    assert bare_engine.logits(path, LONG[:100], n_batch=13) == pytest.approx(whole, abs=0.02)
    assert max(whole) - min(whole) > 5


def test_the_embedder_tells_the_order_of_words_and_gives_no_answers(tmp_path: Path) -> None:
    path = tiny_models.tiny_embedder(tmp_path / "tiny.gguf")
    assert bare_engine.traits(path) == Traits(False, False, 0, False, WIDTH, VOCABULARY)
    one, same, turned = bare_engine.embeddings(path, [LONG[:10], LONG[:10], LONG[9::-1]])
    assert len(one) == WIDTH
    assert one == same
    assert one != pytest.approx(turned, abs=0.1)


def test_every_text_has_tokens_that_spell_it(tmp_path: Path) -> None:
    path = tiny_models.tiny_llama(tmp_path / "tiny.gguf")
    texts = ["the other end", "Ça? 海 🎉\n\t\0", "<|turn|>"]
    names, letters = tiny_vocabulary.tokens(), tiny_vocabulary.byte_letters()
    for text, tokens in zip(texts, bare_engine.tokens(path, texts, special=False), strict=True):
        spelled = "".join(names[token] for token in tokens)
        assert bytes(map(letters.index, spelled)).decode() == text
    assert bare_engine.tokens(path, ["<|turn|>"]) == [[names.index("<|turn|>")]]


def test_the_same_seed_writes_the_same_bytes_and_another_seed_other_weights(tmp_path: Path) -> None:
    first, again, other = (
        tiny_models.tiny_hybrid(tmp_path / f"{number}.gguf", seed=seed).read_bytes()
        for number, seed in enumerate((1, 1, 2))
    )
    assert first == again != other
    assert len(first) == len(other) < 400_000


def _ask(question: str) -> GenerateRequest:
    return GenerateRequest(messages=(Message("user", question),), sampling=Sampling(temperature=0), max_tokens=40)
