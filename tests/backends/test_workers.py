"""Several models at once: who is loaded, who gives way, who waits; with real workers and the real model."""

from __future__ import annotations

import gc
import os
import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from graphide.backends.memory import LoadedModel, held_bytes
from graphide.backends.workers import Workers
from graphide.errors import Cancelled, InferenceFault, ModelMissing
from graphide.inference.client import finish
from graphide.inference.protocol import GenerateRequest, LoadOptions, LoadProgress, Piece
from graphide.settings import Settings
from graphide.values import Message, Sampling
from graphide.workspace import Workspace

OPTIONS = LoadOptions(n_ctx=256, n_parallel=1, n_batch=64, n_ubatch=64, n_threads=1)
EACH = 100
Make = Callable[..., Workers]


class Clock:
    """A clock that a test turns."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def models(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give the model under three names, which are three models to whoever looks at paths."""
    folder = tmp_path_factory.mktemp("models")
    named = [folder / name for name in ("a.gguf", "b.gguf", "c.gguf")]
    for path in named:
        try:
            os.link(model_path, path)
        except OSError:  # another disk
            shutil.copyfile(model_path, path)
    return named


@pytest.fixture
def make() -> Iterator[Make]:
    """Make workers for whom each model needs and holds 100 bytes; they are closed after the test."""
    made: list[Workers] = []

    def workers(**options: Any) -> Workers:
        figures = {"memory_budget": 150, "needs": lambda path: EACH, "measure": lambda pid: EACH, "patience": 30.0}
        made.append(Workers(OPTIONS, **{**figures, **options}))
        return made[-1]

    yield workers
    for one in made:
        one.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "graphide-keep-alive"] == []


def hello(max_tokens: int = 1) -> GenerateRequest:
    return GenerateRequest(
        messages=(Message("user", "Hello"),), sampling=Sampling(temperature=0), max_tokens=max_tokens
    )


def ask(workers: Workers, path: Path) -> str:
    return finish(workers.get(path).generate(hello())).text


def answering(workers: Workers, path: Path) -> Generator[Any, None, Any]:
    """Return an answer that has begun."""
    answer = workers.get(path).generate(hello(max_tokens=40))
    while not isinstance(next(answer), Piece):
        pass
    return answer


def names(workers: Workers) -> list[str]:
    return [model.path.name for model in workers.loaded()]


def children() -> int:
    return sum(held_bytes(child.pid) for child in psutil.Process().children())


# --- who may come (no process is started until a model is asked)


def test_a_model_that_would_not_fit_alone_is_refused_at_once(make: Make) -> None:
    workers = make(memory_budget=99)
    with pytest.raises(InferenceFault, match="needs about 0 MB of memory, and models may hold") as refused:
        finish(workers.get(Path("a.gguf")).generate(hello()))
    assert (refused.value.kind, refused.value.where, workers.loaded()) == ("oom", 'model "a.gguf"', ())


def test_without_a_budget_the_limit_of_the_machine_holds(make: Make) -> None:
    workers = make(memory_budget=0, limit=lambda pids: 99)
    with pytest.raises(InferenceFault, match="models may hold"), workers.hold(Path("a.gguf")):
        pass


def test_where_only_models_in_use_could_give_way_the_error_names_them(make: Make) -> None:
    workers = make(patience=0)
    with workers.hold(Path("a.gguf")):
        with pytest.raises(InferenceFault, match=r"these are in use: a\.gguf") as refused, workers.hold(Path("b.gguf")):
            pass
        assert refused.value.kind == "oom"
        with workers.hold(Path("a.gguf")):
            pass  # who is there may be used by more
    with workers.hold(Path("b.gguf")):
        pass


def test_a_request_waits_until_the_model_in_its_way_is_free(make: Make) -> None:
    workers, came = make(), threading.Event()

    def second() -> None:
        with workers.hold(Path("b.gguf")):
            came.set()

    with ThreadPoolExecutor() as pool:
        with workers.hold(Path("a.gguf")):
            waiting = pool.submit(second)
            assert not came.wait(0.3)
        waiting.result(10)
    assert came.is_set()


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_who_waits_can_be_stopped(make: Make, end: str) -> None:
    workers, cancel = make(), threading.Event()

    def second() -> None:
        with workers.hold(Path("b.gguf"), cancel=cancel):
            pass

    with ThreadPoolExecutor() as pool, workers.hold(Path("a.gguf")):
        waiting = pool.submit(second)
        if end == "cancel":
            cancel.set()
        else:
            workers.close()
        with pytest.raises(Cancelled):
            waiting.result(10)


# --- with real models


@pytest.mark.real_model
def test_the_model_used_longest_ago_gives_way(make: Make, models: list[Path]) -> None:
    workers = make(memory_budget=250)
    a, b, c = models
    for path in (a, b, a, c):
        assert ask(workers, path)
    assert names(workers) == ["a.gguf", "c.gguf"]


