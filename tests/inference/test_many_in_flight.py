"""Many requests at one time: what ends the worker ends each of them in words, and nothing else touches a neighbour."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from inference.together import EXACT, answer, kill, nothing_left, outcome, text_of, together, until, wanted

from graphide.errors import Cancelled, InferenceFault
from graphide.inference.client import (
    Completion,
    GenerateRequest,
    LoadOptions,
    LoadProgress,
    Piece,
    PrefillProgress,
    Worker,
    finish,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
MANY = 8
TOPICS = ("sea", "river", "lamp", "stone", "wind", "bread", "clock", "wolf")
SHORT = tuple(wanted(f"A {topic} is") for topic in TOPICS)
ENDLESS = tuple(wanted(f"A {topic} is", 1500) for topic in TOPICS)
LONG = tuple(wanted(f"{topic} and more of it " * 70, 1) for topic in TOPICS)  # some 1,500 tokens each
ENDS_THE_ENGINE = "root ::= " + "(" * 200_000


@pytest.fixture(scope="module")
def truth(tiny: Path) -> tuple[str, ...]:
    """Return the text of every short answer when it is the only one."""
    alone = Worker()
    finish(alone.load(str(tiny), EXACT))
    texts = tuple(text_of(alone, request) for request in SHORT)
    alone.close()
    return texts


def killed_at(worker: Worker, request: GenerateRequest, kind: type, gate: threading.Barrier) -> str:
    """Answer a request; once all of them have had a report of one kind, the worker is killed."""
    steps = worker.generate(request)
    for report in steps:
        if isinstance(report, kind) and (not isinstance(report, PrefillProgress) or report.done):
            if gate.wait(30) == 0:
                kill(worker)
            break
    return finish(steps).text


@posix
@pytest.mark.parametrize(
    ("requests", "kind", "doing"),
    [(LONG, PrefillProgress, "reading the prompt"), (ENDLESS, Piece, "writing the answer")],
    ids=["prefill", "generate"],
)
def test_a_kill_ends_each_of_many_in_words_and_the_next_are_right(
    requests: tuple[GenerateRequest, ...], kind: type, doing: str, tiny: Path, truth: tuple[str, ...],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with nothing_left(tmp_path, monkeypatch):
        worker, gate = Worker(), threading.Barrier(MANY)
        finish(worker.load(str(tiny), EXACT))
        faults = together([lambda one=one: killed_at(worker, one, kind, gate) for one in requests])
        assert [fault.kind for fault in faults if isinstance(fault, InferenceFault)] == ["killed"] * MANY
        assert any(doing in str(fault) for fault in faults)
        assert together([lambda one=one: text_of(worker, one) for one in SHORT]) == list(truth)
        worker.close()


@posix
def test_a_kill_while_it_starts_ends_the_one_that_started_it_and_the_others_go_on(
    tiny: Path, truth: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nothing_left(tmp_path, monkeypatch):
        worker = Worker()
        worker.aim(str(tiny), EXACT)
        worker.start()
        kill(worker, signal.SIGSTOP)  # so that it is still starting when all have come
        with ThreadPoolExecutor(MANY) as pool:
            futures = [pool.submit(text_of, worker, request) for request in SHORT]
            until(lambda: worker._places.taken == MANY)
            kill(worker)
            check_one_killed([outcome(future) for future in futures], truth, "starting")
        worker.close()


@posix
def test_a_kill_in_the_load_ends_the_one_that_loads_and_the_others_go_on(
    model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killing(worker: Worker) -> str:
        steps = worker.generate(wanted("The sea is", 4))
        if isinstance(next(steps), LoadProgress) and once.acquire(blocking=False):
            kill(worker)
        return finish(steps).text

    with nothing_left(tmp_path, monkeypatch):
        worker, once = Worker(), threading.Lock()
        worker.aim(str(model_path), LoadOptions(n_ctx=256, n_threads=1, flash_attn="off"))
        outcomes = together([lambda: killing(worker)] * MANY)
        after = text_of(worker, wanted("The sea is", 4))
        check_one_killed(outcomes, (after,) * MANY, "loading")
        worker.close()


def check_one_killed(outcomes: Sequence[object], truth: tuple[str, ...], doing: str) -> None:
    """Assert that one was killed, and that all others came to their right text."""
    (fault,) = (one for one in outcomes if isinstance(one, Exception))
    assert isinstance(fault, InferenceFault) and fault.kind == "killed" and doing in str(fault)
    assert all(one in (fault, text) for one, text in zip(outcomes, truth, strict=True))


@posix
def test_a_kill_ends_those_in_the_queue_too(tiny: Path, truth: tuple[str, ...]) -> None:
    worker = Worker()
    finish(worker.load(str(tiny), LoadOptions(n_ctx=2048, n_threads=1, n_parallel=2, flash_attn="off")))
    running = [worker.generate(request) for request in ENDLESS[:2]]
    for steps in running:
        assert any(isinstance(report, Piece) for report in steps)
    with ThreadPoolExecutor(MANY) as pool:
        futures = [pool.submit(text_of, worker, request) for request in SHORT]
        until(lambda: bool(worker._process and len(worker._process.requests) == MANY + 2))
        worker.count(SHORT[0])  # when it is answered, the others have been heard
        kill(worker)
        outcomes = [outcome(future) for future in futures]
    faults = [one for one in outcomes if isinstance(one, InferenceFault)]
    assert {fault.kind for fault in faults} == {"killed"}
    assert any("waiting for its turn" in str(fault) for fault in faults)
    assert all(isinstance(one, Exception) or one == text for one, text in zip(outcomes, truth, strict=True))
    for steps in running:
        with pytest.raises(InferenceFault, match="writing the answer"):
            finish(steps)
    assert text_of(worker, SHORT[0]) == truth[0]
    worker.close()


@posix
def test_many_requests_to_a_worker_that_was_killed_while_idle_hear_nothing_of_it(
    tiny_worker: Worker, truth: tuple[str, ...]
) -> None:
    kill(tiny_worker)
    assert together([lambda one=one: text_of(tiny_worker, one) for one in SHORT]) == list(truth)


@posix
@pytest.mark.parametrize("how", ["a grammar that the engine cannot survive", "SIGABRT"])
def test_an_engine_that_aborts_is_a_typed_fault_for_every_neighbour(
    how: str, tiny_worker: Worker, truth: tuple[str, ...]
) -> None:
    gate = threading.Barrier(MANY)

    def work(index: int) -> str:
        if index == 0:
            gate.wait(30)
            if how == "SIGABRT":
                kill(tiny_worker, signal.SIGABRT)
                return ""
            return text_of(tiny_worker, wanted("A sea is", grammar=ENDS_THE_ENGINE))
        steps = tiny_worker.generate(ENDLESS[index])
        assert any(isinstance(report, Piece) for report in steps)
        gate.wait(30)
        return finish(steps).text

    first, *others = together([lambda index=index: work(index) for index in range(MANY)])
    if how != "SIGABRT":
        assert isinstance(first, InferenceFault) and (first.kind, "grammar" in str(first)) == ("bad_request", True)
    assert [fault.kind for fault in others if isinstance(fault, InferenceFault)] == ["engine_abort"] * (MANY - 1)
    assert text_of(tiny_worker, SHORT[0]) == truth[0]


def test_a_full_queue_refuses_with_its_numbers_and_disturbs_nobody(tiny: Path, truth: tuple[str, ...]) -> None:
    worker = Worker(waiting=3)
    finish(worker.load(str(tiny), LoadOptions(n_ctx=2048, n_threads=1, n_parallel=2, flash_attn="off")))
    running = [worker.generate(request) for request in ENDLESS[:2]]
    for steps in running:
        next(steps)
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(text_of, worker, request) for request in SHORT[:3]]
        until(lambda: worker._places.taken == 5)
        for _ in range(3):
            with pytest.raises(InferenceFault) as caught:
                answer(worker, SHORT[3])
            assert caught.value.kind == "bad_request"
            assert "2 requests at a time" in str(caught.value) and "3 already wait" in str(caught.value)
        for steps in running:
            steps.close()
        assert [outcome(future) for future in futures] == list(truth[:3])
    worker.close()


def test_one_of_many_closed_half_way_leaves_the_others_right(tiny_worker: Worker, truth: tuple[str, ...]) -> None:
    doomed = tiny_worker.generate(ENDLESS[0])
    assert any(isinstance(report, Piece) for report in doomed)
    works: list[Callable[[], str | None]] = [lambda one=one: text_of(tiny_worker, one) for one in SHORT[1:]]
    texts = together([*works, doomed.close])
    assert texts == [*truth[1:], None]


def test_closing_the_worker_ends_all_as_cancelled_and_leaves_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nothing_left(tmp_path, monkeypatch):
        worker, gate = Worker(), threading.Barrier(MANY + 1)
        finish(worker.load(str(tiny), EXACT))

        def work(request: GenerateRequest) -> Completion:
            steps = worker.generate(request)
            assert any(isinstance(report, Piece) for report in steps)
            gate.wait(30)
            return finish(steps)

        with ThreadPoolExecutor(MANY) as pool:
            futures = [pool.submit(work, request) for request in ENDLESS]
            gate.wait(30)
            worker.close()
            assert [type(outcome(future)) for future in futures] == [Cancelled] * MANY


def test_closing_a_worker_that_loads_ends_those_that_wait_for_the_model_as_cancelled(tiny: Path) -> None:
    worker = Worker()
    worker.aim(str(tiny), EXACT)
    with ThreadPoolExecutor(MANY) as pool:
        futures = [pool.submit(answer, worker, request) for request in SHORT]
        until(lambda: len(worker._loads._queue) == MANY)
        worker.close()
        ended = [outcome(future) for future in futures]
    assert {type(one) for one in ended} <= {Cancelled, Completion} and Cancelled in map(type, ended)
