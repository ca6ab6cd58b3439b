"""Chats that are kept: written as they go, found again, opened with their graph, renamed, deleted and had back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphide.chatting.keeping import SAVE_EVERY
from graphide.editor import chats_acts, chats_open, running, talking
from graphide.editor.actions import ACTIONS, palette_items
from graphide.editor.chat import ChatSession
from graphide.editor.session import Session
from graphide.spec.registry import Registry
from graphide.store.chats import ChatHead, Chats
from graphide.store.database import Database
from graphide.store.drafts import draft
from graphide.store.turns import Answer, Turns
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "conversation") as person:
        yield person


def chat_of(session: Session) -> ChatSession:
    chat = running.chat(session)
    assert chat is not None
    return chat


def say(session: Session, text: str) -> None:
    chat_of(session).draft = text
    assert talking.send(session)
    end = time.monotonic() + 60
    while chat_of(session).answering:
        assert time.monotonic() < end
        session.tab.runs.wait(0.05)
        session.tick()
    settle(session)


def settle(session: Session) -> None:
    """Let the thread of the store come to rest, and what came of it be taken in."""
    for _ in range(4):
        assert session.chats.shelf.settle()
        session.tick()


def kept(session: Session) -> tuple[ChatHead, ...]:
    """Return what is in the store, read by somebody else."""
    settle(session)
    database = Database(session.folder / "chats.db")
    try:
        return Chats(database).listed()
    finally:
        database.close()


def read(session: Session, chat_id: str) -> Turns:
    settle(session)
    database = Database(session.folder / "chats.db")
    try:
        return Chats(database).turns(chat_id)
    finally:
        database.close()


def listed(session: Session) -> list[str]:
    """Return the titles in the list, headings in brackets."""
    session.chats.list.look()
    settle(session)
    return [row.chat.title if row.chat is not None else f"[{row.heading}]" for row in session.chats.list.rows]


def lit(session: Session, title: str) -> ChatHead:
    listed(session)
    return next(row.chat for row in session.chats.list.rows if row.chat is not None and row.chat.title == title)


def toasts(session: Session) -> str:
    return " | ".join(toast.message for toast in session.toasts.shown)


# --- written as they go


def test_what_is_said_is_kept_and_comes_back_with_its_branches_and_its_graph(
    person: Hands, registry: Registry, tmp_path: Path
) -> None:
    say(person.session, "one")
    talking.again(person.session)
    say_again = chat_of(person.session)
    while say_again.answering:
        person.session.tab.runs.wait(0.05)
        person.session.tick()
    talking.switch(person.session, 2)
    person.session.close()
    with hands(registry, tmp_path / "state") as later:
        session = later.session
        assert listed(session) == ["[Today]", "one"]
        chats_open.open_chat(session, lit(session, "one"))
        settle(session)
        back = chat_of(session)
        assert (back.turns, [turn.id for turn in back.path]) == (say_again.turns, [1, 2])
        assert session.graph.nodes.keys() == person.session.graph.nodes.keys() and session.panel(talking.SIDE) == "chat"
        say(session, "two")
        assert [turn.text for turn in read(session, back.id).path] == ["one", "one", "two", "two"]
        assert len(kept(session)) == 1, "it is the same chat that went on"


def test_a_question_is_kept_at_once_and_its_answer_every_few_seconds(person: Hands) -> None:
    session, chat = person.session, chat_of(person.session)
    writing = Answer(state="writing")
    chat.turns = Turns().added(0, "user", "why?").added(1, "assistant", "be", answer=writing)
    chat._asked = object()  # type: ignore[assignment]  # as while a run goes on
    chat.see = lambda _: False  # type: ignore[method-assign]
    session.tick()
    assert [turn.text for turn in read(session, kept(session)[0].id).path] == ["why?", "be"]
    chat.turns = chat.turns.with_turn(chat.turns[2]._replace(text="because"))
    session.tick()
    assert [turn.text for turn in read(session, chat.id).path] == ["why?", "be"], "not each word is written"
    assert session.due <= person.clock.now + SAVE_EVERY
    person.pass_time(SAVE_EVERY)
    assert [turn.text for turn in read(session, chat.id).path] == ["why?", "because"]
    chat._asked = None


def test_a_draft_is_kept_and_is_back_in_the_next_window(person: Hands, registry: Registry, tmp_path: Path) -> None:
    say(person.session, "one")
    chat = chat_of(person.session)
    chat.draft = "half a thou"
    person.session.tick()
    person.pass_time(1.0)
    settle(person.session)
    chats = person.session.chats
    found: list[str] = []
    chats.shelf.ask(lambda store: draft(store.database, chat.id), found.append)
    settle(person.session)
    assert found == ["half a thou"]
    chat.draft = "half a thought"
    person.session.close()
    with hands(registry, tmp_path / "state") as later:
        chats_open.open_chat(later.session, lit(later.session, "one"))
        settle(later.session)
        assert chat_of(later.session).draft == "half a thought"
        say(later.session, "half a thought, and the rest")
        found = []
        later.session.chats.shelf.ask(lambda store: draft(store.database, chat.id), found.append)
        settle(later.session)
        assert found == [""], "what was said is no draft any more"


def test_nothing_is_kept_where_the_user_keeps_no_chats(person: Hands) -> None:
    workspace = person.session.workspace
    workspace.use(replace(workspace.settings, keep_chats=False))
    say(person.session, "secret")
    chat_of(person.session).draft = "also secret"
    person.pass_time(5.0)
    settle(person.session)
    assert not (person.session.folder / "chats.db").exists()
    person.session.act("new_chat")
    assert person.session.popups.dialog is not None, "what is not kept is not given up without asking"


def test_a_chat_that_is_not_to_be_kept_is_taken_out_and_can_be_kept_again(person: Hands) -> None:
    session = person.session
    say(session, "one")
    assert len(kept(session)) == 1
    session.act("chat_private")
    assert kept(session) == ()
    say(session, "two")
    assert kept(session) == ()
    session.act("chat_private")
    session.tick()
    assert [head.turns for head in kept(session)] == [4]


def test_nothing_is_left_of_the_draft_of_a_chat_that_is_not_to_be_kept(person: Hands) -> None:
    session, chat = person.session, chat_of(person.session)
    chat.draft = "a secret thought"
    session.tick()
    person.pass_time(1.0)
    settle(session)
    found: list[object] = []

    def look(store: Chats) -> None:
        found.append(store.database.read("SELECT text FROM draft"))

    session.chats.shelf.ask(look)
    session.act("chat_private")
    session.chats.shelf.ask(look)
    person.pass_time(5.0)
    settle(session)
    assert found == [[("a secret thought",)], []]


def test_a_fault_of_the_store_is_said_once_and_chatting_goes_on(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "state" / "chats.db").mkdir(parents=True)
    with hands(registry, tmp_path / "state", "conversation") as person:
        say(person.session, "one")
        say(person.session, "two")
        assert toasts(person.session).count("cannot open the store of chats") == 1
        assert [turn.text for turn in chat_of(person.session).path] == ["one", "one", "two", "two"]
        (tmp_path / "state" / "chats.db").rmdir()
        person.pass_time(11.0)
        settle(person.session)
        assert [head.turns for head in kept(person.session)] == [4], "once it can be, everything is written"


def test_a_chat_that_is_left_for_another_is_written_first(person: Hands) -> None:
    session = person.session
    say(session, "one")
    session.act("new_chat")
    assert chat_of(session).turns.turns == {}
    say(session, "two")
    assert sorted(head.title for head in kept(session)) == ["one", "two"]
    session.drop(session.tab)
    assert len(kept(session)) == 2


def test_a_chat_that_was_deleted_in_another_window_is_not_brought_back(person: Hands) -> None:
    session = person.session
    say(session, "one")
    database = Database(session.folder / "chats.db")
    Chats(database).delete(chat_of(session).id)
    database.close()
    say(session, "two")
    assert kept(session) == () and "It was deleted" in toasts(session) and chat_of(session).private
    assert len(chat_of(session).path) == 4, "what was said is still in this window"


def test_a_chat_that_went_on_in_another_window_becomes_a_chat_of_its_own(person: Hands) -> None:
    session = person.session
    say(session, "one")
    database = Database(session.folder / "chats.db")
    other = Chats(database)
    first = chat_of(session).id
    turns = other.turns(first)
    other.save(first, turns.added(turns.leaf, "user", "elsewhere"))
    database.close()
    say(session, "here")
    assert chat_of(session).id != first
    assert sorted(read(session, head.id).path[2].text for head in kept(session)) == ["elsewhere", "here"]


# --- opened


def test_a_chat_with_a_file_opens_that_file(person: Hands, tmp_path: Path) -> None:
    session = person.session
    path = tmp_path / "talk.json"
    assert session.save_as(path)
    say(session, "one")
    session.act("new")
    session.drop(next(tab for tab in session.tabs if tab.document.path == path))
    chats_open.open_chat(session, lit(session, "one"))
    settle(session)
    assert session.tab.document.path == path
    assert [turn.text for turn in chat_of(session).path] == ["one", "one"]


def test_where_the_file_is_gone_the_graph_of_the_last_answer_is_opened(person: Hands, tmp_path: Path) -> None:
    session = person.session
    path = tmp_path / "talk.json"
    assert session.save_as(path)
    say(session, "one")
    nodes = session.graph.nodes.keys()
    session.act("new")
    session.drop(next(tab for tab in session.tabs if tab.document.path == path))
    path.unlink()
    chats_open.open_chat(session, lit(session, "one"))
    settle(session)
    assert session.tab.document.path is None and session.graph.nodes.keys() == nodes
    assert "as it answered last" in toasts(session) and len(chat_of(session).path) == 2


def test_a_chat_that_is_open_is_shown_and_not_opened_again(person: Hands) -> None:
    session = person.session
    say(session, "one")
    tab = session.tab
    session.show(session.new_tab(session.new_document()))
    chats_open.open_chat(session, lit(session, "one"))
    settle(session)
    assert session.tab is tab


def test_a_place_that_was_found_is_led_to_on_its_own_branch(person: Hands) -> None:
    session = person.session
    say(session, "about tides")
    talking.begin_edit(session, 1)
    say(session, "about volcanoes")
    session.chats.list.search("tides")
    settle(session)
    row = session.chats.list.rows[-1]
    assert row.chat is not None and [piece.text for piece in row.pieces if piece.hit] == ["tides"]
    chats_open.open_chat(session, row.chat, row.turn)
    chat = chat_of(session)
    assert chat.wanted == row.turn and [turn.text for turn in chat.path] == ["about tides", "about tides"]


# --- done with


def test_a_chat_is_renamed_pinned_deleted_and_had_back(person: Hands) -> None:
    session = person.session
    for text in ("one", "two"):
        say(session, text)
        session.act("new_chat")
    chats_acts.rename(session, lit(session, "one").id, "Numbers")
    chats_acts.pin_chat(session, lit(session, "Numbers"))
    assert listed(session) == ["[Pinned]", "Numbers", "[Today]", "two"]
    chats_acts.delete(session, lit(session, "two"))
    assert listed(session) == ["[Pinned]", "Numbers"]
    assert len(kept(session)) == 2, "for a while it can be had back"
    session.act("restore_chat")
    assert listed(session) == ["[Pinned]", "Numbers", "[Today]", "two"]
    chats_acts.delete(session, lit(session, "two"))
    person.pass_time(11.0)
    assert [head.title for head in kept(session)] == ["Numbers"]


def test_deleting_the_chat_that_is_open_leaves_a_new_one_and_having_it_back_shows_it_again(person: Hands) -> None:
    session = person.session
    say(session, "one")
    old = chat_of(session)
    chats_acts.delete(session, lit(session, "one"))
    assert not chat_of(session).path
    session.act("restore_chat")
    assert chat_of(session) is old
    say(session, "two")
    assert [head.turns for head in kept(session)] == [4]


def test_a_chat_that_was_to_be_deleted_is_gone_when_the_window_is_closed(person: Hands) -> None:
    session = person.session
    say(session, "one")
    chats_acts.delete(session, lit(session, "one"))
    session.close()
    database = Database(session.folder / "chats.db")
    assert Chats(database).listed() == ()
    database.close()


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_a_chat_is_exported(person: Hands, tmp_path: Path, form: str) -> None:
    session = person.session
    say(session, "one: two?")
    session.act(f"chat_{form}")
    settle(session)
    dialog = session.popups.dialog
    assert dialog is not None and dialog.what == "save_as"
    assert dialog.data.name == ("one_two.md" if form == "markdown" else "one_two.json")
    path = tmp_path / dialog.data.name
    session.popups.answer("ok", str(path))
    settle(session)
    text = path.read_text("utf-8")
    assert "one: two?" in text and (form == "markdown" or json.loads(text)["graphide_chat"] == 1)
    assert f"Exported to {path.name}" in toasts(session)


def test_chats_of_another_program_come_in_with_their_days_and_what_was_left_out_is_said(
    person: Hands, tmp_path: Path
) -> None:
    message = {"author": {"role": "user"}, "content": {"parts": ["What is a tide?"]}, "create_time": 1_600_000_000}
    good = {"title": "Tides", "create_time": 1_600_000_000, "mapping": {"a": {"message": message, "parent": None}}}
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([good, {"mapping": 3}]))
    session = person.session
    session.act("import_chats")
    session.popups.answer("ok", str(path))
    settle(session)
    dialog = session.popups.dialog
    assert dialog is not None and "1 chat came in" in dialog.title and "chat 2 cannot be read" in dialog.text
    assert listed(session) == ["[September 2020]", "Tides"]
    chats_open.open_chat(session, lit(session, "Tides"))
    settle(session)
    assert session.tab.alone and [turn.text for turn in chat_of(session).path] == ["What is a tide?"]


def test_everything_about_a_chat_has_a_key_or_can_be_found_in_the_palette(person: Hands) -> None:
    session = person.session
    say(session, "one")
    found = {item.id for item in palette_items(session)}
    chats_acts.delete(session, lit(session, "one"))
    found |= {item.id for item in palette_items(session)}
    chats_open.begin_with_model(session, "echo")
    found |= {item.id for item in palette_items(session)}
    session.act("as_graph")
    found |= {item.id for item in palette_items(session)}
    about_chats = {action.id for action in ACTIONS.values() if action.menus == ("chat",)} | {"restore_chat"}
    assert about_chats - found == {"chat_way"}, "that needs a second branch, and has a key"


# --- found


def test_more_chats_are_asked_for_at_the_end_of_the_list(registry: Registry, tmp_path: Path) -> None:
    database = Database(tmp_path / "chats.db")
    turns = Turns().added(0, "user", "hello")
    Chats(database).add((f"Chat {number}", {"model": "x"}, "", turns) for number in range(450))
    database.close()
    with hands(registry, tmp_path) as person:
        assert len(listed(person.session)) == 201
        for expected in (401, 451, 451):
            person.session.chats.list.more()
            assert len(listed(person.session)) == expected


def test_arrows_go_from_chat_to_chat_over_the_headings(person: Hands) -> None:
    session = person.session
    for text in ("one", "two"):
        say(session, text)
        session.act("new_chat")
    chats_acts.pin_chat(session, lit(session, "one"))
    listed(session)
    found = session.chats.list
    shown = []
    for by in (1, 1, 1, -1, -1):
        found.step(by)
        assert found.chat is not None
        shown.append(found.chat.title)
    assert shown == ["one", "two", "two", "one", "one"]
