"""Graphs that answer like models: which can, what they are given, and how their runs become replies. Without a server."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from graphide.chatting.graphs import ChatForm, model_chat
from graphide.executor.events import NodeChunk, NodeFailed, RunFinished
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.outline import outline
from graphide.server.errors import Refusal
from graphide.server.openai_answering import Answer
from graphide.server.openai_graphs import GraphForm, chat_inputs, graph_answerer, graph_form, replied
from graphide.server.openai_wanted import Wanted
from graphide.server.openai_wire import Ended, Piece
from graphide.spec.registry import Registry
from graphide.values import Message, Messages
from graphide.workspace import Document, Workspace

FORM = ChatForm("message", "conversation", "reply", "answer")
ALONE = FORM._replace(conversation="")
SAID: Messages = (
    Message("system", "Be brief"),
    Message("user", "One"),
    Message("assistant", "1"),
    Message("user", "Two"),
)
TURNS = [{"role": "user", "content": "One"}, {"role": "assistant", "content": "1"}]


def variable(name: str, value: Any = "", kind: str = "longtext") -> Node:
    return Node(name, "variable", {"kind": kind, "value": value})


def one_text(name: str, *others: Node) -> Graph:
    """A graph that asks a model about a text, which has no value yet."""
    nodes = [
        variable(name, None),
        Node("ask", "model", {"model": "echo"}),
        Node("out", "output", {"name": "summary"}),
        *others,
    ]
    edges = (Edge(name, "value", "ask", "prompt"), Edge("ask", "text", "out", "value"))
    return Graph({node.id: node for node in nodes}, edges)


def form_of(graph: Graph, registry: Registry) -> GraphForm | None:
    return graph_form(graph, registry, outline(graph, registry))


def drained(answer: Answer) -> tuple[list[str], Ended]:
    pieces = []
    while True:
        try:
            pieces.append(next(answer).text)
        except StopIteration as end:
            return pieces, end.value


# --- which can


def test_a_graph_with_a_message_answers_chats_and_texts(registry: Registry) -> None:
    form = form_of(model_chat("echo"), registry)
    assert form is not None and form.chat is not None and form.text is not None
    assert (form.chat.message, form.chat.conversation, form.chat.reply) == ("message", "conversation", "reply")
    assert (form.text.message, form.text.conversation, form.system) == ("message", "", False)


def test_a_graph_of_one_text_answers_texts_and_streams_them(registry: Registry) -> None:
    form = form_of(one_text("article"), registry)
    assert form == GraphForm(None, ChatForm("article", "", "summary", "ask"))


def test_of_several_inputs_the_one_that_has_no_value_is_the_text(registry: Registry) -> None:
    form = form_of(one_text("article", variable("tone", "kind")), registry)
    assert form is not None and form.text is not None and form.text.message == "article"


def test_a_graph_that_needs_more_than_one_value_answers_nothing(registry: Registry) -> None:
    assert form_of(one_text("article", variable("other", None)), registry) is None


@pytest.mark.parametrize("name", ["message", "article"])
def test_what_a_client_says_is_never_the_name_of_a_file(name: str, registry: Registry) -> None:
    graph = one_text(name)
    file = variable(name, None, "file")
    assert form_of(Graph({**graph.nodes, name: file}, graph.edges), registry) is None


def test_a_graph_without_an_output_answers_nothing(registry: Registry) -> None:
    assert form_of(Graph({"message": variable("message")}), registry) is None


# --- what they are given


@pytest.mark.parametrize(
    ("form", "system", "inputs"),
    [
        (FORM, True, {"message": "Two", "conversation": TURNS, "system": "Be brief"}),
        (FORM, False, {"message": "Two", "conversation": [{"role": "system", "content": "Be brief"}, *TURNS]}),
        (ALONE, True, {"message": "Two", "system": "Be brief"}),
        (ALONE, False, {"message": "Be brief\n\nTwo"}),
    ],
)
def test_a_system_message_goes_where_the_graph_has_room_for_it(
    form: ChatForm, system: bool, inputs: Mapping[str, Any]
) -> None:
    assert chat_inputs(SAID, form, system=system) == inputs


def test_a_first_message_comes_with_an_empty_conversation() -> None:
    assert chat_inputs((Message("user", "Hi"),), FORM, system=True) == {"message": "Hi", "conversation": []}


# --- how a run becomes a reply


def finished(reply: Any = None, **usage: int) -> RunFinished:
    return RunFinished("ok", {} if reply is None else {"reply": reply}, 1.0, usage)


def test_chunks_of_the_reply_are_streamed_and_others_are_not() -> None:
    events = [NodeChunk("other", "x"), NodeChunk("answer", "Hel"), NodeChunk("answer", "lo")]
    run = iter([*events, finished("Hello", prompt_tokens=3, completion_tokens=2, cached_tokens=1)])
    assert drained(replied((event for event in run), FORM, 0)) == (["Hel", "lo"], Ended(0, "Hello", "stop", 3, 2, 1))


@pytest.mark.parametrize(("value", "text"), [("Hello", "Hello"), (3, "3"), ({"a": 1}, '{"a":1}'), ([1], "[1]")])
def test_a_reply_that_is_not_streamed_comes_at_the_end_as_text(value: Any, text: str) -> None:
    assert drained(replied((event for event in [finished(value)]), FORM, 0))[0] == [text]


def test_the_rest_of_a_reply_follows_what_was_streamed_of_it() -> None:
    run = [NodeChunk("answer", "Hel"), finished("Hello!")]
    assert drained(replied((event for event in run), FORM, 0))[0] == ["Hel", "lo!"]


def test_a_failure_names_the_node_and_keeps_its_kind() -> None:
    failed = NodeFailed("answer", "model", "the prompt is too long", "Shorten it", "context_overflow", {}, "", 1)
    with pytest.raises(Refusal) as caught:
        drained(replied((event for event in [failed, finished()]), FORM, 0))
    assert (caught.value.status, caught.value.code) == (400, "context_overflow")
    assert caught.value.message == 'node "answer" (model): the prompt is too long. Shorten it'


def test_a_run_that_failed_beside_its_reply_still_answers() -> None:
    failed = NodeFailed("other", "model", "no", "", "", {}, "", 1)
    assert drained(replied((event for event in [failed, finished("ok")]), FORM, 0))[0] == ["ok"]


def test_the_whole_way_through_a_workspace(registry: Registry) -> None:
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        found = graph_answerer("talk", Document(model_chat("echo")), workspace)
        assert found is not None
        wanted = Wanted(model="talk", messages=SAID, sampling={"temperature": 1.0, "seed": 3})
        found.check(wanted)
        pieces, ended = drained(found.answer(wanted, 0, threading.Event()))
        assert ("".join(pieces), ended.text) == ("Two", "Two")
        assert ended.completion_tokens == 1


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"messages": SAID, "json_schema": {"type": "object"}}, "response_format"),
        ({"messages": SAID, "grammar": 'root ::= "x"'}, "response_format"),
        ({"messages": SAID, "logprobs": 0}, "logprobs"),
        ({"messages": SAID[:-1]}, "messages"),
    ],
)
def test_what_a_graph_cannot_be_told_is_refused(wanted: Mapping[str, Any], param: str, registry: Registry) -> None:
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        found = graph_answerer("talk", Document(model_chat("echo")), workspace)
        assert found is not None
        with pytest.raises(Refusal) as caught:
            found.check(Wanted(model="talk", **wanted))
        assert caught.value.param == param
        with pytest.raises(Refusal, match="is a graph"):
            found.embed(["x"], threading.Event())


def test_pieces_say_which_answer_they_belong_to() -> None:
    run = (event for event in [NodeChunk("answer", "Hi"), finished("Hi")])
    assert next(replied(run, FORM, 5)) == Piece(5, "Hi")
