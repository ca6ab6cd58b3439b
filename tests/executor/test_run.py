"""What a run promises: order and completeness of events, isolation of failures, cancel, exact targets."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

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
from graphide.executor.keys import Seed
from graphide.executor.plan import Blocked, make_plan
from graphide.executor.run import run
from graphide.executor.threads import Submit, Threads, inline
from graphide.graph.model import Graph
from tests.support.runs import Gate, endings, graph, last, registry_with, services

ABC = graph({"a": "const", "b": "add", "c": "add"}, ["a.value -> b.numbers", "a.value -> c.numbers"])


def events_of(
    made: Graph, gate: Gate | None = None, *, targets: tuple[str, ...] = (), submit: Submit | None = None
) -> list[Event]:
    registry = registry_with(gate)
    return list(run(make_plan(made, registry, targets=targets), services(registry, submit=submit or Threads())))


@pytest.mark.parametrize("submit", [inline, Threads()], ids=["inline", "threads"])
def test_a_run_starts_once_plans_once_and_finishes_once_at_the_end(submit: Submit) -> None:
    kinds = [type(event) for event in events_of(ABC, submit=submit)]
    assert kinds[:2] == [RunStarted, PlanMade]
    assert kinds[-1] is RunFinished
    assert [kinds.count(kind) for kind in (RunStarted, PlanMade, RunFinished)] == [1, 1, 1]


@pytest.mark.parametrize("submit", [inline, Threads()], ids=["inline", "threads"])
def test_a_node_starts_then_streams_then_ends_once_and_its_chunks_are_its_text(submit: Submit) -> None:
    made = graph({"a": ("const", {"value": "one two three"}), "w": "words"}, ["a.value -> w.text"])
    mine = [event for event in events_of(made, submit=submit) if getattr(event, "node", "") == "w"]
    assert [type(event) for event in mine] == [NodeStarted, NodeProgress, *[NodeChunk] * 3, NodeFinished]
    assert "".join(event.text for event in mine if isinstance(event, NodeChunk)) == mine[-1].values["text"]  # type: ignore[union-attr]


def test_running_to_a_node_runs_its_ancestors_and_nothing_else() -> None:
    assert endings(events_of(ABC, targets=("b",))) == {"a": "finished", "b": "finished"}


def test_the_result_of_a_target_is_its_value() -> None:
    assert last(events_of(ABC, targets=("b",))).outputs == {"b": 1}


def test_without_output_nodes_the_last_nodes_are_the_results() -> None:
    assert last(events_of(ABC)).outputs == {"b": 1, "c": 1}


def test_outputs_carry_their_names() -> None:
    made = graph({"a": "const", "o": ("output", {"name": "answer"})}, ["a.value -> o.value"])
    assert last(events_of(made)).outputs == {"answer": 1}


def test_a_failure_stops_only_what_needs_it() -> None:
    made = graph(
        {"a": "const", "bad": "fail", "after": "join", "more": "join", "fine": "add"},
        ["a.value -> bad.value", "bad.text -> after.texts", "after.text -> more.texts", "a.value -> fine.numbers"],
    )
    events = events_of(made)
    assert endings(events) == {
        "a": "finished", "bad": "failed", "after": "skipped", "more": "skipped", "fine": "finished",
    }  # fmt: skip
    skipped = {event.node: (event.because, event.reason) for event in events if isinstance(event, NodeSkipped)}
    assert skipped == {"after": ("bad", "failed"), "more": ("bad", "failed")}
    assert last(events).status == "partial"
    assert last(events).outputs == {"fine": 1}


def test_a_failure_says_what_where_and_what_to_do_with_the_inputs() -> None:
    made = graph({"a": ("const", {"value": "x"}), "bad": "fail"}, ["a.value -> bad.value"])
    failed = next(event for event in events_of(made) if isinstance(event, NodeFailed))
    assert (failed.node, failed.type, failed.message, failed.hint) == ("bad", "fail", "it broke", "Mend it")
    assert failed.inputs == {"value": "x"}


def test_when_everything_asked_for_failed_the_run_failed() -> None:
    assert last(events_of(graph({"bad": "fail"}))).status == "failed"


@pytest.mark.parametrize(
    ("kind", "said"), [("SystemExit", "SystemExit: 3"), ("ZeroDivisionError", "ZeroDivisionError: ")]
)
def test_node_code_cannot_end_the_program(kind: str, said: str) -> None:
    failed = next(e for e in events_of(graph({"c": ("crash", {"kind": kind})})) if isinstance(e, NodeFailed))
    assert failed.message.startswith(said)


def test_a_fallback_turns_a_failure_into_an_ok_run() -> None:
    made = graph(
        {"bad": "fail", "good": ("const", {"value": "plan b"}), "f": "first"},
        ["bad.text -> f.values", "good.value -> f.values"],
    )
    events = events_of(made)
    assert endings(events) == {"bad": "failed", "good": "finished", "f": "finished"}
    assert (last(events).status, last(events).outputs) == ("ok", {"f": "plan b"})


def test_a_fallback_catches_a_failure_further_up() -> None:
    made = graph({"bad": "fail", "after": "join", "f": "first"}, ["bad.text -> after.texts", "after.text -> f.values"])
    assert (last(events_of(made)).status, last(events_of(made)).outputs) == ("ok", {"f": "nothing"})


def test_the_way_not_taken_is_skipped_and_is_no_failure() -> None:
    made = graph(
        {"a": ("const", {"value": "x"}), "p": "pick", "yes": "join", "no": "join", "then": "join"},
        [
            "a.value -> p.value",
            "p.then -> yes.texts",
            "p.otherwise -> no.texts",
            "yes.text -> then.texts",
            "no.text -> then.texts",
        ],
    )
    events = events_of(made)
    assert endings(events) == {"a": "finished", "p": "finished", "yes": "finished", "no": "skipped", "then": "finished"}
    assert (last(events).status, last(events).outputs) == ("ok", {"then": "x"})


def test_independent_branches_run_at_the_same_time() -> None:
    gate = Gate()
    made = graph({"a": ("block", {"name": "a"}), "b": ("block", {"name": "b"})})
    stream = run(make_plan(made, registry_with(gate)), services(registry_with(gate)))
    seen = [next(stream) for _ in range(4)]
    assert [type(event) for event in seen] == [RunStarted, PlanMade, NodeStarted, NodeStarted]
    collected: list[Event] = []
    reader = threading.Thread(target=lambda: collected.extend(stream))
    reader.start()
    assert gate.entered.wait(5), "the second step waits for the first"
    gate.open.set()
    reader.join(5)
    assert last(collected).outputs == {"a": "a", "b": "b"}


def test_no_more_steps_run_at_one_time_than_allowed() -> None:
    gate = Gate()
    made = graph({name: ("block", {"name": name}) for name in "abcdef"})
    registry = registry_with(gate)
    stream = run(make_plan(made, registry), services(registry, parallel=2))
    started = [next(stream) for _ in range(4)][2:]
    assert [event.node for event in started] == ["a", "b"]  # type: ignore[union-attr]
    gate.open.set()
    assert len(last(stream).outputs) == 6


def test_cancel_keeps_the_text_so_far_and_skips_the_rest() -> None:
    gate, cancel = Gate(), threading.Event()
    made = graph(
        {"a": ("const", {"value": "one two three"}), "w": ("words", {"stop_at": 2}), "o": "output"},
        ["a.value -> w.text", "w.text -> o.value"],
    )
    registry = registry_with(gate)
    events: list[Event] = []
    for event in run(make_plan(made, registry), services(registry), cancel=cancel):
        events.append(event)
        if isinstance(event, NodeChunk) and event.text == "two ":
            cancel.set()
    assert endings(events) == {"a": "finished", "w": "skipped", "o": "skipped"}
    end = last(events)
    assert (end.status, end.outputs) == ("cancelled", {})
    assert end.partial["w"].startswith("one two ")
    reasons = {event.node: event.reason for event in events if isinstance(event, NodeSkipped)}
    assert reasons == {"w": "cancelled", "o": "cancelled"}


def test_text_that_was_just_finished_when_the_cancel_came_is_not_lost() -> None:
    cancel = threading.Event()
    made = graph(
        {"a": ("const", {"value": "one two"}), "w": "words", "o": "output"}, ["a.value -> w.text", "w.text -> o.value"]
    )
    registry = registry_with()
    events: list[Event] = []
    for event in run(make_plan(made, registry), services(registry), cancel=cancel):
        events.append(event)
        if isinstance(event, NodeFinished) and event.node == "w":
            cancel.set()
    end = last(events)
    assert (end.status, end.outputs, end.partial) == ("cancelled", {}, {"w": "one two "})


def test_cancel_does_not_wait_for_a_step_that_does_not_listen() -> None:
    gate, cancel = Gate(), threading.Event()
    registry = registry_with(gate)
    events: list[Event] = []
    for event in run(make_plan(graph({"a": "block"}), registry), services(registry), cancel=cancel):
        events.append(event)
        if isinstance(event, NodeStarted):
            cancel.set()
    assert (last(events).status, endings(events)) == ("cancelled", {"a": "skipped"})
    gate.open.set()


def test_closing_the_stream_cancels() -> None:
    gate, cancel = Gate(), threading.Event()
    registry = registry_with(gate)
    made = graph({"a": ("const", {"value": "one two"}), "w": ("words", {"stop_at": 0})}, ["a.value -> w.text"])
    stream = run(make_plan(made, registry), services(registry), cancel=cancel)
    for event in stream:
        if isinstance(event, NodeProgress):
            break
    assert gate.entered.wait(5)
    stream.close()
    assert cancel.is_set()


def test_a_blocked_step_fails_and_other_branches_run() -> None:
    made = graph({"x": "no such type", "after": "join", "fine": "const"}, ["x.text -> after.texts"])
    registry = registry_with()
    plan = make_plan(made, registry, blocked={"x": Blocked("the type is unknown", "Install it")})
    events = list(run(plan, services(registry)))
    assert endings(events) == {"x": "failed", "after": "skipped", "fine": "finished"}
    assert last(events).status == "partial"


def test_a_value_is_let_go_after_its_last_reader() -> None:
    chain = graph(
        {"a": "const", **{f"n{i}": "add" for i in range(50)}},
        ["a.value -> n0.numbers", *(f"n{i}.value -> n{j}.numbers" for i, j in pairwise(range(50)))],
    )
    from graphide.executor.state import State

    plan = make_plan(chain, registry_with())
    state = State(plan)
    most = 0
    while step := state.take():
        state.finish(step, {"value": 1})
        most = max(most, len(state.values))
    assert most <= 2
    assert set(state.values) == {"n49"}


def test_a_chain_of_5000_nodes_runs() -> None:
    nodes = {"n0": "const", **{f"n{i}": ("add", {"plus": 1}) for i in range(1, 5000)}}
    made = graph(nodes, [f"n{i}.value -> n{i + 1}.numbers" for i in range(4999)])
    assert last(events_of(made)).outputs == {"n4999": 5000}


def test_a_muted_node_gives_nothing_and_a_bypassed_one_gives_its_input() -> None:
    from dataclasses import replace

    made = graph(
        {"a": ("const", {"value": "x"}), "b": "join", "c": "join"}, ["a.value -> b.texts", "b.text -> c.texts"]
    )
    bypassed = replace(made, nodes={**made.nodes, "b": replace(made.nodes["b"], state="bypassed")})
    muted = replace(made, nodes={**made.nodes, "b": replace(made.nodes["b"], state="muted")})
    assert last(events_of(bypassed)).outputs == {"c": "x"}
    assert endings(events_of(muted)) == {"a": "finished", "b": "skipped", "c": "skipped"}


def test_rows_run_in_order_and_a_failing_row_leaves_the_others_alone() -> None:
    inner = {
        "nodes": {
            "item": {"type": "variable"}, "double": {"type": "join"}, "o": {"type": "output"},
        },
        "edges": ["item.value -> double.texts", "double.text -> o.value"],
    }  # fmt: skip
    made = graph(
        {"a": ("const", {"value": ["x", {"no": "text"}, "z"]}), "m": ("rows", {"graph": inner})}, ["a.value -> m.items"]
    )
    events = events_of(made)
    assert last(events).outputs == {"m": ["x", '{"no":"text"}', "z"]}
    inner_nodes = {event.node for event in events if isinstance(event, NodeFinished)}
    assert {"m/0/double", "m/1/double", "m/2/double"} <= inner_nodes


@pytest.mark.parametrize("count", [15, 1000])
def test_all_rows_come_back_in_order(count: int) -> None:
    inner = {"nodes": {"item": {"type": "variable"}, "o": {"type": "output"}}, "edges": ["item.value -> o.value"]}
    made = graph(
        {"a": ("const", {"value": list(range(count))}), "m": ("rows", {"graph": inner})}, ["a.value -> m.items"]
    )
    assert last(events_of(made)).outputs == {"m": list(range(count))}


def test_graphs_nested_without_end_are_refused() -> None:
    inner: dict[str, object] = {
        "nodes": {"item": {"type": "variable"}, "o": {"type": "output"}},
        "edges": ["item.value -> o.value"],
    }
    for _ in range(20):
        inner = {
            "nodes": {
                "item": {"type": "variable"}, "k": {"type": "const", "value": [1]},
                "m": {"type": "rows", "graph": inner}, "o": {"type": "output"},
            },
            "edges": ["k.value -> m.items", "m.list -> o.value"],
        }  # fmt: skip
    made = graph({"a": ("const", {"value": [1]}), "m": ("rows", {"graph": inner})}, ["a.value -> m.items"])
    assert "graphs are nested more than 16 deep" in str(last(events_of(made)).outputs)


def test_the_seed_of_a_run_is_used_where_a_node_sets_none() -> None:
    made = graph(
        {"q": ("const", {"value": "hi"}), "s": ("sampling", {"seed": 5}), "own": "ask", "theirs": "ask"},
        ["q.value -> own.prompt", "q.value -> theirs.prompt", "s.sampling -> own.sampling"],
    )
    registry = registry_with()
    events = list(run(make_plan(made, registry), services(registry), seed=Seed(9)))
    seeds = {e.node: e.values["usage"].seed for e in events if isinstance(e, NodeFinished) and "usage" in e.values}
    assert seeds == {"own": 5, "theirs": 9}
    assert last(events).seed == 9
