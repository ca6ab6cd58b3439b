"""What is seen of a run: any beginning of a real event stream is a view, and the whole of it agrees with the result."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from graphide.editor.noderun import NestedRun, NodeRun
from graphide.editor.pieces import appended
from graphide.editor.runview import RunRefused, RunView, Seen, StopAsked, reduce, reduce_all, starting
from graphide.executor.events import (
    Event,
    NodeChunk,
    NodeFailed,
    NodeFinished,
    NodeProgress,
    NodeSkipped,
    NodeStarted,
    PlanMade,
    RunFinished,
    RunStarted,
)
from graphide.executor.plan import make_plan
from graphide.executor.run import run
from graphide.values import Message, Sampling, Usage
from tests.support.echo_runs import EXAMPLES, TEMPLATES, echo_events
from tests.support.runs import Gate, graph, registry_with, services

GRAPHS = (*TEMPLATES, *EXAMPLES)
every_graph = pytest.mark.parametrize("path", GRAPHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
_streams: dict[Path, list[Event]] = {}


def stream(path: Path, folder: Path) -> list[Event]:
    if path not in _streams:
        _streams[path] = echo_events(path, folder)
    return _streams[path]


def folded(events: list[Event], view: RunView | None = None) -> RunView:
    view = view or RunView()
    for number, event in enumerate(events):
        view = reduce(view, event, at=number * 0.1)
    return view


def ran(nodes: dict[str, Any], edges: list[str], gate: Gate | None = None) -> list[Event]:
    registry = registry_with(gate)
    return list(run(make_plan(graph(nodes, edges), registry), services(registry)))


def inner_nodes(view: RunView) -> dict[str, NodeRun]:
    found: dict[str, NodeRun] = {}

    def walk(nodes: Any, before: str) -> None:
        for node in nodes.values():
            found[before + node.id] = node
            for label, row in node.rows.items():
                walk(row.nodes, f"{before}{node.id}/{label}/")

    walk(view.nodes, "")
    return found


@every_graph
def test_every_beginning_of_a_run_is_a_view_and_agrees_with_what_was_said(path: Path, tmp_path: Path) -> None:
    said: dict[str, str] = {}
    view = RunView()
    for event in stream(path, tmp_path):
        view = reduce(view, event, at=1.0)
        if isinstance(event, NodeChunk):
            said[event.node] = said.get(event.node, "") + event.text
            assert inner_nodes(view)[event.node].text == said[event.node]
            assert inner_nodes(view)[event.node].partial
        assert view.over == isinstance(event, RunFinished)
        assert 0 <= view.ended <= len(view.nodes)
        assert all(node.summary is not None and node.shown is not None for node in view.nodes.values())


@every_graph
def test_the_end_of_a_run_agrees_with_its_result(path: Path, tmp_path: Path) -> None:
    events = stream(path, tmp_path)
    view, end = folded(events), events[-1]
    assert isinstance(end, RunFinished)
    assert (view.state, view.outputs, view.usage, view.seed) == (end.status, end.outputs, end.usage, 7)
    found = inner_nodes(view)
    for event in events:
        if isinstance(event, NodeFinished):
            node = found[event.node]
            assert (node.state, node.values, node.partial) == ("done", event.values, False)
            if "text" in event.values and node.chunks:
                assert node.text == event.values["text"]
    assert {node.state for node in found.values()} <= {"done", "skipped"}
    assert view.tokens() == end.usage.get("completion_tokens", 0)


@given(data=st.data())
def test_however_a_stream_is_cut_into_batches_the_view_is_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = data.draw(st.sampled_from(TEMPLATES))
    events = stream(path, tmp_path_factory.mktemp("graphs"))
    upto = data.draw(st.integers(0, len(events)))
    seen = [Seen(event, number * 0.1) for number, event in enumerate(events[:upto])]
    cuts = sorted({0, upto, *data.draw(st.lists(st.integers(0, upto), max_size=5))})
    view = RunView()
    for begin, end in pairwise(cuts):
        view = reduce_all(view, seen[begin:end])
    assert view == folded(events[:upto])


def test_the_rows_of_a_map_are_counted_as_they_end(tmp_path: Path) -> None:
    events = stream(next(path for path in TEMPLATES if path.stem == "map_list"), tmp_path)
    view, summaries = RunView(), []
    for event in events:
        view = reduce(view, event)
        if "each" in view.nodes:
            summaries.append(view.nodes["each"].summary)
    shown = [text for text in dict.fromkeys(summaries) if text.endswith(" of 3")]
    assert shown[-1] == "3 of 3" and set(shown) <= {"0 of 3", "1 of 3", "2 of 3", "3 of 3"}
    each = view.nodes["each"]
    assert [row.state(each.ends) for row in each.rows.values()] == ["done"] * 3
    assert each.rows["1"].nodes["answer"].text == each.values["results"][1]


def test_a_loop_says_which_round_it_is_in(tmp_path: Path) -> None:
    path = next(path for path in TEMPLATES if path.stem == "refine_loop")
    view = folded(stream(path, tmp_path))
    assert view.nodes["refine"].summary == f"round {view.outputs['rounds']} of 4"


def test_failures_inside_and_outside_are_told_apart() -> None:
    inner = {"nodes": {"item": {"type": "variable"}, "bad": {"type": "fail"}, "result": {"type": "output"}},
             "edges": ["item.value -> bad.value", "bad.text -> result.value"]}  # fmt: skip
    view = folded(ran({"a": ("const", {"value": [1, 2]}), "m": ("rows", {"graph": inner})}, ["a.value -> m.items"]))
    outer = view.nodes["m"]
    assert (view.state, outer.state, outer.summary) == ("ok", "done", "2 of 2, 2 failed")
    failed = outer.rows["0"].nodes["bad"]
    assert failed.error is not None and (failed.error.message, failed.error.to_do) == ("it broke", "Mend it")
    assert failed.error.inputs == (("value", "1"),)
    assert outer.rows["0"].nodes["result"].why_skipped == '"bad" failed'


def test_a_failed_node_shows_what_it_was_given_and_what_to_do() -> None:
    view = folded(ran({"a": ("const", {"value": "x\ny" * 400}), "f": "fail", "o": "output"},
                      ["a.value -> f.value", "f.text -> o.value"]))  # fmt: skip
    error = view.nodes["f"].error
    assert error is not None and error.inputs[0][0] == "value" and len(error.inputs[0][1]) <= 200
    assert [node.id for node in view.failures] == ["f"]
    assert (view.state, view.nodes["o"].state, view.nodes["o"].why_skipped) == ("failed", "skipped", '"f" failed')


def test_an_error_without_a_hint_says_what_helps_against_its_kind() -> None:
    begun = folded([RunStarted("r", "", 1), PlanMade(("a",), ())])
    view = reduce(begun, NodeFailed("a", "model", "no memory", "", "oom", {}, "half a te", 1))
    error = view.nodes["a"].error
    assert error is not None and "smaller" in error.to_do
    assert (view.nodes["a"].text, view.nodes["a"].partial) == ("half a te", True)


def test_progress_has_a_fraction_until_text_comes_and_speed_is_live_and_then_final() -> None:
    view = folded([RunStarted("r", "", 1), PlanMade(("a",), ("a",)), NodeStarted("a", "model")])
    assert view.nodes["a"].foreseen
    view = reduce(view, NodeProgress("a", "loading model", 1, 4))
    assert (view.nodes["a"].label, view.nodes["a"].fraction) == ("loading model", 0.25)
    view = reduce(view, NodeChunk("a", "one "), at=10.0)
    view = reduce(view, NodeChunk("a", "two three"), at=11.0, chunks=2)
    node = view.nodes["a"]
    assert (node.fraction, node.tokens, node.tokens_per_second(12.0), node.elapsed(12.0)) == (None, 3, 1.0, 11.8)
    usage = Usage(prompt_tokens=9, completion_tokens=3, cached_tokens=4, tokens_per_second=30.0)
    view = reduce(view, NodeFinished("a", {"text": "one two three", "usage": usage}, False, 2.5), at=13.0)
    node = view.nodes["a"]
    assert (node.tokens, node.tokens_per_second(99.0), node.elapsed(99.0)) == (3, 30.0, 2.5)
    assert node.shown == (("text", "one two three"), ("usage", "9 tokens read (4 cached), 3 written at 30.0/s"))


def test_what_cannot_be_changes_nothing() -> None:
    blank = RunView()
    begun = folded([RunStarted("r", "t", 1), PlanMade(("a",), ())])
    over = reduce(begun, RunFinished("ok", {}, 1.0))
    for view, event in (
        (blank, NodeStarted("a", "model")),
        (blank, PlanMade(("a",), ())),
        (blank, RunFinished("ok", {}, 1.0)),
        (blank, StopAsked()),
        (begun, RunStarted("another", "t", 1)),
        (over, NodeChunk("a", "late")),
        (over, RunFinished("failed", {}, 1.0)),
        (over, RunRefused("late")),
    ):
        assert reduce(view, event) is view


def test_a_stop_shows_until_the_run_has_ended_and_nothing_is_left_running() -> None:
    view = folded([RunStarted("r", "", 1), PlanMade(("a", "b"), ()), NodeStarted("a", "map"),
                   NodeStarted("a/0/x", "model"), NodeChunk("a/0/x", "half")], starting("g"))  # fmt: skip
    view = reduce(view, StopAsked())
    assert view.state == "stopping" and view.active
    view = reduce(view, NodeSkipped("a", "a", "cancelled", "some text"))
    assert (view.nodes["a"].text, view.nodes["a"].partial, view.nodes["a"].why_skipped) == (
        "some text",
        True,
        "stopped",
    )
    view = reduce(view, RunFinished("cancelled", {}, 1.0))
    assert (view.state, view.nodes["b"].state) == ("cancelled", "skipped")
    row = view.nodes["a"].rows["0"]
    assert (row.nodes["x"].state, row.nodes["x"].text, row.state()) == ("skipped", "half", "skipped")


def test_a_stop_before_the_run_has_begun_is_not_forgotten() -> None:
    view = reduce(starting("g", at=5.0), StopAsked())
    assert reduce(view, RunStarted("r", "g", 1), at=6.0).state == "stopping"


def test_a_run_that_breaks_ends_and_says_why() -> None:
    view = folded([RunStarted("r", "", 1), PlanMade(("a",), ()), NodeStarted("a", "model"), NodeChunk("a", "half")])
    view = reduce(view, RunRefused("the cache is closed", hint="Run it again"), at=9.0)
    assert view.over and view.refusal is not None and view.refusal.hint == "Run it again"
    assert (view.nodes["a"].state, view.nodes["a"].text, view.nodes["a"].partial) == ("skipped", "half", True)


def test_a_text_of_very_many_pieces_is_joined_in_few_steps() -> None:
    pieces: tuple[str, ...] = ()
    for number in range(50_000):
        pieces = appended(pieces, f"{number} ")
        assert len(pieces) <= 20
    assert "".join(pieces) == "".join(f"{number} " for number in range(50_000))


def test_a_long_answer_is_reduced_far_faster_than_it_is_written() -> None:
    steps = tuple(f"n{number}" for number in range(1000))
    view = folded([RunStarted("r", "", 1), PlanMade(steps, ())])
    began = time.process_time()
    for _ in range(2_000):
        view = reduce(view, NodeChunk("n500", "word "))
    spent = time.process_time() - began
    assert view.nodes["n500"].text == "word " * 2_000
    assert spent / 2_000 < 0.0005, "200 pieces a second in a graph of 1,000 nodes are to cost a tenth of a core at most"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("two\nlines", "two lines"),
        ((Message("user", "hi"), Message("assistant", "hello")), "2 turns, last assistant: hello"),
        ([1, 2], "2 items: [1,2]"),
        (Sampling(temperature=0.4), "temperature 0.4"),
        ({"a": 1}, '{"a":1}'),
        (None, "null"),
        ("long " * 1000, None),
        (list(range(1_000_000)), None),
    ],
)
def test_values_have_short_forms(value: Any, shown: str | None) -> None:
    from graphide.editor.short import short

    text = short(value, 60)
    assert len(text) <= 60 and "\n" not in text
    assert shown is None or text == shown


def test_a_row_without_known_ends_is_judged_by_all_its_nodes() -> None:
    done, failed = NodeRun("a", state="done"), NodeRun("b", state="failed")
    assert NestedRun("0", {"a": done}).state() == "running"
    assert NestedRun("0", {"a": done}, over=True).state() == "done"
    assert NestedRun("0", {"a": done, "b": failed}, over=True).state() == "failed"
