"""From `Sampling` to the engine's chain of samplers, and one sampled token at a time.

Same samplers, order and neutral values as llama-server. What a grammar is and how it is read is in `grammar`.
"""

from __future__ import annotations

import ctypes
import math
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphide.errors import InferenceFault
from graphide.inference.context import Context
from graphide.inference.logprobs import logits_row
from graphide.inference.model import Vocabulary
from graphide.values import SAMPLER_ORDER, Sampling

_MIROSTAT_M = 100  # the number of candidates that mirostat 1 looks at, as llama.cpp has it
_NO_SEED = 0xFFFFFFFF  # the engine reads this value as "take a random seed"

# Other names that llama-server and its clients use for the same samplers.
_ALIASES = {"typical_p": "typ_p", "typical": "typ_p", "temp": "temperature", "top-k": "top_k", "top-p": "top_p"}


class Sampler:
    """Chooses the next token of one sequence: a chain of samplers and, if given, a grammar.

    Owns the engine's objects; `close` frees them.
    """

    def __init__(self, context: Context, sampling: Sampling, *, seed: int, grammar: Any = None) -> None:
        self._lib = context.library
        self._context = context.handle
        self._grammar = grammar
        self._candidates = _Candidates(self._lib, context.model.vocabulary.size) if grammar else None
        self._chain = self._lib.llama_sampler_chain_init(self._lib.llama_sampler_chain_default_params())
        self.names: tuple[str, ...] = ()
        try:
            self.names = self._build(sampling, seed % _NO_SEED, context.model.vocabulary, context.n_ctx)
        except BaseException:
            self.close()
            raise
        self._remembers = bool({"penalties", "dry"} & set(self.names))
        self._likeliest = self.names == ("greedy",) and grammar is None
        self._size = context.model.vocabulary.size
        self._sample = self._lib.llama_sampler_sample

    def see(self, prompt: Sequence[int]) -> None:
        """Show the prompt to the samplers that look back (repetition penalties)."""
        if self._remembers:
            for token in prompt:
                self._lib.llama_sampler_accept(self._chain, token)

    def sample(self, index: int) -> int:
        """Return the token that comes after the one at `index` of the batch computed last, and remember it."""
        if self._candidates is not None:
            return self._sample_by_grammar(self._candidates, index)
        if self._likeliest and "numpy" in sys.modules:
            # The engine copies all logits into a table of candidates first, which takes twenty times as long.
            return int(logits_row(self._lib, self._context, index, self._size).argmax())
        return int(self._sample(self._chain, self._context, index))

    def close(self) -> None:
        """Free the engine's samplers."""
        for owned in (self._chain, self._grammar):
            if owned:
                self._lib.llama_sampler_free(owned)
        self._chain = self._grammar = None

    def _sample_by_grammar(self, candidates: _Candidates, index: int) -> int:
        """Sample freely, and only when the grammar refuses the token sample again among those it allows.

        Asking the grammar about one token costs microseconds, about the whole vocabulary milliseconds.
        """
        logits = self._lib.llama_get_logits_ith(self._context, index)
        token, _ = candidates.choose(logits, (self._chain,))
        if not candidates.allowed(token, self._grammar):
            token, possible = candidates.choose(logits, (self._grammar, self._chain))
            if not possible:
                raise InferenceFault(
                    "bad_request",
                    "the grammar allows no token here",
                    hint="Let the grammar end the answer where nothing more may follow",
                )
        self._lib.llama_sampler_accept(self._grammar, token)
        self._lib.llama_sampler_accept(self._chain, token)
        return token

    def _build(self, sampling: Sampling, seed: int, vocabulary: Vocabulary, n_ctx: int) -> tuple[str, ...]:
        lib, names = self._lib, []

        def add(name: str, sampler: Any) -> None:
            if not sampler:
                raise InferenceFault("bad_request", f"the engine refuses the settings of the sampler {name!r}")
            lib.llama_sampler_chain_add(self._chain, sampler)
            names.append(name)

        if sampling.logit_bias:
            add("logit_bias", _logit_bias(lib, vocabulary, sampling.logit_bias))
        for name in _order(sampling):
            sampler = _ONE[name](lib, sampling, seed, vocabulary, n_ctx)
            if sampler is not None:
                add(name, sampler)
        if sampling.temperature <= 0:
            add("greedy", lib.llama_sampler_init_greedy())
        elif sampling.mirostat == 1:
            tau, eta = sampling.mirostat_tau, sampling.mirostat_eta
            add("mirostat", lib.llama_sampler_init_mirostat(vocabulary.size, seed, tau, eta, _MIROSTAT_M))
        elif sampling.mirostat == 2:
            add("mirostat_v2", lib.llama_sampler_init_mirostat_v2(seed, sampling.mirostat_tau, sampling.mirostat_eta))
        else:
            add("dist", lib.llama_sampler_init_dist(seed))
        return tuple(names)


