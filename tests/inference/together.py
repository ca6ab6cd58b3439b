"""Many requests at one time, each from a thread of its own, and what became of each."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from graphide.errors import GraphideError
from graphide.inference.client import Completion, GenerateRequest, LoadOptions, Worker, finish
from graphide.values import Sampling

_T = TypeVar("_T")

# Without flash attention the text does not depend on who else is in the batch, so each answer can be checked.
EXACT = LoadOptions(n_ctx=2048, n_threads=1, n_batch=64, n_ubatch=64, flash_attn="off", kv_bytes=8 * 2**20)


def wanted(prompt: str, max_tokens: int = 24, **more: object) -> GenerateRequest:
    """Return a greedy request to continue a text."""
    sampling = Sampling(temperature=0)
    return GenerateRequest(prompt=prompt, sampling=sampling, max_tokens=max_tokens, **more)  # type: ignore[arg-type]


def together(works: Sequence[Callable[[], _T]]) -> list[_T | GraphideError]:
    """Run all works at once and return what each returned, or the error of ours that ended it."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [outcome(future) for future in [pool.submit(work) for work in works]]


def outcome(future: Future[_T]) -> _T | GraphideError:
    """Return what a work returned, or the error of ours that ended it."""
    try:
        return future.result(60)
    except GraphideError as error:
        return error


def answer(worker: Worker, request: GenerateRequest) -> Completion:
    """Return the whole answer to a request."""
    return finish(worker.generate(request))


def text_of(worker: Worker, request: GenerateRequest) -> str:
    """Return the text of the answer to a request."""
    return answer(worker, request).text


def kill(worker: Worker, number: int = signal.SIGKILL) -> None:
    """End the process of a worker from outside."""
    assert worker.pid
    os.kill(worker.pid, number)


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that nobody announces."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        pause.wait(0.005)


@contextmanager
def nothing_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Assert that what runs inside leaves no process, thread, descriptor or temporary file."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    app = psutil.Process()
    threads, descriptors = threading.active_count(), app.num_fds() if hasattr(app, "num_fds") else 0
    children = {child.pid for child in app.children(recursive=True)}
    yield
    until(lambda: threading.active_count() <= threads)
    assert {child.pid for child in app.children(recursive=True)} <= children
    assert not descriptors or app.num_fds() <= descriptors
    assert list(folder.iterdir()) == []
