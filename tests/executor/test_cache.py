"""What is served again and what is not: keys, cache rules, taint by failures, and caches that cannot be used."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st

from graphide.backends.echo import EchoBackend
from graphide.executor.cache import MemoryCache, TieredCache
from graphide.executor.disk_cache import DiskCache, decode, encode
from graphide.executor.events import Event
from graphide.executor.keys import Seed
from graphide.executor.plan import make_plan
from graphide.executor.run import foreseen_results, run
from graphide.graph.model import Graph
from graphide.values import Message, Sampling, Usage
from tests.support.runs import Gate, cached, graph, last, registry_with, services

PAIR = graph({"a": ("const", {"value": 2}), "b": ("add", {"plus": 1})}, ["a.value -> b.numbers"])
ASK = graph({"q": ("const", {"value": "hi"}), "m": "ask", "j": "join"}, ["q.value -> m.prompt", "m.text -> j.texts"])


def events_of(made: Graph, cache: Any, gate: Gate | None = None, seed: int | None = None) -> list[Event]:
    registry = registry_with(gate)
    chosen = Seed(seed) if seed is not None else None
    return list(run(make_plan(made, registry), services(registry, cache=cache), seed=chosen))


def test_an_unchanged_run_is_served_whole() -> None:
    cache = MemoryCache()
    first = events_of(PAIR, cache)
    again = events_of(PAIR, cache)
    assert cached(first) == set()
    assert cached(again) == {"a", "b"}
    assert again[1].cached == ("a", "b")  # type: ignore[union-attr]
    assert last(first).outputs == last(again).outputs


def test_a_setting_changed_and_changed_back_is_served() -> None:
    cache = MemoryCache()
    events_of(PAIR, cache)
    assert cached(events_of(PAIR.with_settings("b", plus=5), cache)) == {"a"}
    assert cached(events_of(PAIR, cache)) == {"a", "b"}


def test_ids_titles_and_places_do_not_count() -> None:
    cache = MemoryCache()
    events_of(PAIR, cache)
    renamed = graph({"x": ("const", {"value": 2}), "y": ("add", {"plus": 1})}, ["x.value -> y.numbers"])
    assert cached(events_of(replace(renamed, title="T", view={"x": [1, 2]}), cache)) == {"x", "y"}


def test_the_order_of_edges_into_one_input_counts() -> None:
    cache = MemoryCache()
    nodes: dict[str, Any] = {"a": ("const", {"value": "1"}), "b": ("const", {"value": "2"}), "j": "join"}
    events_of(graph(nodes, ["a.value -> j.texts", "b.value -> j.texts"]), cache)
    swapped: dict[str, Any] = {"b": ("const", {"value": "1"}), "a": ("const", {"value": "2"}), "j": "join"}
    assert last(events_of(graph(swapped, ["a.value -> j.texts", "b.value -> j.texts"]), cache)).outputs == {"j": "2 1"}


def test_an_answer_to_a_drawn_seed_is_asked_for_again() -> None:
    cache, gate = MemoryCache(), Gate()
    events_of(ASK, cache, gate)
    assert cached(events_of(ASK, cache, gate)) == {"q", "j"}  # the echo said the same, so what follows is known
    assert gate.calls == ["ask", "ask"]


def test_an_answer_to_a_chosen_seed_is_served_for_that_seed_only() -> None:
    cache, gate = MemoryCache(), Gate()
    events_of(ASK, cache, gate, seed=1)
    assert cached(events_of(ASK, cache, gate, seed=1)) == {"q", "m", "j"}
    assert cached(events_of(ASK, cache, gate, seed=2)) == {"q"}


def test_an_answer_with_a_seed_of_its_own_is_served_whatever_the_run_draws() -> None:
    made = replace(ASK, nodes={**ASK.nodes, **graph({"s": ("sampling", {"seed": 3})}).nodes})
    made = replace(made, edges=(*made.edges, *graph({}, ["s.sampling -> m.sampling"]).edges))
    cache = MemoryCache()
    events_of(made, cache)
    assert cached(events_of(made, cache)) == {"q", "s", "m", "j"}


def test_an_answer_from_the_cache_still_reports_what_it_cost() -> None:
    cache = MemoryCache()
    first, again = (last(events_of(ASK, cache, seed=1)) for _ in range(2))
    assert again.usage["completion_tokens"] == first.usage["completion_tokens"] > 0
    assert (first.usage["answers_from_cache"], again.usage["answers_from_cache"]) == (0, 1)
    assert again.models == first.models


def test_what_follows_an_uncached_step_is_served_when_the_step_says_the_same() -> None:
    cache, gate = MemoryCache(), Gate()
    made = graph({"n": "counted", "b": "add"}, ["n.value -> b.numbers"])
    events_of(made, cache, gate)
    assert cached(events_of(made, cache, gate)) == {"b"}
    assert gate.calls.count("counted") == 2


def test_a_value_made_after_a_failure_is_not_kept_for_the_success() -> None:
    cache = MemoryCache()
    registry = registry_with()
    made = graph({"a": "crash", "f": "first"}, ["a.text -> f.values"])
    broken = list(run(make_plan(made, registry), services(registry, cache=cache)))
    assert last(broken).outputs == {"f": "nothing"}
    mended = types.FunctionType((lambda *, kind: "fine").__code__, {})
    registry._specs["crash"] = replace(registry["crash"], function=mended)
    assert last(run(make_plan(made, registry), services(registry, cache=cache))).outputs == {"f": "fine"}


def test_another_model_under_the_same_name_is_asked_anew() -> None:
    class Answers(EchoBackend):
        def __init__(self, sha256: str) -> None:
            self.sha256 = sha256

        def identity(self, model: str) -> Any:
            return {"file": model, "sha256": self.sha256}

    registry, cache = registry_with(), MemoryCache()
    plan = make_plan(ASK, registry, targets=("m",))
    runs = [
        list(run(plan, services(registry, cache=cache, backend=Answers(sha)), seed=Seed(1))) for sha in ("1", "1", "2")
    ]
    assert [cached(events) for events in runs] == [set(), {"q", "m"}, {"q"}]


def test_a_plan_tells_beforehand_what_is_cached() -> None:
    cache = MemoryCache()
    registry = registry_with()
    plan = make_plan(PAIR, registry)
    assert set(foreseen_results(plan, services(registry, cache=cache))) == set()
    list(run(plan, services(registry, cache=cache)))
    assert set(foreseen_results(plan, services(registry, cache=cache))) == {"a", "b"}


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    cache = MemoryCache(limit=3_000)
    for number in range(10):
        cache.put(bytes([number]), {"text": "x" * 700}, durable=False)
    assert cache.get(bytes([0])) is None
    assert cache.get(bytes([9])) == {"text": "x" * 700}


def test_the_disk_keeps_answers_over_a_restart_but_not_trifles(tmp_path: Path) -> None:
    def fresh() -> TieredCache:
        return TieredCache(MemoryCache(), DiskCache(tmp_path / "results.sqlite"))

    events_of(ASK, fresh(), seed=1)
    assert cached(events_of(ASK, fresh(), seed=1)) == {"m"}


def test_the_disk_is_bounded(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "r.sqlite", limit=100_000)
    for number in range(40):
        cache.put(number.to_bytes(2, "big"), {"text": "x" * 10_000})
    assert cache.get((39).to_bytes(2, "big")) is not None
    assert cache.get((0).to_bytes(2, "big")) is None
    with sqlite3.connect(tmp_path / "r.sqlite") as db:
        assert db.execute("SELECT sum(length(data)) FROM results").fetchone()[0] <= 100_000


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(b"this is not a database, but it is long enough to look like one" * 100)
    cache = DiskCache(path)
    cache.put(b"k", {"text": "x"})
    assert cache.get(b"k") == {"text": "x"}
    assert path.with_suffix(".broken").exists()


def test_a_cache_that_cannot_be_written_is_a_miss_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = DiskCache(tmp_path / "file" / "r.sqlite")
    cache.put(b"k", {"text": "x"})
    assert cache.get(b"k") is None
    assert str(tmp_path) in cache.problem


def test_a_full_disk_is_a_miss_and_no_error(tmp_path: Path) -> None:
    """The limit on file size stands for a full disk: both end the write, not the process."""
    code = f"""
