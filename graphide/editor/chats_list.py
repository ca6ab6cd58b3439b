"""The list of chats beside the canvas: what is looked for, its rows, which one is lit. Asks the store by its thread.

How a row looks is in `chats_look`, what is done with a chat in `chats_acts`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from graphide.editor.chats_rows import Row, rows_by_day, rows_of_hits
from graphide.editor.chats_shelf import Shelf
from graphide.store.chats import ChatHead
from graphide.store.search import Hit, found

SHOWN: Final = "left_tab"
"""The name under which a session remembers what the sidebar shows: "nodes" or "chats"."""
PAGE: Final = 200
"""Chats that are asked for at one time."""


class ChatList:
    """The chats of the user; `version` is another number whenever it shows something else.

    `renaming` is the chat whose title is being written, "" for none; `wants_keys` asks a window to put the caret into the search.
    """

    def __init__(self, shelf: Shelf, today: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        self._shelf = shelf
        self._today = today
        self._heads: tuple[ChatHead, ...] = ()
        self._hits: tuple[Hit, ...] = ()
        self._most = PAGE
        self._hidden: set[str] = set()
        self._is_asked = self._is_old = False
        self.query = ""
        self.lit = -1
        self.renaming = ""
        self.wants_keys = False
        self.is_there = False
        self.rows: tuple[Row, ...] = ()
        self.version = 0

    @property
    def now(self) -> datetime:
        """The local time."""
        return self._today()

    def look(self) -> None:
        """Ask for what is to be shown, if that is not known; for whoever is about to show it."""
        if not self._is_asked:
            self.refresh()
        elif self._is_old:
            self._is_old = False
            self.refresh()

    def changed(self) -> None:
        """Take note that chats were written: what is shown is asked for anew by the next look."""
        self._is_old = True
        self.version += 1

    def refresh(self) -> None:
        """Ask for what is to be shown."""
        self._is_asked = True
        query, most = self.query, self._most
        if query.strip():
            self._shelf.ask(lambda chats: found(chats, query), self._found, key="search")
        else:
            self._shelf.ask(lambda chats: chats.listed(most), self._listed, key="search")

    def search(self, query: str) -> None:
        """Look for some words in everything that was said; "" shows all chats again."""
        if query != self.query:
            self.query, self.lit, self._most = query, -1, PAGE
            self.refresh()

    def more(self) -> None:
        """Ask for more chats, once the end of those that are there is to be seen."""
        if not self.query.strip() and len(self._heads) == self._most:
            self._most += PAGE
            self.refresh()

    def hide(self, chat_id: str) -> None:
        """Leave a chat out that is about to be deleted."""
        self._hidden.add(chat_id)
        self._show()

    def unhide(self, chat_id: str) -> None:
        """Show a chat again that was not deleted after all."""
        self._hidden.discard(chat_id)
        self._show()

    # --- the row that is lit

    @property
    def chat(self) -> ChatHead | None:
        """The chat of the row that is lit."""
        return self.rows[self.lit].chat if 0 <= self.lit < len(self.rows) else None

    def light(self, number: int) -> None:
        """Light a row, -1 for none; headings are passed over by `step`."""
        self.lit = number
        self.version += 1

    def step(self, by: int) -> None:
        """Light the next chat down or up, without going around the end."""
        at = self.lit
        while 0 <= at + by < len(self.rows) or at < 0 < by:
            at += by
            if 0 <= at < len(self.rows) and self.rows[at].chat is not None:
                self.light(at)
                return

    def begin_rename(self, chat_id: str) -> None:
        """Let the title of a chat be written, "" for none."""
        self.renaming = chat_id
        self.version += 1

    # --- inside

    def _listed(self, heads: tuple[ChatHead, ...]) -> None:
        self._heads, self._hits = heads, ()
        self._show()

    def _found(self, hits: tuple[Hit, ...]) -> None:
        self._hits = hits
        self._show()

    def _show(self) -> None:
        lit = self.rows[self.lit] if 0 <= self.lit < len(self.rows) else None
        if self.query.strip():
            rows = rows_of_hits([hit for hit in self._hits if hit.chat.id not in self._hidden])
        else:
            shown = (head for head in self._heads if head.id not in self._hidden and head.turns)
            rows = rows_by_day(shown, self._today())
        self.rows = rows
        self.lit = _where(rows, lit) if lit is not None else 0 if self.query.strip() and rows else -1
        self.is_there = True
        self.version += 1


def _where(rows: tuple[Row, ...], wanted: Row) -> int:
    """Return the row of the same place of the same chat, -1 where that is gone."""
    if wanted.chat is None:
        return -1
    same = (wanted.chat.id, wanted.turn)
    return next((n for n, row in enumerate(rows) if row.chat is not None and (row.chat.id, row.turn) == same), -1)
