"""The chats of a window: those in its tabs, which are written down as they go, and the list of all there are.

One object of a session. The thread of the store is in `chats_shelf`, what is written when in `chats_keep`, the list in
`chats_list`; opening, renaming, deleting and the like are in `chats_open` and `chats_acts`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from graphide.chatting.graphs import ChatForm
from graphide.chatting.keeping import open_chats
from graphide.editor.chat import ChatSession
from graphide.editor.chats_keep import Keeping
from graphide.editor.chats_list import ChatList
from graphide.editor.chats_open import open_chat
from graphide.editor.chats_shelf import Shelf
from graphide.editor.tabs import Tab
from graphide.store.chats import Chats
from graphide.store.turns import Turns
from graphide.workspace import Document

if TYPE_CHECKING:
    from graphide.editor.session import Session

_TIDY_AFTER: Final = 30.0
_SHOWN: Final = "chat_alone"


class Deleted(NamedTuple):
    """A chat that is about to be deleted: until when it can be had back, and the tabs that it was open in."""

    id: str
    title: str
    until: float
    tabs: tuple[tuple[Tab, ChatSession], ...] = ()


class KeptChats:
    """The chats of one session. Close it: it may hold a thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.shelf = Shelf(self._opened, session.wake)
        self.list = ChatList(self.shelf)
        self.keeping = Keeping(
            self.shelf,
            lambda: session.workspace.registry,
            wanted=lambda: session.workspace.settings.keep_chats,
            written=lambda _: self.list.changed(),
        )
        self.deleted: tuple[Deleted, ...] = ()
        self._tidy_at = math.inf

    def begun(self, tab: Tab, source: Document, form: ChatForm) -> ChatSession:
        """Return a new chat with the document of a tab, with the draft that was left for it."""
        chat = ChatSession(source, form, tab.runs)
        self.keeping.begun(chat)
        return chat

    def reopened(
        self, tab: Tab, source: Document, form: ChatForm, *, id: str, turns: Turns, title: str = ""
    ) -> ChatSession:
        """Put a chat of the store into a tab and return it."""
        chat = ChatSession(source, form, tab.runs, id=id, turns=turns, title=title)
        self.keeping.begun(chat)
        self.put(tab, chat)
        return chat

    def put(self, tab: Tab, chat: ChatSession | None) -> None:
        """Put another chat into a tab, None for a new one; what was said in the one before is written down first."""
        if tab.chat is not None:
            tab.chat.stop()
            tab.chat.see(tab.runs.update())
            self.keeping.follow(tab.chat, self._session.clock(), at_once=True)
        tab.chat = chat
        self._session.touch()

    def tick(self, now: float) -> bool:
        """Take in what the store gave, have written down what is due, and return whether there is something to see."""
        changed = self.shelf.tick()
        if trouble := self.shelf.take_trouble():
            self._session.say(trouble, "warning")
        self.keeping.due = math.inf
        for tab in self._session.tabs:
            if tab.chat is not None:
                tab.chat.document = tab.document.source  # it may have another name, or say something else
                self.keeping.follow(tab.chat, now)
        for gone in self.deleted:
            if gone.until <= now:
                self._delete(gone)
        if self._tidy_at <= now:
            self._tidy()
        return changed

    @property
    def due(self) -> float:
        """When `tick` has something to do by itself."""
        return min([self.keeping.due, self._tidy_at, *(gone.until for gone in self.deleted)])

    def leave(self, tab: Tab) -> None:
        """Write the chat of a tab down that is closed, its runs having ended."""
        if tab.chat is not None:
            tab.chat.see(tab.runs.view)
            self.keeping.follow(tab.chat, self._session.clock(), at_once=True)

    def open_again(self) -> None:
        """Show the chat that was shown alone when the last window was closed, if it is still there."""
        chat_id = str(self._session.panel(_SHOWN, "") or "")
        if chat_id:
            self.shelf.ask(
                lambda chats: chats.head(chat_id), lambda head: open_chat(self._session, head), lambda _: None
            )

    def close(self) -> None:
        """Write down what is not written yet, delete what was to be deleted, and end the thread."""
        shown = self._session.tab
        for tab in self._session.tabs:
            self.leave(tab)
        self.shelf.settle()
        alone = shown.chat.id if shown.alone and shown.chat is not None else ""
        if alone != self._session.panel(_SHOWN, ""):
            self._session.set_panel(_SHOWN, alone)
        for gone in self.deleted:
            self._delete(gone)
        if self._tidy_at < math.inf:
            self._tidy()
        self.shelf.close()

    # --- what was deleted can be had back for a while

    def delete_later(self, gone: Deleted) -> None:
        """Delete a chat when its time is over."""
        self.deleted = (*self.deleted, gone)
        self.list.hide(gone.id)

    def restore(self) -> Deleted | None:
        """Give up deleting the chat that was to be deleted last and return it, None without any."""
        if not self.deleted:
            return None
        *rest, gone = self.deleted
        self.deleted = tuple(rest)
        self.list.unhide(gone.id)
        return gone

    def _delete(self, gone: Deleted) -> None:
        self.deleted = tuple(other for other in self.deleted if other is not gone)
        self.shelf.ask(lambda chats: chats.delete(gone.id), lambda _: self.list.changed())
        self.tidy_later()

    def tidy_later(self) -> None:
        """Have the words of what was deleted taken out of the index some time after."""
        self._tidy_at = self._session.clock() + _TIDY_AFTER

    def _tidy(self) -> None:
        """Take the words of what was deleted out of the index, which takes seconds where there is much in it."""
        self._tidy_at = math.inf
        self.shelf.ask(lambda chats: chats.tidy(), key="tidy")

    def _opened(self) -> Chats:
        return open_chats(self._session.workspace.settings, self._session.folder / "chats.db")