import resource, signal
from pathlib import Path
from graphide.executor.disk_cache import DiskCache
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
cache = DiskCache(Path({str(tmp_path / "r.sqlite")!r}))
cache.put(b"small", {{"text": "x"}})
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
for number in range(50):
    cache.put(bytes([number]), {{"text": "x" * 50_000}})
print(cache.get(b"small"), bool(cache.problem))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "{'text': 'x'} True"


def test_a_writer_that_is_killed_leaves_a_cache_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    code = f"""
import itertools
from pathlib import Path
from graphide.executor.disk_cache import DiskCache
cache = DiskCache(Path({str(path)!r}))
for number in itertools.count():
    cache.put(number.to_bytes(8, "big"), {{"text": "x" * 1000, "n": number}})
    if number == 20: print("going", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(10)
    cache = DiskCache(path)
    assert cache.get((20).to_bytes(8, "big")) == {"text": "x" * 1000, "n": 20}
    assert cache.problem == ""


TEXT = st.text(st.characters(exclude_categories=["Cs"]))  # half a character has no bytes; files cannot hold one either
VALUES = st.dictionaries(
    TEXT,
    st.one_of(
        TEXT, st.booleans(), st.integers(-(2**53), 2**53), st.none(), st.lists(TEXT),
        st.dictionaries(TEXT, st.integers(0, 9)),
        st.builds(Message, st.sampled_from(["user", "assistant"]), TEXT),
        st.builds(Sampling, temperature=st.floats(0, 2), seed=st.none() | st.integers(0, 9)),
        st.builds(Usage, prompt_tokens=st.integers(0, 9)),
    ),
    max_size=4,
)  # fmt: skip


@given(VALUES)
def test_values_come_back_from_their_bytes(values: dict[str, Any]) -> None:
    data = encode(values)
    assert data is not None
    assert decode(data) == values
