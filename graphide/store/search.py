"""Finding words in chats: what is typed becomes a question to the full-text index, and hits come newest first.

Words are looked for by their beginning, all of them in one turn or title; "in quotes" is looked for as it stands.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from graphide.store.chats import ChatHead, Chats

LIMIT: Final = 50
OPENS, CLOSES = "\x02", "\x03"
"""Stand around the words that were found in a snippet."""
_WORDS_AROUND: Final = 12
_NO_TEXT: Final = re.compile("[\x00-\x1f\ud800-\udfff]")
_PARTS: Final = re.compile(r'"([^"]*)"|(\S+)')


class Hit(NamedTuple):
    """A place in a chat: the turn (None: its title) and the words around what was found, marked by OPENS and CLOSES."""

    chat: ChatHead
    turn: int | None
    snippet: str


def found(chats: Chats, query: str, limit: int = LIMIT) -> tuple[Hit, ...]:
    """Return where the words of a query stand, titles first, then what was said, the newest first.

    A query without a letter or digit finds nothing. Raises GraphideError when the store cannot be read.
    """
    question = matching(query)
    if not question:
        return ()
    read = chats.database.read
    titles = read(
        "SELECT chat.id, highlight(titled, 0, ?, ?) FROM titled JOIN chat ON chat.number = titled.rowid "
        "WHERE titled MATCH ? ORDER BY titled.rowid DESC LIMIT ?",
        (OPENS, CLOSES, question, limit),
    )
    # By number and not by rank: the index gives that order itself, so a word that stands everywhere costs no more.
    said = read(
        "SELECT turn.chat, turn.id, snippet(said, 0, ?, ?, '…', ?) FROM said JOIN turn ON turn.number = said.rowid "
        "WHERE said MATCH ? ORDER BY said.rowid DESC LIMIT ?",
        (OPENS, CLOSES, _WORDS_AROUND, question, limit),
    )
    places = [(chat, None, text) for chat, text in titles] + [(chat, turn, text) for chat, turn, text in said]
    heads = {chat_id: chats.head(chat_id) for chat_id in dict.fromkeys(place[0] for place in places[:limit])}
    return tuple(Hit(heads[chat], turn, " ".join(text.split())) for chat, turn, text in places[:limit])


def matching(query: str) -> str:
    """Return a query in the language of FTS5, in which nothing of it is an operator; "" when it has no words."""
    parts = []
    for quoted, word in _PARTS.findall(_NO_TEXT.sub(" ", query)):
        text = (quoted or word).replace('"', " ").strip()
        if any(char.isalnum() for char in text):
            parts.append(f'"{text}"' if quoted else f'"{text}"*')
    return " ".join(parts)
