"""How chats of the store look in a terminal and as JSON: rows of a list, hits of a search, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from graphide.chatting.partners import label_of
from graphide.cli import streams
from graphide.cli.render import for_terminal, table
from graphide.cli.report import dumps
from graphide.graph.quoting import printable, shortened
from graphide.store.chats import ChatHead
from graphide.store.search import CLOSES, OPENS, Hit
from graphide.store.transcript import as_json, markdown
from graphide.store.turns import Turn, Turns
from graphide.values import Json

SHORT: Final = 8
"""Letters of an id that are shown; any beginning that only one chat has is enough to name it."""
_TITLE: Final = 60
_BOLD: Final = ("\x1b[1m", "\x1b[22m")


def rows_text(heads: Sequence[ChatHead], *, numbered: bool = False) -> str:
    """Return a line for each chat: its id, when something was said last, how much, with whom, its title."""
    rows = []
    for number, head in enumerate(heads, 1):
        own = (str(number),) if numbered else ()
        pinned = "* " if head.pinned else ""
        turns = f"{head.turns} turn{'' if head.turns == 1 else 's'}"
        title = pinned + shortened(head.title or "(nothing was said)", _TITLE)
        rows.append((*own, head.id[:SHORT], moment(head.changed), turns, shortened(label_of(head.subject), 30), title))
    return table(rows)


def hits_text(hits: Sequence[Hit], numbers: Sequence[str] = ()) -> str:
    """Return a line or two for each hit: the chat, and below it the words around what was found."""
    lines, last = [], ""
    for hit in hits:
        if hit.chat.id != last:
            number = f"{numbers.index(hit.chat.id) + 1}  " if hit.chat.id in numbers else ""
            title = printable(shortened(hit.chat.title, _TITLE))
            lines.append(f"{number}{hit.chat.id[:SHORT]}  {moment(hit.chat.changed)}  {title}\n")
            last = hit.chat.id
        if hit.turn is not None:
            lines.append(f"    {_marked(hit.snippet)}\n")
    return "".join(lines)


def way_text(path: Sequence[Turn]) -> str:
    """Return what was said as a person reads it in a terminal."""
    parts = []
    for turn in path:
        state = turn.answer.state if turn.answer is not None else ""
        note = f" ({state})" if state in ("stopped", "failed") else ""
        parts.append(f"> {turn.text}\n" if turn.role == "user" else f"{turn.text}{note}\n")
    return for_terminal("\n".join(parts))


def written(head: ChatHead, turns: Turns, *, json: bool) -> bytes:
    """Return the bytes of a file that holds one chat: Markdown of the chosen way, or JSON with all branches."""
    text = dumps(as_json(head, turns), indent=True) + "\n" if json else markdown(head, turns)
    return text.encode("utf-8", "backslashreplace")


def head_json(head: ChatHead) -> dict[str, Json]:
    """Return what a list tells of a chat as JSON."""
    return {**head._asdict(), "subject": dict(head.subject)}


def hit_json(hit: Hit) -> dict[str, Json]:
    """Return a hit as JSON, with its words as plain text."""
    return {
        "chat": hit.chat.id, "title": hit.chat.title, "changed": hit.chat.changed, "turn": hit.turn,
        "snippet": _unmarked(hit.snippet),
    }  # fmt: skip


def print_json(value: Any) -> None:
    """Print JSON, indented for a person."""
    streams.out(dumps(value, indent=streams.out_is_terminal()) + "\n")


def moment(at: str) -> str:
    """Return an ISO time in UTC as people here read it: 2026-11-22 20:34, in the time of this machine."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return "unknown"


def _marked(snippet: str) -> str:
    """Return a snippet whose hits stand out; nothing else of it makes a terminal do anything."""
    bold = _BOLD if streams.err_is_terminal() and streams.out_is_terminal() else ("", "")
    parts = []
    for piece in snippet.split(OPENS):
        hit, closes, rest = piece.rpartition(CLOSES)
        parts.append(f"{bold[0]}{printable(hit)}{bold[1]}{printable(rest)}" if closes else printable(rest))
    return "".join(parts)


def _unmarked(snippet: str) -> str:
    return snippet.replace(OPENS, "").replace(CLOSES, "")