@pytest.mark.real_model
def test_two_models_at_once_in_a_budget_for_one_both_answer(make: Make, models: list[Path]) -> None:
    workers = make()
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda path: ask(workers, path), models[:2]))
    assert answers[0] == answers[1] != ""
    assert len(workers.loaded()) == 1


@pytest.mark.real_model
def test_a_model_that_answers_is_not_evicted(make: Make, models: list[Path]) -> None:
    workers = make(patience=0)
    answer = answering(workers, models[0])
    with pytest.raises(InferenceFault, match=r"in use: a\.gguf"):
        ask(workers, models[1])
    with pytest.raises(InferenceFault, match=r"in use: a\.gguf"):
        finish(workers.load(models[1]))
    with pytest.raises(InferenceFault, match="it is in use"):
        workers.unload(models[0])
    assert [model.busy for model in workers.loaded()] == [True]
    answer.close()
    assert ask(workers, models[1]) and names(workers) == ["b.gguf"]


@pytest.mark.real_model
def test_an_answer_that_is_forgotten_gives_its_model_free(make: Make, models: list[Path]) -> None:
    workers = make()
    answer = answering(workers, models[0])
    del answer
    gc.collect()
    assert [model.busy for model in workers.loaded()] == [False]


@pytest.mark.real_model
def test_a_model_is_loaded_before_it_is_asked(make: Make, models: list[Path]) -> None:
    clock = Clock()
    workers = make(clock=clock, keep_alive=60)
    reports = []
    loading = workers.load(models[0])
    try:
        while True:
            reports.append(next(loading))
    except StopIteration as ended:
        loaded = ended.value
    assert reports and all(isinstance(report, LoadProgress) for report in reports)
    same = {"path": models[0], "bytes": EACH, "n_ctx": 256, "busy": False}
    assert loaded == LoadedModel(**same, age=0, idle=0, unload_in=60)
    clock.now += 20
    assert workers.loaded() == (LoadedModel(**same, age=20, idle=20, unload_in=40),)
    assert list(workers.load(models[0])) == []
    assert workers.loaded() == (LoadedModel(**same, age=20, idle=0, unload_in=60),)


@pytest.mark.real_model
def test_who_asks_while_a_model_is_loaded_waits_for_that_load(make: Make, models: list[Path]) -> None:
    workers = make()
    loading = workers.load(models[0])
    next(loading)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(ask, workers, models[0])
        finish(loading)
        assert answer.result(60)
    assert len(psutil.Process().children()) == 1


@pytest.mark.real_model
def test_a_model_that_a_request_loads_is_not_loaded_a_second_time(make: Make, models: list[Path]) -> None:
    workers = make()
    answer = workers.get(models[0]).generate(hello())
    assert isinstance(next(answer), LoadProgress)
    with ThreadPoolExecutor() as pool:
        reports = pool.submit(list, workers.load(models[0]))
        assert finish(answer).text
        assert reports.result(60) == []


@pytest.mark.real_model
def test_a_load_that_was_stopped_leaves_nothing_loaded_and_can_be_done_again(make: Make, models: list[Path]) -> None:
    workers = make()
    loading = workers.load(models[0])
    next(loading)
    loading.close()
    assert workers.loaded() == ()
    assert finish(workers.load(models[0])).n_ctx == 256


@pytest.mark.real_model
def test_who_insists_gets_a_model_that_is_too_large(make: Make, models: list[Path]) -> None:
    workers = make(needs=lambda path: 1000 if path == models[1] else EACH)
    ask(workers, models[0])
    with pytest.raises(InferenceFault, match="models may hold"):
        finish(workers.load(models[1]))
    assert names(workers) == ["a.gguf"]
    finish(workers.load(models[1], anyway=True))
    assert names(workers) == ["b.gguf"]
    assert ask(workers, models[1])  # it is there, so it may be used


@pytest.mark.real_model
def test_memory_comes_back_when_a_model_is_unloaded(make: Make, models: list[Path]) -> None:
    workers = make(memory_budget=2**40, measure=held_bytes)
    for path in models[:2]:
        ask(workers, path)
    before, size = children(), models[0].stat().st_size
    listed = {model.path.name: model.bytes for model in workers.loaded()}
    assert all(size < held < 3 * size for held in listed.values())
    freed = workers.unload(models[0])
    assert (names(workers), workers.info(models[0])) == (["b.gguf"], None)
    assert freed == listed["a.gguf"]
    assert before - children() == pytest.approx(freed, rel=0.05)
    assert workers.unload(models[0]) == 0


@pytest.mark.real_model
def test_a_worker_that_was_killed_is_not_loaded_and_holds_nothing(make: Make, models: list[Path]) -> None:
    workers = make(measure=held_bytes, memory_budget=2**40)
    first = ask(workers, models[0])
    with workers.hold(models[0]) as worker:
        assert worker.pid is not None
        psutil.Process(worker.pid).kill()
        while worker.pid is not None:
            pass  # it is noticed as soon as the system has ended the process
    assert (workers.loaded(), workers.info(models[0]), workers.unload(models[0])) == ((), None, 0)
    assert ask(workers, models[0]) == first


