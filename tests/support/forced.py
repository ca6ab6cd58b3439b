"""How an answer looks to the bare engine: each of its tokens forced, alone in an empty cache, beside the likeliest one.

A token of another request in the cache moves logits by whole numbers, the cut into batches by thousandths. So an answer
whose every token is about the likeliest here saw its own prompt and nothing else, whatever ties it met.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.bare_engine import ROOT, Bare, Row


class Forced(NamedTuple):
    """An answer as the bare engine sees it, token by token, and how many tokens its prompt has.

    `gaps` are the distances of the logits from those of the likeliest token, `logprobs` the natural logarithms.
    """

    prompt: int
    gaps: list[float]
    logprobs: list[float]


def forced(path: Path, answers: Sequence[tuple[str, Sequence[int]]], **parameters: int) -> list[Forced]:
    """Return each answer (its prompt, its tokens) as the bare engine sees it; `parameters` are those of the context."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GGML_NO_BACKTRACE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.forced", str(path)],
        input=json.dumps([[list(answer) for answer in answers], {"n_ctx": 2048, **parameters}]).encode(),
        capture_output=True,
        cwd=ROOT,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return [Forced(*one) for one in json.loads(done.stdout)]


def _force(bare: Bare, text: str, said: Sequence[int], *, bos: bool) -> Forced:
    begin = [bare.lib.llama_vocab_bos(bare.vocabulary)] if bos else []
    prompt = [*begin, *bare.tokenize(text)]
    tokens = [*prompt, *said[:-1]]
    gaps, logprobs = [], []
    bare.clear()
    for start in range(0, len(tokens), bare.n_batch):
        part = tokens[start : start + bare.n_batch]
        rows = [Row(token, at, 0, at >= len(prompt) - 1) for at, token in enumerate(part, start)]
        assert bare.decode(rows) == 0
        for index, row in enumerate(rows):
            if row.wanted:
                logits, token = bare.row(index), said[row.position - len(prompt) + 1]
                highest = max(logits)
                gaps.append(highest - logits[token])
                total = math.log(math.fsum(math.exp(logit - highest) for logit in logits))
                logprobs.append(logits[token] - highest - total)
    return Forced(len(prompt), gaps, logprobs)


def _main(path: str) -> None:
    answers, parameters = json.load(sys.stdin)
    bare = Bare(path, **parameters)
    bos = bool(bare.lib.llama_vocab_get_add_bos(bare.vocabulary))
    json.dump([_force(bare, text, said, bos=bos) for text, said in answers], sys.stdout)


if __name__ == "__main__":
    _main(sys.argv[1])
