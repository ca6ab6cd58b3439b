"""Models are asked together: as many at one time as allowed and never more, and before anything that takes its time."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import pytest

from graphide.backends.echo import EchoBackend
from graphide.errors import Cancelled
from graphide.executor.events import Event, NodeFinished, NodeStarted
from graphide.executor.plan import make_plan
from graphide.executor.run import run
from graphide.executor.threads import Turnstile
from graphide.graph.model import Graph
from graphide.settings import Settings
from graphide.spec.generation import Cancel, Chunk, ModelRequest, Progress
from graphide.values import Reply
from tests.support.runs import Gate, endings, graph, last, registry_with, services

PARALLEL = Settings().parallel


class Company(EchoBackend):
    """An echo that answers only in company: each answer waits until `size` are under way, and fails without them."""

    def __init__(self, size: int) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()
        self._company = threading.Barrier(size)

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Answer once enough others are asked."""
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            self._company.wait(8)  # less than the patience of `block`
            return (yield from super().generate(request, cancel))
        finally:
            with self._lock:
                self._now -= 1


def siblings(count: int) -> Graph:
    nodes: dict[str, Any] = {"q": ("const", {"value": "hi"}), **{f"m{number}": "ask" for number in range(count)}}
    return graph(nodes, [f"q.value -> m{number}.prompt" for number in range(count)])


def rows(count: int, *, maps: int = 1) -> Graph:
    inner = {
        "nodes": {"item": {"type": "variable"}, "m": {"type": "ask"}, "o": {"type": "output"}},
        "edges": ["item.value -> m.prompt", "m.text -> o.value"],
    }
    items = {"items": ("const", {"value": [f"row {number}" for number in range(count)]})}
    nodes: dict[str, Any] = {**items, **{f"map{number}": ("rows", {"graph": inner}) for number in range(maps)}}
    return graph(nodes, [f"items.value -> map{number}.items" for number in range(maps)])


def events_of(made: Graph, backend: EchoBackend, gate: Gate | None = None) -> list[Event]:
    registry = registry_with(gate)
    return list(run(make_plan(made, registry), services(registry, backend=backend, parallel=PARALLEL)))


def test_eight_models_that_are_ready_are_asked_at_the_same_time() -> None:
    company = Company(8)
    ended = endings(events_of(siblings(8), company))
    assert ended == dict.fromkeys(ended, "finished") and len(ended) == 9
    assert (company.most, PARALLEL) == (8, 8)


def test_the_rows_of_a_map_are_asked_eight_at_a_time_and_never_more() -> None:
    company = Company(PARALLEL)
    assert last(events_of(rows(32), company)).outputs == {"map0": [f"row {number}" for number in range(32)]}
    assert company.most == PARALLEL


def test_maps_beside_each_other_share_the_places_at_the_model() -> None:
    company = Company(PARALLEL)
    assert last(events_of(rows(8, maps=4), company)).status == "ok"
    assert company.most == PARALLEL


def test_siblings_beyond_the_places_wait_for_one() -> None:
    company = Company(PARALLEL)
    assert last(events_of(siblings(3 * PARALLEL), company)).status == "ok"
    assert company.most == PARALLEL


def test_a_model_does_not_wait_for_slow_steps_that_were_ready_before_it() -> None:
    gate = Gate()
    slow: dict[str, Any] = {f"a{number}": ("block", {"name": "slow"}) for number in range(2 * PARALLEL)}
    made = graph(
        {**slow, "q": ("const", {"value": "hi"}), "j": "join", "m": "ask"}, ["q.value -> j.texts", "j.text -> m.prompt"]
    )
    registry = registry_with(gate)
    started: list[str] = []
    for event in run(make_plan(made, registry), services(registry, parallel=PARALLEL)):
        if isinstance(event, NodeStarted):
            started.append(event.node)
        if isinstance(event, NodeFinished) and event.node == "m":
            assert not gate.open.is_set()
            gate.open.set()
    assert gate.open.is_set(), "the model waited for the slow steps"
    assert started[:3] == ["q", "j", "m"]


def test_models_that_become_ready_beside_slow_steps_are_still_asked_together() -> None:
    gate = Gate()
    slow: dict[str, Any] = {f"b{number}": ("block", {"name": "slow"}) for number in range(2 * PARALLEL)}
    made = graph(
        {**slow, "a": "words", "m1": "ask", "m2": "ask", "m3": "ask"},
        ["a.text -> m1.prompt", "a.text -> m2.prompt", "a.text -> m3.prompt"],
    )
    registry = registry_with(gate)
    answered = 0
    for event in run(make_plan(made, registry), services(registry, backend=Company(3), parallel=PARALLEL)):
        answered += isinstance(event, NodeFinished) and event.node.startswith("m")
        if answered == 3:
            gate.open.set()
    assert answered == 3


def test_slow_steps_do_not_take_more_threads_than_allowed_either() -> None:
    gate = Gate()
    registry = registry_with(gate)
    plan = make_plan(graph({name: ("block", {"name": name}) for name in "abcd"}), registry)
    stream = run(plan, services(registry, parallel=2))
    assert [type(next(stream)).__name__ for _ in range(4)][2:] == ["NodeStarted", "NodeStarted"]
    waiting = threading.Thread(target=gate.open.set)
    waiting.start()
    assert not isinstance(next(stream), NodeStarted)
    waiting.join()
    assert len(last(stream).outputs) == 4


def test_places_are_given_in_the_order_of_coming() -> None:
    turnstile, cancel, order = Turnstile(1), threading.Event(), list[int]()
    entered = threading.Event()

    def come(number: int) -> None:
        entered.set()
        with turnstile.inside(cancel):
            order.append(number)

    with turnstile.inside(cancel):
        threads = []
        for number in range(5):
            entered.clear()
            threads.append(threading.Thread(target=come, args=(number,)))
            threads[-1].start()
            assert entered.wait(5)
            while len(turnstile._waiting) <= number:  # it is between its first line and the queue
                assert threads[-1].is_alive()
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4]


def test_who_waits_for_a_place_hears_a_cancel_and_takes_no_place_with_it() -> None:
    turnstile, cancel = Turnstile(1), threading.Event()
    with turnstile.inside(threading.Event()):
        cancel.set()
        with pytest.raises(Cancelled), turnstile.inside(cancel):
            pytest.fail("there is one place, and it is taken")
    with turnstile.inside(threading.Event()):
        assert not turnstile._waiting


def test_a_run_that_is_cancelled_while_models_wait_ends() -> None:
    gate, cancel = Gate(), threading.Event()

    class Waits(EchoBackend):
        def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
            yield Chunk("begun ")
            gate.entered.set()
            cancel.wait(20)
            raise Cancelled("stopped")

    registry = registry_with(gate)
    stream = run(make_plan(rows(6, maps=2), registry), services(registry, backend=Waits(), parallel=3), cancel=cancel)
    seen: list[Event] = []
    for event in stream:
        seen.append(event)
        if gate.entered.is_set():
            cancel.set()
    assert last(seen).status == "cancelled"
