"""The parts of a prompt: they join to the very messages that are sent, and each is of the node that wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from graphide.editor.prompt_parts import PartedMessage, PromptParts, Segment, counted, prompt_parts, token_counter
from graphide.executor.events import NodeFinished
from graphide.graph.model import Graph
from graphide.values import Message
from graphide.workspace import Document, Workspace
from tests.support.echo_runs import EXAMPLES, TEMPLATES, builtin, opened
from tests.support.runs import graph

HELLO = {
    "topic": ("variable", {"value": "tides"}),
    "audience": ("variable", {"value": "experts"}),
    "persona": ("system", {"text": "You teach {{ audience }}."}),
    "task": ("template", {"text": "Explain {{ topic }}, {{ topic }}!"}),
    "answer": "model",
}
EDGES = ["audience.value -> persona.audience", "topic.value -> task.topic", "persona.text -> answer.system",
         "task.text -> answer.prompt"]  # fmt: skip


def parts_of(nodes: Mapping[str, Any], edges: list[str], node: str = "answer", **known: Any) -> PromptParts:
    return prompt_parts(graph(nodes, edges), builtin(), node, known)


def told(parts: PromptParts) -> list[tuple[str, list[tuple[str, str | None]]]]:
    return [(message.role, [segment[:2] for segment in message.segments]) for message in parts.messages]


def sent(document: Document, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Graph]:
    """Return the values of each node of an echo run, and the graph as it was run."""
    with Workspace(model="echo", cache=False, registry=builtin()) as workspace:
        bound = workspace.bind(document, inputs)
        values = {e.node: e.values for e in workspace.run(bound) if isinstance(e, NodeFinished) and "/" not in e.node}
    return values, bound.graph


@pytest.mark.parametrize("path", [*TEMPLATES, *EXAMPLES], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_parts_join_to_the_request_of_every_model_node(path: Path, tmp_path: Path) -> None:
    with Workspace(model="echo", cache=False, registry=builtin()) as workspace:
        document, inputs = opened(workspace, path, tmp_path)
        outlines = workspace.outlines(document)
    values, made = sent(document, inputs)
    asked = [node for node in values if "messages" in values[node] and "usage" in values[node]]
    assert asked or not any(node.type == "model" for node in made.nodes.values())
    for node in asked:
        parts = prompt_parts(made, builtin(), node, values, outlines=outlines)
        request = values[node]["messages"][:-1]
        assert tuple(Message(message.role, message.content) for message in parts.messages) == request
        assert parts.request is not None and parts.request.messages == request
        assert parts.waits_for == () and parts.problem == ""
        assert set(parts.sources) <= set(made.nodes)
        user = parts.messages[-1]
        assert any(segment.source not in (None, node) for segment in user.segments)


def test_literal_text_is_of_its_template_and_each_value_of_the_node_that_gave_it() -> None:
    parts = parts_of(HELLO, EDGES)
    assert told(parts) == [
        ("system", [("You teach ", "persona"), ("experts", "audience"), (".", "persona")]),
        ("user", [("Explain ", "task"), ("tides", "topic"), (", ", "task"), ("tides", "topic"), ("!", "task")]),
    ]
    assert parts.sources == ("persona", "audience", "task", "topic")


def test_the_model_itself_puts_blank_lines_between_system_and_contexts() -> None:
    nodes = {"s": ("system", {"text": "Be brief."}), "c": ("context", {"text": "The Moon pulls."}), "d": ("context", {"text": "  "}),
             "q": ("variable", {"value": "Why?"}), "m": "model"}  # fmt: skip
    edges = ["s.text -> m.system", "c.text -> m.context", "d.text -> m.context", "q.value -> m.prompt"]
    assert told(parts_of(nodes, edges, "m")) == [
        ("system", [("Be brief.", "s"), ("\n\n", None), ("The Moon pulls.", "c")]),
        ("user", [("Why?", "q")]),
    ]


def test_joins_conversations_and_branches_let_their_parts_through() -> None:
    nodes = {"a": ("variable", {"value": "one"}), "b": ("variable", {"value": "two"}), "j": ("join", {"separator": " & "}),
             "f": "fallback", "t": ("conversation", {"examples": [{"user": "2+2", "assistant": "4"}]}), "m": "model"}  # fmt: skip
    edges = [
        "a.value -> j.items",
        "b.value -> j.items",
        "j.text -> f.values",
        "f.value -> t.turns",
        "t.messages -> m.prompt",
    ]
    assert told(parts_of(nodes, edges, "m")) == [
        ("user", [("2+2", "t")]),
        ("assistant", [("4", "t")]),
        ("user", [("one", "a"), (" & ", "j"), ("two", "b")]),
    ]


def test_a_text_that_does_not_let_marks_through_counts_as_its_own() -> None:
    nodes = {**HELLO, "task": ("template", {"text": "{{ topic | upper }} has {{ topic | length }} letters"})}
    user = parts_of(nodes, EDGES).messages[-1]
    assert user.segments == (Segment("TIDES has 5 letters", "task"),)


def test_a_logic_in_a_template_still_tells_its_values() -> None:
    nodes = {**HELLO, "task": ("template", {"text": "{% if topic %}About {{ topic }}{% endif %}."})}
    assert told(parts_of(nodes, EDGES))[1] == ("user", [("About ", "task"), ("tides", "topic"), (".", "task")])


def test_answers_come_from_the_last_run_and_stand_ins_are_marked_until_there_is_one() -> None:
    nodes = {
        "q": ("variable", {"value": "Why?"}),
        "draft": "model",
        "t": ("template", {"text": "Shorten: {{ draft }}"}),
        "m": "model",
    }
    edges = ["q.value -> draft.prompt", "draft.text -> t.draft", "t.text -> m.prompt"]
    before = parts_of(nodes, edges, "m")
    assert before.messages[0].segments == (Segment("Shorten: ", "t"), Segment("⟨draft⟩", "draft", unknown=True))
    assert before.waits_for == ("draft",)
    after = parts_of(nodes, edges, "m", draft={"text": "Because."})
    assert after.messages[0].segments == (Segment("Shorten: ", "t"), Segment("Because.", "draft"))
    assert after.waits_for == ()


def test_muted_and_bypassed_nodes_count_as_in_a_run() -> None:
    made = graph(HELLO, EDGES)
    from dataclasses import replace

    def with_state(node: str, state: Any) -> Graph:
        return replace(made, nodes={**made.nodes, node: replace(made.nodes[node], state=state)})

    assert told(prompt_parts(with_state("task", "bypassed"), builtin(), "answer"))[1] == ("user", [("tides", "topic")])
    assert told(prompt_parts(with_state("persona", "muted"), builtin(), "answer"))[0][0] == "user"


def test_no_prompt_is_said_in_a_sentence() -> None:
    assert "nothing is connected" in parts_of({"answer": "model"}, []).problem
    assert "cycle" in parts_of(HELLO, [*EDGES, "answer.text -> topic.x", "topic.value -> answer.context"]).problem
    assert "asks no model" in parts_of(HELLO, EDGES, "task").problem
    assert "there is no node" in parts_of(HELLO, EDGES, "nowhere").problem
    nodes = {**HELLO, "task": ("template", {"text": "Explain {{ nothing }} {{ topic }}"})}
    assert parts_of(nodes, EDGES).problem.startswith('node "task" (template)')


@given(
    texts=st.lists(st.text(), min_size=2, max_size=4),
    template=st.text(alphabet="ab {}%\n\U000ff0e0\U000ff0e1", max_size=12),
)
def test_whatever_the_texts_are_the_parts_join_to_what_the_node_sends(texts: list[str], template: str) -> None:
    nodes: dict[str, Any] = {f"v{i}": ("variable", {"value": text, "kind": "longtext"}) for i, text in enumerate(texts)}
    nodes |= {"t": ("template", {"text": template + "{{ x }}"}), "j": "join", "m": "model"}
    edges = [*(f"v{i}.value -> j.items" for i in range(1, len(texts))), "v0.value -> t.x", "t.text -> m.prompt",
             "j.text -> m.system"]  # fmt: skip
    parts = parts_of(nodes, edges, "m")
    if parts.request is not None:
        assert [message.content for message in parts.messages] == [turn.content for turn in parts.request.messages]


def test_tokens_of_each_part_say_where_the_context_is_full() -> None:
    parts = counted(parts_of(HELLO, EDGES), lambda _, texts: [len(text.split()) for text in texts], n_ctx=4)
    assert [message.tokens for message in parts.messages] == [4, 5]
    assert parts.overflow == (1, 0)
    assert counted(parts, lambda _, texts: [0 for _ in texts], n_ctx=4).overflow is None
    assert counted(parts, lambda _, texts: None) is parts
    assert PartedMessage("user", (Segment("x"),)).tokens is None


def test_the_echo_cannot_count_tokens_and_says_so() -> None:
    parts = parts_of(HELLO, EDGES)
    assert parts.request is not None
    with Workspace(model="echo", cache=False, registry=builtin()) as workspace:
        assert token_counter(workspace, Document(graph(HELLO, EDGES)))(parts.request, ["a"]) is None


@pytest.mark.real_model
def test_tokens_are_counted_with_the_vocabulary_of_the_model(model_path: Path) -> None:
    parts = parts_of(HELLO, EDGES)
    assert parts.request is not None
    with Workspace(model=str(model_path), cache=False, registry=builtin()) as workspace:
        told = counted(parts, token_counter(workspace, Document(graph(HELLO, EDGES))), n_ctx=8)
    tokens = [[segment.tokens for segment in message.segments] for message in told.messages]
    assert all(count for counts in tokens for count in counts) and told.overflow is not None
    assert tokens[1][1] == tokens[1][3], "the same text has the same tokens"
