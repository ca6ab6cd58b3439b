"""Talking with a graph: what can be talked with, a tree of turns, answers that stream, stop, and come back from JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given, strategies as st

from graphide.chatting.graphs import ChatForm, chat_form, model_chat
from graphide.editor.chat import ChatSession
from graphide.editor.runs import RunControl
from graphide.errors import GraphideError, UsageError
from graphide.graph.model import Graph
from graphide.graph.outline import outline
from graphide.plugins import discover
from graphide.spec.declare import node
from graphide.spec.generation import Chunk
from graphide.spec.registry import Registry
from graphide.store import turns as tree
from graphide.store.turns import ROOT, Answer, Turns
from graphide.values import Text
from graphide.workspace import Document, Workspace
from tests.support.echo_runs import ROOT as CHECKOUT, builtin
from tests.support.runs import Gate, graph

LONG = 20.0
CONVERSATION = CHECKOUT / "graphs" / "conversation.json"


def form_of(made: Graph, registry: Registry | None = None) -> ChatForm | None:
    registry = registry or builtin()
    return chat_form(made, registry, outline(made, registry))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def workspace(gate: Gate) -> Iterator[Workspace]:
    @node("slow", category="test")
    def slow(text: Annotated[Text, "what to say"]) -> Generator[Chunk, None, Text]:
        """Say a text in two pieces, and wait before the second; or fail."""
        yield Chunk("well, ")
        gate.entered.set()
        gate.open.wait(LONG)
        if "fail" in text:
            raise GraphideError("cannot say that", hint="Ask something else")
        yield Chunk(text)
        return f"well, {text}"

    registry = Registry()
    assert discover(registry, entry_points=False) == ()
    registry.add(slow)
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        yield workspace


@pytest.fixture
def control(workspace: Workspace) -> Iterator[RunControl]:
    control = RunControl(workspace, lambda: None)
    yield control
    control.close()


Talk = Callable[[Graph], ChatSession]


@pytest.fixture
def talk(workspace: Workspace, control: RunControl) -> Talk:
    def start(made: Graph) -> ChatSession:
        form = form_of(made, workspace.registry)
        assert form is not None
        return ChatSession(Document(made), form, control, today=lambda: "2026-01-01T00:00:00+00:00")

    return start


@pytest.fixture
def chat(talk: Talk, workspace: Workspace) -> ChatSession:
    return talk(workspace.load(CONVERSATION).graph)


SLOW = graph({"message": ("variable", {"kind": "longtext", "value": ""}), "say": "slow", "reply": ("output", {"name": "reply"})},
             ["message.value -> say.text", "say.text -> reply.value"])  # fmt: skip


def finish(chat: ChatSession, control: RunControl) -> None:
    assert control.wait(LONG).over
    assert chat.see(control.view)
    assert not chat.answering


def said(chat: ChatSession) -> list[str]:
    return [turn.text for turn in chat.path]


# --- which graphs can chat


def test_the_conversation_template_can_be_talked_with() -> None:
    with Workspace(registry=builtin()) as workspace:
        made = workspace.load(CONVERSATION).graph
    assert form_of(made) == ChatForm("message", "conversation", "reply", "answer")


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ({"topic": ("variable", {"value": ""}), "o": "output"}, "no message"),
        ({"message": ("variable", {"kind": "number", "value": 1}), "o": "output"}, "not a text"),
        ({"message": ("variable", {"value": ""})}, "no output"),
        ({"message": ("variable", {"value": ""}), "more": "variable", "o": "output"}, "needs more"),
    ],
)
def test_other_graphs_cannot(nodes: dict[str, Any], why: str) -> None:
    assert form_of(graph(nodes)) is None, why


def test_a_graph_without_a_conversation_answers_each_message_by_itself() -> None:
    assert form_of(SLOW.with_settings("reply", name="odd")) is not None
    assert form_of(SLOW) == ChatForm("message", "", "reply", "")  # the type "slow" is not known here


def test_a_plain_model_is_a_graph_with_its_own_words_in_the_system_message(talk: Talk, control: RunControl) -> None:
    made = model_chat("echo", system="Be {{ brief }}.")
    chat = talk(made)
    assert chat.form == ChatForm("message", "conversation", "reply", "answer")
    chat.send("hello there")
    finish(chat, control)
    messages = control.view.nodes["answer"].values["messages"]
    assert [(turn.role, turn.content) for turn in messages] == [
        ("system", "Be {{ brief }}."),
        ("user", "hello there"),
        ("assistant", "hello there"),
    ]
    with Workspace(registry=builtin()) as workspace:
        assert [found for found in workspace.check(Document(made)) if found.severity == "error"] == []


# --- talking


def test_an_answer_has_its_text_and_what_it_cost(chat: ChatSession, control: RunControl) -> None:
    turn = chat.send("hello there", seed=5)
    assert (chat.answering, turn.role, turn.answer) == (True, "assistant", Answer(state="waiting"))
    finish(chat, control)
    answer = chat.path[-1].answer
    assert said(chat) == ["hello there", "hello there"]
    assert answer is not None and (answer.state, answer.model, answer.seed, answer.tokens) == ("done", "echo", 5, 2)
    assert answer.seconds > 0 and chat.title == "hello there"
    assert control.history.of("") == (), "what is said in a chat is kept with the chat only"


def test_the_graph_gets_what_was_said_before_on_this_way(chat: ChatSession, control: RunControl) -> None:
    for text in ("one", "two"):
        chat.send(text)
        finish(chat, control)
    assert control.run is not None
    assert control.run.inputs == {
        "message": "two",
        "conversation": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "one"}],
    }


def test_an_answer_streams_and_a_stop_keeps_what_there_is(talk: Talk, control: RunControl, gate: Gate) -> None:
    chat = talk(SLOW)
    assert chat.form.streamed_by == "say"
    chat.send("tides")
    assert gate.entered.wait(LONG)
    while chat.path[-1].text != "well, ":
        chat.see(control.update())
    assert chat.path[-1].answer is not None and chat.path[-1].answer.state == "writing"
    chat.stop()
    gate.open.set()
    finish(chat, control)
    answer = chat.path[-1].answer
    assert answer is not None and answer.state == "stopped" and chat.path[-1].text.startswith("well, ")


def test_a_failure_says_why_and_keeps_what_there_is(talk: Talk, control: RunControl, gate: Gate) -> None:
    gate.open.set()
    chat = talk(SLOW)
    chat.send("fail please")
    finish(chat, control)
    answer = chat.path[-1].answer
    assert answer is not None
    assert (answer.state, answer.problem, answer.hint) == ("failed", "cannot say that", "Ask something else")
    assert chat.path[-1].text == "well, "


def test_a_message_without_an_answer_counts_as_unsaid(chat: ChatSession, control: RunControl) -> None:
    chat.send("one")
    finish(chat, control)
    chat.turns = chat.turns.with_turn(chat.path[-1]._replace(text=""))
    chat.send("two")
    finish(chat, control)
    assert control.run is not None and control.run.inputs["conversation"] == []


def test_an_answer_made_again_and_an_edited_message_are_ways_of_their_own(
    chat: ChatSession, control: RunControl
) -> None:
    first = chat.send("one")
    finish(chat, control)
    chat.send("two")
    finish(chat, control)
    again = chat.regenerate(first.id, seed=9)
    finish(chat, control)
    assert chat.turns.siblings(again.id) == (first.id, again.id)
    assert said(chat) == ["one", "one"]
    edited = chat.edit(chat.path[0].id, "three")
    finish(chat, control)
    assert said(chat) == ["three", "three"] and chat.path[-1].id == edited.id
    chat.switch(first.id)
    assert said(chat) == ["one", "one", "two", "two"]
    with pytest.raises(UsageError, match="message of yours"):
        chat.edit(first.id, "no")


def test_nothing_is_said_while_an_answer_is_made_and_nothing_is_lost(
    talk: Talk, control: RunControl, gate: Gate
) -> None:
    chat = talk(SLOW)
    chat.send("one")
    before = chat.turns
    for refused in (
        lambda: chat.send("two"),
        lambda: chat.switch(1),
        chat.regenerate,
        lambda: chat.edit(1, "x"),
    ):
        with pytest.raises(UsageError):
            refused()
    assert chat.turns is before
    with pytest.raises(UsageError, match="empty"):
        chat.send("  ")


def test_a_run_that_took_the_place_of_an_answer_leaves_it_stopped(
    chat: ChatSession, control: RunControl, workspace: Workspace
) -> None:
    chat.send("one")
    control.wait(LONG)
    control.start(workspace.load("hello"))
    assert chat.see(control.wait(LONG)) and not chat.answering
    answer = chat.path[-1].answer
    assert answer is not None and answer.state == "stopped"


# --- kept


@given(data=st.data())
def test_any_tree_of_turns_has_one_way_and_comes_back_from_json(data: st.DataObject) -> None:
    turns = Turns()
    for number in range(data.draw(st.integers(0, 12))):
        parent = data.draw(st.sampled_from([ROOT, *turns.turns]))
        role: Any = "user" if parent == ROOT or turns[parent].role == "assistant" else "assistant"
        turns = turns.added(
            parent, role, f"text {number}", answer=Answer(tokens=number) if role == "assistant" else None
        )
        assert turns.path[-1] == turns.last
        turns = turns.switched(data.draw(st.sampled_from(list(turns.turns))))
    way = turns.path
    assert [turn.parent for turn in way] == [ROOT, *(turn.id for turn in way)][: len(way)]
    assert tree.from_json(json.loads(json.dumps(tree.to_json(turns)))) == turns


def test_what_was_being_written_comes_back_as_stopped() -> None:
    turns = Turns().added(ROOT, "user", "hi").added(1, "assistant", "half", answer=Answer(state="writing"))
    answer = tree.from_json(tree.to_json(turns))[2].answer
    assert answer is not None and answer.state == "stopped"
