"""Chats in the user's store: begun, brought to what was said, in two processes at one time, forgotten after some days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graphide.chatting.graphs import model_chat
from graphide.chatting.keeping import ChatRecord, chats_file, made_by, open_chats, record_for
from graphide.chatting.partners import ModelChoices, label_of, reopened, subject_of, with_graph, with_model
from graphide.errors import GraphFileError, UsageError
from graphide.graph import file as graph_file
from graphide.graph.model import ModelRef
from graphide.paths import data_folder
from graphide.settings import Settings
from graphide.spec.registry import Registry
from graphide.store.chats import Chats
from graphide.store.database import Database
from graphide.store.turns import ROOT, Answer, Turns
from graphide.workspace import Document, Workspace

SUBJECT = {"model": "echo"}


@pytest.fixture
def chats(tmp_path: Path) -> Iterator[Chats]:
    chats = open_chats(Settings(), tmp_path / "chats.db")
    yield chats
    chats.database.close()


@pytest.fixture
def workspace(registry: Registry) -> Iterator[Workspace]:
    with Workspace(registry=registry) as workspace:
        yield workspace


def said(*texts: str) -> Turns:
    turns = Turns()
    for number, text in enumerate(texts):
        turns = turns.added(turns.leaf, "assistant" if number % 2 else "user", text)
    return turns


def test_a_chat_begins_with_the_first_thing_that_is_said(chats: Chats) -> None:
    record = record_for(chats, Settings(), SUBJECT)
    record.save(Turns())
    assert (record.id, chats.listed()) == ("", ())
    record.save(said("Hello"))
    record.save(said("Hello", "Good day"))
    (head,) = chats.listed()
    assert (head.id, head.title, head.subject, head.turns) == (record.id, "Hello", SUBJECT, 2)


@pytest.mark.parametrize(("settings", "keep"), [(Settings(keep_chats=False), True), (Settings(), False)])
def test_nothing_is_written_of_a_chat_that_is_not_to_be_kept(chats: Chats, settings: Settings, keep: bool) -> None:
    record = record_for(chats, settings, SUBJECT, keep=keep)
    record.save(said("Hello"))
    record.rename("Mine")
    assert not record.keeps and chats.listed() == ()


def test_a_chat_that_went_on_elsewhere_is_kept_twice(chats: Chats) -> None:
    first = record_for(chats, Settings(), SUBJECT)
    first.save(said("Hello", "Good day"))
    second = ChatRecord(chats, SUBJECT, id=first.id, turns=chats.turns(first.id))
    first.save(said("Hello", "Good day", "Here", "yes"))
    second.save(said("Hello", "Good day", "There", "no"))
    assert first.id != second.id
    assert [[turn.text for turn in chats.turns(record.id).path][2:] for record in (first, second)] == [
        ["Here", "yes"],
        ["There", "no"],
    ]


def test_a_chat_that_was_deleted_elsewhere_does_not_come_back(chats: Chats) -> None:
    record = record_for(chats, Settings(), SUBJECT)
    record.save(said("Hello"))
    chats.delete(record.id)
    with pytest.raises(UsageError, match="deleted"):
        record.save(said("Hello", "Good day"))
    record.save(said("Hello", "Good day", "More"))
    assert chats.listed() == () and not record.keeps


def test_a_chat_goes_on_with_somebody_else_under_a_title(chats: Chats) -> None:
    record = record_for(chats, Settings(), SUBJECT)
    record.rename("Mine")
    record.turn_to({"model": "other"})
    record.save(said("Hello"))
    record.turn_to({"model": "third"})
    head = chats.head(record.id)
    assert (head.title, head.named, head.subject) == ("Mine", True, {"model": "third"})


def test_old_chats_go_when_the_store_is_opened(tmp_path: Path) -> None:
    path, long_ago = tmp_path / "chats.db", datetime.now(UTC) - timedelta(days=9)
    old = Chats(Database(path), lambda: long_ago)
    old.begin(SUBJECT, turns=said("Old"))
    old.pin(old.begin(SUBJECT, turns=said("Pinned")).id)
    old.database.close()
    for days, left in ((0, 2), (10, 2), (7, 1)):
        chats = open_chats(Settings(chat_days=days), path)
        assert len(chats.listed()) == left
        chats.database.close()


def test_the_store_is_in_the_folder_of_data() -> None:
    assert chats_file() == data_folder() / "chats.db"


def test_chats_are_found_by_how_their_id_begins(chats: Chats) -> None:
    ids = [chats.begin(SUBJECT, turns=said(text)).id for text in ("one", "two")]
    assert chats.find(ids[0][:8].upper()).title == "one"
    latest = chats.latest()
    assert latest is not None and latest.title == "two"
    for wrong in ("", "none", "%"):
        with pytest.raises(UsageError, match="there is no chat"):
            chats.find(wrong)
    many = [chats.begin(SUBJECT).id for _ in range(17)]
    twice = next(id[0] for id in many if sum(other.startswith(id[0]) for other in many) > 1)
    with pytest.raises(UsageError, match="more than one"):
        chats.find(twice)


def test_a_chat_with_a_model_is_opened_again_as_it_was(workspace: Workspace) -> None:
    choices = ModelChoices(
        model="fast", system="Be {{ brief }}.", max_tokens=9, overflow="middle_out", sampling={"temperature": 0.2},
        ref=ModelRef(file="a.gguf", size=7),
    )  # fmt: skip
    partner = with_model(workspace, choices)
    again = reopened(subject_of(partner), workspace)
    assert again == partner and again.name == "fast"
    assert again.document.graph.nodes["sampling"].settings == {"temperature": 0.2}
    assert reopened(subject_of(ModelChoices()), workspace).choices == ModelChoices()


def test_choices_of_another_version_do_not_keep_a_chat_closed(workspace: Workspace) -> None:
    subject = {"model": "echo", "max_tokens": "many", "overflow": "shrink", "sampling": 3, "new": True}
    assert reopened(subject, workspace).choices == ModelChoices(model="echo")


def test_a_chat_with_a_graph_remembers_its_file_its_template_or_the_graph_itself(
    workspace: Workspace, tmp_path: Path
) -> None:
    graph = graph_file.loads(graph_file.dumps(replace(model_chat("echo"), title="Mine")))
    path = tmp_path / "mine.json"
    file = workspace.save(Document(graph), path)
    assert subject_of(file) == {"graph": str(path), "title": "Mine"}
    assert reopened(subject_of(file), workspace).document.graph == graph
    inline = subject_of(Document(graph))
    assert reopened(inline, workspace).document == Document(graph) and label_of(inline) == "Mine"
    template = subject_of(workspace.load("conversation"))
    assert template == {"graph": "conversation", "title": "Conversation"}
    assert reopened(template, workspace).name == "Conversation"
    path.unlink()
    with pytest.raises(GraphFileError, match="no such file"):
        reopened(subject_of(file), workspace)


def test_a_chat_of_another_program_asks_who_is_to_answer(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"ChatGPT.*Choose a model"):
        reopened({"from": "ChatGPT"}, workspace)
    assert label_of({"from": "ChatGPT"}) == "ChatGPT"


def test_a_graph_without_a_message_is_no_partner(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match='text input "message"'):
        with_graph(workspace, workspace.load("hello"))


def test_what_made_an_answer_is_kept_with_it(chats: Chats, workspace: Workspace) -> None:
    partner = with_graph(workspace, workspace.load("conversation"))
    record = record_for(chats, Settings(), subject_of(partner))
    made = made_by(partner.document, workspace.registry, partner.form, {"message": "Hi", "tone": "calm"})
    turns = said("Hi").added(1, "assistant", "Hello", answer=Answer(model="echo"))
    record.save(turns, made)
    kept = chats.made_by(record.id, 2)
    assert kept is not None and kept.inputs == {"tone": "calm"}
    assert graph_file.loads(kept.graph).title == "Conversation"


def test_the_chosen_way_can_end_earlier_and_nothing_is_lost() -> None:
    turns = said("one", "a", "two", "b")
    back = turns.ended_at(2)
    assert [turn.text for turn in back.path] == ["one", "a"] and len(back.turns) == 4
    other = back.added(2, "user", "three")
    assert [turn.text for turn in other.path] == ["one", "a", "three"] and other.siblings(5) == (3, 5)
    assert turns.ended_at(ROOT).path == ()
