"""Cancel, death, silence and bad files: each ends in a typed error at once, and the next request works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from inference.asking import ask

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import faults
from graphide.inference.client import Limits, LoadOptions, LoadProgress, Piece, PrefillProgress, Worker, finish
from graphide.inference.spawn import worker_command

LONG = "The quick brown fox jumps over the lazy dog. " * 200  # 2,000 tokens
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def answers(worker: Worker) -> bool:
    return bool(finish(worker.generate(ask("Hi", max_tokens=2))).text)


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    """Return whether a process that is not our child ends in time."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and " Z " in Path(f"/proc/{pid}/stat").read_text():
            return True
        pause.wait(0.02)
    return False


def test_closing_the_generator_stops_the_decoding_and_the_worker_is_usable(own_worker: Worker) -> None:
    pid, steps = own_worker.pid, own_worker.generate(ask("Tell me a very long story.", max_tokens=400))
    assert any(isinstance(report, Piece) for report in steps)
    began = time.monotonic()
    steps.close()
    assert time.monotonic() - began < 1.0
    assert answers(own_worker) and own_worker.pid == pid


def test_an_event_stops_the_prefill_and_the_worker_is_usable(own_worker: Worker) -> None:
    pid, cancel = own_worker.pid, threading.Event()
    steps = own_worker.generate(ask(LONG), cancel=cancel)
    assert isinstance(next(steps), PrefillProgress)
    began = time.monotonic()
    cancel.set()
    with pytest.raises(Cancelled):
        finish(steps)
    assert time.monotonic() - began < 1.0
    assert answers(own_worker) and own_worker.pid == pid


def test_a_load_can_be_cancelled(model_path: Path) -> None:
    worker, cancel = Worker(), threading.Event()
    try:
        steps = worker.load(str(model_path), cancel=cancel)
        assert isinstance(next(steps), LoadProgress)
        cancel.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            finish(steps)
        assert time.monotonic() - began < 2.0
        assert worker.info is None
        assert answers(worker)
    finally:
        worker.close()


def test_a_request_that_waits_its_turn_can_be_cancelled(own_worker: Worker) -> None:
    first = own_worker.generate(ask("Tell me a very long story.", max_tokens=400))
    next(first)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        finish(own_worker.generate(ask("Hi"), cancel=cancel))
    first.close()


def test_reproducible_requests_of_several_threads_run_one_after_the_other(own_worker: Worker) -> None:
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(finish(own_worker.generate(ask("Say hi.", max_tokens=6))).text))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(texts) == 3 and len(set(texts)) == 1


def test_too_many_waiting_requests_are_refused(model_path: Path) -> None:
    worker = Worker(waiting=0)
    try:
        finish(worker.load(str(model_path), LoadOptions(n_threads=1, n_parallel=1)))
        first = worker.generate(ask("Tell me a very long story.", max_tokens=400))
        next(first)
        with pytest.raises(InferenceFault) as caught:
            finish(worker.generate(ask("Hi")))
        assert caught.value.kind == "bad_request"
        first.close()
    finally:
        worker.close()


@posix
def test_a_kill_in_generation_is_a_fault_at_once_and_the_next_request_restarts(own_worker: Worker) -> None:
    steps = own_worker.generate(ask("Tell me a very long story.", max_tokens=400))
    assert any(isinstance(report, Piece) and report.text for report in steps)
    assert own_worker.pid
    os.kill(own_worker.pid, signal.SIGKILL)
    with pytest.raises(InferenceFault) as caught:
        finish(steps)
    assert caught.value.kind == "killed" and "writing the answer" in caught.value.message
    assert answers(own_worker)


@posix
def test_a_kill_in_prefill_is_a_fault_at_once_and_the_next_request_restarts(own_worker: Worker) -> None:
    steps = own_worker.generate(ask(LONG))
    next(steps)
    assert own_worker.pid
    os.kill(own_worker.pid, signal.SIGKILL)
    with pytest.raises(InferenceFault) as caught:
        finish(steps)
    assert caught.value.kind == "killed" and "reading the prompt" in caught.value.message
    assert answers(own_worker)


@posix
def test_a_kill_in_load_is_a_fault_at_once_and_the_next_request_restarts(model_path: Path) -> None:
    worker = Worker()
    try:
        steps = worker.load(str(model_path))
        next(steps)
        assert worker.pid
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(InferenceFault) as caught:
            finish(steps)
        assert caught.value.kind == "killed" and "loading" in caught.value.message
        assert answers(worker)
    finally:
        worker.close()


@posix
def test_a_worker_that_died_between_requests_is_replaced_without_a_word(own_worker: Worker) -> None:
    pid = own_worker.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until_gone(pid)
    assert answers(own_worker) and own_worker.pid != pid


@posix
def test_a_worker_that_gives_no_sign_is_ended_as_stalled(model_path: Path) -> None:
    worker = Worker(limits=Limits(silence=2.5))
    try:
        finish(worker.load(str(model_path), LoadOptions(n_threads=1)))
        steps = worker.generate(ask("Tell me a very long story.", max_tokens=400))
        assert any(isinstance(report, Piece) for report in steps)
        pid = worker.pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(InferenceFault) as caught:
            finish(steps)
        assert caught.value.kind == "stalled"
        assert wait_until_gone(pid)
        assert answers(worker)
    finally:
        worker.close()


@posix
def test_a_stopped_worker_cannot_block_a_large_request_or_a_cancel(own_worker: Worker) -> None:
    assert own_worker.pid
    os.kill(own_worker.pid, signal.SIGSTOP)
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        finish(own_worker.generate(ask("word " * 200_000), cancel=cancel))
    assert time.monotonic() - began < 5
    assert answers(own_worker)


