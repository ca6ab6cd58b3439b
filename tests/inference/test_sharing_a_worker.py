"""Neighbours on one worker: slow readers, reproducible answers and larger contexts wait for each other, and all end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from inference.together import EXACT, answer, kill, outcome, text_of, together, until, wanted

from graphide.errors import Cancelled, InferenceFault
from graphide.inference.batch import WINDOW
from graphide.inference.client import Limits, LoadOptions, LoadProgress, Piece, Worker, finish

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
ACKNOWLEDGED = 128
MUCH = wanted("A sea is", 1500)
NEIGHBOUR = wanted("A wolf is", 900)
KV_TOKEN = 256  # bytes of a token in the cache of the tiny model


def tokens_until_killed(steps: Generator[Any, None, Any]) -> int:
    """Return how many tokens come of an answer whose worker is gone."""
    reports: list[Any] = []
    with pytest.raises(InferenceFault, match="killed"):
        gather(steps, reports)
    return sum(report.tokens for report in reports if isinstance(report, Piece))


def gather(steps: Generator[Any, None, Any], reports: list[Any]) -> None:
    """Append what comes to a list, so that it is there after an error too."""
    for report in steps:
        reports.append(report)  # noqa: PERF402


@posix
def test_an_answer_that_nobody_reads_is_a_window_ahead_at_most_while_a_neighbour_ends(tiny_worker: Worker) -> None:
    slow = tiny_worker.generate(MUCH)
    next(slow)
    assert answer(tiny_worker, NEIGHBOUR).usage.completion_tokens == 900
    kill(tiny_worker)
    assert WINDOW - ACKNOWLEDGED <= tokens_until_killed(slow) <= WINDOW + ACKNOWLEDGED


def test_an_answer_that_is_read_again_goes_on_to_the_right_text(tiny_worker: Worker) -> None:
    whole, neighbour = text_of(tiny_worker, MUCH), text_of(tiny_worker, NEIGHBOUR)
    slow = tiny_worker.generate(MUCH)
    next(slow)
    assert text_of(tiny_worker, NEIGHBOUR) == neighbour
    assert finish(slow).text == whole


def test_an_answer_put_back_for_want_of_room_goes_on_when_it_is_read_again(tiny: Path) -> None:
    worker = Worker(limits=Limits(generate=10))
    finish(worker.load(str(tiny), replace(EXACT, kv_bytes=2048 * KV_TOKEN)))
    first, second = wanted("A sea is", 1900), wanted("A wolf is", 900)
    whole = text_of(worker, second)
    quick = worker.generate(first)
    assert any(isinstance(report, Piece) for report in quick)
    slow = worker.generate(second)
    assert any(isinstance(report, Piece) for report in slow)
    quick_tokens = 0
    for report in quick:
        quick_tokens += report.tokens if isinstance(report, Piece) else 0
        if quick_tokens > 2048 - WINDOW + ACKNOWLEDGED:
            break  # there is no longer room for both: the slow one is put back, and read while it waits
    parts = [report.text for report, _ in zip(slow, range(4), strict=False) if isinstance(report, Piece)]
    assert parts
    with ThreadPoolExecutor(2) as pool:
        rest = [pool.submit(finish, quick), pool.submit(finish, slow)]
        done = [outcome(future) for future in rest]
    assert [getattr(one, "text", one) for one in done][1] == whole
    worker.close()


@pytest.mark.parametrize(
    "late",
    [wanted("A lamp is", reproducible=True), wanted("A lamp is", n_ctx=1024)],
    ids=["reproducible", "larger context"],
)
def test_one_that_waits_for_the_others_is_not_taken_for_stalled(late: Any, tiny: Path) -> None:
    worker = Worker(limits=Limits(prepare=0.3))
    finish(worker.load(str(tiny), replace(EXACT, n_ctx=768)))
    slow, pid = worker.generate(wanted("A sea is", 0)), worker.pid
    next(slow)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(answer, worker, late)
        with pytest.raises(TimeoutError):
            waiting.result(1.0)
        slow.close()
        done = outcome(waiting)
    assert worker.pid == pid
    assert not isinstance(done, Exception) and done.usage.completion_tokens == 24
    worker.close()


def test_reproducible_and_other_requests_all_end_and_are_right(tiny_worker: Worker) -> None:
    requests = [
        wanted(f"A {word} is", 60, reproducible=index % 3 == 0) for index, word in enumerate("abcdefghijklmnopqr")
    ]
    alone = [text_of(tiny_worker, request) for request in requests]
    done = together([lambda one=one: answer(tiny_worker, one) for one in requests])
    assert [getattr(one, "text", one) for one in done] == alone
    assert [one.usage.reproducible for one in done if not isinstance(one, Exception)] == [
        request.reproducible for request in requests
    ]


def test_a_larger_context_comes_after_those_that_run_and_all_are_right(tiny: Path) -> None:
    worker = Worker()
    assert finish(worker.load(str(tiny), replace(EXACT, n_ctx=256))).n_ctx == 256
    small, large = wanted("A sea is", 200), wanted("A wolf and another wolf " * 40, 300, n_ctx=1024)
    truth = text_of(worker, small)
    running, pid = worker.generate(small), worker.pid
    assert any(isinstance(report, Piece) for report in running)
    grown, before, after = together(
        [lambda: answer(worker, large), lambda: finish(running), lambda: answer(worker, small)]
    )
    assert not isinstance(grown, Exception) and grown.counts.n_ctx == 1024
    assert [getattr(one, "text", one) for one in (before, after)] == [truth, truth]
    assert grown.text == text_of(worker, large) and worker.pid == pid
    worker.close()


def test_a_context_over_the_budget_is_refused_in_numbers_and_the_old_one_serves_on(tiny: Path) -> None:
    worker = Worker()
    finish(worker.load(str(tiny), replace(EXACT, n_ctx=256, kv_bytes=512 * KV_TOKEN)))
    truth = text_of(worker, wanted("A sea is"))
    with pytest.raises(InferenceFault) as caught:
        answer(worker, wanted("A sea is", n_ctx=1024))
    assert caught.value.kind == "bad_request"
    for number in (512 * KV_TOKEN, 512, 1024, 1024 * KV_TOKEN):
        assert f"{number:,}" in str(caught.value)
    assert text_of(worker, wanted("A sea is")) == truth
    worker.close()


def test_a_context_over_the_memory_is_oom_and_the_old_one_serves_on(model_path: Path) -> None:
    worker = Worker()
    finish(worker.load(str(model_path), LoadOptions(n_ctx=256, n_threads=1, kv_type="f32", flash_attn="off")))
    truth = text_of(worker, wanted("The sea is", 4))
    with pytest.raises(InferenceFault) as caught:
        answer(worker, wanted("The sea is", 4, n_ctx=2**22))
    assert caught.value.kind == "oom"
    assert text_of(worker, wanted("The sea is", 4)) == truth
    worker.close()


def test_many_who_come_first_load_the_model_once(tiny: Path) -> None:
    worker, loads = Worker(), []

    def first(index: int) -> str:
        steps = worker.load(str(tiny), EXACT) if index == 0 else worker.generate(wanted("A sea is"))
        reports = []
        try:
            while True:
                reports.append(next(steps))
        except StopIteration as ended:
            done = ended.value
        loads.append(any(isinstance(report, LoadProgress) for report in reports))
        return str(getattr(done, "text", ""))

    worker.aim(str(tiny), EXACT)
    texts = together([lambda index=index: first(index) for index in range(1, 5)])
    assert len(set(texts)) == 1 and sum(loads) == 1
    worker.close()


def test_a_load_and_a_request_at_once_load_the_model_once(tiny: Path) -> None:
    worker = Worker()
    steps = worker.load(str(tiny), EXACT)
    next(steps)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: list(worker.generate(wanted("A sea is"))))
        until(lambda: len(worker._loads._queue) == 2)
        finish(steps)
        assert not any(isinstance(report, LoadProgress) for report in other.result(20))
    worker.close()


def test_three_hundred_requests_do_not_make_the_worker_grow(tiny_worker: Worker) -> None:
    process = psutil.Process(tiny_worker.pid)

    def hundred(start: int) -> int:
        for number in range(start, start + 100):
            answer(tiny_worker, wanted(f"{number} wolves are", 8, logprobs=2, reproducible=number % 10 == 0))
        return int(process.memory_info().rss)

    first = hundred(0)
    hundred(100)
    assert hundred(200) <= 1.05 * first


def test_a_request_in_the_queue_is_cancelled_at_once_and_the_running_one_goes_on(tiny: Path) -> None:
    worker, cancel = Worker(), threading.Event()
    finish(worker.load(str(tiny), replace(EXACT, n_parallel=1)))
    whole = text_of(worker, wanted("A sea is", 700))
    running = worker.generate(wanted("A sea is", 700))
    next(running)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: finish(worker.generate(wanted("A wolf is"), cancel=cancel)))
        until(lambda: worker._places.taken == 2)
        cancel.set()
        assert isinstance(outcome(waiting), Cancelled)
    assert finish(running).text == whole
    worker.close()


def test_an_event_that_is_set_while_it_is_read_slowly_frees_the_place(tiny_worker: Worker) -> None:
    cancel = threading.Event()
    slow = tiny_worker.generate(MUCH, cancel=cancel)
    next(slow)
    cancel.set()
    with pytest.raises(Cancelled):
        finish(slow)
    assert not tiny_worker.busy and answer(tiny_worker, wanted("A sea is")).usage.completion_tokens == 24
