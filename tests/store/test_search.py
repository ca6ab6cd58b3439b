"""Search: words by their beginning, quotes as they stand, nothing that is typed is an operator."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from graphide.store.chats import Chats
from graphide.store.search import CLOSES, OPENS, found, matching
from graphide.store.turns import ROOT, Turns


def said(chats: Chats, *texts: str, title: str = "") -> str:
    """Begin a chat of alternating turns and return its id."""
    turns = Turns()
    for number, text in enumerate(texts):
        turns = turns.added(turns.leaf or ROOT, "user" if number % 2 == 0 else "assistant", text)
    return chats.begin({}, title=title, turns=turns).id


def test_words_are_found_by_their_beginning_in_turns_and_titles(chats: Chats) -> None:
    one = said(chats, "The lighthouse keeper was lonely", "Indeed he was")
    two = said(chats, "Something else", title="Lighthouses of Norway")
    hits = found(chats, "lightho")
    assert [(hit.chat.id, hit.turn) for hit in hits] == [(two, None), (one, None), (one, 1)]
    assert hits[2].snippet == f"The {OPENS}lighthouse{CLOSES} keeper was lonely"
    assert [hit.chat.id for hit in found(chats, "keeper lonely")] == [one, one]
    assert found(chats, "keeper norway") == ()


def test_a_quoted_text_is_looked_for_as_it_stands(chats: Chats) -> None:
    said(chats, "a red house", title="t")
    said(chats, "a house that is red", title="t")
    assert len(found(chats, "red house")) == 2
    assert len(found(chats, '"red house"')) == 1


def test_accents_and_case_do_not_matter(chats: Chats) -> None:
    said(chats, "Crème brûlée à l'Été", title="t")
    assert len(found(chats, "creme BRULEE ete")) == 1


@pytest.mark.parametrize("query", ["", "  ", "***", '"', '""', "- ( )"])
def test_a_query_without_words_finds_nothing(chats: Chats, query: str) -> None:
    said(chats, "anything")
    assert found(chats, query) == ()


@given(st.text(max_size=30))
def test_whatever_is_typed_is_no_syntax_error(query: str) -> None:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE said USING fts5 (text)")
    question = matching(query)
    if question:
        connection.execute("SELECT 1 FROM said WHERE said MATCH ?", (question,)).fetchall()
    connection.close()


def test_the_newest_come_first_and_not_more_than_asked_for(chats: Chats) -> None:
    ids = [said(chats, f"common word {number}", title="t") for number in range(10)]
    assert [hit.chat.id for hit in found(chats, "common", limit=3)] == ids[:-4:-1]


def test_an_edited_text_is_found_by_its_new_words_only(chats: Chats) -> None:
    chat = said(chats, "question", "first draft", title="t")
    turns = chats.turns(chat)
    chats.save(chat, turns.with_turn(turns[2]._replace(text="final version")))
    assert found(chats, "draft") == () and len(found(chats, "final")) == 1