class _Candidates:
    """The C array of (token, logit, probability) that samplers work on, filled without a loop in Python."""

    def __init__(self, library: Any, size: int) -> None:
        self._lib = library
        self._size = size
        blank = array("f", bytes(12 * size))
        memoryview(blank).cast("B").cast("i")[0::3] = array("i", range(size))
        self._blank = blank.tobytes()
        self._data = (library.llama_token_data * size)()
        self._logits = memoryview(self._data).cast("B").cast("f")
        self._array = library.llama_token_data_array()
        self._single = (library.llama_token_data * 1)()

    def choose(self, logits: Any, samplers: Sequence[Any]) -> tuple[int, bool]:
        """Return the token that the samplers choose, and whether it is possible at all."""
        ctypes.memmove(self._data, self._blank, len(self._blank))
        source = (ctypes.c_float * self._size).from_address(ctypes.addressof(logits.contents))
        self._logits[1::3] = memoryview(source).cast("B").cast("f")
        table = self._array
        table.data = ctypes.cast(self._data, self._lib.llama_token_data_p)
        table.size, table.selected, table.sorted = self._size, -1, False
        for sampler in samplers:
            self._lib.llama_sampler_apply(sampler, ctypes.byref(table))
        chosen = table.data[table.selected]
        return int(chosen.id), chosen.logit != -math.inf

    def allowed(self, token: int, grammar: Any) -> bool:
        """Return whether the grammar lets this token come next."""
        self._single[0].id, self._single[0].logit = token, 1.0
        table = self._array
        table.data = ctypes.cast(self._single, self._lib.llama_token_data_p)
        table.size, table.selected, table.sorted = 1, -1, False
        self._lib.llama_sampler_apply(grammar, ctypes.byref(table))
        return bool(self._single[0].logit != -math.inf)


def _order(sampling: Sampling) -> list[str]:
    """Return the names of the samplers to run; greedy and mirostat take their own place at the end.

    Raises InferenceFault on an unknown name.
    """
    names = [_ALIASES.get(name, name) for name in sampling.samplers]
    for name in names:
        if name not in _ONE:
            raise InferenceFault(
                "bad_request", f"unknown sampler {name!r}", hint=f"Known are: {', '.join(SAMPLER_ORDER)}"
            )
    if sampling.temperature <= 0:
        # What only removes unlikely tokens cannot change the likeliest one, and xtc would remove it.
        return [name for name in names if name in ("penalties", "dry")]
    if sampling.mirostat in (1, 2):
        return ["temperature"]
    return names


def _penalties(lib: Any, s: Sampling, _seed: int, vocabulary: Vocabulary, n_ctx: int) -> Any:
    if s.repeat_last_n == 0 or (s.repeat_penalty, s.frequency_penalty, s.presence_penalty) == (1.0, 0.0, 0.0):
        return None
    if s.repeat_penalty <= 0:
        raise InferenceFault("bad_request", "repeat_penalty must be above 0", hint="1.0 switches it off")
    last_n = s.repeat_last_n if s.repeat_last_n > 0 else n_ctx
    return lib.llama_sampler_init_penalties(
        vocabulary.size, last_n, s.repeat_penalty, s.frequency_penalty, s.presence_penalty
    )


def _dry(lib: Any, s: Sampling, _seed: int, vocabulary: Vocabulary, n_ctx: int) -> Any:
    if s.dry_multiplier == 0.0 or s.dry_base < 1.0 or s.dry_penalty_last_n == 0:
        return None
    breakers = [text.encode() for text in s.dry_sequence_breakers]
    last_n = s.dry_penalty_last_n if s.dry_penalty_last_n > 0 else n_ctx
    return lib.llama_sampler_init_dry(
        vocabulary.handle,
        s.dry_multiplier,
        s.dry_base,
        s.dry_allowed_length,
        last_n,
        (ctypes.c_char_p * len(breakers))(*breakers),
        len(breakers),
    )


def _temperature(lib: Any, s: Sampling, *_: Any) -> Any:
    if s.dynatemp_range > 0:
        return lib.llama_sampler_init_temp_ext(s.temperature, s.dynatemp_range, s.dynatemp_exponent)
    return lib.llama_sampler_init_temp(s.temperature) if s.temperature != 1.0 else None


# One builder per sampler: the engine's sampler, or None when its values are neutral.
_ONE: Mapping[str, Callable[[Any, Sampling, int, Vocabulary, int], Any]] = {
    "penalties": _penalties,
    "dry": _dry,
    "top_n_sigma": lambda lib, s, *_: lib.llama_sampler_init_top_n_sigma(s.top_n_sigma) if s.top_n_sigma > 0 else None,
    "top_k": lambda lib, s, *_: lib.llama_sampler_init_top_k(max(s.top_k, s.min_keep)) if s.top_k > 0 else None,
    "typ_p": lambda lib, s, *_: lib.llama_sampler_init_typical(s.typical_p, s.min_keep) if s.typical_p < 1 else None,
    "top_p": lambda lib, s, *_: lib.llama_sampler_init_top_p(s.top_p, s.min_keep) if s.top_p < 1 else None,
    "min_p": lambda lib, s, *_: lib.llama_sampler_init_min_p(s.min_p, s.min_keep) if s.min_p > 0 else None,
    "xtc": lambda lib, s, seed, *_: (
        lib.llama_sampler_init_xtc(s.xtc_probability, s.xtc_threshold, s.min_keep, seed)
        if s.xtc_probability > 0
        else None
    ),
    "temperature": _temperature,
}


def _logit_bias(lib: Any, vocabulary: Vocabulary, biases: Mapping[str, float | None]) -> Any:
    """Return the sampler that adds to logits; a key is a token's number, or a text that is one or more tokens.

    JSON has no infinity, so a bias of null forbids the token.
    """
    by_token: dict[int, float] = {}
    for key, bias in biases.items():
        value = -math.inf if bias is None else float(bias)
        if key.lstrip("-").isdigit():
            if not 0 <= int(key) < vocabulary.size:
                raise InferenceFault(
                    "bad_request", f"logit_bias names token {key}, but the model has tokens 0 to {vocabulary.size - 1}"
                )
            by_token[int(key)] = value
        else:
            by_token.update(dict.fromkeys(vocabulary.tokenize(key, special=True), value))
    table = (lib.llama_logit_bias * len(by_token))()
    for entry, (token, value) in zip(table, by_token.items(), strict=True):
        entry.token, entry.bias = token, value
    return lib.llama_sampler_init_logit_bias(vocabulary.size, len(by_token), table)
