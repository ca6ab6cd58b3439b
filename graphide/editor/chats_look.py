"""How the rows of the list of chats look, as plain shapes, and where each is. No window. Pixels at scale 1."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from typing import Final

from graphide.chatting.partners import label_of
from graphide.editor.chats_rows import Row, when_text
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.views import Rect, Shape, Text

_HEADING, _CHAT, _HIT = 30.0, 34.0, 56.0
_PAD: Final = 10.0
_SIZE: Final = 14.5
_SMALL: Final = 13.0


class Rows:
    """Rows with where each begins; made anew for each other tuple of rows."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self.tops = tuple(accumulate((height_of(row) for row in rows), initial=0.0))

    @property
    def height(self) -> float:
        """The height of all of them."""
        return self.tops[-1]

    def seen(self, top: float, height: float) -> range:
        """Return the rows of which something is between two heights."""
        first = max(0, bisect_right(self.tops, top) - 1)
        return range(first, min(len(self.rows), bisect_right(self.tops, top + height)))

    def at(self, y: float) -> int:
        """Return the chat at a height, -1 where there is a heading or nothing."""
        number = bisect_right(self.tops, y) - 1
        return number if 0 <= number < len(self.rows) and self.rows[number].chat is not None else -1


def height_of(row: Row) -> float:
    """Return how high a row is."""
    if row.chat is None:
        return _HEADING
    return _HIT if row.pieces else _CHAT


def shapes_of(row: Row, width: float, now: datetime, *, lit: bool, over: bool, is_open: bool) -> Iterator[Shape]:
    """Yield the shapes of a row from its upper left corner; `is_open` is the chat that is on the right."""
    if row.chat is None:
        yield Text(_PAD, _HEADING - 19, shortened(row.heading, width - 2 * _PAD, _SMALL), _SMALL, "faint")
        return
    fill = "accent@24" if lit else "field_active" if is_open else "hover" if over else ""
    if fill:
        yield Rect(0, 1, width, height_of(row) - 2, fill=fill, rounding=8)
    yield from _chat(row, width, now, over=over or lit)


def _chat(row: Row, width: float, now: datetime, *, over: bool) -> Iterator[Shape]:
    assert row.chat is not None
    left, top = _PAD, 9.0
    if row.chat.pinned:
        yield Text(left, top + 1, icon("pin"), 13, "accent")
        left += 21
    end = 26.0 if over else 0.0
    when = when_text(row.chat.changed, now) if row.pieces else ""
    if when and not over:
        end = text_width(when, _SMALL) + 8
        yield Text(width - _PAD - end + 8, top + 1, when, _SMALL, "faint")
    title = row.chat.title or label_of(row.chat.subject) or "Chat"
    yield Text(left, top, shortened(title, width - left - _PAD - end, _SIZE), _SIZE, "text")
    if over:
        yield Text(width - 25, top, icon("ellipsis"), 15, "muted")
    if row.pieces:
        yield from _snippet(row, width)


def _snippet(row: Row, width: float) -> Iterator[Shape]:
    """Yield the words around what was found, begun so that the hit is to be seen."""
    room, x, y = width - 2 * _PAD, _PAD, 31.0
    pieces = list(row.pieces)
    hit = next((number for number, piece in enumerate(pieces) if piece.hit), 0)
    before = "".join(piece.text for piece in pieces[:hit])
    most = room * 0.4
    if text_width(before, _SMALL) > most:
        while before and text_width(f"…{before}", _SMALL) > most:
            before = before[max(1, len(before) // 12) :]
        pieces[:hit] = [pieces[0]._replace(text=f"…{before.lstrip()}", hit=False)]
    for piece in pieces:
        left = _PAD + room - x
        if left < 12:
            return
        text = shortened(piece.text, left, _SMALL)
        wide = text_width(text, _SMALL)
        if piece.hit:
            yield Rect(x - 1, y - 2, wide + 2, 18, fill="accent@30", rounding=3)
        yield Text(x, y, text, _SMALL, "text" if piece.hit else "muted")
        x += wide
