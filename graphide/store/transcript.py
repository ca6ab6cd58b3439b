"""A chat in forms that others read: Markdown of the chosen way, and JSON of the whole tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphide.errors import GraphideError
from graphide.store.chats import ChatHead
from graphide.store.turns import Turn, Turns, from_json, to_json
from graphide.values import Json, describe

FORMAT: Final = 1


def markdown(head: ChatHead, turns: Turns) -> str:
    """Return what was said on the chosen way as Markdown, with the model and the figures of each answer."""
    lines = [f"# {head.title or 'Chat'}", "", f"{head.created[:16].replace('T', ' ')} UTC", ""]
    for turn in turns.path:
        lines += [f"## {'You' if turn.role == 'user' else _speaker(turn)}", "", turn.text.rstrip(), ""]
    return "\n".join(lines)


def as_json(head: ChatHead, turns: Turns) -> dict[str, Json]:
    """Return a chat with all its branches as a JSON object that `from_export` reads again."""
    return {
        "graphide_chat": FORMAT,
        "title": head.title,
        "subject": dict(head.subject),
        "created": head.created,
        "changed": head.changed,
        **to_json(turns),
    }


def from_export(data: Json) -> tuple[str, Mapping[str, Json], Turns]:
    """Return title, subject and turns of what `as_json` gave; raises GraphideError for another shape."""
    if not isinstance(data, dict) or data.get("graphide_chat") != FORMAT:
        raise GraphideError(f"is not a chat that graphide exported: {describe(data)}")
    subject = data.get("subject")
    return str(data.get("title", "")), subject if isinstance(subject, dict) else {}, from_json(data)


def _speaker(turn: Turn) -> str:
    answer = turn.answer
    if answer is None:
        return "Assistant"
    figures = [answer.model or "Assistant"]
    if answer.tokens:
        figures.append(f"{answer.tokens:,} tokens")
    if answer.state in ("stopped", "failed"):
        figures.append(answer.state)
    return " · ".join(figures)
