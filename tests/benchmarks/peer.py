"""Another program in a process of its own: reads lines of JSON, answers chats with llama-cpp-python or xllamacpp.

    python tests/benchmarks/peer.py llama|xllamacpp MODEL THREADS SLOTS N_CTX

One line in: `{"chats": [[[role, content], …], …], "tokens": 48, "stream": false}`. One line out: `{"answers": [[text,
prompt tokens, tokens, cached tokens], …], "first": seconds}`; the first line out says what the program is. `llama` is
`llama_cpp.Llama`, one chat after the other, nothing reused. `xllamacpp` is llama.cpp's C++ server inside Python, with
all chats at once. Each has the threads and the context it is told, and its own defaults for everything else.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Answer = tuple[str, int, int, int]
Answers = Callable[[list[Any], int, bool], tuple[list[Answer], float]]


def messages(chat: list[Any]) -> list[dict[str, str]]:
    """Return a chat in the form of OpenAI's API."""
    return [{"role": role, "content": content} for role, content in chat]


def from_reply(reply: dict[str, Any]) -> Answer:
    """Return text and counts of an OpenAI-like reply."""
    usage = reply["usage"]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    text = reply["choices"][0]["message"]["content"] or ""
    return text, usage["prompt_tokens"], usage["completion_tokens"], cached


def llama(path: str, threads: int, slots: int, n_ctx: int) -> tuple[str, Answers]:
    """Load llama-cpp-python's `Llama`; `slots` means nothing to it."""
    import llama_cpp

    llm = llama_cpp.Llama(path, n_ctx=n_ctx, n_threads=threads, n_threads_batch=threads, verbose=False)
    options: dict[str, Any] = {"temperature": 0.0, "repeat_penalty": 1.0}

    def stream(chat: list[Any], tokens: int) -> tuple[Answer, float]:
        began, first, parts = time.perf_counter(), 0.0, []
        for part in llm.create_chat_completion(messages(chat), max_tokens=tokens, stream=True, **options):
            if text := part["choices"][0]["delta"].get("content"):
                first = first or time.perf_counter() - began
                parts.append(text)
        return ("".join(parts), 0, len(parts), 0), first

    def answers(chats: list[Any], tokens: int, streamed: bool) -> tuple[list[Answer], float]:
        done: list[Answer] = []
        first = 0.0
        for chat in chats:
            llm.reset()  # else it keeps what the chat before has in common with this one
            if streamed:
                answer, first = stream(chat, tokens)
            else:
                answer = from_reply(llm.create_chat_completion(messages(chat), max_tokens=tokens, **options))
            done.append(answer)
        return done, first

    system = llama_cpp.llama_print_system_info().decode()
    return f"llama-cpp-python {llama_cpp.__version__} ({system.strip(' |')})", answers


def xllamacpp(path: str, threads: int, slots: int, n_ctx: int) -> tuple[str, Answers]:
    """Load xllamacpp's server; its cache of prompts and its way of sharing cells are as it has them by default."""
    import xllamacpp as engine

    parameters = engine.CommonParams()
    parameters.model.path = path
    parameters.n_ctx, parameters.n_parallel = n_ctx, slots
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    server = engine.Server(parameters)

    def one(chat: list[Any], tokens: int) -> Answer:
        request = {"messages": messages(chat), "max_tokens": tokens, "temperature": 0.0}
        reply = server.handle_chat_completions(request)
        if "choices" not in reply:
            raise RuntimeError(f"xllamacpp answered: {reply}")
        return from_reply(reply)

    def answers(chats: list[Any], tokens: int, streamed: bool) -> tuple[list[Answer], float]:
        with ThreadPoolExecutor(len(chats)) as threads_of_callers:
            return list(threads_of_callers.map(lambda chat: one(chat, tokens), chats)), 0.0

    kept = f"cache_prompt={parameters.cache_prompt}, kv_unified={parameters.kv_unified}"
    batches = f"n_batch={parameters.n_batch}, n_ubatch={parameters.n_ubatch}"
    system = engine.get_system_info().strip(" |")
    return f"xllamacpp {engine.__version__} ({kept}, {batches}; {system})", answers


def main() -> None:
    """Answer lines until stdin ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # an engine may write to stdout
    name, path, threads, slots, n_ctx = sys.argv[1:]
    said, answers = {"llama": llama, "xllamacpp": xllamacpp}[name](path, int(threads), int(slots), int(n_ctx))
    print(json.dumps({"is": said}), file=out, flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        done, first = answers(wanted["chats"], wanted["tokens"], wanted["stream"])
        print(json.dumps({"answers": done, "first": first}), file=out, flush=True)
    out.close()
    os._exit(0)  # nothing to save, and the server's own threads may take seconds to end


if __name__ == "__main__":
    main()
