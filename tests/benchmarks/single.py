"""Rows about one request at a time: its speed and first token, the time from the shell, and whose text is the same."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from contestants import THREADS, Bare, Chat, Ours, Peer, Stream, rendered
from fairness import Timed, in_turns, ratio, timed, undisturbed
from table import Row, of_ratio
from texts import chats, story

ROOT = Path(__file__).resolve().parents[2]
CACHE = str(Path(tempfile.gettempdir()) / "graphide-benchmark-modules")
PROMPT = "Tell me a long story about a lighthouse keeper and the sea."
TOKENS, SAME_TOKENS = 128, 32

FROM_SHELL_LLAMA = """
import sys
from llama_cpp import Llama
llm = Llama(sys.argv[1], n_ctx=4096, n_threads=int(sys.argv[2]), verbose=False)
messages = [{"role": "user", "content": sys.argv[3]}]
for part in llm.create_chat_completion(messages, stream=True, max_tokens=1, temperature=0.0):
    text = part["choices"][0]["delta"].get("content")
    if text:
        print(text, flush=True)
        break
"""

FROM_SHELL_OURS = """
import sys
from graphide.inference.client import Worker, GenerateRequest, LoadOptions, Piece, finish
worker = Worker()
worker.start()
from graphide.values import Message, Sampling
finish(worker.load(sys.argv[1], LoadOptions(n_threads=int(sys.argv[2]))))
request = GenerateRequest(messages=(Message("user", sys.argv[3]),), max_tokens=1, sampling=Sampling(temperature=0))
for report in worker.generate(request):
    if isinstance(report, Piece):
        print(report.text, flush=True)
        break
worker.close()
"""


def one_stream(path: str, rounds: int) -> Iterator[Row]:
    """Measure one answer of 128 tokens: the bare loop, our worker, and llama-cpp-python's streamed chat.

    Ours twice: a worker that just started, its cache as empty as the bare loop's, and one that keeps the chats before.
    """
    bare, keeping, llama = Bare(path), Ours(path), Peer("llama", path)
    runs: dict[str, Callable[[Chat], Stream]] = {
        "bare loop": lambda chat: bare.run(rendered(chat), TOKENS),
        "ours beside kept chats": lambda chat: keeping.stream(chat, TOKENS),
        "create_chat_completion": lambda chat: llama.stream(chat, TOKENS),
    }
    measures: dict[str, Callable[[Chat], Timed[Stream]]] = {
        "ours": lambda chat: _started(path, chat),
        **{name: partial(_timed, run) for name, run in runs.items()},
    }
    found: dict[str, list[Timed[Stream]]] = {name: [] for name in measures}
    for turn, name in in_turns(measures, rounds):
        found[name].append(undisturbed(partial(measures[name], story(turn))))
    keeping.close()
    llama.close()
    rates = {name: [run.value.rate for run in side] for name, side in found.items()}
    first = {name: [run.value.first for run in side] for name, side in found.items()}
    said = ", ".join(f"{name} {statistics.median(side):.1f}" for name, side in rates.items())
    spoiled = sum(run.disturbed for side in found.values() for run in side)
    detail = f"{said} tokens/s; disturbed {spoiled} of {rounds * len(measures)}"
    what = f"one stream, {TOKENS} tokens, tokens/s"
    yield of_ratio(
        f"{what}: ours / bare loop",
        ratio(rates["ours"], rates["bare loop"], best=max),
        0.98,
        at_least=True,
        detail=detail,
    )
    library = ratio(rates["ours"], rates["create_chat_completion"], best=max)
    yield of_ratio(f"{what}: ours / create_chat_completion", library, at_least=True)
    kept = ratio(rates["ours beside kept chats"], rates["bare loop"], best=max)
    yield of_ratio(f"{what}: ours beside up to {rounds} kept chats / bare loop", kept, at_least=True)
    yield _waits("first token of a loaded model: ours over bare loop", first["ours"], first["bare loop"], 15)


def _timed(run: Callable[[Chat], Stream], chat: Chat) -> Timed[Stream]:
    return timed(partial(run, chat))


def _started(path: str, chat: Chat) -> Timed[Stream]:
    """Return the answer of a worker that has answered nothing but its warm-up, and has then rested for a second."""
    ours = Ours(path)
    try:
        time.sleep(1)
        return timed(lambda: ours.stream(chat, TOKENS))
    finally:
        ours.close()


def from_shell(path: str, rounds: int) -> Iterator[Row]:
    """Measure the first token on stdout of a new process, ours and a script over `Llama`."""
    scripts = {"ours": FROM_SHELL_OURS, "Llama": FROM_SHELL_LLAMA}
    waits: dict[str, list[float]] = {name: [] for name in scripts}
    for script in scripts.values():
        _first_line(script, path)  # compiles the modules
    for _, name in in_turns(scripts, rounds):
        waits[name].append(_first_line(scripts[name], path))
    yield _waits("first token from the shell: ours over a script over Llama", waits["ours"], waits["Llama"], 150)


def _waits(what: str, ours: list[float], theirs: list[float], limit: float) -> Row:
    """Return the row of two waits: their difference in milliseconds."""
    over = statistics.median(mine - other for mine, other in zip(ours, theirs, strict=True)) * 1e3
    best = (min(ours) - min(theirs)) * 1e3
    said = f"medians {statistics.median(ours) * 1e3:.0f} and {statistics.median(theirs) * 1e3:.0f} ms"
    return Row(what=what, value=over, best=best, unit="ms", limit=limit, detail=said)


def _first_line(script: str, path: str) -> float:
    """Return the seconds from starting a process to its first token; both sides run from compiled modules."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    environment["PYTHONPYCACHEPREFIX"] = CACHE
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", script, path, str(THREADS), PROMPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
    assert line, "the script printed nothing"
    return seconds


def same_text(path: str, rounds: int) -> Iterator[Row]:
    """Compare greedy texts: reproducible requests with the bare loop, batched ones with single ones."""
    wanted = chats(0)
    bare, ours = Bare(path), Ours(path)
    expected = [bare.run(rendered(chat), SAME_TOKENS).text for chat in wanted]
    reproducible = [answer.text for answer in ours.answer(wanted, SAME_TOKENS, reproducible=True)]
    single = [ours.answer([chat], SAME_TOKENS)[0].text for chat in wanted]
    together = [answer.text for answer in ours.answer(wanted, SAME_TOKENS)]
    ours.close()
    eight = "texts of 8 that are the same"
    yield Row(
        what=f"{eight}: reproducible, all at once / bare loop",
        value=_same(reproducible, expected),
        limit=8,
        at_least=True,
    )
    yield Row(what=f"{eight}: not reproducible, one by one / bare loop", value=_same(single, expected))
    yield Row(what=f"{eight}: batched / one by one", value=_same(together, single))


def _same(texts: list[str], others: list[str]) -> float:
    return float(sum(text == other for text, other in zip(texts, others, strict=True)))
