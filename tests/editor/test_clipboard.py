"""Clipboard: what is copied is a graph file, and what is pasted is the same graph under free names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from graphide.editor.clipboard import copied, part_of, pasted
from graphide.editor.commands_nodes import RemoveNodes, SetNodeTitle
from graphide.editor.commands_paste import Paste
from graphide.editor.layout import Frame, Place, Point, frames, place, reroutes, with_frames, with_places, with_reroutes
from graphide.errors import UsageError
from graphide.graph.file import dumps, loads
from graphide.graph.model import Edge, Graph, ModelRef, Node
from graphide.graph.shape import edge_of
from tests.editor.editing import graph_of_types
from tests.graph.any_graph import EXAMPLE, graphs
from tests.support.nodes_for_tests import REGISTRY

CROSS = edge_of("task.text -> reply.prompt")
GRAPH = with_reroutes(
    with_frames(
        with_places(
            graph_of_types(
                {"topic": "variable", "task": "template", "reply": "model"},
                "topic.value -> task.topic", str(CROSS),
                task={"text": "{{ topic }}"}, reply={"model": "small"},
            ),
            {"task": Place(Point(100, 50)), "reply": Place(Point(400, 70), collapsed=True)},
        ),
        {"f1": Frame("Ask", Point(90, 20), Point(700, 200))},
    ),
    {CROSS: (Point(250, 60),)},
)  # fmt: skip


def names_of(graph: Graph, names: dict[str, str]) -> set[Edge]:
    return {edge._replace(source=names[edge.source], target=names[edge.target]) for edge in graph.edges}


def test_a_copy_is_a_graph_file_of_the_selection() -> None:
    text = copied(GRAPH, ["task", "reply", "nobody"], ["f1"])
    part = loads(text)
    assert text == dumps(part).decode()
    assert set(part.nodes) == {"task", "reply"} and part.edges == (CROSS,)
    assert frames(part) == frames(GRAPH) and reroutes(part) == reroutes(GRAPH)


def test_pasting_shifts_everything_to_the_pointer_and_renames_what_is_taken() -> None:
    part = pasted(copied(GRAPH, ["task", "reply"], ["f1"]), REGISTRY)
    command = Paste(part, (1000, 1000))
    graph = command.apply(GRAPH)
    assert command.names(GRAPH) == {"reply": "reply_2", "task": "task_2"}
    assert place(graph, "task_2").at == (1010, 1030)
    assert place(graph, "reply_2") == Place(Point(1310, 1050), collapsed=True)
    assert frames(graph)["f1_2"] == Frame("Ask", Point(1000, 1000), Point(700, 200))
    assert reroutes(graph)[edge_of("task_2.text -> reply_2.prompt")] == (Point(1160, 1040),)
    assert set(GRAPH.edges) < set(graph.edges) and len(graph.edges) == 3
    assert Paste(part, (5, 5)).apply(Graph()).nodes == part.nodes


def test_models_that_are_named_come_along_and_never_replace_one() -> None:
    own, other = ModelRef("a.gguf"), ModelRef("b.gguf")
    graph = Graph(GRAPH.nodes, GRAPH.edges, models={"small": own, "large": other})
    part = pasted(copied(graph, ["reply"]), REGISTRY)
    assert part.models == {"small": own}
    assert Paste(part).apply(Graph()).models == {"small": own}
    assert Paste(part).apply(Graph(models={"small": other})).models == {"small": other}


def test_a_whole_graph_file_and_one_in_a_chat_can_be_pasted() -> None:
    assert pasted(EXAMPLE.decode(), REGISTRY).nodes
    fenced = f"```json\n{copied(GRAPH, ['task'])}```\n"
    assert set(pasted(fenced, REGISTRY).nodes) == {"task"}


def test_an_old_node_is_brought_up_to_date() -> None:
    graph = pasted('{"graphide": 1, "nodes": {"o": {"type": "old", "word": "w"}}, "edges": []}', REGISTRY)
    assert graph.nodes["o"] == Node("o", "old", {"words": ["w"]}, 3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the clipboard is empty"),
        ("hello\nworld", "the clipboard holds a text that is not a graph"),
        ('{"a": 1}', "what the clipboard holds is not a graph"),
        ('{"graphide": 1, "nodes": {"a": 3}}', "needs an object, but this is 3 (nodes.a)"),
        ('{"graphide": 99, "nodes": {}}', "newer graphide"),
        ('{"graphide": 1, "nodes": {}, "edges": []}', "the graph in the clipboard is empty"),
        ("{" * 100_000, "is not JSON"),
    ],
)
def test_another_text_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        pasted(text, REGISTRY)
    assert sentence in str(refusal.value)


@settings(max_examples=40, deadline=None)
@given(graphs(), graphs(), st.data())
def test_what_is_pasted_is_what_was_copied_but_for_its_names(graph: Graph, other: Graph, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(graph.nodes) or ["nobody"]), unique=True))
    part = loads(dumps(part_of(graph, chosen)))
    command = Paste(part, (0, 0))
    names = command.names(other)
    whole = command.apply(other)
    assert len(set(names.values())) == len(names) and not set(names.values()) & set(other.nodes)
    new = {node_id: whole.nodes[new] for node_id, new in names.items()}
    assert {node_id: (node.type, node.settings, node.title) for node_id, node in new.items()} == {
        node_id: (node.type, node.settings, node.title) for node_id, node in part.nodes.items()
    }
    added = [edge for edge in whole.edges if edge.source in names.values() and edge.target in names.values()]
    assert set(added) == names_of(part, names)
    assert all(whole.nodes[node_id] is node for node_id, node in other.nodes.items())
    assert loads(dumps(whole)) == whole
    gone = RemoveNodes(tuple(names.values())).apply(whole)
    assert gone.nodes == other.nodes and set(gone.edges) == set(other.edges)
    if names:
        SetNodeTitle(next(iter(names.values())), "still a graph").apply(whole)
