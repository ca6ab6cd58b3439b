"""Log-probabilities: what plain arithmetic gives for the engine's own logits, quickly, in a fixed order."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, strategies as st

from graphide.inference.context import CacheShape, Context, Rows
from graphide.inference.llama import AbortFlag, EngineLog
from graphide.inference.logprobs import IMPOSSIBLE, likeliest, log_sum_exp, token_logprobs
from graphide.inference.model import Model, load_model
from graphide.inference.protocol import LoadOptions, TokenLogprob

ROOT = Path(__file__).resolve().parents[2]
KEPT: list[EngineLog] = []  # the engine holds their callbacks for the life of the process
logits = st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=200)
few_values = st.lists(st.sampled_from([-math.inf, -2.0, 0.0, 1.5]), min_size=1, max_size=60)


class Computed(NamedTuple):
    """A context that has computed one batch, with logits for its last two tokens."""

    model: Model
    context: Context
    rows: int

    def row(self, index: int) -> Any:
        """Return the engine's own logits of a row."""
        return self.model.library.llama_get_logits_ith(self.context.handle, index)

    def logprobs(self, index: int, token: int, top_n: int = 0) -> TokenLogprob:
        """Return what is tested."""
        library, handle = self.model.library, self.context.handle
        return token_logprobs(library, handle, index, self.model.vocabulary, token, top_n)


@pytest.fixture(scope="module")
def computed(model_path: Path) -> Iterator[Computed]:
    import llama_cpp.llama_cpp as library

    KEPT.append(EngineLog(library))
    abort = AbortFlag(library)
    options = LoadOptions(n_ctx=256, n_batch=64, n_ubatch=64, n_threads=1)
    model = load_model(library, str(model_path), options, log=KEPT[-1], abort=abort, progress=lambda _: None)
    assert model
    context = Context(model, CacheShape(256, 256, 1), abort=abort, n_threads=1)
    tokens = model.vocabulary.tokenize("The capital of France is", special=False)
    context.compute([Rows(0, tokens, 0, 2)])
    yield Computed(model, context, len(tokens))
    context.close()
    model.close()


def plain_log_sum_exp(values: list[float]) -> float:
    highest = max(values)
    return highest + math.log(math.fsum(math.exp(value - highest) for value in values))


@given(logits)
def test_the_sum_is_that_of_plain_arithmetic_and_never_overflows(values: list[float]) -> None:
    found = log_sum_exp(np.array(values, np.float32))
    assert found == pytest.approx(plain_log_sum_exp(values), rel=1e-6, abs=1e-5)


@given(logits | few_values, st.integers(0, 70))
def test_the_likeliest_come_in_order_and_equal_ones_by_number(values: list[float], count: int) -> None:
    expected = sorted(range(len(values)), key=lambda token: (-values[token], token))[:count]
    assert likeliest(np.array(values, np.float32), count) == expected


@pytest.mark.parametrize("back", [1, 2], ids=["last row", "row before"])
def test_a_row_of_the_real_model_gives_what_plain_arithmetic_gives(computed: Computed, back: int) -> None:
    index = computed.rows - back
    values = computed.row(index)[: computed.model.vocabulary.size]
    total = plain_log_sum_exp(values)
    best = sorted(range(len(values)), key=lambda token: (-values[token], token))[:5]
    found = computed.logprobs(index, 1234, 5)
    assert (found.token, found.text) == (1234, computed.model.vocabulary.text(1234))
    assert found.logprob == pytest.approx(values[1234] - total, abs=1e-5)
    assert [token for token, _, _ in found.top] == best
    assert [text for _, text, _ in found.top] == [computed.model.vocabulary.text(token) for token in best]
    assert [value for _, _, value in found.top] == pytest.approx([values[token] - total for token in best], abs=1e-5)


def test_the_probabilities_of_all_tokens_add_up_to_one(computed: Computed) -> None:
    found = computed.logprobs(-1, 0, computed.model.vocabulary.size)
    assert len(found.top) == computed.model.vocabulary.size
    assert math.fsum(math.exp(value) for _, _, value in found.top) == pytest.approx(1, abs=1e-4)


def test_no_others_are_reported_when_none_are_wanted(computed: Computed) -> None:
    token = computed.logprobs(-1, 0, 1).top[0][0]
    alone = computed.logprobs(-1, token)
    assert alone.top == () and -5 < alone.logprob < 0


def test_an_impossible_token_has_a_number_that_json_can_say(computed: Computed) -> None:
    row = computed.row(computed.rows - 1)
    before, row[7] = row[7], -math.inf
    try:
        assert computed.logprobs(-1, 7).logprob == IMPOSSIBLE
    finally:
        row[7] = before


def test_a_row_without_logits_is_an_error(computed: Computed) -> None:
    with pytest.raises(IndexError, match="row 0"):
        computed.logprobs(0, 7)


def test_numpy_is_not_imported_before_the_first_question() -> None:
    code = "import sys, graphide.inference.logprobs, graphide.inference.speculation; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "False", done.stderr
