"""Chats with a model and nothing else: made of choices that are read again, shown alone, set up, kept with their choices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.chatting.partners import ModelChoices
from graphide.editor import chat_setup, chats_open, lifecycle, running, talking
from graphide.editor.chat import ChatSession
from graphide.editor.chat_setup import ChatSetup
from graphide.editor.chats_plain import choices_of_graph, graph_of_choices
from graphide.editor.session import Session
from graphide.graph import file as graph_file
from graphide.graph.model import ModelRef
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands

RICH = ModelChoices(
    model="mine", system="Be {{ brief }}.", max_tokens=77, overflow="middle_out", sampling={"temperature": 0.3},
    ref=ModelRef(file="mine.gguf", size=3),
)  # fmt: skip


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state") as person:
        yield person


def chat_of(session: Session) -> ChatSession:
    chat = running.chat(session)
    assert chat is not None
    return chat


def settle(session: Session) -> None:
    for _ in range(4):
        assert session.chats.shelf.settle()
        session.tick()


def say(session: Session, text: str) -> None:
    chat_of(session).draft = text
    assert talking.send(session)
    end = time.monotonic() + 60
    while chat_of(session).answering:
        assert time.monotonic() < end
        session.tab.runs.wait(0.05)
        session.tick()
    settle(session)


def setup(session: Session) -> ChatSetup:
    found = chat_setup.setup_of(session, chat_of(session))
    assert found is not None
    return found


@pytest.mark.parametrize("choices", [ModelChoices(), RICH, ModelChoices(overflow="stop", max_tokens=512)])
def test_the_graph_says_what_it_was_made_of_from_its_file_too(choices: ModelChoices, registry: Registry) -> None:
    made = graph_of_choices(choices)
    assert choices_of_graph(made, registry) == choices
    assert choices_of_graph(graph_file.loads(graph_file.dumps(made, registry)), registry) == choices


@pytest.mark.parametrize("template", ["conversation", "hello", "chain"])
def test_other_graphs_are_more_than_a_chat_with_a_model(template: str, registry: Registry, person: Hands) -> None:
    if person.session.new_from(template):
        assert choices_of_graph(person.session.graph, registry) is None


def test_a_model_is_chosen_and_talked_with_without_a_graph_in_sight(person: Hands) -> None:
    session = person.session
    session.act("model_chat")
    dialog = session.popups.dialog
    assert dialog is not None and dialog.what == "models"
    session.popups.answer("ok", "echo")
    assert session.tab.alone and len(session.tabs) == 1 and session.tab.title == "New chat"
    say(session, "hello")
    assert [turn.text for turn in chat_of(session).path] == ["hello", "hello"]
    assert session.tab.title == "hello" and not session.tab.document.dirty
    session.act("select_all")
    assert not session.tab.selection.nodes, "what is not seen cannot be selected, and so not be deleted"


def test_what_is_chosen_in_a_chat_is_kept_with_it_and_asks_nothing_when_it_is_closed(
    person: Hands, registry: Registry, tmp_path: Path
) -> None:
    session = person.session
    chats_open.begin_with_model(session, "echo")
    chat = chat_of(session)
    chat_setup.set_system(session, chat, "Be brief.")
    chat_setup.set_temperature(session, chat, 0.35)
    chat_setup.set_max_tokens(session, chat, 99)
    chat_setup.set_overflow(session, chat, "stop")
    session.tick()
    assert setup(session) == ChatSetup("Be brief.", 0.35, 99, "stop") and not session.tab.document.dirty
    say(session, "hello")
    session.act("close_tab")
    assert session.popups.dialog is None
    person.session.close()
    with hands(registry, tmp_path / "state") as later:
        later.session.chats.list.look()
        settle(later.session)
        chats_open.open_chat(later.session, next(row.chat for row in later.session.chats.list.rows if row.chat))
        settle(later.session)
        assert later.session.tab.alone and setup(later.session) == ChatSetup("Be brief.", 0.35, 99, "stop")
        assert chat_setup.setup_of(later.session, chat_of(later.session)) == setup(later.session)


def test_the_chat_that_was_shown_alone_is_shown_again_by_the_next_window(
    person: Hands, registry: Registry, tmp_path: Path
) -> None:
    chats_open.begin_with_model(person.session, "echo")
    say(person.session, "hello")
    person.session.close()
    with hands(registry, tmp_path / "state") as later:
        lifecycle.start(later.session)
        settle(later.session)
        assert later.session.tab.alone and [turn.text for turn in chat_of(later.session).path] == ["hello", "hello"]
        later.session.act("new")
    with hands(registry, tmp_path / "state") as last:
        lifecycle.start(last.session)
        settle(last.session)
        assert not last.session.tab.alone


def test_a_change_in_the_middle_of_a_chat_is_kept_with_the_chat_too(person: Hands, registry: Registry) -> None:
    session = person.session
    chats_open.begin_with_model(session, "echo")
    say(session, "hello")
    chat_setup.set_temperature(session, chat_of(session), 1.5)
    session.tick()
    settle(session)
    heads: list[object] = []
    session.chats.shelf.ask(lambda chats: chats.head(chat_of(session).id).subject, heads.append)
    settle(session)
    assert heads == [{"model": "echo", "sampling": {"temperature": 1.5}}]


def test_the_same_settings_are_nodes_of_any_other_graph_and_each_change_is_undone(person: Hands) -> None:
    session = person.session
    assert session.new_from("conversation")
    chat, before = chat_of(session), setup(session)
    assert before.system is not None and "friendly" in before.system
    chat_setup.set_system(session, chat, "Be brief.")
    person.clock.now += 5
    chat_setup.set_temperature(session, chat, 0.1)
    person.clock.now += 5
    chat_setup.set_overflow(session, chat, "middle_out")
    assert setup(session) == before._replace(system="Be brief.", temperature=0.1, overflow="middle_out")
    for _ in range(3):
        session.act("undo")
    assert setup(session) == before


def test_what_a_graph_lacks_for_a_setting_is_added(person: Hands) -> None:
    session = person.session
    chats_open.begin_with_model(session, "echo")
    session.act("as_graph")
    assert not session.tab.alone
    chat = chat_of(session)
    chat_setup.set_system(session, chat, "Be brief.")
    chat_setup.set_temperature(session, chat, 0.1)
    assert {"system", "parameters"} <= {node.type for node in session.graph.nodes.values()}
    assert setup(session)[:2] == ("Be brief.", 0.1)
    say(session, "hello")
    assert chat_of(session).path[-1].text == "hello"


def test_system_prompts_are_kept_taken_and_dropped(person: Hands) -> None:
    session = person.session
    chats_open.begin_with_model(session, "echo")
    chat = chat_of(session)
    chat_setup.keep_preset(session, "  Pirate ", "You talk like a pirate.")
    chat_setup.keep_preset(session, "", "nothing")
    assert chat_setup.presets(session) == ("Pirate",)
    chat_setup.take_preset(session, chat, "Pirate")
    assert setup(session).system == "You talk like a pirate."
    assert chat_setup.preset_of(session, "You talk like a pirate.") == "Pirate"
    chat_setup.drop_preset(session, "Pirate")
    assert chat_setup.presets(session) == ()


def test_a_chat_alone_makes_way_for_the_next_unless_something_would_be_lost(person: Hands) -> None:
    session = person.session
    chats_open.begin_with_model(session, "echo")
    say(session, "hello")
    chat_of(session).draft = "half a thou"
    chats_open.begin_with_model(session, "default")
    assert len(session.tabs) == 1
    settle(session)
    session.chats.list.look()
    settle(session)
    chats_open.open_chat(session, next(row.chat for row in session.chats.list.rows if row.chat))
    settle(session)
    assert len(session.tabs) == 1 and chat_of(session).draft == "half a thou"
    session.act("chat_private")
    chats_open.begin_with_model(session, "echo")
    assert len(session.tabs) == 2, "what is not kept would be lost"


def test_a_graph_that_is_answering_is_not_taken_to_another_chat(person: Hands) -> None:
    session = person.session
    assert session.new_from("conversation")
    say(session, "one")
    session.act("new_chat")
    chat = chat_of(session)
    chat._asked = object()  # type: ignore[assignment]  # as while a run goes on
    chat.see = lambda _: False  # type: ignore[method-assign]
    session.chats.list.look()
    settle(session)
    chats_open.open_chat(session, next(row.chat for row in session.chats.list.rows if row.chat))
    settle(session)
    assert session.tab.chat is chat and "stop it first" in session.toasts.shown[-1].message
    chat._asked = None


def test_a_chat_alone_becomes_a_graph_and_a_plain_graph_a_chat_again(person: Hands) -> None:
    session = person.session
    chats_open.begin_with_model(session, "echo")
    say(session, "hello")
    session.act("as_graph")
    assert not session.tab.alone and [turn.text for turn in chat_of(session).path] == ["hello", "hello"]
    session.act("as_chat")
    assert session.tab.alone
    assert session.new_from("conversation") and not session.act("as_chat", quiet=True)