def test_closing_a_worker_cancels_its_request_and_leaves_nothing_behind(model_path: Path) -> None:
    before = threading.active_count()
    descriptors = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    worker = Worker()
    finish(worker.load(str(model_path), LoadOptions(n_threads=1)))
    steps = worker.generate(ask("Tell me a very long story.", max_tokens=400))
    next(steps)
    pid = worker.pid
    closing = threading.Thread(target=worker.close)
    closing.start()
    with pytest.raises(Cancelled):
        finish(steps)
    closing.join(5)
    assert pid and wait_until_gone(pid)
    assert threading.active_count() == before
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) == descriptors
    with pytest.raises(InferenceFault):
        worker.start()


HEAD = 4 * 2**20  # more than the header of the model


def broken(
    model_path: Path, target: Path, *, find: bytes = b"", skip: int = 0, put: bytes = b"", size: int = -1
) -> str:
    """Write a sparse copy of the model with some bytes of its header changed, or cut at `size`."""
    whole = os.path.getsize(model_path)
    with open(model_path, "rb") as file:
        head = bytearray(file.read(HEAD))
    if put:
        at = head.index(find) + len(find) + skip
        head[at : at + len(put)] = put
    with target.open("wb") as out:
        out.write(head)
        out.truncate(whole if size < 0 else size)
    return str(target)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"put": b"GGML"}, "corrupt_file"),
        ({"put": b"GGUF\x63"}, "corrupt_file"),
        ({"size": 0}, "corrupt_file"),
        ({"size": 200_000}, "corrupt_file"),
        ({"size": 60_000_000}, "corrupt_file"),
        ({"find": b"general.architecture", "skip": 12, "put": b"llam9"}, "unsupported_arch"),
        ({"find": b"llama.block_count", "skip": 4, "put": bytes(4)}, "engine_abort"),
    ],
    ids=["magic", "version", "empty", "header cut", "truncated", "architecture", "no layers"],
)
def test_a_bad_file_is_a_typed_fault(model_path: Path, tmp_path: Path, changes: dict[str, object], kind: str) -> None:
    path = broken(model_path, tmp_path / "bad.gguf", **changes)  # type: ignore[arg-type]
    worker = Worker()
    try:
        with pytest.raises(InferenceFault) as caught:
            finish(worker.load(path))
        assert caught.value.kind == kind
        assert caught.value.hint and "bad.gguf" in str(caught.value)
        finish(worker.load(str(model_path), LoadOptions(n_threads=1)))
        assert answers(worker)
    finally:
        worker.close()


def test_a_missing_file_is_a_bad_request(worker: Worker, tmp_path: Path) -> None:
    own = Worker()
    try:
        with pytest.raises(InferenceFault) as caught:
            finish(own.load(str(tmp_path / "nowhere.gguf")))
        assert caught.value.kind == "bad_request" and "nowhere.gguf" in str(caught.value)
    finally:
        own.close()


def test_a_context_that_memory_cannot_hold_is_oom(model_path: Path) -> None:
    own = Worker()
    try:
        with pytest.raises(InferenceFault) as caught:
            finish(own.load(str(model_path), LoadOptions(n_ctx=2**22, kv_type="f32")))
        assert caught.value.kind == "oom"
    finally:
        own.close()


def test_a_worker_ends_when_its_stdin_closes() -> None:
    with subprocess.Popen(worker_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout and process.stdout.read(4)  # it runs
        assert process.stdin
        process.stdin.close()
        assert process.wait(5) == 0


@posix
def test_a_worker_ends_with_an_app_that_was_killed(model_path: Path) -> None:
    script = (
        "import sys\nfrom graphide.inference.client import *\n"
        "w = Worker()\nfinish(w.load(sys.argv[1]))\n"
        "from graphide.values import Message\n"
        "for r in w.generate(GenerateRequest(messages=(Message('user', 'Tell me a long story'),), max_tokens=500)):\n"
        "    print(w.pid, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(model_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as app:
        assert app.stdout
        pid = int(app.stdout.readline())
        app.kill()
        assert wait_until_gone(pid)


def test_importing_the_client_does_not_import_the_engine() -> None:
    code = (
        "import sys, graphide.inference.client\n"
        "print([name for name in ('llama_cpp', 'numpy', 'jinja2', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, timeout=30)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("code", "phase", "lines", "kind"),
    [
        (-9, "load", (), "killed"),
        (-9, "generate", ("ggml: failed to allocate buffer of size 9",), "oom"),
        (-6, "load", ("GGML_ASSERT(n_layer > 0) failed",), "engine_abort"),
        (-11, "prefill", (), "engine_abort"),
        (-6, "grammar", (), "bad_request"),
        (-15, "generate", (), "killed"),
        (3, "generate", (), "engine_abort"),
        (1, "start", ("ModuleNotFoundError: llama_cpp",), "engine_abort"),
    ],
)
def test_exit_codes_become_kinds(code: int, phase: str, lines: tuple[str, ...], kind: str) -> None:
    fault = faults.from_exit(code, phase, lines)  # type: ignore[arg-type]
    assert fault.kind == kind and fault.hint and fault.engine_lines == lines


def test_the_build_machine_of_the_engine_is_left_out_of_messages() -> None:
    fault = faults.from_exit(-6, "prefill", ("/a/b/src/llama-context.cpp:17: GGML_ASSERT(n <= m) failed",))
    assert fault.message.endswith(": llama-context.cpp:17: GGML_ASSERT(n <= m) failed")
