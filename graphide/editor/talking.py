"""What talking with the graph does in a session: say, stop, answer again, branch, copy, begin anew. The chat is in `chat`.

Everything a window can ask of a chat is here, so that it decides nothing itself.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphide.chatting.attachments import split_attachments, with_attachments
from graphide.editor import chat_details, running, viewing
from graphide.editor.chat import ChatSession
from graphide.editor.chat_making import AddChat, ChatTrouble
from graphide.editor.chat_state import talk
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.selection import Selection
from graphide.editor.text.page import Spot
from graphide.errors import GraphideError, UsageError
from graphide.store.chats import title_of
from graphide.store.turns import ROOT

if TYPE_CHECKING:
    from graphide.editor.session import Session

SIDE = "side_tab"
"""The name under which a session remembers what the panel at the right shows: "inspector" or "chat"."""

Opener = Callable[[str], object]


def help_out(session: Session, trouble: ChatTrouble) -> None:
    """Do what would help against a trouble: add what is missing, as one step of undo, or show the nodes to look at."""
    if trouble.nodes:
        session.select(Selection(trouble.nodes))
        session.set_panel(SIDE, "inspector")
        viewing.fit(session, selection=True)
    elif session.do(AddChat(session.workspace.registry)):
        viewing.fit(session)
        focus(session)


def choose_model(session: Session, chat: ChatSession) -> None:
    """Ask which model is to answer."""
    node = session.graph.nodes.get(chat.form.streamed_by)
    spec = session.workspace.registry.get(node.type) if node is not None else None
    if node is not None and spec is not None and spec.model_settings:
        session.popups.ask_model(node.id, spec.model_settings[0])


# --- saying


def send(session: Session) -> bool:
    """Say what is written, in place of the message that is edited where one is; return whether it is being answered."""
    chat = running.chat(session)
    if chat is None:
        _no_chat(session)
        return False
    text, seeds, view = chat.draft, session.tab.seeds, session.tab.runs.view
    if not (text.strip() or chat.files):
        return False
    seed = seeds.next(view.seed if view.over else None)

    def say() -> None:
        whole = with_attachments(text.strip(), chat.files)
        if chat.files and text.strip() and not (chat.turns.turns or chat.given_title):
            chat.title = title_of(text)  # else it would be that of the first file
        if chat.editing != ROOT:
            chat.edit(chat.editing, whole, seed=seed)
        else:
            chat.send(whole, seed=seed)
        chat.draft, chat.editing, chat.files = "", ROOT, ()

    return _tried(session, say)


def again(session: Session, turn_id: int = ROOT) -> bool:
    """Have an answer made again beside the old one; return whether it is being made."""
    return _with_chat(session, lambda chat: chat.regenerate(turn_id))


def retry(session: Session, turn_id: int) -> bool:
    """Have an answer that failed made again in its place; return whether it is being made."""
    return _with_chat(session, lambda chat: chat.retry(turn_id))


def switch(session: Session, turn_id: int) -> bool:
    """Choose the way through a turn."""
    return _with_chat(session, lambda chat: chat.switch(turn_id))


def stop(session: Session) -> None:
    """Stop the answer; what there is of it stays."""
    if session.tab.chat is not None:
        session.tab.chat.stop()
        session.touch()


def begin_edit(session: Session, turn_id: int) -> None:
    """Put a message into the draft, to say something else in its place."""
    chat = session.tab.chat
    if chat is not None and chat.turns[turn_id].role == "user":
        chat.draft, chat.files = split_attachments(chat.turns[turn_id].text)
        chat.editing, chat.wants_keys = turn_id, True
        session.touch()


def leave_edit(session: Session) -> None:
    """Leave the message that is edited as it is."""
    chat = session.tab.chat
    if chat is not None and chat.editing != ROOT:
        chat.draft, chat.editing, chat.files = "", ROOT, ()
        session.touch()


def escape(session: Session) -> bool:
    """Do what Esc means in a chat: stop the answer, else leave the edit; return whether there was either."""
    chat = session.tab.chat
    if chat is None or not (chat.answering or chat.editing != ROOT):
        return False
    if chat.answering:
        stop(session)
    else:
        leave_edit(session)
    return True


# --- the chat as a whole


def focus(session: Session) -> None:
    """Show the chat and put the caret where a message is written."""
    session.set_panel("right", True)
    session.set_panel(SIDE, "chat")
    chat = running.chat(session)
    if chat is not None:
        chat.wants_keys = True
    session.touch()


def new_chat(session: Session) -> None:
    """Begin a new chat with the graph; what was said in one that is not kept is given up, so that is asked about."""
    chat = session.tab.chat
    if chat is None or not chat.path:
        focus(session)
        return
    if session.chats.keeping.keeps(chat):
        session.chats.put(session.tab, None)
        focus(session)
        return

    def reply(choice: str, _value: Any) -> None:
        if choice == "new":
            session.chats.put(session.tab, None)
            focus(session)

    count = len(chat.turns.turns)
    text = f"What was said here is not kept: {count} {'turn' if count == 1 else 'turns'} would be gone."
    buttons = (DialogButton("cancel", "Cancel"), DialogButton("new", "Give it up", "danger"))
    session.popups.ask(Dialog("ask", "Begin a new chat?", text, buttons=buttons, reply=reply))


def why_no_new_chat(session: Session, _target: object = None) -> str:
    """Ask that something was said."""
    return "" if session.tab.chat is not None and session.tab.chat.path else "nothing was said yet"


# --- by keys, what the page does by clicks


def edit_last(session: Session) -> None:
    """Put the last message into the draft, to say something else in its place."""
    chat = session.tab.chat
    last = next((turn for turn in reversed(chat.path) if turn.role == "user"), None) if chat is not None else None
    if last is not None:
        focus(session)
        begin_edit(session, last.id)


def copy_last(session: Session) -> None:
    """Put the last answer into the clipboard."""
    chat = session.tab.chat
    last = next((turn for turn in reversed(chat.path) if turn.role == "assistant"), None) if chat is not None else None
    if last is not None:
        copy(session, last.text)


def next_way(session: Session) -> None:
    """Choose the next branch at the last place that has several, after the last one the first."""
    chat = session.tab.chat
    if chat is None:
        return
    for turn in reversed(chat.path):
        family = chat.turns.siblings(turn.id)
        if len(family) > 1:
            switch(session, family[(family.index(turn.id) + 1) % len(family)])
            return


def why_no_other_way(session: Session, _target: object = None) -> str:
    """Ask for a place with several turns."""
    chat = session.tab.chat
    several = chat is not None and any(len(chat.turns.siblings(turn.id)) > 1 for turn in chat.path)
    return "" if several else "there is one branch only"


# --- what a click on the page does


def take(session: Session, spot: Spot, opener: Opener = webbrowser.open) -> None:
    """Do what a place of the page stands for; `opener` shows an address in a browser."""
    match spot.act:
        case "link":
            open_link(session, spot.value, opener)
        case "copy" | "copy_text":
            copy(session, spot.value)
        case "edit":
            begin_edit(session, spot.turn)
        case "again":
            again(session, spot.turn)
        case "retry":
            retry(session, spot.turn)
        case "way":
            switch(session, spot.turn)
        case "details":
            chat_details.show(session, spot.turn)
        case "inspect" if spot.value in session.graph.nodes:
            session.tab.alone = False
            session.set_panel(SIDE, "inspector")
            viewing.show_node(session, spot.value)


def copy(session: Session, text: str) -> None:
    """Put a text into the clipboard."""
    session.clipboard.write(text)
    session.say("copied", "success")


def open_link(session: Session, address: str, opener: Opener = webbrowser.open) -> None:
    """Show an address in the browser; only one of the web, whatever a model wrote."""
    if address.lower().startswith(("http://", "https://")):
        opener(address)
    else:
        copy(session, address)


def _with_chat(session: Session, do: Callable[[ChatSession], object]) -> bool:
    chat = running.chat(session)
    if chat is None:
        _no_chat(session)
        return False
    return _tried(session, lambda: do(chat))


def _tried(session: Session, do: Callable[[], object]) -> bool:
    try:
        do()
    except GraphideError as error:
        session.fail(error)
        return False
    session.touch()
    return True


def _no_chat(session: Session) -> None:
    trouble = talk(session).trouble
    session.fail(UsageError(trouble.why if trouble is not None else "nobody can talk with this graph"))
