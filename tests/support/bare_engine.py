"""The truth that the worker's answers are compared with: each prompt computed alone, from an empty cache.

A minimal loop over llama.cpp's C interface (`Bare`), and functions that run it in a process of its own, because the
engine ends a process on some mistakes. No sampling, no batching, no cache reuse.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graphide.inference.llama import binding

ROOT = Path(__file__).resolve().parents[2]
_ERROR = 4  # ggml_log_level
_KEPT: list[Any] = []
# Without flash attention the same tokens give the same bits however they are cut into batches (f16 weights, CPU).
_PLAIN = {"n_ctx": 512, "n_batch": 64, "n_threads": 1, "flash_attn_type": 0, "swa_full": False, "kv_unified": True}


class Traits(NamedTuple):
    """What the engine says a model is."""

    recurrent: bool
    hybrid: bool
    window: int
    decoder: bool
    width: int
    vocabulary: int


class Memory(NamedTuple):
    """What a cache holds of a sequence, and whether its last token could be taken back."""

    first: int
    last: int
    tail_removed: bool


class Row(NamedTuple):
    """A token of a batch: where it stands, in which sequence, and whether its logits are wanted."""

    token: int
    position: int
    sequence: int = 0
    wanted: bool = False


def tokens(path: Path, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
    """Return the tokens of texts, without BOS."""
    return _apart("tokens", path, texts=list(texts), special=special)


def traits(path: Path) -> Traits:
    """Return what the engine says a model is."""
    return Traits(*_apart("traits", path))


def greedy(path: Path, prompt: Sequence[int], n: int, **parameters: int) -> list[int]:
    """Return the `n` likeliest tokens after a prompt; `parameters` are those of the context (n_ctx, n_batch …)."""
    return greedy_each(path, [prompt], n, **parameters)[0]


def greedy_each(path: Path, prompts: Sequence[Sequence[int]], n: int, **parameters: int) -> list[list[int]]:
    """Return the `n` likeliest tokens after each prompt, each from an empty cache, in one process."""
    return _apart("greedy", path, prompts=[list(prompt) for prompt in prompts], n=n, **parameters)


def logits(path: Path, prompt: Sequence[int], **parameters: int) -> list[float]:
    """Return the logits after a prompt."""
    return _apart("logits", path, prompt=list(prompt), **parameters)


def memory(path: Path, prompt: Sequence[int], **parameters: int) -> Memory:
    """Return what the cache holds after a prompt."""
    return Memory(*_apart("memory", path, prompt=list(prompt), **parameters))


def embeddings(path: Path, prompts: Sequence[Sequence[int]], **parameters: int) -> list[list[float]]:
    """Return the vector of each prompt, as the model pools it."""
    return _apart("embeddings", path, prompts=[list(prompt) for prompt in prompts], **parameters)


class Bare:
    """A model and one context of it. Lives in a process of its own, which ends with it: nothing is freed."""

    def __init__(self, path: str, **parameters: int) -> None:
        """Load a model; `parameters` are fields of llama_context_params, `log=True` shows what the engine says."""
        self.lib = lib = binding()
        show = parameters.pop("log", False)
        log = lib.llama_log_callback(lambda level, text, _: _show(text) if show or level == _ERROR else None)
        _KEPT.append(log)  # the engine holds the pointer for the life of the process
        lib.llama_log_set(log, ctypes.c_void_p(0))
        self.model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
        assert self.model, f"the engine does not load {path}"
        self.vocabulary = lib.llama_model_get_vocab(self.model)
        self.width = lib.llama_vocab_n_tokens(self.vocabulary)
        values = {**_PLAIN, **parameters}
        wanted = lib.llama_context_default_params()
        wanted.n_ubatch = wanted.n_batch = values["n_batch"]
        wanted.n_threads_batch = values["n_threads"]
        for name, value in values.items():
            setattr(wanted, name, value)
        self.context = lib.llama_init_from_model(self.model, wanted)
        assert self.context, "the engine makes no context"
        self.memory = lib.llama_get_memory(self.context)
        self.n_batch = lib.llama_n_batch(self.context)
        self._batch = lib.llama_batch_init(self.n_batch, 0, 1)

    def decode(self, rows: Sequence[Row]) -> int:
        """Compute a batch and return the engine's code: 0 is success."""
        batch = self._batch
        for index, row in enumerate(rows):
            batch.token[index], batch.pos[index] = row.token, row.position
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, row.sequence
            batch.logits[index] = row.wanted
        batch.n_tokens = len(rows)
        code: int = self.lib.llama_decode(self.context, batch)
        return code

    def feed(self, prompt: Sequence[int], *, start: int = 0, sequence: int = 0) -> list[float]:
        """Compute a prompt in pieces of `n_batch` and return the logits after it."""
        last = start + len(prompt) - 1
        rows = [Row(token, start + at, sequence, start + at == last) for at, token in enumerate(prompt)]
        for cut in range(0, len(rows), self.n_batch):
            code = self.decode(rows[cut : cut + self.n_batch])
            assert code == 0, f"llama_decode returned {code} at token {cut}"
        return self.row(-1)

    def row(self, index: int) -> list[float]:
        """Return the logits of a row of the last batch; -1 is the last that was wanted."""
        return self.lib.llama_get_logits_ith(self.context, index)[: self.width]

    def clear(self) -> None:
        """Forget every token."""
        self.lib.llama_memory_clear(self.memory, True)

    def span(self, sequence: int = 0) -> tuple[int, int]:
        """Return the first and the last position that the cache says it holds of a sequence, -1 for none."""
        lib = self.lib
        return lib.llama_memory_seq_pos_min(self.memory, sequence), lib.llama_memory_seq_pos_max(self.memory, sequence)

    def tokenize(self, text: str, *, special: bool = True) -> list[int]:
        """Return the tokens of a text, without BOS."""
        data = text.encode()
        found = (ctypes.c_int32 * (len(data) + 1))()
        count = self.lib.llama_tokenize(self.vocabulary, data, len(data), found, len(found), False, special)
        return found[:count]


