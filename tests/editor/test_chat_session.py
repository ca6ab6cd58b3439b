"""Talking with the graph of a session: say, stop, branch, retry, copy, links, a new chat, and how full the context is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.chatting.graphs import ChatForm
from graphide.editor import actions, chat_state, running, talking
from graphide.editor.chat import ChatSession
from graphide.editor.chat_answers import answered
from graphide.editor.chat_making import ChatTrouble
from graphide.editor.noderun import NodeError, NodeRun
from graphide.editor.runview import RunRefused, RunView
from graphide.editor.session import Session
from graphide.editor.text.page import Act, Spot
from graphide.editor.views import Box
from graphide.errors import UsageError
from graphide.settings import Settings
from graphide.spec.registry import Registry
from graphide.store.turns import ROOT, Answer, Turn, Turns
from graphide.values import Usage
from graphide.workspace import Workspace
from tests.editor.hands import Clock, Hands, hands

NOWHERE = Box(0, 0, 1, 1)
FORM = ChatForm("message", "conversation", "reply", "answer")


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "conversation") as person:
        yield person


def chat_of(person: Hands) -> ChatSession:
    chat = running.chat(person.session)
    assert chat is not None
    return chat


def answer_of(person: Hands) -> Answer:
    answer = chat_of(person).path[-1].answer
    assert answer is not None
    return answer


def finish(person: Hands) -> None:
    end = time.monotonic() + 60
    while chat_of(person).answering:
        assert time.monotonic() < end
        person.session.tab.runs.wait(0.05)
        person.session.tick()


def say(person: Hands, text: str) -> None:
    chat_of(person).draft = text
    assert talking.send(person.session)
    finish(person)


def said(person: Hands) -> list[str]:
    return [turn.text for turn in chat_of(person).path]


def toast(person: Hands) -> str:
    return person.session.toasts.shown[-1].message if person.session.toasts.shown else ""


# --- saying


def test_what_is_written_is_said_and_the_field_is_empty_again(person: Hands) -> None:
    say(person, "  hello there \n")
    assert said(person) == ["hello there", "hello there"] and chat_of(person).draft == ""
    assert not talking.send(person.session), "there is nothing to say"
    assert person.session.tab.runs.view.nodes["answer"].state == "done"


def test_what_was_written_stays_where_it_cannot_be_said(person: Hands) -> None:
    chat = chat_of(person)
    chat.draft = "one"
    assert talking.send(person.session)
    chat.draft = "two"
    assert not talking.send(person.session)
    assert chat.draft == "two" and "run is under way" in toast(person)
    finish(person)


def test_a_message_is_edited_into_a_branch_and_the_edit_can_be_left(person: Hands) -> None:
    say(person, "one")
    first = chat_of(person).path[0].id
    talking.take(person.session, Spot(NOWHERE, "edit", turn=first))
    chat = chat_of(person)
    assert (chat.draft, chat.editing, chat.wants_keys) == ("one", first, True)
    assert talking.escape(person.session)
    assert (chat.draft, chat.editing) == ("", ROOT) and not talking.escape(person.session)
    talking.begin_edit(person.session, first)
    say(person, "two")
    assert said(person) == ["two", "two"] and chat.editing == ROOT
    talking.take(person.session, Spot(NOWHERE, "way", turn=first))
    assert said(person) == ["one", "one"]
    talking.begin_edit(person.session, chat.path[1].id)
    assert chat.editing == ROOT, "answers are not edited"


def test_an_answer_is_made_again_beside_the_old_one_and_a_failed_one_in_its_place(person: Hands) -> None:
    say(person, "one")
    first = chat_of(person).path[-1].id
    talking.take(person.session, Spot(NOWHERE, "again", turn=first))
    finish(person)
    chat = chat_of(person)
    assert len(chat.turns.siblings(first)) == 2
    broken = chat.path[-1]
    chat.turns = chat.turns.with_turn(broken._replace(text="", answer=Answer(state="failed")))
    talking.take(person.session, Spot(NOWHERE, "retry", turn=broken.id))
    finish(person)
    assert len(chat.turns.siblings(first)) == 2 and answer_of(person).state == "done"


def test_a_turn_that_others_follow_cannot_be_taken_out() -> None:
    turns = Turns().added(ROOT, "user", "a").added(1, "assistant", "b")
    with pytest.raises(UsageError, match="lost"):
        turns.without(1)
    assert [turn.id for turn in turns.without(2).path] == [1]


def test_esc_stops_the_answer(person: Hands) -> None:
    chat = chat_of(person)
    chat.draft = "one"
    talking.send(person.session)
    assert talking.escape(person.session)
    finish(person)
    assert answer_of(person).state in ("stopped", "done"), "it may have been over already"


# --- the chat as a whole


def test_the_actions_of_a_chat_have_keys_and_say_when_they_cannot_be_done(person: Hands) -> None:
    assert {actions.BY_KEY[key].id for key in ("ctrl+t", "ctrl+shift+t", "ctrl+.")} == {
        "focus_chat",
        "new_chat",
        "stop",
    }
    session = person.session
    session.set_panel("right", False)
    assert session.act("focus_chat")
    assert session.panel("right") is True and session.panel(talking.SIDE) == "chat" and chat_of(person).wants_keys
    assert not session.act("new_chat", quiet=True)


def test_a_new_chat_begins_with_nothing_and_is_asked_about_where_the_old_one_is_not_kept(person: Hands) -> None:
    say(person, "one")
    person.session.act("new_chat")
    assert not chat_of(person).path and person.session.popups.dialog is None
    say(person, "one")
    old = chat_of(person)
    person.session.act("chat_private")
    person.session.act("new_chat")
    dialog = person.session.popups.dialog
    assert dialog is not None and dialog.what == "ask" and "2 turns" in dialog.text
    person.session.popups.answer("cancel")
    assert chat_of(person) is old
    person.session.act("new_chat")
    person.session.popups.answer("new")
    assert chat_of(person) is not old and not chat_of(person).path


def test_a_graph_that_cannot_be_talked_with_is_helped_by_one_step_of_undo(registry: Registry, tmp_path: Path) -> None:
    with hands(registry, tmp_path / "state", "hello") as person:
        session = person.session
        talk = chat_state.talk(session)
        assert talk.chat is None and talk.trouble is not None
        assert not talking.send(session) and "message" in toast(person)
        before = session.graph
        talking.help_out(session, talk.trouble)
        assert chat_state.talk(session).trouble is None and chat_of(person).wants_keys
        say(person, "hi")
        session.act("undo")
        assert session.graph == before
        kept = chat_state.talk(session)
        assert kept.trouble is not None and kept.chat is not None and kept.chat.path, "what was said stays to be read"


def test_a_missing_value_is_shown_in_the_inspector(person: Hands) -> None:
    talking.help_out(person.session, ChatTrouble("needs more", "Show", ("persona",)))
    assert person.session.tab.selection.nodes == ("persona",) and person.session.panel(talking.SIDE) == "inspector"
    talking.take(person.session, Spot(NOWHERE, "inspect", "style"))
    assert person.session.tab.selection.nodes == ("style",)
    talking.take(person.session, Spot(NOWHERE, "inspect", "gone"))


# --- clicks


def test_texts_are_copied_and_only_addresses_of_the_web_are_opened(person: Hands) -> None:
    opened: list[str] = []
    acts: tuple[Act, ...] = ("copy", "copy_text")
    for act in acts:
        talking.take(person.session, Spot(NOWHERE, act, f"by {act}"))
        assert person.session.clipboard.read() == f"by {act}"
    for address in ("https://example.org", "HTTP://example.org", "file:///etc/passwd", "javascript:alert(1)"):
        talking.take(person.session, Spot(NOWHERE, "link", address), opened.append)
    assert opened == ["https://example.org", "HTTP://example.org"]
    assert person.session.clipboard.read() == "javascript:alert(1)"


# --- what is shown beside the turns


def test_the_model_is_named_and_the_context_is_measured(person: Hands) -> None:
    session, chat = person.session, chat_of(person)
    assert "SmolLM2" in chat_state.model_of(session, chat)
    assert chat_state.gauge(session, chat) is None
    cost = Answer(prompt_tokens=900, tokens=100)
    chat.turns = Turns().added(ROOT, "user", "a").added(1, "assistant", "b", answer=cost)
    found = chat_state.gauge(session, chat)
    assert found is not None and found.used == 1000
    chat.context = 4000
    assert chat_state.Gauge(1000, 4000).share == 0.25 and chat_state.Gauge(1000, 4000).text == "1,000 of 4,000 tokens"
    assert chat_state.Gauge(9000, 4000).share == 1.0 and chat_state.Gauge(1000, 0).text == "1,000 tokens"
    talking.choose_model(session, chat)
    assert session.popups.dialog is not None and session.popups.dialog.what == "models"


@pytest.mark.real_model
def test_a_conversation_that_does_not_fit_is_cut_and_that_is_said(
    registry: Registry, tmp_path: Path, model_path: Path
) -> None:
    settings = Settings(n_threads=1)
    with Workspace(settings=settings, model=str(model_path), cache=False, registry=registry) as workspace:
        session = Session(workspace, folder=tmp_path / "state")
        try:
            person = Hands(session, Clock())
            assert session.new_from("conversation")
            for name, value in (("max_tokens", 2), ("n_ctx", 128)):
                assert session.set_setting(("answer",), name, value) == ""
            for number in range(3):
                say(person, f"number {number} " + "some words that fill the context " * 5)
                assert answer_of(person).state == "done", answer_of(person).problem
            answer, chat = answer_of(person), chat_of(person)
            assert answer.dropped and answer.model == model_path.name and answer.tokens <= 2
            full = chat_state.gauge(session, chat)
            assert full is not None and full.room == 128 and 0.3 < full.share <= 1
        finally:
            session.close()


# --- answers from runs


TURN = Turn(2, 1, "assistant", "", answer=Answer(state="waiting"))


def test_an_answer_says_what_was_cached_cut_and_why_it_ended() -> None:
    usage = Usage(prompt_tokens=50, completion_tokens=7, cached_tokens=40, tokens_per_second=20.0, stop_reason="length",
                  dropped="left out 2 turns")  # fmt: skip
    node = NodeRun("answer", state="done", usage=usage, values={"text": "hi"})
    view = RunView(state="ok", run="r", nodes={"answer": node}, outputs={"reply": "hi"}, seconds=2.0)
    answer = answered(TURN, view, FORM).answer
    assert answer is not None
    assert (answer.cached_tokens, answer.prompt_tokens, answer.dropped) == (40, 50, "left out 2 turns")
    assert (answer.stop_reason, answer.tokens, answer.seconds, answer.state) == ("length", 7, 2.0, "done")


def test_before_the_first_word_an_answer_says_what_goes_on() -> None:
    node = NodeRun("answer", state="running", label="loading model", done=2, total=5)
    answer = answered(TURN, RunView(state="running", run="r", nodes={"answer": node}), FORM).answer
    assert answer is not None and (answer.state, answer.doing) == ("waiting", "loading model 40 %")


def test_while_it_is_written_an_answer_has_its_speed() -> None:
    node = NodeRun("answer", state="running", pieces=("a b c",), chunks=3, first_chunk=10.0, last_chunk=10.5)
    turn = answered(TURN, RunView(state="running", run="r", nodes={"answer": node}), FORM)
    assert turn.text == "a b c" and turn.answer is not None
    assert (turn.answer.state, turn.answer.tokens_per_second) == ("writing", 4.0)


@pytest.mark.parametrize(
    ("view", "problem", "hint", "node"),
    [
        (RunView(state="refused", refusal=RunRefused("no model", hint="Get one")), "no model", "Get one", ""),
        (RunView(state="refused", refusal=RunRefused("broken")), "broken", "Change the graph, then retry", ""),
        (
            RunView(state="failed", nodes={"m": NodeRun("m", state="failed", error=NodeError("killed", kind="killed"))}),
            "killed", "Run it again; if it happens again, choose a smaller model", "m",
        ),
        (RunView(state="ok"), "the graph gave no reply", "Look at the branches that were not taken", ""),
    ],
)  # fmt: skip
def test_a_failure_is_said_with_what_to_do(view: RunView, problem: str, hint: str, node: str) -> None:
    answer = answered(TURN, view, FORM).answer
    assert answer is not None and answer.state == "failed"
    assert (answer.problem, answer.hint, answer.node) == (problem, hint, node)
