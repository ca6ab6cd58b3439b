"""Chats written down as they go: what is asked at once, an answer every few seconds while it is written and at its end.

The writing is done by the thread of `chats_shelf`; here is when, and what. Drafts are kept too, a moment after the last key.
Nothing is written of a chat that is private, or where the user keeps no chats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from graphide.chatting.graphs import ChatForm
from graphide.chatting.keeping import SAVE_EVERY, ChatRecord, made_by
from graphide.chatting.partners import subject_of
from graphide.editor.chat import ChatSession
from graphide.editor.chats_plain import choices_of_graph
from graphide.editor.chats_shelf import Shelf
from graphide.errors import GraphideError, UsageError
from graphide.spec.nodespec import NodeSpec
from graphide.store.chats import Chats, MadeBy
from graphide.store.drafts import draft, keep_draft
from graphide.store.turns import ROOT, Turns
from graphide.values import Json
from graphide.workspace import Document

_AGAIN: Final = 10.0  # seconds after which what could not be written is tried again
_STILL: Final = 0.8  # seconds without a key after which a draft is kept


@dataclass(slots=True)
class _Known:
    """What is in the store of a chat: `record` is of the thread alone, everything else of the window."""

    record: ChatRecord | None = None
    turns: Turns = field(default_factory=Turns)
    title: str = ""
    document: Document | None = None
    writes: bool = False
    next: float = 0.0
    draft: str = ""
    typed: str = ""
    typed_at: float = math.inf


class Keeping:
    """Writes the chats of a window down; `wanted` says whether the user keeps chats, `written` is told of each chat that was."""

    def __init__(
        self,
        shelf: Shelf,
        registry: Callable[[], Mapping[str, NodeSpec]],
        *,
        wanted: Callable[[], bool],
        written: Callable[[ChatSession], object] = lambda _: None,
    ) -> None:
        self._shelf = shelf
        self._registry = registry
        self._wanted = wanted
        self._written = written
        self._known: WeakKeyDictionary[ChatSession, _Known] = WeakKeyDictionary()
        self.due = math.inf

    def keeps(self, chat: ChatSession) -> bool:
        """Whether what is said in a chat is written down."""
        return self._wanted() and not chat.private

    def begun(self, chat: ChatSession) -> None:
        """Take note of a chat that was made, and give it the draft that was left for it."""
        known = self._known[chat] = _Known(turns=chat.turns, title=chat.given_title)
        if not self.keeps(chat):
            return
        key = self._key(chat)

        def found(text: str) -> None:
            if text and not chat.draft:
                chat.draft = known.draft = known.typed = text

        self._shelf.ask(lambda chats: draft(chats.database, key), found)

    def follow(self, chat: ChatSession, now: float, *, at_once: bool = False) -> None:
        """Have written down what is new in a chat, if it is time for that or is to be done `at_once`."""
        known = self._known.get(chat)
        if known is None or not self.keeps(chat):
            return
        self._follow_draft(chat, known, now, at_once=at_once)
        is_new = chat.turns is not known.turns or chat.given_title != known.title or self._moved(chat, known)
        if known.writes and not at_once:
            return  # its end brings the next look
        if not is_new or not chat.turns.turns:
            return
        grows = chat.answering and chat.turns.turns.keys() == known.turns.turns.keys()
        if at_once or now >= known.next or not (grows or known.next > now + SAVE_EVERY):
            self._write(chat, known, now)
        else:
            self.due = min(self.due, known.next)

    def anew(self, chat: ChatSession) -> None:
        """Take nothing of a chat as written down."""
        self._known[chat] = _Known()

    def forget(self, chat: ChatSession) -> None:
        """Let go of a chat that was deleted, and of its draft: what is said in it later begins a new one."""
        self._known.pop(chat, None)
        key, chat.id = self._key(chat), ""
        if self._wanted():
            self._shelf.ask(lambda chats: keep_draft(chats.database, key, ""))

    # --- inside

    def _key(self, chat: ChatSession) -> str:
        """Return the name that a draft is kept under: the chat, or whom a new one would be with."""
        return chat.id or _new_key(chat.document, self._registry())

    def _moved(self, chat: ChatSession, known: _Known) -> bool:
        """Whether the chat goes on with another file, or model, than the store says."""
        before = known.document
        if before is None or (before.graph is chat.document.graph and before.path == chat.document.path):
            return False
        registry = self._registry()
        return _place(before, registry) != _place(chat.document, registry)

    def _write(self, chat: ChatSession, known: _Known, now: float) -> None:
        turns, title, document, registry = chat.turns, chat.given_title, chat.document, self._registry()
        origin = (chat.asked or document, chat.form)
        moved = known.document is None or known.document.graph is not document.graph or self._moved(chat, known)
        is_renamed, before, chat_id = title != known.title, known.turns, chat.id
        known.writes, known.next = True, now + SAVE_EVERY

        def work(chats: Chats) -> str:
            if known.record is None:
                known.record = ChatRecord(chats, _subject(document, registry), id=chat_id, turns=before)
            if is_renamed:
                known.record.rename(title)
            if moved:
                known.record.turn_to(_subject(document, registry))
            known.record.save(turns, _made_by(*origin, registry))
            return known.record.id

        def done(new_id: str) -> None:
            known.writes = False
            if new_id and not chat.id:
                self._shelf.ask(lambda chats: keep_draft(chats.database, _new_key(document, registry), ""))
            chat.id, known.turns, known.title, known.document = new_id, turns, title, document
            self._written(chat)

        def failed(error: GraphideError) -> None:
            known.writes, known.next = False, now + _AGAIN
            chat.private = chat.private or isinstance(error, UsageError)  # somebody deleted it: it is not to come back
            self._shelf.report(str(error))

        self._shelf.ask(work, done, failed)

    def _follow_draft(self, chat: ChatSession, known: _Known, now: float, *, at_once: bool) -> None:
        text = chat.draft if chat.editing == ROOT else ""
        if text != known.typed:
            known.typed, known.typed_at = text, now
        if text == known.draft:
            return
        if at_once or not text or now - known.typed_at >= _STILL:
            known.draft = text
            key = self._key(chat)
            self._shelf.ask(lambda chats: keep_draft(chats.database, key, text), key=f"draft {key}")
        else:
            self.due = min(self.due, known.typed_at + _STILL)


def _new_key(document: Document, registry: Mapping[str, NodeSpec]) -> str:
    choices = choices_of_graph(document.graph, registry) if document.path is None else None
    return f"new:{document.path or ''}" if choices is None else f"model:{choices.model}"


def _place(document: Document, registry: Mapping[str, NodeSpec]) -> object:
    """Return what tells apart whom a chat is with; graphs without a file count as one."""
    return document.path or choices_of_graph(document.graph, registry)


def _subject(document: Document, registry: Mapping[str, NodeSpec]) -> dict[str, Json]:
    """Return what the store remembers of whom one talks with."""
    choices = choices_of_graph(document.graph, registry) if document.path is None else None
    return subject_of(choices if choices is not None else document)


def _made_by(document: Document, form: ChatForm, registry: Mapping[str, NodeSpec]) -> MadeBy | None:
    try:
        return made_by(document, registry, form)
    except GraphideError:
        return None  # a graph that cannot be saved answers all the same
