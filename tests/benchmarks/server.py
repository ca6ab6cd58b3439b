"""What HTTP costs: the same model asked in this process and through `graphide serve`, and xllamacpp's server as a peer.

    python tests/benchmarks/server.py [--rounds 9] [--tokens 64] [--threads 2] [--markdown]

Each side has a worker process of its own with the same settings; they take turns, and a run during which others used the
processor is repeated (fairness.py). A first token is timed on a chat whose prompt is cached, so that hardly more than the
way is left: over HTTP from before the request is written until the first piece of text was read. "measured" is the median
over neighbouring runs, "best/best" compares the best run of each side. Ends with status 1 when a limit was missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Protocol

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
sys.path.append(str(HERE))

from contestants import THREADS, Chat, Stream, installed, model_path  # noqa: E402
from fairness import Timed, in_turns, load, machine, ratio, timed, undisturbed  # noqa: E402
from table import HEAD, Row, markdown, of_ratio, plain, summary  # noqa: E402
from texts import story  # noqa: E402

MODEL = "SmolLM2-135M-Instruct.Q4_1"
TOGETHER = 8
FIRST_MS, SPEED = 10.0, 0.97
"""What is promised: milliseconds to the first token beyond those in one process, and the share of its tokens a second."""

_PEER = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.n_ctx, p.n_parallel, p.port = sys.argv[1], 8192, 8, 0
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = int(sys.argv[2])
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


class Side(Protocol):
    """Answers a chat, streamed and greedy."""

    def stream(self, chat: Chat, tokens: int) -> Stream:
        """Return the answer with its times."""


class Inside:
    """The model asked from this process, through a workspace."""

    def __init__(self, threads: int) -> None:
        from graphide.settings import Settings
        from graphide.workspace import Workspace

        self.workspace = Workspace(settings=Settings(n_threads=threads, prefix_cache_bytes=0, keep_alive=-1))
        self.model = self.workspace.local_model(MODEL)

    def stream(self, chat: Chat, tokens: int) -> Stream:
        """Answer a chat."""
        from graphide.inference.protocol import Completion, GenerateRequest, Piece
        from graphide.values import Message, Sampling

        turns = tuple(Message(role, text) for role, text in chat)  # type: ignore[arg-type]
        request = GenerateRequest(messages=turns, sampling=Sampling(temperature=0), max_tokens=tokens)
        began, first = time.perf_counter(), 0.0
        reports = self.model.generate(request)
        while True:
            try:
                report = next(reports)
            except StopIteration as end:
                done: Completion = end.value
                break
            if isinstance(report, Piece) and report.text:
                first = first or time.perf_counter()
        return Stream(done.text, first - began, (done.usage.completion_tokens - 1) / (time.perf_counter() - first))


class OverHttp:
    """A model behind an OpenAI-compatible server; each answer has a connection, which is there before the clock runs."""

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self._address = url.removeprefix("http://")
        self._model = model
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def stream(self, chat: Chat, tokens: int) -> Stream:
        """Answer a chat."""
        messages = [{"role": role, "content": text} for role, text in chat]
        options = {"temperature": 0, "max_tokens": tokens, "stream": True, "stream_options": {"include_usage": True}}
        body = json.dumps({"model": self._model, "messages": messages, **options})
        connection = http.client.HTTPConnection(self._address, timeout=120)
        connection.connect()
        began, first, text, written, ended = time.perf_counter(), 0.0, [], 0, 0.0
        connection.request("POST", "/v1/chat/completions", body, self._headers)
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{self._address} answered {response.status}: {response.read()!r}")
        while line := response.readline():
            if not line.startswith(b"data: {"):
                continue
            chunk = json.loads(line[6:])
            piece = chunk["choices"][0]["delta"].get("content") if chunk["choices"] else ""
            if piece:
                first = first or time.perf_counter()
                text.append(piece)
            ended = ended or (time.perf_counter() if chunk["choices"] and chunk["choices"][0]["finish_reason"] else 0.0)
            written = (chunk.get("usage") or {}).get("completion_tokens", written)
        connection.close()
        return Stream("".join(text), first - began, (written - 1) / (ended - first) if written > 1 else 0.0)


@contextmanager
def serving(threads: int) -> Iterator[tuple[OverHttp, OverHttp]]:
    """Run `graphide serve` and give its model and its echo."""
    with tempfile.TemporaryDirectory() as home:
        own = {"GRAPHIDE_HOME": home, "GRAPHIDE_N_THREADS": str(threads), "GRAPHIDE_PREFIX_CACHE_BYTES": "0"}
        line = [sys.executable, "-m", "graphide", "serve", "--port", "0", "--no-key"]
        with _printing(line, {**os.environ, **own, "GRAPHIDE_KEEP_ALIVE": "-1"}) as url:
            yield OverHttp(url, MODEL), OverHttp(url, "echo")


@contextmanager
def peer(path: str, threads: int) -> Iterator[OverHttp]:
    """Run xllamacpp's server, which is llama.cpp's own."""
    with _printing([sys.executable, "-c", _PEER, path, str(threads)], dict(os.environ)) as url:
        yield OverHttp(url, MODEL)


@contextmanager
def _printing(line: Sequence[str], env: dict[str, str]) -> Iterator[str]:
    """Run a process that prints its address first, and end it with the block."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(line, env=env, text=True, cwd=HERE.parents[1], **options) as process:  # type: ignore[call-overload]
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"did not start: {' '.join(line[:4])}")
            yield url
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def rows(sides: dict[str, Side], echo: Side, rounds: int, tokens: int) -> Iterator[Row]:
    """Measure everything, a row at a time."""
    for side in sides.values():
        side.stream(story(0), tokens)  # loads the model, and keeps the prompt
    firsts = _measured(sides, rounds * 2, lambda side, turn: side.stream(story(0), 2).first)
    for name in list(sides)[1:]:
        apart = [1000 * (mine - own) for mine, own in zip(firsts[name], firsts["inside"], strict=True)]
        best = 1000 * (min(firsts[name]) - min(firsts["inside"]))
        inside = 1000 * statistics.median(firsts["inside"])
        limit = FIRST_MS if name == "served" else None
        detail = f"in one process {inside:.1f} ms"
        yield Row(what=f"first token: {name}, beyond that in one process", value=statistics.median(apart), best=best,
                  unit="ms", limit=limit, detail=detail)  # fmt: skip
    rates = _measured(sides, rounds, lambda side, turn: side.stream(story(turn), tokens).rate)
    yield from _ratios("tokens/s, one stream", sides, rates, SPEED)
    together = _measured(sides, max(3, rounds // 2), lambda side, turn: _together(side, turn, tokens))
    yield from _ratios(f"tokens/s, {TOGETHER} streams at once", sides, together, None)
    alone = _measured({"echo": echo}, rounds * 2, lambda side, _: side.stream((("user", "Hello"),), 2).first)["echo"]
    yield Row(what="first piece of the echo, which is the server alone", value=1000 * statistics.median(alone),
              best=1000 * min(alone), unit="ms")  # fmt: skip


def _measured(sides: dict[str, Side], rounds: int, measure: Callable[[Side, int], float]) -> dict[str, list[float]]:
    runs: dict[str, list[Timed[float]]] = {name: [] for name in sides}
    for turn, name in in_turns(sides, rounds):
        runs[name].append(undisturbed(partial(timed, partial(measure, sides[name], turn))))
    return {name: [run.value for run in found] for name, found in runs.items()}


def _together(side: Side, turn: int, tokens: int) -> float:
    """Return the tokens a second of several streams together, from before the first to the end of the last."""
    chats = [story(TOGETHER * turn + place) for place in range(TOGETHER)]
    began = time.perf_counter()
    with ThreadPoolExecutor(TOGETHER) as clients:
        list(clients.map(lambda chat: side.stream(chat, tokens), chats))
    return TOGETHER * tokens / (time.perf_counter() - began)


def _ratios(what: str, sides: dict[str, Side], found: dict[str, list[float]], limit: float | None) -> Iterator[Row]:
    for name in list(sides)[1:]:
        own, inside = statistics.median(found[name]), statistics.median(found["inside"])
        detail = f"{own:.1f} beside {inside:.1f}"
        yield of_ratio(f"{what}: {name} / in one process", ratio(found[name], found["inside"], best=max),
                       limit if name == "served" else None, at_least=True, detail=detail)  # fmt: skip


def main() -> int:
    """Run the benchmark, print its table and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="runs of each side (default 9)")
    parser.add_argument("--tokens", type=int, default=64, help="tokens of an answer (default 64)")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each engine; 0 adapts them")
    parser.add_argument("--markdown", action="store_true", help="print the table once more, as Markdown")
    options = parser.parse_args()
    path, found = model_path(), []
    print(f"{machine()}\n{load()}\n{Path(path).name}; {options.threads} engine threads on each side\n\n{HEAD}")
    with ExitStack() as stack:
        inside = Inside(options.threads)
        stack.callback(inside.workspace.close)
        served, echo = stack.enter_context(serving(options.threads))
        sides: dict[str, Side] = {"inside": inside, "served": served}
        if installed("xllamacpp"):
            sides["xllamacpp"] = stack.enter_context(peer(path, options.threads))
        for row in rows(sides, echo, options.rounds, options.tokens):
            print(plain(row), flush=True)
            found.append(row)
    print(f"\n{summary(found)}\n{load()}")
    if options.markdown:
        print("\n".join(markdown(found)))
    return int(any(row.verdict == "MISSED" for row in found))


if __name__ == "__main__":
    raise SystemExit(main())
