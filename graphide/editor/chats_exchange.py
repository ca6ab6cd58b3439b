"""Chats that leave the store as files, and those that come in: of other programs, and of another graphide."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graphide.chatting.importing import read_export
from graphide.disk import write_atomically
from graphide.editor.chats_list import SHOWN
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.errors import GraphideError
from graphide.store.chats import ChatHead, Chats
from graphide.store.transcript import as_json, markdown
from graphide.values import dumps

if TYPE_CHECKING:
    from graphide.editor.session import Session

_Form = Literal["markdown", "json"]


def export(session: Session, head: ChatHead, form: _Form) -> None:
    """Ask for a file and write a chat into it, as Markdown of what is chosen or as JSON of everything."""

    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and value:
            path = Path(value)
            session.chats.shelf.ask(
                partial(_write, head.id, path, form), lambda _: session.say(f"Exported to {path.name}", "success"), session.fail
            )  # fmt: skip

    ending = ".md" if form == "markdown" else ".json"
    proposed = _folder(session) / f"{_file_name(head.title)}{ending}"
    session.popups.ask(Dialog("save_as", "Export the chat", data=proposed, reply=reply))


def import_chats(session: Session) -> None:
    """Ask for a file of chats and take them in: of ChatGPT, Open WebUI, or graphide."""

    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and value:
            take_in(session, Path(value))

    session.popups.ask(Dialog("open", "Import chats", reply=reply))


def take_in(session: Session, path: Path) -> None:
    """Take the chats of a file in, and say how many there were and what was left out."""

    def done(found: tuple[int, tuple[str, ...]]) -> None:
        count, refused = found
        session.chats.list.search("")
        session.chats.list.refresh()
        session.set_panel(SHOWN, "chats")
        text = f"{count:,} {'chat' if count == 1 else 'chats'} came in from {path.name}"
        if not refused:
            session.say(text, "success")
            return
        shown = "\n".join([*refused[:12], *([f"… and {len(refused) - 12:,} more"] if len(refused) > 12 else [])])
        session.popups.ask(Dialog("ask", text, f"Left out:\n{shown}", buttons=(DialogButton("ok", "Close", "main"),)))

    session.say(f"Reading {path.name} …")
    session.chats.shelf.ask(partial(_take_in, path), done, session.fail)


def _take_in(path: Path, chats: Chats) -> tuple[int, tuple[str, ...]]:
    found = read_export(path)
    return len(chats.add(found.chats)), found.refused


def _write(chat_id: str, path: Path, form: _Form, chats: Chats) -> None:
    head, turns = chats.head(chat_id), chats.turns(chat_id)
    data = markdown(head, turns).encode() if form == "markdown" else dumps(as_json(head, turns)) + b"\n"
    try:
        write_atomically(path, data)
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(path)) from error


def _folder(session: Session) -> Path:
    path = session.tab.document.path
    recent = next(iter(session.remembered.recent), "")
    folder = path.parent if path is not None else Path(recent).parent if recent else Path.home()
    return folder if os.access(folder, os.W_OK) else Path.home()


def _file_name(title: str) -> str:
    clean = "".join(char if char.isalnum() else " " for char in title)
    return "_".join(clean.split())[:60] or "chat"
