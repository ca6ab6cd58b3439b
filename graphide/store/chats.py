"""Chats on disk: listed, read, written, renamed, pinned, deleted. What a chat is made of is in `turns`.

A chat is written as a whole tree, of which only what has changed goes to the file. Finding words is in `search`, other
forms of a chat are in `transcript` and `imports`.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from orjson import loads

from graphide.errors import GraphideError, UsageError
from graphide.store.database import Database
from graphide.store.turns import ROOT, Turn, Turns, from_json, to_json
from graphide.values import Json, dumps

LONGEST_TITLE = 80
_FILES = re.compile(r"\A(?:[^\n]+:\n(`{3,})\n(?:.*\n)*?\1(?:\n\n|\Z))+")
_HEADS = """
    SELECT id, title, named, subject, created, changed, pinned,
           (SELECT count(*) FROM turn WHERE turn.chat = chat.id),
           coalesce((
               SELECT substr(text, 1, 160) FROM turn WHERE turn.chat = chat.id ORDER BY turn.id DESC LIMIT 1
           ), '')
    FROM chat
"""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ChatHead(NamedTuple):
    """What a list shows of a chat. `subject` says with what one talks there, as {"graph": …} or {"model": …}.

    `created` and `changed` are ISO times in UTC, `named` says that the title is the user's own, `turns` how many there
    are, and `preview` is how the last one begins.
    """

    id: str
    title: str
    named: bool
    subject: Mapping[str, Json]
    created: str
    changed: str
    pinned: bool
    turns: int
    preview: str


class MadeBy(NamedTuple):
    """What gave an answer: the text of the graph file, and the inputs besides message and conversation."""

    graph: str
    inputs: Mapping[str, Json] = _NOTHING


class ChatElsewhere(GraphideError):
    """A chat went on in another process, so writing this state of it would lose what was said there."""


class Chats:
    """The chats in a database; `clock` gives the time in UTC. Any thread may call. Everything raises GraphideError."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.database = database
        self._clock = clock

    # --- reading

    def listed(self, limit: int = 200, start: int = 0) -> tuple[ChatHead, ...]:
        """Return the heads of chats, pinned ones first, then by the time of the last change."""
        order = "ORDER BY pinned DESC, changed DESC, number DESC LIMIT ? OFFSET ?"
        return tuple(map(_head, self.database.read(_HEADS + order, (limit, start))))

    def head(self, chat_id: str) -> ChatHead:
        """Return the head of a chat; raises UsageError when there is none."""
        rows = self.database.read(_HEADS + "WHERE id = ?", (chat_id,))
        if not rows:
            raise UsageError(f'there is no chat "{chat_id}"')
        return _head(rows[0])

    def has(self, chat_id: str) -> bool:
        """Return whether there is a chat by that id."""
        return bool(self.database.read("SELECT 1 FROM chat WHERE id = ?", (chat_id,)))

    def find(self, beginning: str) -> ChatHead:
        """Return the chat whose id begins so; raises UsageError when there is none, or more than one."""
        rows = self.database.read(
            _HEADS + "WHERE substr(id, 1, ?) = ? LIMIT 2", (len(beginning), beginning.lower())
        )  # fmt: skip
        if not beginning or not rows:
            raise UsageError(f'there is no chat "{beginning}"', hint="See them with: graphide chats list")
        if len(rows) > 1:
            raise UsageError(f'more than one chat begins with "{beginning}"', hint="Write more of its id")
        return _head(rows[0])

    def latest(self) -> ChatHead | None:
        """Return the chat in which something was said last, None when there is no chat."""
        rows = self.database.read(_HEADS + "ORDER BY changed DESC, number DESC LIMIT 1")
        return _head(rows[0]) if rows else None

    def turns(self, chat_id: str) -> Turns:
        """Return everything that was said in a chat; raises UsageError when there is none."""
        found = self.database.read("SELECT chosen FROM chat WHERE id = ?", (chat_id,))
        if not found:
            raise UsageError(f'there is no chat "{chat_id}"')
        rows = self.database.read(
            "SELECT id, parent, role, text, at, answer FROM turn WHERE chat = ? ORDER BY id", (chat_id,)
        )
        names = ("id", "parent", "role", "text", "at")
        turns = [dict(zip(names, row[:5], strict=True)) | ({"answer": loads(row[5])} if row[5] else {}) for row in rows]
        return from_json({"turns": turns, "chosen": loads(found[0][0])})

    def made_by(self, chat_id: str, turn_id: int) -> MadeBy | None:
        """Return what gave an answer, None where that is not known."""
        rows = self.database.read(
            "SELECT graph.body, turn.inputs FROM turn JOIN graph ON graph.hash = turn.graph "
            "WHERE turn.chat = ? AND turn.id = ?",
            (chat_id, turn_id),
        )
        return MadeBy(rows[0][0], loads(rows[0][1] or "{}")) if rows else None

    # --- writing

    def begin(self, subject: Mapping[str, Json], *, title: str = "", turns: Turns | None = None) -> ChatHead:
        """Make a chat and return its head; without a title it takes one from the first thing that is said."""
        chat_id, now = uuid.uuid4().hex, self._now()

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO chat (id, title, named, subject, created, changed) VALUES (?, ?, ?, ?, ?, ?)",
                (chat_id, title[:LONGEST_TITLE], bool(title), _text(dict(subject)), now, now),
            )
            if turns is not None:
                _write(connection, chat_id, turns, None)

        self.database.write(work)
        return self.head(chat_id)

    def add(self, chats: Iterable[tuple[str, Mapping[str, Json], str, Turns]]) -> tuple[str, ...]:
        """Take chats in as they are, all of them or none: title, subject, when (ISO, UTC; "": now), turns; return their ids."""
        now = self._now()

        def work(connection: sqlite3.Connection) -> tuple[str, ...]:
            ids: list[str] = []
            # Exports begin with the newest; of chats with the same time, the one that came last stands first in a list.
            for title, subject, created, turns in reversed(tuple(chats)):
                chat_id = uuid.uuid4().hex
                began = created or now
                changed = max((turn.at for turn in turns.turns.values() if turn.at), default=began)
                connection.execute(
                    "INSERT INTO chat (id, title, named, subject, created, changed) VALUES (?, ?, ?, ?, ?, ?)",
                    (chat_id, title[:LONGEST_TITLE], bool(title), _text(dict(subject)), began, changed),
                )
                _write(connection, chat_id, turns, None)
                ids.append(chat_id)
            return tuple(reversed(ids))

        return self.database.write(work)

    def save(self, chat_id: str, turns: Turns, made_by: MadeBy | None = None, *, known: Turns | None = None) -> None:
        """Bring a chat to what was said by now; new answers are noted as given by `made_by`.

        `known` is what the caller knows to be there, from its last save or from reading. Raises ChatElsewhere where
        something else is, and UsageError when the chat is gone, for example deleted in another window.
        """
        now = self._now()

        def work(connection: sqlite3.Connection) -> None:
            if not connection.execute("SELECT 1 FROM chat WHERE id = ?", (chat_id,)).fetchone():
                raise UsageError(f'there is no chat "{chat_id}"', hint="It was deleted, in another window or program")
            if known is not None and _texts(connection, chat_id) != {
                turn.id: turn.text for turn in known.turns.values()
            }:
                raise ChatElsewhere(f'the chat "{chat_id}" went on somewhere else')
            if _write(connection, chat_id, turns, made_by):
                connection.execute("UPDATE chat SET changed = ? WHERE id = ?", (now, chat_id))

        self.database.write(work)

    def turn_to(self, chat_id: str, subject: Mapping[str, Json]) -> None:
        """Note that a chat goes on with somebody else: another model, another graph."""
        self.database.write(
            lambda connection: _one(
                connection, "UPDATE chat SET subject = ? WHERE id = ?", (_text(dict(subject)), chat_id)
            )
        )

    def rename(self, chat_id: str, title: str) -> None:
        """Give a chat a title of the user's own; "" takes it from what was said again."""
        clean = " ".join(title.split())[:LONGEST_TITLE]

        def work(connection: sqlite3.Connection) -> None:
            said = connection.execute("SELECT text FROM turn WHERE chat = ? ORDER BY id LIMIT 1", (chat_id,)).fetchone()
            shown = clean or (title_of(said[0]) if said else "")
            _one(connection, "UPDATE chat SET title = ?, named = ? WHERE id = ?", (shown, bool(clean), chat_id))

        self.database.write(work)

    def pin(self, chat_id: str, pinned: bool = True) -> None:
        """Keep a chat at the head of the list, or no more."""
        self.database.write(
            lambda connection: _one(connection, "UPDATE chat SET pinned = ? WHERE id = ?", (pinned, chat_id))
        )

    def delete(self, chat_id: str) -> None:
        """Delete a chat and everything in it; single words of it may stay in the index until `tidy`."""

        def work(connection: sqlite3.Connection) -> None:
            _one(connection, "DELETE FROM chat WHERE id = ?", (chat_id,))
            _forget_graphs(connection)

        self.database.write(work)

    def purge(self, days: int) -> int:
        """Delete chats that were not changed for so many days and are not pinned; return how many."""
        before = (self._clock() - timedelta(days=days)).isoformat(timespec="milliseconds")

        def work(connection: sqlite3.Connection) -> int:
            gone = connection.execute("DELETE FROM chat WHERE changed < ? AND NOT pinned", (before,)).rowcount
            _forget_graphs(connection)
            return gone

        return self.database.write(work)

    def tidy(self) -> None:
        """Take the words of deleted chats out of the index, which may take a second or two: from another thread."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO said (said) VALUES ('optimize')")
            connection.execute("INSERT INTO titled (titled) VALUES ('optimize')")

        self.database.write(work)
        self.database.read("PRAGMA wal_checkpoint(TRUNCATE)")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")


def title_of(text: str) -> str:
    """Return a title for a chat that begins with a text: its first line with words, cut at a word.

    Files that go along stand before what is said, and count only where nothing else is said.
    """
    said = _FILES.sub("", text, count=1)
    line = next((line for line in (said if said.strip() else text).splitlines() if line.strip()), "")
    clean = " ".join(line.split())
    if len(clean) <= LONGEST_TITLE:
        return clean
    cut = clean[: LONGEST_TITLE - 1]
    return (cut[: cut.rfind(" ")] if cut.rfind(" ") > LONGEST_TITLE // 2 else cut).rstrip(" ,;:.") + "…"


def _write(connection: sqlite3.Connection, chat_id: str, turns: Turns, made_by: MadeBy | None) -> bool:
    """Write what differs from what is stored; return whether anything did."""
    rows = connection.execute("SELECT id, text, answer FROM turn WHERE chat = ?", (chat_id,))
    stored = {row[0]: (row[1], row[2]) for row in rows}
    data = to_json(turns)
    graph = _keep_graph(connection, made_by) if made_by else None
    inputs = _text(dict(made_by.inputs)) if made_by else None
    changed = False
    for item in data["turns"]:
        answer = _text(item["answer"]) if "answer" in item else None
        if stored.get(item["id"]) == (item["text"], answer):
            continue
        changed = True
        if item["id"] in stored:
            connection.execute(
                "UPDATE turn SET text = ?, answer = ?, graph = coalesce(graph, ?), inputs = coalesce(inputs, ?) "
                "WHERE chat = ? AND id = ?",
                (item["text"], answer, graph, inputs, chat_id, item["id"]),
            )
            continue
        origin = (graph, inputs) if item["role"] == "assistant" else (None, None)
        connection.execute(
            "INSERT INTO turn (chat, id, parent, role, text, at, answer, graph, inputs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (chat_id, item["id"], item["parent"], item["role"], item["text"], item["at"], answer, *origin),
        )
    for gone in stored.keys() - turns.turns.keys():
        connection.execute("DELETE FROM turn WHERE chat = ? AND id = ?", (chat_id, gone))
        changed = True
    chosen = _text(data["chosen"])
    connection.execute("UPDATE chat SET chosen = ? WHERE id = ? AND chosen != ?", (chosen, chat_id, chosen))
    first = next((turn for turn in turns.turns.values() if turn.parent == ROOT), None)
    if first is not None and stored.get(first.id, ("",))[0] != first.text:
        _take_title(connection, chat_id, first)
    return changed


def _texts(connection: sqlite3.Connection, chat_id: str) -> dict[int, str]:
    return dict(connection.execute("SELECT id, text FROM turn WHERE chat = ?", (chat_id,)).fetchall())


def _take_title(connection: sqlite3.Connection, chat_id: str, first: Turn) -> None:
    title = title_of(first.text)
    connection.execute("UPDATE chat SET title = ? WHERE id = ? AND NOT named AND title != ?", (title, chat_id, title))


def _keep_graph(connection: sqlite3.Connection, made_by: MadeBy) -> str:
    digest = hashlib.sha256(made_by.graph.encode()).hexdigest()
    connection.execute("INSERT OR IGNORE INTO graph (hash, body) VALUES (?, ?)", (digest, made_by.graph))
    return digest


def _forget_graphs(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM graph WHERE hash NOT IN (SELECT graph FROM turn WHERE graph IS NOT NULL)")


def _one(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> None:
    if not connection.execute(sql, values).rowcount:
        raise UsageError(f'there is no chat "{values[-1]}"')


def _head(row: tuple[Any, ...]) -> ChatHead:
    chat_id, title, named, subject, created, changed, pinned, turns, preview = row
    return ChatHead(
        chat_id, title, bool(named), loads(subject), created, changed, bool(pinned), turns, " ".join(preview.split())
    )


def _text(value: Json) -> str:
    return dumps(value).decode()