def _show(text: bytes) -> None:
    os.write(2, text)


def likeliest(row: Sequence[float]) -> int:
    """Return the token with the largest logit, the first of equals."""
    return max(range(len(row)), key=row.__getitem__)


def _tokens(path: str, *, texts: list[str], special: bool) -> list[list[int]]:
    bare = Bare(path)
    return [bare.tokenize(text, special=special) for text in texts]


def _traits(path: str) -> Traits:
    bare = Bare(path)
    lib, model = bare.lib, bare.model
    return Traits(
        bool(lib.llama_model_is_recurrent(model)),
        bool(lib.llama_model_is_hybrid(model)),
        lib.llama_model_n_swa(model),
        bool(lib.llama_model_has_decoder(model)) and bool(bare.memory),
        lib.llama_model_n_embd(model),
        bare.width,
    )


def _greedy(path: str, *, prompts: list[list[int]], n: int, **parameters: int) -> list[list[int]]:
    bare, answers = Bare(path, **parameters), []
    for prompt in prompts:
        bare.clear()
        answer = [likeliest(bare.feed(prompt))]
        while len(answer) < n:
            answer.append(likeliest(bare.feed(answer[-1:], start=len(prompt) + len(answer) - 1)))
        answers.append(answer)
    return answers


def _logits(path: str, *, prompt: list[int], **parameters: int) -> list[float]:
    return Bare(path, **parameters).feed(prompt)


def _memory(path: str, *, prompt: list[int], **parameters: int) -> Memory:
    bare = Bare(path, **parameters)
    bare.feed(prompt)
    first, last = bare.span()
    return Memory(first, last, bool(bare.lib.llama_memory_seq_rm(bare.memory, 0, last, -1)))


def _embeddings(path: str, *, prompts: list[list[int]], **parameters: int) -> list[list[float]]:
    bare, vectors = Bare(path, embeddings=True, **parameters), []
    width = bare.lib.llama_model_n_embd(bare.model)
    for prompt in prompts:
        assert bare.decode([Row(token, at, 0, True) for at, token in enumerate(prompt)]) == 0
        vectors.append(bare.lib.llama_get_embeddings_seq(bare.context, 0)[:width])
    return vectors


_TASKS: dict[str, Callable[..., Any]] = {
    "tokens": _tokens,
    "traits": _traits,
    "greedy": _greedy,
    "logits": _logits,
    "memory": _memory,
    "embeddings": _embeddings,
}


def _apart(task: str, path: Path, **values: Any) -> Any:
    """Run a task in a process of its own; its errors, and the engine's last lines, are in the assertion."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GGML_NO_BACKTRACE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.bare_engine", task, str(path)],
        input=json.dumps(values).encode(),
        capture_output=True,
        cwd=ROOT,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, f"{task} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}"
    return json.loads(done.stdout)


if __name__ == "__main__":
    json.dump(_TASKS[sys.argv[1]](sys.argv[2], **json.load(sys.stdin)), sys.stdout)
