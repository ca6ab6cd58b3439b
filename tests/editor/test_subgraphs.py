"""Subgraphs: grouping and expanding change how a graph looks, and nothing of what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from graphide.editor.connect import Rules
from graphide.editor.layout import Frame, Place, Point, frames, place, with_frames, with_places
from graphide.editor.subgraphs import Group, Ungroup, inner_graph, moved_to_file, with_inner
from graphide.errors import UsageError
from graphide.graph.file import dumps, load, loads, save
from graphide.graph.model import Graph
from graphide.graph.problems import blocking
from graphide.settings import Settings
from graphide.workspace import Document, Workspace

PATH = b"""{"graphide": 1, "nodes": {
  "topic": {"type": "variable", "value": "volcanoes"},
  "level": {"type": "variable", "kind": "integer", "value": 3},
  "rows": {"type": "variable", "kind": "list", "value": ["a", "b"]},
  "persona": {"type": "system", "text": "You know {{ topic }}."},
  "style": {"type": "parameters", "temperature": 0},
  "task": {"type": "template", "text": "Explain {{ topic }} at level {{ level }}: {% for r in rows %}{{ r }};{% endfor %}"},
  "answer": {"type": "model"},
  "all": {"type": "join"},
  "result": {"type": "output", "name": "answer"},
  "both": {"type": "output", "name": "both"}},
 "edges": ["topic.value -> persona.topic", "topic.value -> task.topic", "level.value -> task.level", "rows.value -> task.rows",
  "persona.text -> answer.system", "style.sampling -> answer.sampling", "task.text -> answer.prompt",
  "answer.text -> result.value", "topic.value -> all.items", "answer.text -> all.items", "task.text -> all.items",
  "all.text -> both.value"]}
