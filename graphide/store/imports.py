"""Chats from other programs: the `conversations.json` of ChatGPT, the exports of Open WebUI, and graphide's own.

Pure: JSON in, chats out. What is not text (pictures, tools) leaves a note in its place, branches stay branches, and a chat
that cannot be understood is a line in `refused` instead of the end of the import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from graphide.errors import GraphideError
from graphide.store.transcript import from_export
from graphide.store.turns import ROOT, Answer, Speaker, Turn, Turns
from graphide.values import Json, describe

MOST_TURNS: Final = 20_000
_ROLES: Final[Mapping[str, Speaker]] = {"user": "user", "assistant": "assistant"}


class Imported(NamedTuple):
    """A chat of another program; `created` is an ISO time in UTC, "" where it is not told."""

    title: str
    subject: Mapping[str, Json]
    created: str
    turns: Turns


@dataclass(frozen=True, slots=True)
class Import:
    """The chats of a file, and for each that could not be read the sentence that says why."""

    chats: tuple[Imported, ...]
    refused: tuple[str, ...] = ()


class _Said(NamedTuple):
    """A message as programs keep them: a key, the key of the one before, a role, its text, when, by which model."""

    key: str
    parent: str
    role: str
    text: str
    at: str
    model: str


def read(data: Json) -> Import:
    """Return the chats of an export, whichever program it is from; raises GraphideError when it is none that is known."""
    chats: list[Imported] = []
    refused: list[str] = []
    for number, item in enumerate(data if isinstance(data, list) else [data], 1):
        try:
            chats.append(_reader(item)(item))
        except (GraphideError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            refused.append(f"chat {number} cannot be read: {str(error) or type(error).__name__}")
    if not chats:
        reason = refused[0] if refused else "it is empty"
        raise GraphideError(
            f"holds no chats: {reason}",
            hint="Give conversations.json of ChatGPT, an export of Open WebUI, or one of graphide",
        )
    return Import(tuple(chats), tuple(refused))


def _reader(item: Json) -> Callable[[Any], Imported]:
    if isinstance(item, dict):
        if "graphide_chat" in item:
            return _of_graphide
        if "mapping" in item:
            return _of_chatgpt
        if isinstance(item.get("chat"), dict):
            return _of_open_webui
    raise GraphideError(f"its form is not known: {describe(item)}")


def _of_graphide(item: Mapping[str, Any]) -> Imported:
    title, subject, turns = from_export(dict(item))
    return Imported(title, subject, str(item.get("created", "")), turns)


def _of_chatgpt(item: Mapping[str, Any]) -> Imported:
    def said() -> Iterator[_Said]:
        for key, node in item["mapping"].items():
            message = node.get("message") or {}
            role = (message.get("author") or {}).get("role", "")
            content = message.get("content") or {}
            model = (message.get("metadata") or {}).get("model_slug") or ""
            yield _Said(key, node.get("parent") or "", role, _parts(content), _time(message.get("create_time")), model)

    turns = _tree(list(said()), str(item.get("current_node") or ""))
    return Imported(str(item.get("title") or ""), {"from": "ChatGPT"}, _time(item.get("create_time")), turns)


def _of_open_webui(item: Mapping[str, Any]) -> Imported:
    chat = item["chat"]
    history = chat.get("history") or {}

    def said() -> Iterator[_Said]:
        for key, message in history["messages"].items():
            text = message.get("content") or ""
            model = str(message.get("model") or "")
            yield _Said(key, message.get("parentId") or "", message.get("role", ""), _parts(text),
                        _time(message.get("timestamp")), model)  # fmt: skip

    turns = _tree(list(said()), str(history.get("currentId") or ""))
    title = str(chat.get("title") or item.get("title") or "")
    created = _time(item.get("created_at") or chat.get("timestamp"))
    return Imported(title, {"from": "Open WebUI"}, created, turns)


def _tree(messages: list[_Said], current: str) -> Turns:
    """Return messages as turns; what is neither said by the user nor the assistant is left out of the way."""
    if len(messages) > MOST_TURNS:
        raise GraphideError(f"it has {len(messages):,} messages; {MOST_TURNS:,} can be read")
    by_key = {message.key: message for message in messages}
    turns: dict[int, Turn] = {}
    numbers: dict[str, int] = {"": ROOT}
    for message in _from_the_start(messages, by_key):
        parent = numbers[message.parent]
        role = _ROLES.get(message.role)
        if role is None or not message.text.strip():
            numbers[message.key] = parent
            continue
        if parent != ROOT and turns[parent].role == role:  # several in a row are one turn here
            turns[parent] = turns[parent]._replace(text=f"{turns[parent].text}\n\n{message.text}")
            numbers[message.key] = parent
            continue
        number = numbers[message.key] = len(turns) + 1
        answer = Answer(model=message.model) if role == "assistant" else None
        turns[number] = Turn(number, parent, role, message.text, message.at, answer)
    made = Turns(turns)
    for number in turns:  # the newest way, unless the file says which was shown
        made = made.switched(number)
    return made.switched(numbers[current]) if numbers.get(current) else made


def _from_the_start(messages: list[_Said], by_key: Mapping[str, _Said]) -> Iterator[_Said]:
    """Yield messages so that each comes after its parent; one whose parent is not there begins the chat."""
    children: dict[str, list[_Said]] = {}
    for message in messages:
        parent = message.parent if message.parent in by_key else ""
        children.setdefault(parent, []).append(message._replace(parent=parent))
    waiting = list(reversed(children.get("", [])))
    seen = 0
    while waiting:
        message = waiting.pop()
        seen += 1
        yield message
        waiting.extend(reversed(children.get(message.key, [])))
    if seen < len(messages):
        raise GraphideError("some of its messages follow each other in a circle")


def _parts(content: Any) -> str:
    """Return the text of a message: parts that are no text leave a note."""
    if isinstance(content, str):
        return content
    parts = content.get("parts") or [content.get("text")] if isinstance(content, dict) else content
    if not isinstance(parts, list):
        return ""
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            kind = str(part.get("content_type") or part.get("type") or "part")
            texts.append(part["text"] if isinstance(part.get("text"), str) else f"[{kind.replace('_', ' ')}]")
    return "\n\n".join(text for text in texts if text)


def _time(value: Any) -> str:
    """Return an ISO time of seconds since 1970, "" where there are none; some programs give nanoseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    seconds = value / 1e9 if value > 1e14 else value / 1e3 if value > 1e11 else value
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return ""
