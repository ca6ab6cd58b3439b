"""The list of chats as rows and shapes: days, months, snippets; and the thread that asks the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.editor.chats_look import Rows, height_of, shapes_of
from graphide.editor.chats_rows import Piece, Row, day_of, pieces_of, rows_by_day, when_text
from graphide.editor.chats_shelf import Shelf
from graphide.editor.views import Rect, Text
from graphide.errors import GraphideError, UsageError
from graphide.store.chats import ChatHead, Chats
from graphide.store.database import Database
from graphide.store.search import CLOSES, OPENS

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 3, 3, 0, 30, tzinfo=ZONE)  # in UTC that is still the day before


def head(changed: str, title: str = "A title", *, pinned: bool = False) -> ChatHead:
    return ChatHead(f"{changed}{title}", title, False, {"model": "x"}, changed, changed, pinned, 2, "")


# --- rows


@pytest.mark.parametrize(
    ("changed", "heading"),
    [
        ("2026-03-02T22:10:00+00:00", "Today"), ("2026-03-05T09:00:00+00:00", "Today"),
        ("2026-03-02T21:59:00+00:00", "Yesterday"), ("2026-02-28T12:00:00+00:00", "Previous 7 days"),
        ("2026-02-24T12:00:00+00:00", "Previous 7 days"), ("2026-02-20T12:00:00+00:00", "February"),
        ("2025-12-31T12:00:00+00:00", "December 2025"), ("", "Earlier"), ("long ago", "Earlier"),
    ],
)  # fmt: skip
def test_chats_stand_under_the_day_of_the_person(changed: str, heading: str) -> None:
    assert day_of(changed, NOW) == heading


def test_pinned_chats_are_first_and_each_heading_stands_once() -> None:
    heads = [head("2020-01-01T00:00:00+00:00", "old", pinned=True), head("2026-03-02T23:00:00+00:00", "a"),
             head("2026-03-02T22:30:00+00:00", "b"), head("2026-03-02T12:00:00+00:00", "c")]  # fmt: skip
    shown = [row.chat.title if row.chat else f"[{row.heading}]" for row in rows_by_day(heads, NOW)]
    assert shown == ["[Pinned]", "old", "[Today]", "a", "b", "[Yesterday]", "c"]


def test_times_are_short() -> None:
    assert when_text("2026-03-02T22:05:00+00:00", NOW) == "00:05"
    assert when_text("2026-02-12T12:00:00+00:00", NOW) == "12 Feb"
    assert when_text("2025-02-12T12:00:00+00:00", NOW) == "12 Feb 2025" and when_text("", NOW) == ""


@given(st.lists(st.tuples(st.text(alphabet="ab …", max_size=5), st.text(alphabet="xy", min_size=1, max_size=3))))
def test_a_snippet_is_cut_at_its_hits_and_loses_nothing(parts: list[tuple[str, str]]) -> None:
    snippet = "".join(f"{before}{OPENS}{hit}{CLOSES}" for before, hit in parts) + "end"
    pieces = pieces_of(snippet)
    assert "".join(piece.text for piece in pieces) == snippet.replace(OPENS, "").replace(CLOSES, "")
    assert [piece.text for piece in pieces if piece.hit] == [hit for _, hit in parts]


# --- looks


@pytest.mark.parametrize("width", [120.0, 214.0, 400.0])
@pytest.mark.parametrize("title", ["", "Short", "A title that is far too long for any sidebar in the world " * 3])
def test_everything_is_within_the_row_and_the_hit_is_to_be_seen(width: float, title: str) -> None:
    pieces = (
        Piece("words before it that are many, so many that they fill the row "),
        Piece("tides", True),
        Piece(" after"),
    )
    row = Row(chat=head("2026-03-02T22:05:00+00:00", title, pinned=True), turn=3, pieces=pieces)
    for over in (False, True):
        shapes = list(shapes_of(row, width, NOW, lit=over, over=over, is_open=False))
        for shape in shapes:
            assert isinstance(shape, Rect | Text)
            assert -2 <= shape.x <= width and 0 <= shape.y <= height_of(row)
            if isinstance(shape, Rect):
                assert shape.x + shape.width <= width + 2
        assert any(isinstance(shape, Text) and shape.text.startswith("tid") for shape in shapes)


def test_rows_are_found_by_their_height() -> None:
    rows = Rows((Row("Today"), Row(chat=head("2026-03-02T22:05:00+00:00")), Row("Yesterday")))
    assert rows.at(5) == -1 and rows.at(35) == 1 and rows.at(rows.height - 2) == -1 and rows.at(10_000) == -1
    assert rows.seen(0, 10) == range(1) and rows.seen(40, 1000) == range(1, 3)
    assert Rows(()).seen(0, 100) == range(0) and Rows(()).at(0) == -1


# --- the thread


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(lambda: Chats(Database(tmp_path / "chats.db")), lambda: None)
    yield shelf
    shelf.close()


def test_work_is_done_in_order_in_another_thread_and_taken_in_by_this_one(shelf: Shelf) -> None:
    threads: list[str] = []
    taken: list[tuple[int, str]] = []
    for number in range(3):
        shelf.ask(
            lambda _, number=number: threads.append(threading.current_thread().name) or number,  # type: ignore[misc, func-returns-value]
            lambda number: taken.append((number, threading.current_thread().name)),
        )
    assert shelf.settle()
    here = threading.current_thread().name
    assert threads == ["graphide-chats"] * 3 and taken == [(0, here), (1, here), (2, here)]


def test_of_what_waits_under_one_key_only_the_last_is_done(shelf: Shelf) -> None:
    gate, done = threading.Event(), list[str]()
    shelf.ask(lambda _: gate.wait(20))
    for query in ("t", "ti", "tid"):
        shelf.ask(lambda _, query=query: done.append(query), key="search")  # type: ignore[misc]
    gate.set()
    assert shelf.settle() and done == ["tid"]


def test_what_fails_is_told_to_who_asked_or_is_a_trouble_that_is_said_once(shelf: Shelf) -> None:
    failures: list[GraphideError] = []

    def refuse(_: Chats) -> None:
        raise UsageError("no")

    def break_down(_: Chats) -> None:
        raise ZeroDivisionError("oh")

    shelf.ask(refuse, failed=failures.append)
    assert shelf.settle() and [str(failure) for failure in failures] == ["no"] and shelf.take_trouble() == ""
    for _ in range(2):
        shelf.ask(break_down)
    assert shelf.settle() and "oh" in shelf.take_trouble()
    shelf.ask(break_down)
    assert shelf.settle() and shelf.take_trouble() == ""


def test_a_damaged_store_is_moved_aside_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "chats.db").write_bytes(b"this is no database at all, not even a little" * 100)
    shelf = Shelf(lambda: Chats(Database(tmp_path / "chats.db")), lambda: None)
    listed: list[object] = []
    shelf.ask(lambda chats: chats.listed(), listed.append)
    assert shelf.settle() and listed == [()] and "was damaged" in shelf.take_trouble()
    shelf.close()


def test_closing_does_what_still_waits(tmp_path: Path) -> None:
    shelf = Shelf(lambda: Chats(Database(tmp_path / "chats.db")), lambda: None)
    for number in range(5):
        shelf.ask(lambda chats, number=number: chats.begin({"model": "x"}, title=f"Chat {number}"))  # type: ignore[misc]
    shelf.close()
    shelf.ask(lambda chats: chats.begin({"model": "x"}, title="too late"))
    database = Database(tmp_path / "chats.db")
    assert len(Chats(database).listed()) == 5
    database.close()
