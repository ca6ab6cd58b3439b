"""Guessing ahead: guesses come from somewhere, failing ones stop, and a small model says what it would say."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.errors import InferenceFault
from graphide.inference.llama import AbortFlag, EngineLog
from graphide.inference.model import Model, load_model
from graphide.inference.protocol import LoadOptions
from graphide.inference.speculation import PRICE, Draft, Drafter, DraftModel, Lookup, vocabulary_difference
from tests.support import bare_engine
from tests.support.tiny_models import tiny_llama, tiny_mamba

KEPT: list[EngineLog] = []  # the engine holds their callbacks for the life of the process
OPTIONS = LoadOptions(n_ctx=512, n_batch=64, n_ubatch=64, n_threads=1)
COUNTING = "1, 2, 3, 4, 5, 6, 7, 8, 9,"
texts = st.lists(st.integers(0, 3), max_size=80)
long_texts = st.lists(st.integers(0, 2), min_size=100, max_size=400)


def write(drafter: Drafter, prompt: list[int], answer: list[int], limit: int) -> tuple[list[int], int, int]:
    """Write `answer` the way the decode loop does; return what was written, the batches and the wrong guesses."""
    drafter.add(prompt)
    written, batches, wrong = answer[:1], 1, 0
    drafter.add(written)
    while len(written) < len(answer):
        guesses = drafter.propose(min(limit, len(answer) - len(written) - 1))
        drawn: list[int] = []
        for guess in (*guesses, None):
            drawn.append(answer[len(written) + len(drawn)])
            if drawn[-1] != guess:
                break
        written += drawn
        drafter.add(drawn)
        drafter.accepted(len(guesses), len(drawn) - 1)
        batches += 1
        wrong += len(guesses) - len(drawn) + 1
    return written, batches, wrong


def naive_place(tokens: list[int]) -> int:
    """Return where the text went on after the latest place with the same three, or else two, last tokens."""
    for n in (3, 2):
        for at in range(len(tokens) - 1, n - 1, -1):
            if tokens[at - n : at] == tokens[-n:]:
                return at
    return 0


@given(texts, st.integers(0, 10))
def test_a_lookup_proposes_what_followed_the_latest_place_that_is_alike(tokens: list[int], limit: int) -> None:
    proposal, at = Lookup(tokens, price=0).propose(limit), naive_place(tokens)
    assert proposal == (tokens[at : at + limit] if at else [])


@given(texts, st.integers(0, 10), st.floats(0, 1))
def test_a_price_only_shortens_the_proposal(tokens: list[int], limit: int, price: float) -> None:
    whole, priced = Lookup(tokens, price=0).propose(limit), Lookup(tokens, price=price).propose(limit)
    assert priced == whole[: len(priced)]


@given(st.lists(texts, max_size=6))
def test_it_does_not_matter_in_which_pieces_a_text_is_learned(pieces: list[list[int]]) -> None:
    lookup = Lookup()
    for piece in pieces:
        lookup.add(piece)
    assert lookup.propose(8) == Lookup([token for piece in pieces for token in piece]).propose(8)


def test_the_longer_the_agreement_the_more_is_proposed() -> None:
    text = list(range(100, 160))
    lengths = [len(Lookup([*text, *text[:agreeing]]).propose(8)) for agreeing in (1, 2, 3, 5, 16, 30)]
    assert lengths[:2] == [0, 0] and lengths == sorted(lengths) and lengths[-1] == 8


@given(texts, long_texts, st.integers(1, 16))
def test_the_answer_is_the_same_with_guesses_and_never_much_dearer(
    prompt: list[int], answer: list[int], limit: int
) -> None:
    written, batches, wrong = write(Lookup(), prompt, answer, limit)
    assert written == answer
    cost = batches + PRICE * (len(answer) - batches + wrong)
    assert cost <= 1.1 * len(answer) + 10


def test_guesses_that_are_always_wrong_stop_and_are_tried_again_later() -> None:
    lookup = Lookup([*range(20), *range(20)])
    rejected = []
    for step in range(400):
        guesses = lookup.propose(8)
        rejected.append(len(guesses))
        lookup.accepted(len(guesses), 0)
        lookup.add([step % 20])
    assert 8 <= sum(rejected[:20]) <= 20
    assert 0 < sum(rejected[20:]) <= 30
    while not lookup.propose(8):
        lookup.add([step := (step + 1) % 20])
    for _ in range(30):
        lookup.accepted(8, 8)
    assert len(lookup.propose(8)) == 8


def test_a_repeated_text_takes_a_fraction_of_the_batches() -> None:
    text = list(range(1000, 1200))
    _, batches, wrong = write(Lookup(), [*text, 7, 8], text, 8)
    assert batches <= 35 and wrong == 0


@dataclass
class HandMade:
    """A vocabulary of a few tokens."""

    words: tuple[str, ...]
    bos: int = 0
    eos: int = 1

    @property
    def size(self) -> int:
        """Return how many words there are."""
        return len(self.words)

    def text(self, token: int) -> str:
        """Return a word."""
        return self.words[token]


WORDS = ("<s>", "</s>", "a", "b", "c")


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (HandMade(WORDS), ""),
        (HandMade((*WORDS, "<unused>")), ""),
        (HandMade((*WORDS, *("x",) * 200)), "205 tokens instead of 5"),
        (HandMade(WORDS, bos=2), "begin and end with 2 and 1 instead of 0 and 1"),
        (HandMade(WORDS, eos=-1), "begin and end with 0 and -1"),
        (HandMade((*WORDS[:3], "B", "c")), "token 3 is 'B' instead of 'b'"),
    ],
    ids=["same", "padded", "size", "begin", "end", "word"],
)
def test_a_vocabulary_fits_when_its_tokens_mean_the_same(draft: HandMade, reason: str) -> None:
    found = vocabulary_difference(HandMade(WORDS), draft)
    assert reason in found and bool(found) == bool(reason)


@dataclass(frozen=True)
class Loaded:
    """A model, and the same once more to guess for it."""

    target: Model
    draft: DraftModel
    abort: AbortFlag

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        return self.target.vocabulary.tokenize(text, special=False)


def loaded_model(path: Path, abort: AbortFlag, library: object) -> Model:
    model = load_model(library, str(path), OPTIONS, log=KEPT[-1], abort=abort, progress=lambda _: None)
    assert model
    return model


@pytest.fixture(scope="module")
def loaded(model_path: Path) -> Iterator[Loaded]:
    import llama_cpp.llama_cpp as library

    KEPT.append(EngineLog(library))
    abort = AbortFlag(library)
    target = loaded_model(model_path, abort, library)
    draft = DraftModel(target, str(model_path), abort=abort)
    yield Loaded(target, draft, abort)
    draft.close()
    target.close()


def test_a_draft_model_guesses_what_greedy_decoding_gives(loaded: Loaded, model_path: Path) -> None:
    prompts = [loaded.tokens(text) for text in (COUNTING, "a b c d e f g h i j", COUNTING + " 10, 11,")]
    greedy = bare_engine.greedy_each(model_path, prompts, 6)
    guesses = [loaded.draft.guess(array("i", prompt), 6) for prompt in prompts]
    assert min(len(found) for found in guesses) >= 1 and max(len(found) for found in guesses) >= 3
    assert guesses == [expected[: len(found)] for expected, found in zip(greedy, guesses, strict=True)]


def test_a_draft_follows_the_text_where_it_went_another_way_than_guessed(loaded: Loaded, model_path: Path) -> None:
    counting, other = Draft(loaded.draft, loaded.tokens(COUNTING)), Draft(loaded.draft, loaded.tokens("x y z x y z x"))
    assert counting.propose(4)
    other.propose(4)  # one sequence in the cache serves both
    counting.add(loaded.tokens(" 20, 21, 22, 23,"))
    (expected,) = bare_engine.greedy_each(model_path, [loaded.tokens(COUNTING) + loaded.tokens(" 20, 21, 22, 23,")], 4)
    found = counting.propose(4)
    assert found and found == expected[: len(found)]


def test_a_draft_guesses_nothing_where_anything_may_follow(loaded: Loaded) -> None:
    assert Draft(loaded.draft, loaded.tokens("Here is a random word:")).propose(8) == []


def test_a_long_text_is_read_in_pieces_before_anything_is_guessed(loaded: Loaded) -> None:
    draft = Draft(loaded.draft, loaded.tokens("".join(f" {n}," for n in range(30, 75)))[:150])
    found = [len(draft.propose(2)) for _ in range(3)]
    assert found[:2] == [0, 0] and found[2] > 0


def test_a_draft_that_is_stopped_guesses_nothing_and_is_usable_after(loaded: Loaded) -> None:
    draft = Draft(loaded.draft, loaded.tokens("10, 11, 12, 13, 14, 15,"))
    loaded.abort.set()
    try:
        assert draft.propose(3) == []
    finally:
        loaded.abort.clear()
    assert draft.propose(3) and loaded.draft.fault is None


def test_a_draft_ends_where_its_context_does(loaded: Loaded, model_path: Path) -> None:
    small = DraftModel(loaded.target, str(model_path), abort=loaded.abort, n_ctx=256)
    try:
        draft = Draft(small, (loaded.tokens(COUNTING) * 20)[:255])
        assert [len(draft.propose(4)) for _ in range(4)] == [0, 0, 0, 1]
        draft.add(loaded.tokens(COUNTING))
        assert draft.propose(4) == [] and small.fault is None
    finally:
        small.close()


def test_a_model_of_another_family_is_refused(loaded: Loaded, tmp_path: Path) -> None:
    other = tiny_llama(tmp_path / "other.gguf")
    with pytest.raises(InferenceFault, match=r"other\.gguf cannot guess for .*tokens instead of 49,152") as caught:
        DraftModel(loaded.target, str(other), abort=loaded.abort)
    assert caught.value.kind == "bad_request" and caught.value.hint


def test_a_model_that_cannot_forget_is_refused(loaded: Loaded, tmp_path: Path) -> None:
    path = tiny_mamba(tmp_path / "mamba.gguf")
    target = loaded_model(path, loaded.abort, loaded.target.library)
    try:
        with pytest.raises(InferenceFault, match="recurrent state"):
            DraftModel(target, str(path), abort=loaded.abort)
    finally:
        target.close()


@pytest.mark.parametrize("make", [Lookup, None], ids=["lookup", "draft"])
def test_both_are_drafters(loaded: Loaded, make: Callable[[], Drafter] | None) -> None:
    drafter: Drafter = make() if make else Draft(loaded.draft)
    assert drafter.propose(8) == []
    tokens = loaded.tokens(COUNTING * 2)
    written, batches, _ = write(drafter, tokens, tokens[:20], 8)
    assert written == tokens[:20] and batches <= 20
