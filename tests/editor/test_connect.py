"""Connecting: each reason for a refusal in its sentence, and the edge that a new one replaces."""

from __future__ import annotations

import pytest

from graphide.editor.commands_edges import Connect, Disconnect, InsertIntoEdge, MoveInput, Reconnect, ways_into
from graphide.editor.connect import CIRCLE, circle, inputs_for, outputs_for, replaced, why_not
from graphide.editor.layout import Point, reroutes, with_reroutes
from graphide.errors import UsageError
from graphide.graph.shape import edge_of
from tests.editor.editing import RULES, chain, graph_of_types

GRAPH = graph_of_types(
    {"topic": "variable", "task": "template", "reply": "model", "result": "output", "style": "parameters",
     "gone": "no_such_type", "all": "join"},
    "topic.value -> task.topic", "task.text -> reply.prompt", "reply.text -> result.value",
    task={"text": "About {{ topic }}, {{ more }}"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("edge", "sentence"),
    [
        ("topic.value -> task.more", None),
        ("style.sampling -> reply.sampling", None),
        ("topic.value -> reply.prompt", None),
        ("nobody.text -> task.more", 'there is no node "nobody"'),
        ("task.text -> task.more", 'node "task" (template) cannot feed itself: "text" is its own output'),
        ("topic.value -> task.topic", "topic.value is connected to task.topic already"),
        ("topic.valeu -> task.more", 'node "topic" (variable) has no output "valeu". Did you mean "value"?'),
        ("topic.value -> task.mroe", 'node "task" (template) has no input "mroe". Did you mean "more"?'),
        ("style.sampling -> reply.system", "a sampling value does not fit a text input"),
        ("reply.text -> task.more", "nodes task and reply would wait for each other: task -> reply -> task"),
        ("gone.text -> task.more", 'whether node "gone" (no_such_type) has an output "text" cannot be told'),
    ],
)
def test_an_edge_is_made_or_refused_in_a_sentence(edge: str, sentence: str | None) -> None:
    assert why_not(GRAPH, edge_of(edge), RULES) == sentence
    if sentence is not None:
        with pytest.raises(UsageError) as refusal:
            Connect(edge_of(edge), RULES).apply(GRAPH)
        assert refusal.value.message == sentence


def test_an_input_that_takes_one_edge_gets_the_new_one() -> None:
    new, old = edge_of("topic.value -> reply.prompt"), edge_of("task.text -> reply.prompt")
    assert replaced(GRAPH, new, RULES) == (old,)
    graph = Connect(new, RULES).apply(with_reroutes(GRAPH, {old: (Point(1, 2),)}))
    assert new in graph.edges and old not in graph.edges
    assert reroutes(graph) == {} and graph.view == {}


def test_an_input_that_takes_many_keeps_them_in_order() -> None:
    graph = GRAPH
    for edge in ("topic.value -> all.texts", "reply.text -> all.texts", "task.text -> all.texts"):
        assert replaced(graph, edge_of(edge), RULES) == ()
        graph = Connect(edge_of(edge), RULES).apply(graph)
    graph = MoveInput(edge_of("task.text -> all.texts"), 0).apply(graph)
    assert [edge.source for edge in graph.edges if edge.target == "all"] == ["task", "topic", "reply"]
    graph = Reconnect(edge_of("topic.value -> all.texts"), edge_of("gone.x -> all.texts"), RULES)
    with pytest.raises(UsageError, match="cannot be told"):
        graph.apply(GRAPH.__class__(GRAPH.nodes, (*GRAPH.edges, edge_of("topic.value -> all.texts"))))


def test_an_edge_led_to_another_pin_keeps_its_place_in_the_order() -> None:
    graph = graph_of_types(
        {"a": "variable", "b": "variable", "c": "variable", "all": "join"},
        "c.value -> all.texts", "a.value -> all.texts",
    )  # fmt: skip
    graph = Reconnect(edge_of("c.value -> all.texts"), edge_of("b.value -> all.texts"), RULES).apply(graph)
    assert [edge.source for edge in graph.edges] == ["b", "a"]


def short(sentence: str | None) -> str | None:
    return CIRCLE if sentence is not None and "would wait" in sentence else sentence


def test_the_pins_that_fit_are_those_that_can_be_connected() -> None:
    for (node_id, name), sentence in inputs_for(GRAPH, "reply", "text", RULES).items():
        edge = edge_of(f"reply.text -> {node_id}.{name}")
        assert edge in GRAPH.edges or sentence == short(why_not(GRAPH, edge, RULES))
    for (node_id, name), sentence in outputs_for(GRAPH, "task", "more", RULES).items():
        assert sentence == short(why_not(GRAPH, edge_of(f"{node_id}.{name} -> task.more"), RULES))


def test_a_long_circle_is_found_at_once_and_named_whole() -> None:
    graph = chain(1_000)
    assert circle(graph, edge_of("n999.text -> n0.x")) == tuple(f"n{number}" for number in range(1_000))
    assert circle(graph, edge_of("n0.text -> n999.x")) == ()


def test_a_node_goes_into_an_edge_by_the_pins_that_fit() -> None:
    graph = graph_of_types(
        {"topic": "variable", "reply": "model", "task": "template", "style": "parameters"},
        "topic.value -> reply.prompt", task={"text": "{{ a }} {{ b }}"},
    )  # fmt: skip
    edge = edge_of("topic.value -> reply.prompt")
    assert ways_into(graph, edge, "task", RULES) == (
        edge_of("topic.value -> task.a"),
        edge_of("task.text -> reply.prompt"),
    )
    inserted = InsertIntoEdge(edge, "task", RULES).apply(graph)
    assert set(map(str, inserted.edges)) == {"task.text -> reply.prompt", "topic.value -> task.a"}
    with pytest.raises(UsageError, match="no free input and output that fit"):
        InsertIntoEdge(edge, "style", RULES).apply(graph)


def test_disconnecting_takes_the_points_along() -> None:
    edge = edge_of("topic.value -> task.topic")
    graph = Disconnect((edge,)).apply(with_reroutes(GRAPH, {edge: (Point(1, 2),)}))
    assert edge not in graph.edges and graph.view == {}
    assert Disconnect((edge,)).apply(graph) is graph
