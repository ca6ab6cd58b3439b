"""Files that go along with a message of a chat: asked for, dropped or pasted, shown above the field, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphide.chatting.attachments import Attachment, attachment
from graphide.editor import running, talking
from graphide.editor.dialogs import Dialog
from graphide.errors import GraphideError

if TYPE_CHECKING:
    from graphide.editor.session import Session

MOST: Final = 20
"""Files that go along with one message."""


def ask(session: Session) -> None:
    """Ask for a file and attach it."""

    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and value:
            folder = session.tab.document.path.parent if session.tab.document.path is not None else Path()
            attach(session, [folder / str(value)])

    session.popups.ask(Dialog("file", "Attach a text file", reply=reply))


def attach(session: Session, files: Iterable[Path]) -> None:
    """Let files go along with the next message; each that cannot is refused with why."""
    chat = running.chat(session)
    if chat is None:
        talking.focus(session)
        return
    for path in files:
        if len(chat.files) == MOST:
            session.say(f"{MOST} files go along with a message; {path.name} is left out", "warning")
            break
        try:
            file = attachment(path)
        except GraphideError as error:
            session.say(f"Not attached: {error}", "error")
            continue
        chat.files = (*(other for other in chat.files if other.name != file.name), file)
    talking.focus(session)


def take_back(session: Session, name: str) -> None:
    """Let a file not go along after all."""
    chat = session.tab.chat
    if chat is not None:
        chat.files = tuple(file for file in chat.files if file.name != name)
        session.touch()


def tokens_of(file: Attachment) -> int:
    """Return about how many tokens a file takes: four characters each, as in English prose."""
    return -(-len(file.text) // 4)


def about(file: Attachment) -> str:
    """Return what is said of a file: `about 1,200 tokens`."""
    return f"about {tokens_of(file):,} tokens"
