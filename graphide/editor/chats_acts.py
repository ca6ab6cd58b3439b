"""What is done with chats as a whole: rename, pin, delete and have back, keep or not.

What is said in a chat is in `talking`, opening one in `chats_open`, files of chats in `chats_exchange`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphide.editor.chat import ChatSession
from graphide.editor.chats import Deleted
from graphide.editor.chats_exchange import export
from graphide.editor.chats_list import SHOWN
from graphide.editor.chats_open import open_chat
from graphide.editor.dialogs import Menu, MenuItem
from graphide.store.chats import ChatHead, Chats

if TYPE_CHECKING:
    from graphide.editor.session import Session

_BACK_SECONDS: Final = 10.0


def show_list(session: Session) -> None:
    """Show the list of chats, and put the caret into its search."""
    session.set_panel("left", True)
    session.set_panel(SHOWN, "chats")
    session.chats.list.wants_keys = True
    session.touch()


def menu(session: Session, head: ChatHead, at: tuple[float, float]) -> None:
    """Open the menu of a chat at a place of the view."""
    pin = MenuItem("Unpin" if head.pinned else "Pin", partial(pin_chat, session, head), "pin", "pin")
    items = (
        MenuItem("Open", partial(open_chat, session, head), "open", "message-square"),
        MenuItem("Rename", partial(begin_rename, session, head), "rename", "pencil"),
        pin,
        MenuItem(
            "Export as Markdown …", partial(export, session, head, "markdown"), "markdown", "file-text", begins=True
        ),
        MenuItem("Export as JSON …", partial(export, session, head, "json"), "json", "file-json"),
        MenuItem("Delete", partial(delete, session, head), "delete", "trash-2", begins=True),
    )
    session.popups.close()
    session.popups.menu = Menu(at, items)
    session.touch()


# --- its name and place


def begin_rename(session: Session, head: ChatHead) -> None:
    """Let the title of a chat be written in the list."""
    session.set_panel("left", True)
    session.set_panel(SHOWN, "chats")
    if head.id not in {row.chat.id for row in session.chats.list.rows if row.chat is not None}:
        session.chats.list.search("")
    session.chats.list.begin_rename(head.id)
    session.touch()


def rename(session: Session, chat_id: str, title: str) -> None:
    """Give a chat a title, "" for one made of what was said."""
    chats = session.chats
    chats.list.begin_rename("")
    for _, chat in _open_in(session, chat_id):
        chat.title = title
    chats.shelf.ask(lambda store: store.rename(chat_id, title), lambda _: chats.list.refresh(), session.fail)
    session.touch()


def pin_chat(session: Session, head: ChatHead) -> None:
    """Keep a chat at the head of the list, or no more."""
    chats = session.chats
    chats.shelf.ask(lambda store: store.pin(head.id, not head.pinned), lambda _: chats.list.refresh(), session.fail)


# --- delete, keep


def delete(session: Session, head: ChatHead) -> None:
    """Delete a chat; for some seconds it can be had back."""
    tabs = _open_in(session, head.id)
    for tab, chat in tabs:
        chat.stop()
        tab.chat = None
    title = head.title or "the chat"
    session.chats.delete_later(Deleted(head.id, title, session.clock() + _BACK_SECONDS, tabs))
    session.toasts.add(f"Deleted: {title}", now=session.clock(), action="restore_chat", seconds=_BACK_SECONDS)
    session.touch()


def restore(session: Session) -> None:
    """Have the chat back that was deleted last."""
    gone = session.chats.restore()
    if gone is None:
        return
    for toast in session.toasts.shown:
        if toast.action == "restore_chat":
            session.toasts.dismiss(toast.id)
    for tab, chat in gone.tabs:
        if tab in session.tabs and (tab.chat is None or not tab.chat.path):
            tab.chat = chat
    session.say(f"The chat is back: {gone.title}", "success")


def why_no_restore(session: Session, _target: object = None) -> str:
    """Ask that a chat was deleted a moment ago."""
    return "" if session.chats.deleted else "no chat was deleted a moment ago"


def toggle_private(session: Session) -> None:
    """Keep the chat that is shown no more, taking what was kept away, or keep it again."""
    chat = session.tab.chat
    if chat is None:
        return
    chat.private = not chat.private
    if not chat.private:
        session.chats.keeping.begun(chat)
        session.chats.keeping.anew(chat)
        session.say("The chat is kept from now on, with all that was said")
        return
    if chat.id:
        session.chats.shelf.ask(partial(_forget, chat.id), lambda _: session.chats.list.changed(), session.fail)
        session.chats.tidy_later()
    session.chats.keeping.forget(chat)
    session.say("The chat is not kept: it is gone when you close it")


def keeps_title(session: Session) -> str:
    """Return what keeping the chat, or not, is called now."""
    chat = session.tab.chat
    return "Keep this chat" if chat is not None and chat.private else "Do not keep this chat"


def _forget(chat_id: str, chats: Chats) -> None:
    if chats.has(chat_id):
        chats.delete(chat_id)


# --- the chat that is shown


def head_of(session: Session, do: str) -> None:
    """Do something with the chat that is shown: "rename", "pin", "delete", "markdown" or "json"."""
    chat = session.tab.chat
    if chat is None:
        return
    session.chats.keeping.follow(chat, session.clock(), at_once=True)

    def found(head: ChatHead) -> None:
        match do:
            case "rename":
                begin_rename(session, head)
            case "pin":
                pin_chat(session, head)
            case "delete":
                delete(session, head)
            case "markdown" | "json":
                export(session, head, "markdown" if do == "markdown" else "json")

    session.chats.shelf.ask(lambda chats: chats.head(chat.id), found, session.fail)


def why_not_kept(session: Session, _target: object = None) -> str:
    """Ask for a chat that is in the store."""
    chat = session.tab.chat
    return "" if chat is not None and chat.id else "the chat is not in the list of chats"


def why_no_chat(session: Session, _target: object = None) -> str:
    """Ask for a chat."""
    return "" if session.tab.chat is not None else "there is no chat yet"


def _open_in(session: Session, chat_id: str) -> tuple[tuple[Any, ChatSession], ...]:
    """Return the tabs that a chat is open in, with it."""
    return tuple((tab, tab.chat) for tab in session.tabs if tab.chat is not None and tab.chat.id == chat_id)
