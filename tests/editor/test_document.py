"""Document: undo and merging, what counts as saved, and a file that others change too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.commands_edges import Connect
from graphide.editor.commands_nodes import RemoveNodes, SetNodeTitle
from graphide.editor.commands_settings import SetSetting
from graphide.editor.commands_view import moved_by
from graphide.editor.document import ChangedOutside, Document, OpenElsewhere
from graphide.editor.undo import MOST_STEPS, History
from graphide.errors import GraphFileError, UsageError
from graphide.graph.file import load
from graphide.graph.model import Graph
from graphide.graph.shape import edge_of
from graphide.settings import Settings
from graphide.workspace import Workspace
from tests.editor.editing import a_node


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with Workspace(model="echo", cache=False, settings=Settings()) as workspace:
        yield workspace


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def document(workspace: Workspace, clock: Clock, tmp_path: Path) -> Iterator[Document]:
    document = Document.new(workspace, clock=clock, folder=tmp_path / "drafts")
    document.do(a_node(document.graph, "model"))
    document.do(a_node(document.graph, "parameters"))
    yield document
    document.close()


def test_undo_and_redo_go_back_and_forth_over_everything(document: Document) -> None:
    states = [document.graph]
    for command in (
        SetSetting("parameters", "temperature", 0.1, document.rules),
        Connect(edge_of("parameters.sampling -> model.sampling"), document.rules),
        RemoveNodes(("model",)),
    ):
        assert document.do(command)
        states.append(document.graph)
    assert document.undo_label == "Remove model"
    assert [document.undo() for _ in range(3)] == [
        "Remove model",
        "Connect parameters to model",
        "Change temperature of parameters",
    ]
    assert document.graph is states[0]
    assert document.redo_label == "Change temperature of parameters"
    while document.redo():
        pass
    assert document.graph is states[-1]
    assert document.redo() == ""


def test_an_edit_after_an_undo_ends_the_redo(document: Document) -> None:
    document.do(SetNodeTitle("model", "A"))
    document.undo()
    document.do(SetNodeTitle("model", "B"))
    assert document.redo_label == "" and document.graph.nodes["model"].title == "B"


def test_a_refused_edit_and_one_that_changes_nothing_leave_no_step(document: Document) -> None:
    before, changed = document.graph, document.changed
    with pytest.raises(UsageError):
        document.do(SetNodeTitle("nobody", "x"))
    assert not document.do(SetNodeTitle("model", ""))
    assert document.graph is before and document.changed == changed


def test_typing_in_one_field_within_a_second_is_one_step(document: Document, clock: Clock) -> None:
    before = document.graph
    for length in range(1, 6):
        clock.now += 0.9
        document.do(SetNodeTitle("model", "hello"[:length]))
    clock.now += 1.1
    document.do(SetNodeTitle("model", "hello!"))
    document.do(SetNodeTitle("parameters", "other"))
    document.undo()
    document.undo()
    assert document.graph.nodes["model"].title == "hello"
    document.undo()
    assert document.graph is before


def test_a_drag_is_one_step_however_long_it_takes_and_none_when_it_ends_where_it_began(
    document: Document, clock: Clock
) -> None:
    start = document.graph
    document.do(moved_by(start, ("model",), (10, 0)))
    document.seal()
    placed, label = document.graph, document.undo_label
    for step in range(1, 4):
        clock.now += 60
        document.do(moved_by(placed, ("model",), (step, 0)), held=True)
    assert document.graph.view["model"] == [13, 0]
    document.do(moved_by(placed, ("model",), (0, 0)), held=True)
    assert document.graph is placed and document.undo_label == label
    document.undo()
    assert document.graph is start


def test_a_saved_document_is_clean_until_it_differs_and_clean_again_when_it_is_undone(
    document: Document, tmp_path: Path
) -> None:
    assert document.dirty
    document.save_as(tmp_path / "g.json")
    assert not document.dirty and document.name == "g.json"
    document.do(SetNodeTitle("model", "A"))
    assert document.dirty
    document.undo()
    assert not document.dirty
    document.do(SetNodeTitle("model", "B"))
    document.seal()
    document.do(SetNodeTitle("model", ""))
    assert not document.dirty
    assert load(tmp_path / "g.json") == document.graph


def test_true_and_one_are_not_the_same_value() -> None:
    from graphide.editor.undo import same
    from graphide.graph.model import Node

    one, true = (Graph({"a": Node("a", "t", {"x": value})}) for value in (1, True))
    assert one == true and not same(one, true)


def test_typing_after_a_save_is_a_step_of_its_own(document: Document, tmp_path: Path) -> None:
    document.do(SetNodeTitle("model", "A"))
    document.save_as(tmp_path / "g.json")
    document.do(SetNodeTitle("model", "AB"))
    document.undo()
    assert document.graph.nodes["model"].title == "A" and not document.dirty


def test_going_back_to_the_saved_graph_can_be_undone(document: Document, tmp_path: Path) -> None:
    document.save_as(tmp_path / "g.json")
    saved = document.graph
    document.do(SetNodeTitle("model", "A"))
    assert document.reset() and document.graph is saved and not document.reset()
    document.undo()
    assert document.graph.nodes["model"].title == "A"


def test_a_file_that_another_program_changed_is_not_overwritten(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    document.save_as(path)
    os.utime(path, ns=(1, 1))
    assert document.outside() == "same"
    path.write_text(path.read_text().replace('"model"', '"system"'))
    assert document.outside() == "changed"
    document.do(SetNodeTitle("model", "mine"))
    with pytest.raises(ChangedOutside, match="changed by another program.*save anyway"):
        document.save()
    document.reload()
    assert document.graph == load(path) and not document.dirty and document.outside() == "same"
    document.undo()
    assert document.graph.nodes["model"].title == "mine"
    path.unlink()
    assert document.outside() == "gone"
    document.save()
    assert load(path).nodes["model"].title == "mine"


def test_a_document_without_a_file_says_so_and_a_template_gets_none(
    workspace: Workspace, document: Document, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no file yet"):
        document.save()
    hello = Document.open(workspace, "hello", folder=tmp_path)
    assert hello.path is None and not hello.dirty and hello.graph.nodes
    with pytest.raises(UsageError, match="no file yet"):
        hello.save()
    hello.close()


def test_a_save_that_fails_says_where_the_work_is(document: Document, tmp_path: Path) -> None:
    with pytest.raises(GraphFileError, match=r"no such file|no such folder") as refusal:
        document.save_as(tmp_path / "nowhere" / "g.json")
    assert str(document.journal.path) in str(refusal.value)
    assert document.dirty and document.path is None


def test_a_second_window_on_one_file_is_noticed(workspace: Workspace, document: Document, tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    document.save_as(path)
    second = Document.open(workspace, path, folder=tmp_path / "drafts")
    assert (document.elsewhere, second.elsewhere) == (False, True)
    assert second.holder is not None and second.holder.process == os.getpid()
    second.do(SetNodeTitle("model", "second"))
    with pytest.raises(OpenElsewhere, match=r"is open in another window \(process \d+, since \d\d:\d\d\)\. Save under"):
        second.save()
    assert load(path).nodes["model"].title == "" and second.dirty
    second.save(anyway=True)
    document.do(SetNodeTitle("model", "first"))
    with pytest.raises(ChangedOutside):
        document.save()
    second.close()
    document.close()
    third = Document.open(workspace, path, folder=tmp_path / "drafts")
    assert not third.elsewhere
    third.close()


def test_a_document_runs_as_it_is_with_the_graphs_beside_its_file(workspace: Workspace, tmp_path: Path) -> None:
    Document.open(workspace, "hello", folder=tmp_path / "d").save_as(tmp_path / "inner.json")
    (tmp_path / "outer.json").write_text(
        '{"graphide": 1, "nodes": {"part": {"type": "subgraph", "graph": "inner.json"}}, "edges": []}'
    )
    document = Document.open(workspace, tmp_path / "outer.json", folder=tmp_path / "d")
    ports = document.rules.ports(document.graph, "part")
    assert "topic" in ports.inputs and ports.certain
    (tmp_path / "inner.json").write_text('{"graphide": 1, "nodes": {"word": {"type": "variable"}}, "edges": []}')
    assert list(document.rules.ports(document.graph, "part").inputs) == ["word"]
    document.close()


def test_the_oldest_steps_go_when_they_are_too_many() -> None:
    history = History(Graph())
    for number in range(MOST_STEPS + 5):
        history.add(str(number), Graph(title=str(number)))
    undone = 0
    while history.undo():
        undone += 1
    assert undone == MOST_STEPS and history.graph.title == "4"


def test_the_oldest_steps_go_when_they_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphide.editor.undo.MOST_BYTES", 1_000_000)
    history = History(Graph())
    for number in range(20):
        history.add(str(number), Graph(about=str(number) * 200_000))
    undone = 0
    while history.undo():
        undone += 1
    assert 1 <= undone <= 5
