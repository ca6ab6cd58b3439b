"""How likely a token was: log-probabilities from the engine's raw logits.

Runs in the worker process. Raw means before every sampler: temperature, penalties and a grammar do not show in the
numbers. NumPy is imported by the first call, so a worker that is never asked does not pay for it.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from graphide.inference.model import Vocabulary
from graphide.inference.protocol import TokenLogprob

if TYPE_CHECKING:
    import numpy as np

    Row = np.ndarray[tuple[int], np.dtype[np.float32]]

IMPOSSIBLE = -9999.0
"""Stands for minus infinity, which JSON cannot say; the number that OpenAI's API uses."""


def token_logprobs(
    library: Any, context_handle: Any, index: int, vocabulary: Vocabulary, token: int, top_n: int
) -> TokenLogprob:
    """Return the log-probability of `token` at row `index` of the last batch, and of the `top_n` likeliest tokens.

    Row -1 is the last one with logits. The likeliest come first; of equally likely tokens the lower number.
    """
    logits = logits_row(library, context_handle, index, vocabulary.size)
    total = log_sum_exp(logits)
    top = tuple((one, vocabulary.text(one), _logprob(logits, one, total)) for one in likeliest(logits, top_n))
    return TokenLogprob(token, vocabulary.text(token), _logprob(logits, token, total), top)


def logits_row(library: Any, context_handle: Any, index: int, size: int) -> Row:
    """Return the logits of one row of the last batch, float32[size]: the engine's own memory, until it decodes again.

    Raises IndexError when the batch has no logits there.
    """
    import numpy as np

    pointer = library.llama_get_logits_ith(context_handle, index)
    if not pointer:
        raise IndexError(f"row {index} of the last batch has no logits")
    memory = (ctypes.c_float * size).from_address(ctypes.addressof(pointer.contents))
    return np.frombuffer(memoryview(memory).cast("B"), np.float32)


def log_sum_exp(logits: Row) -> float:
    """Return ln Σ exp(logits), the largest taken out before `exp` so that nothing overflows."""
    import numpy as np

    highest = logits.max()
    # Pairwise summing of float32 keeps six digits of a sum over a whole vocabulary.
    return float(highest) + float(np.log(np.exp(logits - highest).sum()))


def likeliest(logits: Row, count: int) -> list[int]:
    """Return the `count` tokens of the highest logits, highest first, equal ones by number."""
    import numpy as np

    count = min(count, logits.size)
    if count <= 0:
        return []
    lowest = np.partition(logits, logits.size - count)[logits.size - count]
    # Everything that ties with the last place is taken and sorted, so that the partition's order decides nothing.
    tokens = np.flatnonzero(logits >= lowest)
    order = np.lexsort((tokens, -logits[tokens]))[:count]
    return [int(token) for token in tokens[order]]


def _logprob(logits: Row, token: int, total: float) -> float:
    return max(IMPOSSIBLE, float(logits[token]) - total)
