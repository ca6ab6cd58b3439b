"""Drafts: one for each key, gone when blank or when their chat goes, also in a store of an earlier version."""

from __future__ import annotations

from pathlib import Path

from graphide.store.chats import Chats
from graphide.store.database import Database
from graphide.store.drafts import draft, forget_drafts, keep_draft
from graphide.store.schema import STEPS
from graphide.store.turns import Turns


def test_a_draft_is_kept_replaced_and_taken_away(tmp_path: Path) -> None:
    database = Database(tmp_path / "chats.db")
    assert draft(database, "a") == ""
    keep_draft(database, "a", "half a thought")
    keep_draft(database, "b", "another")
    keep_draft(database, "a", "half a thought, and")
    assert (draft(database, "a"), draft(database, "b")) == ("half a thought, and", "another")
    keep_draft(database, "a", "  \n")
    assert (draft(database, "a"), draft(database, "b")) == ("", "another")
    database.close()


def test_all_drafts_are_forgotten_at_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "chats.db")
    keep_draft(database, "a", "one")
    keep_draft(database, "new:", "two")
    forget_drafts(database)
    assert (draft(database, "a"), draft(database, "new:")) == ("", "")
    database.close()


def test_the_draft_of_a_chat_goes_with_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "chats.db")
    chats = Chats(database)
    one, two = (chats.begin({"model": "x"}, turns=Turns().added(0, "user", "hello")).id for _ in range(2))
    for key in (one, two):
        keep_draft(database, key, "more")
    chats.delete(one)
    assert (draft(database, one), draft(database, two)) == ("", "more")
    database.close()


def test_a_store_of_the_first_version_gets_drafts(tmp_path: Path) -> None:
    old = Database(tmp_path / "chats.db", steps=STEPS[:1])
    chat = Chats(old).begin({"model": "x"}, turns=Turns().added(0, "user", "hello")).id
    old.close()
    database = Database(tmp_path / "chats.db")
    keep_draft(database, chat, "more")
    assert Chats(database).head(chat).preview == "hello" and draft(database, chat) == "more"
    database.close()


def test_chats_come_in_with_their_own_times_all_or_none(tmp_path: Path) -> None:
    database = Database(tmp_path / "chats.db")
    chats = Chats(database)
    turns = Turns().added(0, "user", "What is a tide?", at="2020-01-02T10:00:00+00:00")
    ids = chats.add(
        [("Tides", {"from": "x"}, "2020-01-01T10:00:00+00:00", turns), ("", {}, "", Turns().added(0, "user", "hi"))]
    )
    first, second = chats.head(ids[0]), chats.head(ids[1])
    assert (first.title, first.named, first.created[:10], first.changed[:10]) == (
        "Tides",
        True,
        "2020-01-01",
        "2020-01-02",
    )
    assert (second.title, second.named) == ("hi", False) and second.changed > first.changed
    database.close()
