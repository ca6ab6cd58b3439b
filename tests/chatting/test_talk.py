"""A conversation without a window: answers, branches, stops, failures, and what of it is in the store meanwhile."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphide.api import Chunk, Context, GraphideError, Messages, Streamed, Text, node
from graphide.chatting.answers import Doing, Piece, Wrote
from graphide.chatting.graphs import model_chat
from graphide.chatting.keeping import SAVE_EVERY, open_chats, record_for
from graphide.chatting.partners import ModelChoices, Partner, subject_of, with_graph, with_model
from graphide.chatting.talk import Talk
from graphide.errors import InvalidGraph, UsageError
from graphide.graph.model import Edge, Graph, Node
from graphide.plugins import discover
from graphide.settings import Settings
from graphide.spec.registry import Registry
from graphide.store.chats import Chats
from graphide.store.turns import Turn
from graphide.workspace import Document, Workspace


@node("counting", category="test", cache="never")
def counting(ctx: Context, text: Text = "", *, pieces: int = 4) -> Generator[Streamed, None, Text]:
    """Stream pieces; "break" breaks it in the middle, "wait" has it wait there until it is stopped."""
    made = ""
    for number in range(pieces):
        while text == "wait" and number == 2 and not ctx.cancelled:
            time.sleep(0.005)
        made += f"{number} "
        yield Chunk(f"{number} ")
        if text == "break" and number == 1:
            raise GraphideError("it broke", hint="Say something else")
    return made


@node("heard", category="test", cache="never")
def heard(said: Messages = ()) -> Text:
    """Say what was heard before the last message, and nothing to the message "hush"."""
    return "" if said[-1].content == "hush" else "heard " + " | ".join(message.content for message in said[:-1])


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    registry = Registry()
    discover(registry, entry_points=False)
    registry.add(counting)
    registry.add(heard)
    with Workspace(registry=registry, cache=False) as workspace:
        yield workspace


@pytest.fixture
def chats(tmp_path: Path) -> Iterator[Chats]:
    chats = open_chats(Settings(), tmp_path / "chats.db")
    yield chats
    chats.database.close()


def partner(workspace: Workspace, answering: str) -> Partner:
    """Return a graph in which a node of a type answers the message."""
    usual = model_chat("echo")
    nodes = {name: each for name, each in usual.nodes.items() if name != "answer"} | {
        "answer": Node("answer", answering)
    }
    source = (
        Edge("message", "value", "answer", "text")
        if answering == "counting"
        else Edge("talk", "messages", "answer", "said")
    )
    edges = [edge for edge in usual.edges if edge.target != "answer" and edge.source != "answer"]
    edges += [source, Edge("answer", "text", "reply", "value")]
    return with_graph(workspace, Document(Graph(nodes, tuple(edges), title="Test")))


def echo(workspace: Workspace, **choices: Any) -> Partner:
    return with_model(workspace, ModelChoices(model="echo", **choices))


def end(answer: Generator[Piece, None, Turn]) -> tuple[list[Piece], Turn]:
    pieces = []
    while True:
        try:
            pieces.append(next(answer))
        except StopIteration as stop:
            return pieces, stop.value


def texts(talk: Talk) -> list[str]:
    return [turn.text for turn in talk.path]


def test_an_answer_comes_in_pieces_and_becomes_a_turn(workspace: Workspace) -> None:
    talk = Talk(workspace, echo(workspace))
    pieces, turn = end(talk.say("one two", seed=5))
    assert "".join(piece.text for piece in pieces if isinstance(piece, Wrote)) == turn.text == "one two"
    answer = turn.answer
    assert answer is not None and (answer.state, answer.model, answer.seed, answer.tokens) == ("done", "echo", 5, 2)
    assert Doing("working") in pieces and texts(talk) == ["one two", "one two"]


def test_what_was_said_before_is_heard(workspace: Workspace) -> None:
    talk = Talk(workspace, partner(workspace, "heard"))
    for text in ("one", "hush", "three"):
        end(talk.say(text))
    assert talk.path[-1].text == "heard one | heard "  # a question without an answer counts as unsaid


def test_an_answer_is_made_again_beside_the_old_one_and_a_message_is_edited(workspace: Workspace) -> None:
    talk = Talk(workspace, echo(workspace))
    end(talk.say("one"))
    end(talk.regenerate())
    end(talk.edit("two"))
    assert texts(talk) == ["two", "two"] and len(talk.ends()) == 3
    talk.switch(talk.ends()[0].id)
    assert texts(talk) == ["one", "one"]
    assert talk.back().text == "one" and talk.path == ()
    end(talk.say("three"))
    assert texts(talk) == ["three", "three"] and len(talk.ends()) == 4
    with pytest.raises(UsageError, match="only a message of yours"):
        talk.edit("x", turn_id=2)


def test_nothing_is_said_by_a_blank_message_or_in_an_empty_chat(workspace: Workspace) -> None:
    talk = Talk(workspace, echo(workspace))
    with pytest.raises(UsageError, match="empty"):
        next(talk.say("  \n"))
    for wrong in (talk.regenerate, talk.back):
        with pytest.raises(UsageError, match="nothing was said"):
            wrong()
    assert talk.path == () and talk.gauge() is None


def test_a_stop_keeps_what_there_is(workspace: Workspace) -> None:
    talk = Talk(workspace, partner(workspace, "counting"))
    answer = talk.say("wait")
    while next(answer) != Wrote("1 "):
        pass
    talk.stop()
    _, turn = end(answer)
    assert turn.answer is not None and turn.answer.state == "stopped" and turn.text.startswith("0 1 ")
    assert not turn.text.endswith("3 ")
    assert end(talk.say("again"))[1].text == "0 1 2 3 "


def test_leaving_in_the_middle_counts_as_stopped(workspace: Workspace, chats: Chats) -> None:
    whom = partner(workspace, "counting")
    talk = Talk(workspace, whom, record=record_for(chats, Settings(), subject_of(whom)))
    answer = talk.say("wait")
    while next(answer) != Wrote("1 "):
        pass
    answer.close()
    kept = chats.turns(talk.record.id).path[-1]
    assert kept.answer is not None and (kept.text, kept.answer.state) == ("0 1 ", "stopped")


def test_a_failure_is_a_turn_that_says_why_and_is_answered_again_in_its_place(workspace: Workspace) -> None:
    talk = Talk(workspace, partner(workspace, "counting"))
    _, turn = end(talk.say("break"))
    answer = turn.answer
    assert answer is not None and turn.text == "0 1 "
    assert (answer.state, answer.problem, answer.hint, answer.node) == (
        "failed", "it broke", "Say something else", "answer",
    )  # fmt: skip
    end(talk.regenerate())
    assert [turn.id for turn in talk.path] == [1, 2] and len(talk.turns.turns) == 2


def test_a_run_that_cannot_begin_says_nothing(workspace: Workspace) -> None:
    whom = partner(workspace, "heard")
    graph = whom.document.graph
    unknown = replace(graph, nodes={**graph.nodes, "answer": Node("answer", "nobody_knows")})
    talk = Talk(workspace, whom._replace(document=Document(unknown)))
    with pytest.raises(InvalidGraph):
        next(talk.say("Hello"))
    assert talk.path == ()


def test_the_question_is_kept_before_the_answer_and_the_answer_while_it_is_written(
    workspace: Workspace, chats: Chats
) -> None:
    whom, times = partner(workspace, "counting"), iter([0.0, 0.1, 0.2])
    late = 0.2
    talk = Talk(
        workspace, whom, record=record_for(chats, Settings(), subject_of(whom)), clock=lambda: next(times, late)
    )
    answer = talk.say("go")
    next(answer)
    assert [turn.text for turn in chats.turns(talk.record.id).path] == ["go", ""]
    while next(answer) != Wrote("1 "):
        pass
    late += SAVE_EVERY
    next(answer)
    kept = chats.turns(talk.record.id).path[-1]
    assert kept.text == "0 1 2 " and kept.answer is not None and kept.answer.state == "stopped"
    end(answer)
    assert chats.turns(talk.record.id).path == talk.path
    made = chats.made_by(talk.record.id, 2)
    assert made is not None and '"title": "Test"' in made.graph


def test_a_store_that_fails_does_not_end_the_chat(workspace: Workspace, chats: Chats) -> None:
    whom = echo(workspace)
    talk = Talk(workspace, whom, record=record_for(chats, Settings(), subject_of(whom)))
    end(talk.say("one"))
    chats.database.close()
    assert end(talk.say("two"))[1].text == "two"
    assert "store of chats" in talk.fault


def test_a_chat_goes_on_with_somebody_else(workspace: Workspace, chats: Chats) -> None:
    whom = echo(workspace)
    talk = Talk(workspace, whom, record=record_for(chats, Settings(), subject_of(whom)))
    end(talk.say("one"))
    talk.turn_to(partner(workspace, "heard"))
    assert end(talk.say("two"))[1].text == "heard one | one"
    assert chats.head(talk.record.id).subject["title"] == "Test"
