"""The list of chats as rows: by day under headings, pinned ones first, or the places that a search found. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from graphide.store.chats import ChatHead
from graphide.store.search import CLOSES, OPENS, Hit

_WEEK: Final = 7


class Piece(NamedTuple):
    """A part of a snippet; `hit` says that it is what was looked for."""

    text: str
    hit: bool = False


class Row(NamedTuple):
    """One row: a heading (no chat), a chat, or a place in a chat that was found, with the words around it."""

    heading: str = ""
    chat: ChatHead | None = None
    turn: int | None = None
    pieces: tuple[Piece, ...] = ()


def rows_by_day(heads: Iterable[ChatHead], now: datetime) -> tuple[Row, ...]:
    """Return chats under a heading for each day; `now` is the local time, with its zone."""
    rows: list[Row] = []
    heading = ""
    for head in heads:
        own = "Pinned" if head.pinned else day_of(head.changed, now)
        if own != heading:
            heading = own
            rows.append(Row(heading))
        rows.append(Row(chat=head))
    return tuple(rows)


def rows_of_hits(hits: Sequence[Hit]) -> tuple[Row, ...]:
    """Return what a search found, one row for each place."""
    return tuple(Row(chat=hit.chat, turn=hit.turn, pieces=pieces_of(hit.snippet)) for hit in hits)


def day_of(changed: str, now: datetime) -> str:
    """Return the heading that a time (ISO, UTC) stands under: Today, Yesterday, Previous 7 days, a month."""
    try:
        day = datetime.fromisoformat(changed).astimezone(now.tzinfo).date()
    except ValueError:
        return "Earlier"
    today = now.date()
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day >= today - timedelta(days=_WEEK):
        return f"Previous {_WEEK} days"
    return _month(day, today)


def when_text(changed: str, now: datetime) -> str:
    """Return a time in short, for the end of a row: `14:05` today, `12 Nov`, `12 Nov 2025`."""
    try:
        at = datetime.fromisoformat(changed).astimezone(now.tzinfo)
    except ValueError:
        return ""
    if at.date() == now.date():
        return f"{at:%H:%M}"
    short = f"{at.day} {calendar.month_abbr[at.month]}"
    return short if at.year == now.year else f"{short} {at.year}"


def pieces_of(snippet: str) -> tuple[Piece, ...]:
    """Return a snippet cut where what was looked for begins and ends."""
    pieces: list[Piece] = []
    for number, part in enumerate(snippet.split(OPENS)):
        hit, closes, rest = part.partition(CLOSES)
        if not closes:
            hit, rest = ("", part) if not number else (part, "")
        pieces += [Piece(hit, True)] if hit else []
        pieces += [Piece(rest)] if rest else []
    return tuple(pieces)


def _month(day: date, today: date) -> str:
    name = calendar.month_name[day.month]
    return name if day.year == today.year else f"{name} {day.year}"
