"""Files that go along with a message, and what is known of an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.chatting.attachments import Attachment, split_attachments, with_attachments
from graphide.editor import chat_files, running, talking
from graphide.editor.chat import ChatSession
from graphide.editor.chat_details import lines_of
from graphide.editor.chat_parts import Place, message_part
from graphide.editor.session import Session
from graphide.spec.registry import Registry
from graphide.store.chats import MadeBy
from graphide.store.turns import Answer, Turn
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
    assert session.chats.shelf.settle()
    session.tick()


def toasts(session: Session) -> str:
    return " | ".join(toast.message for toast in session.toasts.shown)


def test_text_files_go_along_and_others_are_refused_with_why(person: Hands, tmp_path: Path) -> None:
    session = person.session
    notes, picture, large = tmp_path / "notes.txt", tmp_path / "cat.png", tmp_path / "large.txt"
    notes.write_text("milk\n```\neggs\n")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    large.write_bytes(b"x" * 3_000_000)
    chat_files.attach(session, [notes, picture, large, tmp_path / "gone.txt"])
    chat = chat_of(session)
    assert [file.name for file in chat.files] == ["notes.txt"]
    assert "cat.png: is no text" in toasts(session) and "large.txt: is larger than" in toasts(session)
    assert "gone.txt: cannot be attached" in toasts(session)
    say(session, "What is missing?")
    assert chat.files == ()
    assert chat.title == "What is missing?", "and not the name of the file"
    assert split_attachments(chat.path[0].text) == ("What is missing?", (Attachment("notes.txt", "milk\n```\neggs"),))


def test_a_file_is_asked_for_taken_back_and_comes_back_when_its_message_is_edited(
    person: Hands, tmp_path: Path
) -> None:
    session = person.session
    (tmp_path / "a.txt").write_text("A")
    (tmp_path / "b.txt").write_text("B")
    session.act("attach")
    session.popups.answer("ok", str(tmp_path / "a.txt"))
    chat_files.attach(session, [tmp_path / "b.txt", tmp_path / "a.txt"])
    assert sorted(file.name for file in chat_of(session).files) == ["a.txt", "b.txt"], "the same file goes along once"
    chat_files.take_back(session, "b.txt")
    say(session, "")
    assert chat_of(session).path[0].text.strip().startswith("a.txt:"), "files alone are a message too"
    session.act("chat_edit")
    assert (chat_of(session).draft, [file.name for file in chat_of(session).files]) == ("", ["a.txt"])


@pytest.mark.parametrize("text", ["", "hello", "a.txt:\n```\nx", "a.txt:\n```\nx\n``` more", "```\ncode\n```\n\ntext"])
def test_a_message_without_files_has_none(text: str) -> None:
    assert split_attachments(text) == (text, ())


@pytest.mark.parametrize("said", ["", "What?", "b.txt: is not here"])
@pytest.mark.parametrize("content", ["one", "```\ninside\n```", "a\n\n`````\nb"])
def test_files_are_found_again_in_a_message(said: str, content: str) -> None:
    files = (Attachment("a.txt", content), Attachment("b c.md", "two\n\nthree"))
    assert split_attachments(with_attachments(said, files)) == (said, files)


def test_a_message_shows_its_files_by_name_and_not_their_text() -> None:
    text = with_attachments("What is this?", (Attachment("notes.txt", "secret words"),))
    part = message_part(Turn(1, 0, "user", text), Place(), 400.0, edited=False)
    assert [line.text for line in part.lines] == ["What is this?"]
    drawn = [shape.text for shape in part.shapes if type(shape).__name__ == "Text"]  # type: ignore[union-attr]
    assert "notes.txt" in drawn and not any("secret" in text for text in drawn)
    assert [spot.value for spot in part.spots if spot.act == "copy_text"] == ["secret words"]


# --- what is known of an answer


def test_the_details_of_an_answer_have_the_graph_that_gave_it(person: Hands) -> None:
    session = person.session
    say(session, "hello")
    session.act("chat_details")
    assert session.chats.shelf.settle()
    session.tick()
    dialog = session.popups.dialog
    assert dialog is not None and dialog.what == "details"
    rows = dict(dialog.data)
    assert rows["Model"] == "echo" and rows["Answer"] == "1 tokens" and rows["Graph"] == "Conversation"
    assert "temperature 0.6" in rows["Sampler"] and "overflow drop_oldest" in rows["Sampler"]
    session.popups.answer("graph")
    assert session.graph.nodes.keys() == session.tabs[0].document.graph.nodes.keys() and len(session.tabs) == 2


def test_of_an_answer_only_what_is_known_is_said() -> None:
    failed = Turn(2, 1, "assistant", "", "2026-11-22T10:00:00+00:00", Answer(state="failed", problem="no", hint="Do"))
    assert lines_of(failed, None, {}, "") == (
        ("When", "2026-11-22 10:00:00 UTC"), ("Seed", "0"), ("Failed", "no. Do"),
    )  # fmt: skip
    given = MadeBy("{}", {"tone": "dry"})
    assert ("Input tone", "dry") in lines_of(failed, given, {}, "")
