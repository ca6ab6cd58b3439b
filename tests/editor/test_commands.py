"""Commands one by one: what they change, what they leave alone, and how they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphide.editor.commands import Composite, SetGraphText, SetModel
from graphide.editor.commands_edges import Connect, SetReroute, with_point, with_point_moved, without_point
from graphide.editor.commands_nodes import AddNodes, RemoveNodes, RenameNode, SetNodeTitle, SetState
from graphide.editor.commands_paste import Duplicate
from graphide.editor.commands_settings import ResetSetting, SetExposed, SetSetting, value_of
from graphide.editor.commands_types import ReplaceType, fit
from graphide.editor.commands_view import Move, ResizeNode, SetCollapsed, SetColor, SetFrame, carried, moved_by
from graphide.editor.layout import Frame, Place, Point, frames, place, reroutes, with_frames, with_places, with_reroutes
from graphide.editor.names import free_name, new_frame_id, new_node
from graphide.errors import UsageError
from graphide.graph.model import Graph, ModelRef, Node
from graphide.graph.shape import edge_of
from graphide.spec.registry import Registry
from tests.editor.editing import RULES, graph_of_types
from tests.support.nodes_for_tests import REGISTRY

GRAPH = with_places(
    graph_of_types(
        {"topic": "variable", "task": "template", "reply": "model", "style": "parameters"},
        "topic.value -> task.topic", "task.text -> reply.prompt", "style.sampling -> reply.sampling",
        task={"text": "About {{ topic }}"},
    ),
    {"topic": Place(Point(0, 0)), "task": Place(Point(300, 0), color="blue"), "reply": Place(Point(600, 0))},
)  # fmt: skip
CROSS = edge_of("topic.value -> task.topic")


def test_new_ids_are_readable_and_free() -> None:
    assert free_name("reply", {"reply"}) == "reply_2"
    assert free_name("reply_2", {"reply", "reply_2"}) == "reply_3"
    assert free_name("two words", ()) == "two_words"
    assert free_name("1/2", ()) == "node_1_2"
    assert free_name("日本語", ()) == "日本語"
    assert free_name("", ()) == "node"
    assert len(free_name("x" * 300, {"x" * 100})) == 100
    assert new_node(GRAPH, "model", REGISTRY).id == "model"
    assert new_node(GRAPH, "old", REGISTRY).version == 3


def test_adding_gives_a_node_its_place_and_refuses_an_id_that_is_taken() -> None:
    graph = AddNodes((Node("x", "note"),), {"x": Place(Point(5, 5))}).apply(GRAPH)
    assert graph.nodes["x"] == Node("x", "note") and place(graph, "x").at == (5, 5)
    with pytest.raises(UsageError, match='"x" is taken'):
        AddNodes((Node("x", "note"),)).apply(graph)
    with pytest.raises(UsageError, match="cannot be the id"):
        AddNodes((Node("no name", "note"),)).apply(graph)


def test_removing_takes_edges_places_and_points_along_and_nothing_else() -> None:
    graph = with_reroutes(GRAPH, {CROSS: (Point(1, 1),)})
    left = RemoveNodes(("task", "not there")).apply(graph)
    assert set(left.nodes) == {"topic", "reply", "style"}
    assert left.edges == (edge_of("style.sampling -> reply.sampling"),)
    assert left.view == {"topic": [0, 0], "reply": [600, 0]}
    assert RemoveNodes(("not there",)).apply(left) is left


def test_renaming_takes_edges_places_and_points_along() -> None:
    graph = with_reroutes(GRAPH, {CROSS: (Point(1, 1),)})
    renamed = RenameNode("task", "question").apply(graph)
    assert renamed.nodes["question"] == replace(GRAPH.nodes["task"], id="question")
    assert {str(edge) for edge in renamed.edges} == {
        "topic.value -> question.topic", "question.text -> reply.prompt", "style.sampling -> reply.sampling"
    }  # fmt: skip
    assert place(renamed, "question").color == "blue"
    assert reroutes(renamed) == {edge_of("topic.value -> question.topic"): (Point(1, 1),)}
    assert RenameNode("question", "task").apply(renamed) == graph
    for name, sentence in [("reply", "taken"), ("a b", "cannot be the id")]:
        with pytest.raises(UsageError, match=sentence):
            RenameNode("task", name).apply(graph)


def test_a_setting_takes_what_its_field_takes_and_leaves_a_default_out() -> None:
    graph = SetSetting("style", "temperature", 0.2, RULES).apply(GRAPH)
    assert graph.nodes["style"].settings == {"temperature": 0.2}
    assert SetSetting("style", "temperature", 0.8, RULES).apply(graph) == GRAPH
    assert ResetSetting("style", "temperature", RULES).apply(graph) == GRAPH
    assert SetSetting("style", "temperature", 0.2, RULES).apply(graph) is graph
    assert value_of(graph, "style", "temperature", RULES) == 0.2
    assert value_of(GRAPH, "style", "temperature", RULES) == 0.8


@pytest.mark.parametrize(
    ("node", "name", "value", "sentence"),
    [
        ("style", "temperature", 9, "needs a number from 0 to 5, but this is 9"),
        ("style", "temperature", "hot", "needs a number from 0 to 5"),
        ("style", "temprature", 1, 'has no setting "temprature". Did you mean "temperature"?'),
        ("task", "text", "half \ud800", "half a character"),
        ("nobody", "text", "", 'no node "nobody"'),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_a_sentence(node: str, name: str, value: object, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        SetSetting(node, name, value, RULES).apply(GRAPH)
    assert sentence in str(refusal.value)


def test_a_node_that_is_not_installed_keeps_everything_and_can_be_moved() -> None:
    node = Node("odd", "no_such_type", {"a": [1, {"b": None}]}, 7, "T", "muted", ("a",))
    graph = Graph({"odd": node}, (edge_of("odd.x -> odd.y"),))
    with pytest.raises(UsageError, match="not installed"):
        SetSetting("odd", "a", 1, RULES).apply(graph)
    moved = RenameNode("odd", "strange").apply(Move({"odd": (1, 2)}).apply(graph))
    assert moved.nodes["strange"] == replace(node, id="strange")
    assert moved.view == {"strange": [1, 2]}


def test_values_of_unconnected_placeholders_are_set_by_their_name(registry: Registry) -> None:
    from graphide.editor.connect import Rules

    rules = Rules(registry)
    graph = Graph({"t": Node("t", "template", {"text": "{{ tone | choice('calm', 'loud') }} {{ n | number(1, 9) }}"})})
    graph = SetSetting("t", "tone", "loud", rules).apply(graph)
    graph = SetSetting("t", "n", 3, rules).apply(graph)
    assert graph.nodes["t"].settings["values"] == {"tone": "loud", "n": 3}
    assert value_of(graph, "t", "n", rules) == 3
    with pytest.raises(UsageError, match="needs one of calm, loud"):
        SetSetting("t", "tone", "shrill", rules).apply(graph)
    graph = ResetSetting("t", "n", rules).apply(ResetSetting("t", "tone", rules).apply(graph))
    assert "values" not in graph.nodes["t"].settings


def test_a_setting_becomes_an_input_and_a_setting_again() -> None:
    graph = SetExposed("style", "temperature", True, RULES).apply(GRAPH)
    assert graph.nodes["style"].exposed == ("temperature",)
    graph = AddNodes((Node("n", "variable", {"kind": "number"}),)).apply(graph)
    graph = Connect(edge_of("n.value -> style.temperature"), RULES).apply(graph)
    hidden = SetExposed("style", "temperature", False, RULES).apply(graph)
    assert hidden.nodes["style"].exposed == () and hidden.edges == GRAPH.edges
    with pytest.raises(UsageError, match='no setting "heat"'):
        SetExposed("style", "heat", True, RULES).apply(GRAPH)


def test_titles_states_colours_sizes() -> None:
    graph = SetNodeTitle("reply", "Antwort").apply(SetState(("reply", "task"), "muted").apply(GRAPH))
    assert (graph.nodes["reply"].title, graph.nodes["reply"].state) == ("Antwort", "muted")
    graph = ResizeNode("reply", (200.4, 90)).apply(SetCollapsed(("reply",), True).apply(graph))
    graph = SetColor(("reply",), "green").apply(graph)
    assert place(graph, "reply") == Place(Point(600, 0), Point(200, 90), True, "green")
    assert SetCollapsed(("reply",), True).apply(graph) is graph
    assert SetState(("reply",), "muted").apply(graph) is graph
    with pytest.raises(UsageError, match="more than nothing"):
        ResizeNode("reply", (0, 10)).apply(graph)


def test_moving_a_frame_moves_what_lies_inside_and_the_points_between() -> None:
    graph = with_frames(
        with_reroutes(GRAPH, {CROSS: (Point(100, 0),)}), {"f1": Frame("F", Point(-10, -10), Point(400, 50))}
    )
    nodes, boxes = carried(graph, ("f1",))
    assert (nodes, boxes) == (("topic", "task"), ("f1",))
    moved = moved_by(graph, nodes, (0, 1000), boxes).apply(graph)
    assert [place(moved, key).at for key in ("topic", "task", "reply")] == [(0, 1000), (300, 1000), (600, 0)]
    assert frames(moved)["f1"] == Frame("F", Point(-10, 990), Point(400, 50))
    assert reroutes(moved) == {CROSS: (Point(100, 1000),)}
    assert moved.nodes is graph.nodes and moved.edges is graph.edges


def test_a_drag_in_small_steps_ends_where_one_step_ends() -> None:
    graph = GRAPH
    for step in range(1, 101):
        graph = moved_by(GRAPH, ("topic",), (step / 3, step / 7)).apply(graph)
    assert graph == moved_by(GRAPH, ("topic",), (100 / 3, 100 / 7)).apply(GRAPH)


def test_points_of_an_edge_are_added_moved_and_removed() -> None:
    graph = with_point(GRAPH, CROSS, 0, Point(1, 1)).apply(GRAPH)
    graph = with_point(graph, CROSS, 1, Point(2, 2)).apply(graph)
    graph = with_point_moved(graph, CROSS, 0, Point(9, 9)).apply(graph)
    assert reroutes(graph) == {CROSS: (Point(9, 9), Point(2, 2))}
    graph = without_point(graph, CROSS, 0).apply(without_point(graph, CROSS, 1).apply(graph))
    assert SetReroute(CROSS, ()).apply(graph) == GRAPH


def test_frames_are_added_edited_and_numbered() -> None:
    graph = SetFrame(new_frame_id(GRAPH), Frame("A")).apply(GRAPH)
    graph = SetFrame(new_frame_id(graph), Frame("B")).apply(graph)
    assert set(frames(graph)) == {"f1", "f2"}
    graph = SetFrame("f1", replace(frames(graph)["f1"], title="C", color="red")).apply(graph)
    assert frames(graph)["f1"] == Frame("C", color="red")


def test_a_copy_of_nodes_has_their_inner_edges_and_if_wanted_their_inputs() -> None:
    loose = Duplicate(("task", "reply")).apply(GRAPH)
    assert {str(edge) for edge in set(loose.edges) - set(GRAPH.edges)} == {"task_2.text -> reply_2.prompt"}
    assert place(loose, "task_2") == Place(Point(332, 32), color="blue")
    wired = Duplicate(("task", "reply"), wired=True).apply(GRAPH)
    assert {str(edge) for edge in set(wired.edges) - set(loose.edges)} == {
        "style.sampling -> reply_2.sampling", "topic.value -> task_2.topic"
    }  # fmt: skip


def test_another_type_keeps_the_settings_and_edges_that_fit() -> None:
    graph = ReplaceType("task", "system", RULES).apply(GRAPH)
    assert graph.nodes["task"] == Node("task", "system", {"text": "About {{ topic }}"})
    assert graph.edges == GRAPH.edges
    found = fit(GRAPH, "task", "join", RULES)
    assert {str(edge) for edge in found.graph.edges} == {
        "topic.value -> task.texts", "task.text -> reply.prompt", "style.sampling -> reply.sampling"
    }  # fmt: skip
    assert found.lost == ('the setting "text"',)
    assert fit(GRAPH, "style", "template", RULES).lost == ("the edge style.sampling -> reply.sampling",)


def test_the_graph_has_a_title_a_text_and_models() -> None:
    ref = ModelRef("a.gguf", "", "ab", 5)
    graph = SetGraphText("title", "T").apply(SetGraphText("about", "A").apply(SetModel("default", ref).apply(GRAPH)))
    assert (graph.title, graph.about, graph.models) == ("T", "A", {"default": ref})
    assert SetModel("default", None).apply(graph).models == {}


def test_several_commands_are_one_and_none_where_one_fails() -> None:
    both = Composite("Both", (SetNodeTitle("task", "T"), SetNodeTitle("nobody", "T")))
    with pytest.raises(UsageError):
        both.apply(GRAPH)
    add = Composite("Add", (AddNodes((Node("out", "output"),)), Connect(edge_of("reply.text -> out.value"), RULES)))
    assert "reply.text -> out.value" in map(str, add.apply(GRAPH).edges)
    assert [add.label, RemoveNodes(("a", "b")).label, Move({"a": (0, 0)}).label] == ["Add", "Remove 2 nodes", "Move a"]
