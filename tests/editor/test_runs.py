"""Running from the editor: threads that end, events that come in order and joined, stop, plans, changes, history."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphide.editor.mailbox import Mailbox
from graphide.editor.run_file import RunFile
from graphide.editor.run_history import RunHistory, RunRecord, compare, graph_hash, kept
from graphide.editor.runs import RunControl, Seeds, changed_since
from graphide.editor.runview import RunView, reduce_all
from graphide.errors import UsageError
from graphide.executor.events import NodeChunk, NodeFinished, NodeProgress, NodeStarted, RunFinished, RunStarted
from graphide.graph.model import Edge, Graph, Node
from graphide.workspace import Document, Workspace
from tests.support.echo_runs import TEMPLATES, builtin
from tests.support.runs import Gate, graph, registry_with

LONG = 20.0
"""Seconds after which a test that waits has failed."""

WORDS = graph({"a": ("const", {"value": "one two three"}), "w": ("words", {"stop_at": 1}), "o": "output"},
              ["a.value -> w.text", "w.text -> o.value"])  # fmt: skip


class Wakes:
    """Counts wakes and lets a test wait for the next."""

    def __init__(self) -> None:
        self.count = 0
        self._event = threading.Event()

    def __call__(self) -> None:
        self.count += 1
        self._event.set()

    def wait(self) -> None:
        assert self._event.wait(LONG)
        self._event.clear()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def workspace(gate: Gate) -> Iterator[Workspace]:
    with Workspace(model="echo", cache=False, registry=registry_with(gate)) as workspace:
        yield workspace


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
def control(workspace: Workspace, wakes: Wakes) -> Iterator[RunControl]:
    control = RunControl(workspace, wakes)
    yield control
    control.close()
    assert not [thread for thread in threading.enumerate() if thread.name in ("graphide-run", "graphide-plan")]


def ended(control: RunControl) -> RunView:
    view = control.wait(LONG)
    assert view.over
    return view


def until_text(control: RunControl, wakes: Wakes, node: str) -> RunView:
    """Wait, by wakes alone, until a node has text."""
    while not (view := control.update()).nodes.get(node) or not view.nodes[node].text:
        wakes.wait()
    return view


def test_a_run_goes_from_starting_to_its_end_and_wakes_who_waits(control: RunControl, wakes: Wakes, gate: Gate) -> None:
    gate.open.set()
    control.start(Document(WORDS))
    assert control.view.state == "starting"
    while not control.update().over:
        wakes.wait()
    assert (control.view.state, control.view.outputs) == ("ok", {"result": "one two three "})
    assert control.view.nodes["w"].text == "one two three "
    assert control.update() is control.view


def test_a_stop_shows_at_once_ends_the_run_and_keeps_the_text(control: RunControl, wakes: Wakes, gate: Gate) -> None:
    control.start(Document(WORDS))
    view = until_text(control, wakes, "w")
    assert (view.nodes["w"].text, view.nodes["w"].partial) == ("one ", True)
    control.stop()
    assert control.view.state == "stopping"
    control.stop()
    view = ended(control)
    assert view.state == "cancelled"
    assert (view.nodes["w"].state, view.nodes["w"].why_skipped) == ("skipped", "stopped")
    assert view.nodes["w"].text.startswith("one ") and view.nodes["w"].partial


def test_a_node_that_is_deaf_to_a_stop_does_not_hold_up_the_end(control: RunControl, gate: Gate) -> None:
    control.start(Document(graph({"b": "block"})))
    control.stop()
    assert ended(control).state == "cancelled"


def test_only_one_run_at_a_time_and_the_next_one_starts_clean(control: RunControl, gate: Gate) -> None:
    control.start(Document(WORDS))
    with pytest.raises(UsageError, match="under way"):
        control.start(Document(WORDS))
    gate.open.set()
    ended(control)
    control.start(Document(graph({"a": ("const", {"value": 5})})))
    assert control.view.nodes == {}
    assert ended(control).outputs == {"a": 5}


def test_running_to_a_node_runs_what_it_needs_only(control: RunControl) -> None:
    control.start(Document(WORDS), targets=["a"])
    view = ended(control)
    assert (list(view.nodes), view.targets, view.outputs) == (["a"], ("a",), {"a": "one two three"})


def test_inputs_are_bound_and_unknown_ones_refused(control: RunControl) -> None:
    made = graph({"topic": "variable", "o": "output"}, ["topic.value -> o.value"])
    control.start(Document(made), inputs={"topic": "tides"})
    assert ended(control).outputs == {"result": "tides"}
    control.start(Document(made), inputs={"topi": "tides"})
    view = ended(control)
    assert view.refusal is not None and "topi" in view.refusal.message and "topic" in view.refusal.hint


def test_a_graph_that_cannot_run_is_refused_with_its_problems(control: RunControl) -> None:
    cycle = graph({"a": "add", "b": "add"}, ["a.value -> b.numbers", "b.value -> a.numbers"])
    control.start(Document(cycle))
    view = ended(control)
    assert view.state == "refused" and view.refusal is not None and view.refusal.problems


@pytest.mark.parametrize("kind", ["ZeroDivisionError", "SystemExit"])
def test_an_exception_in_a_node_is_the_failure_of_that_node(control: RunControl, kind: str) -> None:
    control.start(Document(graph({"c": ("crash", {"kind": kind})})))
    view = ended(control)
    assert (view.state, view.nodes["c"].state) == ("failed", "failed")


class _Breaks(Workspace):
    """A workspace whose runs break in the middle, outside any node."""

    def run(self, document: Document, **options: Any) -> Iterator[Any]:
        yield from [event for event in super().run(document, **options) if isinstance(event, RunStarted)]
        raise OSError("the disk is gone")


class _StopsShort(Workspace):
    """A workspace whose runs end without a last event."""

    def run(self, document: Document, **options: Any) -> Iterator[Any]:
        yield from [event for event in super().run(document, **options) if not isinstance(event, RunFinished)]


@pytest.mark.parametrize(("kind", "message"), [(_Breaks, "the disk is gone"), (_StopsShort, "without a result")])
def test_a_run_that_breaks_outside_its_nodes_still_ends(kind: type[Workspace], message: str) -> None:
    with kind(cache=False, registry=registry_with()) as workspace:
        control = RunControl(workspace, lambda: None)
        control.start(Document(graph({"a": "const"})))
        view = ended(control)
        control.close()
    assert view.state == "refused" and view.refusal is not None and message in view.refusal.message
    assert all(node.ended for node in view.nodes.values())


def test_closing_the_workspace_during_a_run_leaves_nothing_hanging(gate: Gate) -> None:
    workspace, wakes = Workspace(model="echo", registry=registry_with(gate)), Wakes()
    control = RunControl(workspace, wakes)
    control.start(Document(WORDS))
    until_text(control, wakes, "w")
    workspace.close()
    gate.open.set()
    assert ended(control).over
    control.close()


def test_closing_ends_a_run_and_its_thread(workspace: Workspace, gate: Gate) -> None:
    wakes = Wakes()
    control = RunControl(workspace, wakes)
    control.start(Document(WORDS))
    until_text(control, wakes, "w")
    control.close()
    assert control.view.state == "cancelled"
    assert not [thread for thread in threading.enumerate() if thread.name == "graphide-run"]
    with pytest.raises(UsageError):
        control.start(Document(WORDS))


def test_results_of_an_earlier_graph_are_known_as_such(control: RunControl, gate: Gate) -> None:
    gate.open.set()
    control.start(Document(WORDS))
    ended(control)
    assert control.changed(WORDS) == frozenset()
    edited = WORDS.with_settings("a", value="four")
    assert control.changed(edited) == {"a", "w", "o"}
    assert control.changed(edited) is control.changed(edited), "both graphs are compared once"
    assert control.changed(WORDS) == frozenset()


def test_what_changed_is_what_gives_other_results_and_all_that_follows() -> None:
    registry = registry_with()
    made = graph({"a": "const", "b": "add", "c": "add", "m": "ask"}, ["a.value -> b.numbers", "b.value -> c.numbers"])
    nodes = made.nodes

    def since(**changes: Any) -> frozenset[str]:
        return changed_since(made, replace(made, **changes), registry)

    assert since(view={"a": [1, 2]}, title="x") == frozenset()
    assert since(nodes={**nodes, "a": replace(nodes["a"], title="named")}) == frozenset()
    assert since(nodes={**nodes, "b": replace(nodes["b"], state="muted")}) == {"b", "c"}
    assert since(edges=made.edges[:1]) == {"c"}
    assert since(nodes={**nodes, "d": Node("d", "const")}, edges=(*made.edges, Edge("d", "value", "c", "numbers"))) == {
        "c",
        "d",
    }
    assert since(models={"default": object()}) == {"m"}


# --- the mailbox


def test_chunks_of_a_node_are_joined_and_never_pass_its_other_events() -> None:
    box = Mailbox(lambda: None, lambda: 1.0)
    for event in (NodeStarted("a", "t"), NodeChunk("a", "1"), NodeChunk("b", "x"), NodeChunk("a", "2"),
                  NodeFinished("a", {}, False, 1.0), NodeStarted("a", "t"), NodeChunk("a", "3")):  # fmt: skip
        box.put(event)
    seen = box.drain(100)
    assert [(item.event, item.chunks) for item in seen] == [
        (NodeStarted("a", "t"), 1),
        (NodeChunk("a", "12"), 2),
        (NodeChunk("b", "x"), 1),
        (NodeFinished("a", {}, False, 1.0), 1),
        (NodeStarted("a", "t"), 1),
        (NodeChunk("a", "3"), 1),
    ]


def test_a_chunk_after_a_reading_is_not_lost() -> None:
    box = Mailbox(lambda: None, lambda: 1.0)
    box.put(NodeChunk("a", "1"))
    assert len(box.drain(1)) == 1
    box.put(NodeChunk("a", "2"))
    assert [item.event for item in box.drain(1)] == [NodeChunk("a", "2")]


def test_progress_that_nobody_saw_is_replaced_by_newer() -> None:
    box = Mailbox(lambda: None, lambda: 1.0)
    for number in range(5):
        box.put(NodeProgress("a", "loading model", number, 5))
    assert [item.event for item in box.drain(9)] == [NodeProgress("a", "loading model", 4, 5)]


def test_one_wake_for_all_that_came_and_another_while_something_is_left() -> None:
    wakes = Wakes()
    box = Mailbox(wakes, lambda: 1.0)
    for number in range(4):
        box.put(NodeStarted(f"n{number}", "t"))
    assert wakes.count == 1
    box.drain(3)
    assert (wakes.count, len(box)) == (2, 1)
    box.drain(3)
    box.put(NodeStarted("n", "t"))
    assert wakes.count == 3


def test_a_full_mailbox_holds_the_writer_until_it_is_read_or_closed() -> None:
    box, written = Mailbox(lambda: None, lambda: 1.0, most=2), []

    def write() -> None:
        written.extend(box.put(NodeStarted(f"n{number}", "t")) for number in range(4))

    writer = threading.Thread(target=write)
    writer.start()
    read: list[Any] = []
    while len(read) < 4:
        assert len(box) <= 2
        read += box.drain(1)
    writer.join(LONG)
    assert [item.event.node for item in read] == ["n0", "n1", "n2", "n3"]
    box.put(NodeStarted("x", "t"))
    box.put(NodeStarted("y", "t"))
    late: list[bool] = []
    writer = threading.Thread(target=lambda: late.append(box.put(NodeStarted("z", "t"))))
    writer.start()
    box.close()
    writer.join(LONG)
    assert late == [False] and written == [True] * 4


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_run_through_the_mailbox_gives_the_same_view_as_its_events(path: Path, tmp_path: Path) -> None:
    from tests.support.echo_runs import opened

    with Workspace(model="echo", cache=False, registry=builtin()) as workspace:
        document, inputs = opened(workspace, path, tmp_path)
        control = RunControl(workspace, lambda: None)
        control.start(document, inputs=inputs, seed=7)
        seen, view = [], control.view
        while not view.over:
            got = control.drain(3)
            seen += got
            view = reduce_all(view, got)
        assert view == control.view
        control.close()
    assert view.state == "ok"
    texts = {node.id: node.text for node in view.nodes.values() if node.chunks}
    assert all(text == view.nodes[node].values["text"] for node, text in texts.items())


# --- plans


def planned(control: RunControl, wakes: Wakes, wanted: Graph) -> Any:
    while control.planned is None or control.planned.graph is not wanted:
        wakes.wait()
    return control.planned


def test_a_plan_says_what_would_run_and_what_is_cached(wakes: Wakes) -> None:
    made = graph(
        {"a": ("const", {"value": "hi"}), "m": "ask", "o": "output"}, ["a.value -> m.prompt", "m.text -> o.value"]
    )
    with Workspace(model="echo", registry=registry_with()) as workspace:
        control = RunControl(workspace, wakes)
        control.plan(Document(made), seed=3)
        before = planned(control, wakes, made)
        assert (before.summary, before.results) == ("3 to run", ("result",))
        assert before.steps["m"].model == "echo"
        control.start(Document(made), seed=3)
        ended(control)
        again = replace(made, title="the same")
        control.plan(Document(again), seed=3)
        after = planned(control, wakes, again)
        assert (after.summary, after.steps["m"].state) == ("3 cached", "cached")
        control.close()


def test_only_the_newest_request_for_a_plan_counts(workspace: Workspace, wakes: Wakes) -> None:
    entered, go, asked = threading.Event(), threading.Event(), []

    class Slow(Workspace):
        def preview(self, document: Document, **options: Any) -> Any:
            asked.append(document.graph.title)
            if len(asked) == 1:
                entered.set()
                assert go.wait(LONG)
            return super().preview(document, **options)

    made = [replace(graph({"a": "const"}), title=str(number)) for number in range(20)]
    with Slow(cache=False, registry=registry_with()) as slow:
        control = RunControl(slow, wakes)
        control.plan(Document(made[0]))
        assert entered.wait(LONG)
        for later in made[1:]:
            control.plan(Document(later))
        assert control.planning
        go.set()
        assert planned(control, wakes, made[-1]).summary == "1 to run"
        control.close()
    assert asked == ["0", "19"]


def test_a_plan_of_a_graph_that_cannot_run_says_why(control: RunControl, wakes: Wakes) -> None:
    cycle = graph({"a": "add", "b": "add"}, ["a.value -> b.numbers", "b.value -> a.numbers"])
    control.plan(Document(cycle))
    view = planned(control, wakes, cycle)
    assert view.refusal is not None and view.refusal.problems and view.summary == ""


def test_a_plan_shows_how_full_a_context_is() -> None:
    from graphide.editor.planning import PlanStep
    from graphide.executor.preview import Shares
    from graphide.spec.generation import TokenCounts

    step = PlanStep("m", "runs", tokens=TokenCounts((800, 12), 4, 816, 600), shares=Shares("first", 500))
    assert (step.overflows, step.fraction, step.gauge) == (True, 1.36, "816 of 600 tokens, 500 shared with first")
    assert PlanStep("m", "runs").fraction is None


# --- seeds and history


def test_the_next_seed_is_new_the_same_or_fixed() -> None:
    assert [Seeds(how, 9).next(4) for how in ("new", "same", "fixed")] == [None, 4, 9]  # type: ignore[arg-type]


def test_a_run_is_kept_and_can_be_run_again_with_its_seed_and_inputs(control: RunControl) -> None:
    made = graph({"topic": "variable", "m": "ask", "o": "output"}, ["topic.value -> m.prompt", "m.text -> o.value"])
    control.start(Document(made), inputs={"topic": "tides"}, key="doc")
    first = ended(control)
    (record,) = control.history.of("doc")
    assert (record.status, record.seed, record.inputs["topic"].value) == ("ok", first.seed, "tides")
    assert record.outputs["result"].value == "tides" and record.graph == graph_hash(made, registry_with())
    control.again(record, Document(made))
    assert (ended(control).seed, control.view.outputs) == (first.seed, first.outputs)
    assert [run.seed for run in control.history.of("doc")] == [first.seed] * 2


def test_a_refused_run_is_not_kept(control: RunControl) -> None:
    control.start(Document(graph({"a": "add"}, ["a.value -> a.numbers"])), key="doc")
    ended(control)
    assert control.history.of("doc") == ()


def test_outputs_are_kept_up_to_a_size_and_cut_inputs_cannot_be_run_again() -> None:
    short, long = kept("tides", 100), kept("ü" * 1_000, 100)
    assert (short.value, short.cut) == ("tides", False)
    assert long.cut and len(long.value.encode()) <= 100 and long.size > 1_000
    assert kept(list(range(1000)), 50).text.startswith("[0,1,2")
    with pytest.raises(UsageError, match="too long to be kept"):
        RunRecord(id="1", inputs={"text": long}).whole_inputs()


def test_the_hash_of_a_graph_leaves_places_out() -> None:
    made = graph({"a": "const"})
    hashes = {graph_hash(each, builtin()) for each in (made, replace(made, view={"a": [1, 2]}))}
    assert len(hashes) == 1 and graph_hash(made.with_settings("a", value=2), builtin()) not in hashes


def test_two_runs_are_compared_output_by_output() -> None:
    before = RunRecord(id="1", outputs={"a": kept("one two"), "b": kept(1), "gone": kept("x")})
    after = RunRecord(id="2", outputs={"a": kept("one three"), "b": kept(1)})
    a, b, gone = compare(before, after)
    assert a.lines == ("one [-two-]{+three+}",)
    assert b.lines == () and gone.after is None and gone.lines == ("[-x-]",)


def record(number: int, document: str = "doc") -> RunRecord:
    return RunRecord(id=str(number), document=document, at="2026-01-01T00:00:00+00:00", seed=number, targets=("a",),
                     inputs={"i": kept([1, {"k": None}])}, outputs={"o": kept("text " * 20)}, usage={"answers": 1})  # fmt: skip


def test_records_in_a_file_come_back_as_they_were_newest_first(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "state" / "runs.jsonl")
    for number in range(3):
        file.append(record(number))
        file.append(record(number, "other"))
    assert file.recent("doc", 2) == (record(2), record(1))
    file.clear("doc")
    assert file.recent("doc", 9) == () and len(file.recent("other", 9)) == 3
    file.clear()
    assert file.recent("other", 9) == ()


def test_a_broken_line_costs_that_line_only(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "runs.jsonl")
    file.append(record(1))
    with file.path.open("ab") as raw:
        raw.write(b'{"id": "2", "docu')
    file.append(record(3))
    assert [run.id for run in file.recent("doc", 9)] == ["3", "1"]


def test_the_file_stays_below_its_limit_and_keeps_the_newest(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "runs.jsonl", limit=5_000)
    for number in range(60):
        file.append(record(number))
        assert file.path.stat().st_size <= 5_000
    kept_ids = [int(run.id) for run in file.recent("doc", 99)]
    assert kept_ids == list(range(59, 59 - len(kept_ids), -1)) and len(kept_ids) > 3


def test_history_survives_a_restart_unless_the_user_does_not_want_it(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "runs.jsonl")
    RunHistory(file).add(record(1))
    RunHistory(file, keep=False).add(record(2))
    later = RunHistory(file, most=2)
    assert [run.id for run in later.of("doc")] == ["1"]
    later.add(record(3))
    later.add(record(4))
    assert [run.id for run in later.of("doc")] == ["4", "3"]
    assert RunHistory(file, keep=False).of("doc") == ()
    later.clear("doc")
    assert later.of("doc") == () == RunHistory(file).of("doc")


def test_a_history_that_cannot_be_written_says_so_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").mkdir()
    history = RunHistory(RunFile(tmp_path / "runs.jsonl"))
    history.add(record(1))
    assert [run.id for run in history.of("doc")] == ["1"] and "history" in history.problem
