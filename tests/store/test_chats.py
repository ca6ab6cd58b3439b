"""Chats: trees of turns that come back as they went in, their list, their titles, and what is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.errors import UsageError
from graphide.store.chats import Chats, MadeBy, title_of
from graphide.store.database import Database
from graphide.store.turns import ROOT, Answer, Turns, to_json

GRAPH = '{"graphide": 1, "nodes": {}}'


def asked(text: str = "Why is the sky blue?", reply: str = "Because of Rayleigh.") -> Turns:
    """Return a question and its answer."""
    turns = Turns().added(ROOT, "user", text, at="2026-01-01T00:00:00.000+00:00")
    return turns.added(turns.leaf, "assistant", reply, answer=Answer(model="m.gguf", tokens=5, seed=3))


def test_a_tree_with_branches_comes_back_as_it_went_in(chats: Chats) -> None:
    turns = asked()
    edited = turns.added(ROOT, "user", "Why is the sea blue?").added(3, "assistant", "It mirrors.", answer=Answer())
    head = chats.begin({"graph": "a.json"}, turns=edited)
    assert to_json(chats.turns(head.id)) == to_json(edited)
    switched = edited.switched(2)
    chats.save(head.id, switched)
    assert chats.turns(head.id).leaf == 2 and len(chats.turns(head.id).turns) == 4


@given(st.lists(st.tuples(st.integers(0, 30), st.text(max_size=40)), max_size=25))
def test_any_tree_that_is_written_step_by_step_comes_back(tmp_path_factory: pytest.TempPathFactory, steps) -> None:  # type: ignore[no-untyped-def]
    database = Database(tmp_path_factory.mktemp("store") / "chats.db")
    chats = Chats(database)
    head, turns = chats.begin({}), Turns()
    for after, text in steps:
        parent = after % (len(turns.turns) + 1)
        role = "user" if parent == ROOT or turns[parent].role == "assistant" else "assistant"
        turns = turns.added(parent, role, text, answer=Answer(tokens=after) if role == "assistant" else None)  # type: ignore[arg-type]
        chats.save(head.id, turns)
    assert to_json(chats.turns(head.id)) == to_json(turns)
    database.close()


def test_an_answer_that_grows_is_written_again_and_again_as_the_same_turn(chats: Chats) -> None:
    turns = asked(reply="")
    head = chats.begin({}, turns=turns)
    for text in ("Be", "Because", "Because of Rayleigh."):
        turns = turns.with_turn(turns[2]._replace(text=text))
        chats.save(head.id, turns, MadeBy(GRAPH, {"tone": "dry"}))
    assert [turn.text for turn in chats.turns(head.id).path] == ["Why is the sky blue?", "Because of Rayleigh."]
    assert chats.made_by(head.id, 2) == MadeBy(GRAPH, {"tone": "dry"})
    assert chats.made_by(head.id, 1) is None


def test_a_turn_that_was_taken_back_is_gone(chats: Chats) -> None:
    turns = asked()
    head = chats.begin({}, turns=turns)
    chats.save(head.id, turns.without(2))
    assert list(chats.turns(head.id).turns) == [1]


def test_the_list_has_pinned_chats_first_and_then_the_newest(tmp_path: Path) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]

    def clock() -> datetime:
        now[0] += timedelta(minutes=1)
        return now[0]

    database = Database(tmp_path / "chats.db")
    chats = Chats(database, clock)
    first, second, third = (chats.begin({}, title=title) for title in ("first", "second", "third"))
    chats.save(first.id, asked())
    chats.pin(second.id)
    assert [head.title for head in chats.listed()] == ["second", "first", "third"]
    assert [head.title for head in chats.listed(limit=1, start=2)] == ["third"]
    chats.pin(second.id, False)
    assert [head.title for head in chats.listed()] == ["first", "third", "second"]
    assert chats.head(first.id).preview == "Because of Rayleigh." and chats.head(first.id).turns == 2
    assert third.created < chats.head(first.id).changed
    database.close()


def test_opening_a_chat_again_does_not_make_it_the_newest(chats: Chats) -> None:
    head = chats.begin({}, turns=asked())
    chats.save(head.id, asked())
    assert chats.head(head.id).changed == head.changed


def test_a_title_comes_from_what_was_said_until_the_user_gives_one(chats: Chats) -> None:
    head = chats.begin({}, turns=asked("\n  Tell me   about\nlighthouses"))
    assert head.title == "Tell me about" and not head.named
    chats.rename(head.id, "  My   lighthouse ")
    chats.save(head.id, asked("Another beginning"))
    assert chats.head(head.id).title == "My lighthouse" and chats.head(head.id).named
    chats.rename(head.id, "")
    assert chats.head(head.id).title == "Another beginning"


@pytest.mark.parametrize(
    ("text", "title"),
    [("", ""), ("short", "short"), ("word " * 40, "word " * 14 + "word…"), ("x" * 200, "x" * 79 + "…")],
)
def test_a_long_title_is_cut_at_a_word(text: str, title: str) -> None:
    assert title_of(text) == title and len(title_of(text)) <= 80


def test_a_deleted_chat_is_gone_with_its_words_and_graphs(chats: Chats, tmp_path: Path) -> None:
    secret = "xylophonequartz"
    head = chats.begin({}, turns=asked(secret))
    chats.save(head.id, asked(secret, reply="other"), MadeBy(GRAPH))
    chats.delete(head.id)
    assert chats.listed() == () and chats.database.read("SELECT * FROM graph") == []
    with pytest.raises(UsageError, match="no chat"):
        chats.turns(head.id)
    chats.tidy()
    assert secret.encode() not in (tmp_path / "chats.db").read_bytes()


def test_what_is_said_in_a_chat_that_was_deleted_elsewhere_is_refused(chats: Chats) -> None:
    head = chats.begin({})
    chats.delete(head.id)
    for change in (
        lambda: chats.save(head.id, asked()),
        lambda: chats.rename(head.id, "a"),
        lambda: chats.pin(head.id),
        lambda: chats.delete(head.id),
    ):
        with pytest.raises(UsageError, match="no chat"):
            change()  # type: ignore[no-untyped-call]


def test_old_chats_are_purged_except_pinned_ones(tmp_path: Path) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    database = Database(tmp_path / "chats.db")
    chats = Chats(database, lambda: now[0])
    chats.begin({}, title="old")
    pinned = chats.begin({}, title="old and pinned")
    chats.pin(pinned.id)
    now[0] += timedelta(days=31)
    chats.begin({}, title="new")
    assert chats.purge(30) == 1
    assert [head.title for head in chats.listed()] == ["old and pinned", "new"]
    database.close()