@pytest.mark.real_model
def test_a_link_to_a_model_is_the_same_model(make: Make, models: list[Path], tmp_path: Path) -> None:
    link = tmp_path / "link.gguf"
    link.symlink_to(models[0])
    workers = make()
    assert ask(workers, models[0]) == ask(workers, link)
    assert names(workers) == ["a.gguf"]


# --- tokens are counted without weights


@pytest.mark.real_model
def test_counting_takes_the_loaded_model_and_else_only_its_vocabulary(make: Make, models: list[Path]) -> None:
    workers = make(memory_budget=2**40, measure=held_bytes)
    ask(workers, models[0])
    totals = {workers.counter(path).count(hello()).total for path in models[:2]}
    assert len(totals) == 1
    whole, vocabulary = workers.loaded()
    assert [whole.counting, vocabulary.counting] == [False, True]
    assert vocabulary.path == models[1] and vocabulary.bytes < models[1].stat().st_size


@pytest.mark.real_model
def test_what_only_counts_gives_way_and_is_closed_like_others(make: Make, models: list[Path]) -> None:
    clock = Clock()
    workers = make(memory_budget=2**27, needs=lambda path: 2**27, measure=lambda pid: 2**26, clock=clock, keep_alive=5)
    workers.counter(models[0]).count(hello())
    ask(workers, models[1])
    assert [(model.path, model.counting) for model in workers.loaded()] == [(models[1], False)]
    workers.counter(models[0]).count(hello())
    clock.now += 5
    workers.close_idle()
    assert workers.loaded() == ()


# --- how long a model stays


@pytest.mark.real_model
def test_an_unused_model_is_closed_in_time_and_one_that_is_used_stays(make: Make, models: list[Path]) -> None:
    clock = Clock()
    workers = make(memory_budget=250, clock=clock, keep_alive=300)
    ask(workers, models[0])
    clock.now += 200
    answer = answering(workers, models[1])
    clock.now += 99
    assert workers.close_idle() == ()
    clock.now += 1000
    workers.close_idle()
    assert names(workers) == ["b.gguf"]
    answer.close()
    assert [(model.idle, model.unload_in) for model in workers.loaded()] == [(0, 300)]
    assert ask(workers, models[0])


@pytest.mark.real_model
def test_the_thread_that_closes_models_ends_with_the_last_of_them(make: Make, models: list[Path]) -> None:
    workers = make(keep_alive=0.2)
    assert finish(workers.load(models[0]))
    threads = [thread for thread in threading.enumerate() if thread.name == "graphide-keep-alive"]
    assert len(threads) == 1
    threads[0].join(20)
    assert not threads[0].is_alive() and workers.loaded() == ()
    assert ask(workers, models[0])


@pytest.mark.real_model
def test_a_model_can_be_kept_for_ever(make: Make, models: list[Path]) -> None:
    clock = Clock()
    workers = make(clock=clock, keep_alive=-1)
    ask(workers, models[0])
    clock.now += 1e9
    assert workers.close_idle() == ()
    assert [model.unload_in for model in workers.loaded()] == [None]
    assert "graphide-keep-alive" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.real_model
def test_a_model_that_is_asked_while_it_is_closed_is_loaded_again(make: Make, models: list[Path]) -> None:
    workers = make(keep_alive=0)
    with ThreadPoolExecutor() as pool:
        answers = set(pool.map(lambda _: ask(workers, models[0]), range(6)))
    assert len(answers) == 1


# --- the workspace


def test_the_settings_reach_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    settings = Settings(n_ctx=512, n_parallel=2, kv_type="q8_0", n_threads=1, prefix_cache_bytes=7)
    with Workspace(settings=settings) as workspace:
        assert workspace._models._workers.options == LoadOptions(
            n_ctx=512,
            n_parallel=2,
            kv_type="q8_0",
            n_threads=1,
            n_gpu_layers=-1,
            prefix_folder=str(tmp_path / "cache" / "prefixes"),
            prefix_bytes=7,
        )
    with Workspace(settings=Settings(prefix_cache_bytes=0)) as workspace:
        assert workspace._models._workers.options.prefix_folder == ""


@pytest.mark.real_model
def test_the_workspace_loads_and_unloads_a_model_by_its_name(models: list[Path]) -> None:
    own = Settings(n_ctx=256, n_parallel=1, n_threads=1, model_folders=(str(models[0].parent),))
    with Workspace(settings=own) as workspace:
        assert workspace.loaded() == ()
        loaded = finish(workspace.load_model("b"))
        assert workspace.loaded()[0].path == loaded.path == models[1]
        assert workspace.unload_model("b") > 2**20
        assert workspace.loaded() == () and workspace.unload_model("b") == 0
        with pytest.raises(ModelMissing):
            next(workspace.load_model("none.gguf"))
