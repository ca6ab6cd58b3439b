"""Graphs that cannot be talked with: why, and the edit that adds what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graphide.chatting.graphs import chat_form
from graphide.editor.chat_making import AddChat, why_not
from graphide.editor.layout import place
from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph
from graphide.graph.outline import outline
from graphide.spec.registry import Registry
from graphide.workspace import Document, Workspace
from tests.support.runs import graph

MESSAGE = ("variable", {"kind": "longtext", "value": ""})


def test_the_templates_that_can_chat_have_no_trouble(registry: Registry) -> None:
    with Workspace(registry=registry) as workspace:
        assert why_not(workspace.load("conversation").graph, registry) is None
        assert why_not(workspace.load("hello").graph, registry) is not None


@pytest.mark.parametrize(
    ("nodes", "says", "nodes_to_see"),
    [
        ({}, "empty", ()),
        ({"topic": ("variable", {"value": ""}), "o": "output"}, "no input “message”", ()),
        ({"message": MESSAGE}, "no output", ()),
        ({"message": ("variable", {"kind": "number", "value": 1}), "o": "output"}, "no text", ("message",)),
        ({"message": MESSAGE, "more": "variable", "o": "output"}, "“more”", ("more",)),
        ({"message": "output"}, "not an input", ("message",)),
    ],
)
def test_the_reason_is_said_and_what_helps(
    nodes: dict[str, Any], says: str, nodes_to_see: tuple[str, ...], registry: Registry
) -> None:
    trouble = why_not(graph(nodes), registry)
    assert trouble is not None and says in trouble.why and trouble.offer
    assert trouble.nodes == nodes_to_see


@pytest.mark.parametrize("name", ["hello", "compare_prompts", "extract_json", "rewrite_tone", "conversation"])
def test_a_template_can_be_talked_with_after_the_edit(name: str, registry: Registry) -> None:
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        before = workspace.load(name).graph
        made = AddChat(registry).apply(before)
        assert why_not(made, registry) is None or why_not(made, registry).nodes  # type: ignore[union-attr]
        assert not [found for found in workspace.check(Document(made)) if found.severity == "error"]
        form = chat_form(made, registry, outline(made, registry))
        assert form is None or form.message == "message"


@pytest.mark.parametrize("nodes", [{}, {"note": "note"}, {"topic": ("variable", {"value": "x"})}])
def test_a_graph_without_a_model_gets_a_whole_chat(nodes: dict[str, Any], registry: Registry) -> None:
    made = AddChat(registry).apply(graph(nodes))
    assert chat_form(made, registry, outline(made, registry)) == ("message", "conversation", "reply", "answer")
    assert nodes.keys() <= made.nodes.keys()
    assert all(node_id in made.view for node_id in made.nodes if node_id not in nodes)


def test_the_prompt_that_was_there_becomes_context_of_the_model(registry: Registry) -> None:
    with Workspace(registry=registry) as workspace:
        before = workspace.load("hello").graph
    made = AddChat(registry).apply(before)
    assert Edge("task", "text", "answer", "context") in made.edges
    assert Edge("task", "text", "answer", "prompt") not in made.edges
    into = [edge.source for edge in made.edges if edge.target == "talk"]
    assert into == ["conversation", "message"], "what was said before comes before what is said now"


def test_what_is_added_lies_on_nothing(registry: Registry) -> None:
    with Workspace(registry=registry) as workspace:
        before = workspace.load("hello").graph
    made = AddChat(registry).apply(before)
    places = {node_id: place(made, node_id).at for node_id in made.nodes}
    for node_id in made.nodes.keys() - before.nodes.keys():
        here = places[node_id]
        assert here is not None
        for other, there in places.items():
            assert other == node_id or there is None or abs(here.x - there.x) >= 250 or abs(here.y - there.y) >= 150


def test_a_conversation_that_is_there_gets_the_message_as_its_last_turn(registry: Registry) -> None:
    before = graph(
        {"a": ("variable", {"value": "x"}), "turns": "conversation", "m": "model", "o": "output"},
        ["a.value -> turns.turns", "turns.messages -> m.prompt", "m.text -> o.value"],
    )
    made = AddChat(registry).apply(before)
    assert [edge.source for edge in made.edges if edge.target == "turns"][-1] == "message"
    assert sum(node.type == "conversation" for node in made.nodes.values()) == 1


def test_only_what_is_missing_is_added(registry: Registry) -> None:
    before = graph({"message": MESSAGE, "m": "model"}, ["message.value -> m.prompt"])
    made = AddChat(registry).apply(before)
    assert set(made.nodes) == {"message", "m", "reply"} and Edge("m", "text", "reply", "value") in made.edges
    taken = graph({"conversation": "note", "m": "model"})
    with pytest.raises(UsageError, match="conversation"):
        AddChat(registry).apply(taken)
    assert isinstance(replace(made, title="x"), Graph)