"""


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with Workspace(model="echo", cache=False, settings=Settings()) as workspace:
        yield workspace


@pytest.fixture
def rules(workspace: Workspace) -> Rules:
    return Rules(workspace.registry, workspace.outlines(Document(Graph())))


@pytest.fixture
def graph(workspace: Workspace) -> Graph:
    return with_places(workspace.loads(PATH).graph, {"task": Place(Point(0, 0)), "answer": Place(Point(300, 100))})


def given_by(workspace: Workspace, graph: Graph, path: Path | None = None) -> dict[str, object]:
    document = Document(graph, path)
    assert blocking(workspace.check(document)) == ()
    result = workspace.result(document, seed=1)
    assert result.status == "ok"
    return dict(result.outputs)


SELECTIONS = [
    ("task",), ("answer", "style"), ("persona", "task"), ("persona", "task", "answer", "style"),
    ("all",), ("task", "answer", "style", "all"), ("topic", "level", "task", "answer", "style", "result"),
]  # fmt: skip


@pytest.mark.parametrize("selection", SELECTIONS, ids="+".join)
def test_a_grouped_and_an_expanded_graph_give_what_the_graph_gave(
    workspace: Workspace, rules: Rules, graph: Graph, selection: tuple[str, ...]
) -> None:
    expected = given_by(workspace, graph)
    grouped = Group(selection, rules).apply(graph)
    assert "part" in grouped.nodes and loads(dumps(grouped)) == grouped
    assert given_by(workspace, grouped) == expected
    inner = inner_graph(grouped, "part", None, workspace.registry)
    again = Ungroup("part", inner, rules).apply(grouped)
    assert given_by(workspace, again) == expected
    assert {**again.nodes} == {**graph.nodes} and again.edges == graph.edges


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["persona", "style", "task", "answer", "all"]), min_size=1, unique=True))
def test_any_group_that_can_be_made_changes_nothing(
    workspace: Workspace, rules: Rules, graph: Graph, selection: list[str]
) -> None:
    command = Group(tuple(selection), rules)
    cut_sampling = "answer" in selection and "style" not in selection
    answer_between = "answer" not in selection and "all" in selection and {"task", "persona", "style"} & set(selection)
    if cut_sampling or answer_between:
        with pytest.raises(UsageError, match="cannot be an input of a graph|would wait for itself"):
            command.apply(graph)
        return
    grouped = command.apply(graph)
    assert given_by(workspace, grouped) == given_by(workspace, graph)


def test_a_group_that_would_wait_for_itself_is_refused(rules: Rules, graph: Graph) -> None:
    with pytest.raises(UsageError, match="would wait for itself: answer lies between its nodes"):
        Group(("task", "all"), rules).apply(graph)


def test_inputs_and_outputs_of_the_graph_stay_outside(rules: Rules, graph: Graph) -> None:
    grouped = Group(("topic", "task", "result"), rules).apply(graph)
    assert {"topic", "result", "part"} <= set(grouped.nodes) and "task" not in grouped.nodes
    with pytest.raises(UsageError, match="nothing to group"):
        Group(("topic", "result"), rules).apply(graph)


def test_what_no_input_can_take_is_said(rules: Rules, graph: Graph) -> None:
    with pytest.raises(UsageError, match=r'style.sampling -> answer.sampling carries sampling.*Take "style"'):
        Group(("answer",), rules).apply(graph)


def test_a_group_lies_where_its_nodes_were_and_they_come_back_to_its_place(
    workspace: Workspace, rules: Rules, graph: Graph
) -> None:
    graph = with_frames(graph, {"f1": Frame("F", Point(-10, -10), Point(900, 400))})
    grouped = Group(("task", "answer", "style"), rules, frames=("f1",), title="Ask it").apply(graph)
    assert place(grouped, "Ask_it").at == (150, 50) and grouped.nodes["Ask_it"].title == "Ask it"
    assert frames(grouped) == {} and "task" not in grouped.view
    inner = inner_graph(grouped, "Ask_it", None, workspace.registry)
    assert inner.title == "Ask it" and frames(inner) == frames(graph)
    again = Ungroup("Ask_it", inner, rules).apply(grouped)
    task, answer = place(again, "task").at, place(again, "answer").at
    assert task is not None and answer is not None
    assert (answer.x - task.x, answer.y - task.y) == (300, 100)


def test_a_part_becomes_a_file_and_is_expanded_from_it(
    workspace: Workspace, rules: Rules, graph: Graph, tmp_path: Path
) -> None:
    outer = tmp_path / "outer.json"
    save(graph, outer)
    expected = given_by(workspace, graph)
    rules = Rules(workspace.registry, workspace.outlines(Document(graph, outer)))
    grouped = Group(("persona", "task"), rules).apply(graph)
    (tmp_path / "parts").mkdir()
    filed = moved_to_file(grouped, "part", tmp_path / "parts" / "ask.json", outer, rules).apply(grouped)
    assert filed.nodes["part"].settings == {"graph": "parts/ask.json"}
    assert set(load(tmp_path / "parts" / "ask.json").nodes) >= {"persona", "task"}
    assert given_by(workspace, filed, outer) == expected
    again = Ungroup("part", inner_graph(filed, "part", outer, workspace.registry), rules).apply(filed)
    assert again.edges == graph.edges
    with pytest.raises(UsageError, match="lies beside the graph"):
        moved_to_file(grouped, "part", tmp_path.parent / "elsewhere.json", outer, rules)


def test_paths_in_an_expanded_file_still_mean_the_same_files(
    workspace: Workspace, rules: Rules, tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "in.json").write_bytes(
        b'{"graphide": 1, "nodes": {"deep": {"type": "subgraph", "graph": "deep.json"}, "n": {"type": "note"}}, "edges": []}'
    )
    outer = loads('{"graphide": 1, "nodes": {"part": {"type": "subgraph", "graph": "parts/in.json"}}, "edges": []}')
    inner = inner_graph(outer, "part", tmp_path / "outer.json", workspace.registry)
    graph = Ungroup("part", inner, rules).apply(outer)
    assert graph.nodes["deep"].settings == {"graph": "parts/deep.json"}


def test_an_edge_without_a_place_is_named_instead_of_lost(workspace: Workspace, rules: Rules, graph: Graph) -> None:
    grouped = Group(("persona", "task"), rules).apply(graph)
    inner = inner_graph(grouped, "part", None, workspace.registry)
    smaller = Graph({key: node for key, node in inner.nodes.items() if key != "level"}, inner.edges)
    with pytest.raises(
        UsageError, match=r'level.value -> part.level has no place: the inner graph has no input "level"'
    ):
        Ungroup("part", smaller, rules).apply(grouped)


def test_an_inner_graph_that_was_edited_goes_back_into_its_node(
    workspace: Workspace, rules: Rules, graph: Graph
) -> None:
    grouped = Group(("task",), rules).apply(graph)
    inner = inner_graph(grouped, "part", None, workspace.registry).with_settings("task", text="Only {{ topic }}")
    changed = with_inner("part", inner, rules).apply(grouped)
    assert inner_graph(changed, "part", None, workspace.registry) == inner


def test_a_muted_part_expands_to_muted_nodes(workspace: Workspace, rules: Rules, graph: Graph) -> None:
    from graphide.editor.commands_nodes import SetState

    grouped = SetState(("part",), "muted").apply(Group(("task",), rules).apply(graph))
    again = Ungroup("part", inner_graph(grouped, "part", None, workspace.registry), rules).apply(grouped)
    assert again.nodes["task"].state == "muted"
