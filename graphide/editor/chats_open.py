"""Opening a chat of the store: whom it is with is opened in a tab first, and the chat goes on there.

Where its graph is gone, the graph that gave its last answer is opened instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphide.chatting.graphs import CONVERSATION, MESSAGE, ChatForm, chat_form
from graphide.chatting.partners import ModelChoices, choices_of
from graphide.editor import talking
from graphide.editor.chats_plain import choices_of_graph, graph_of_choices
from graphide.editor.dialogs import Dialog
from graphide.editor.document import Document
from graphide.editor.tabs import Tab
from graphide.errors import GraphideError
from graphide.graph.outline import outline
from graphide.store.chats import ChatHead, Chats, MadeBy
from graphide.store.turns import ROOT, Turns
from graphide.values import Json, dumps
from graphide.workspace import Document as Source

if TYPE_CHECKING:
    from graphide.editor.session import Session


class _Read(NamedTuple):
    turns: Turns
    made_by: MadeBy | None


def open_chat(session: Session, head: ChatHead, turn: int | None = None) -> None:
    """Show a chat, and in it a turn where one is named; it is read by the thread of the store."""
    known = next((tab for tab in session.tabs if tab.chat is not None and tab.chat.id == head.id), None)
    if known is not None and known.chat is not None:
        _show(session, known)
        _lead_to(session, known, turn)
        return

    def failed(error: GraphideError) -> None:
        session.fail(error)
        session.chats.list.refresh()

    session.chats.shelf.ask(partial(_read, head.id), lambda read: _opened(session, head, read, turn), failed)


def new_with_model(session: Session) -> None:
    """Ask for a model, and begin a chat with it and nothing else."""

    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and value:
            begin_with_model(session, str(value))

    session.popups.ask(Dialog("models", "Talk with a model", data=("", "model"), reply=reply))


def begin_with_model(session: Session, model: str) -> None:
    """Begin a chat with a model and nothing else, in a tab that shows it alone."""
    usual = session.workspace.settings.overflow
    _show(session, _tab_for(session, ModelChoices(model=model, overflow=usual)))


def show_as_graph(session: Session) -> None:
    """Show the graph of a chat that was shown alone; the chat stays beside it."""
    session.tab.alone = False
    session.tab.is_fitted = False
    talking.focus(session)


def show_alone(session: Session) -> None:
    """Show a chat with a model without its graph."""
    session.tab.alone = True
    session.tab.document.mark_saved()
    talking.focus(session)


def why_not_as_graph(session: Session, _target: object = None) -> str:
    """Ask for a chat that is shown alone."""
    return "" if session.tab.alone else "the graph is shown already"


def why_not_alone(session: Session, _target: object = None) -> str:
    """Ask for a graph that is nothing but a chat with a model, and has no file."""
    if session.tab.alone:
        return "the chat is shown alone already"
    is_plain = choices_of_graph(session.graph, session.workspace.registry) is not None
    return "" if is_plain and session.tab.document.path is None else "the graph is more than a chat with a model"


# --- inside


def _read(chat_id: str, chats: Chats) -> _Read:
    """Return what was said in a chat, and what gave its last answer; for the thread of the store."""
    turns = chats.turns(chat_id)
    answers = [turn.id for turn in reversed(turns.path) if turn.role == "assistant"]
    origins = (chats.made_by(chat_id, answer) for answer in answers)
    return _Read(turns, next((origin for origin in origins if origin is not None), None))


def _opened(session: Session, head: ChatHead, read: _Read, turn: int | None) -> None:
    tab = _partner(session, head.subject, read.made_by)
    if tab is None:
        return
    if tab.chat is not None and tab.chat.answering:
        session.show(tab)
        session.say("an answer is being made here: stop it first (Esc)")
        return
    source = tab.document.source
    title = head.title if head.named else ""
    form = _form(session, source) or ChatForm(MESSAGE, CONVERSATION, "reply")
    session.chats.reopened(tab, source, form, id=head.id, turns=read.turns, title=title)
    _show(session, tab)
    _lead_to(session, tab, turn)


def _form(session: Session, source: Source) -> ChatForm | None:
    registry = session.workspace.registry
    try:
        return chat_form(source.graph, registry, outline(source.graph, registry))
    except GraphideError:
        return None  # why nobody can talk with it is said below the chat


def _partner(session: Session, subject: Mapping[str, Json], made_by: MadeBy | None) -> Tab | None:
    """Return a tab with whom a chat is with; None where that cannot be opened, and why was said."""
    if "graph" not in subject:
        try:
            choices = choices_of(subject) if "model" in subject else ModelChoices()
        except GraphideError:
            choices = ModelChoices(model=str(subject["model"]))
        return _tab_for(session, choices)
    graph = subject["graph"]
    try:
        if isinstance(graph, str) and graph:
            return _of_file(session, graph)
        if isinstance(graph, Mapping):
            return _of_text(session, dumps(graph))
    except GraphideError as error:
        if made_by is None:
            session.fail(error)
            return None
        session.say(f"{error}. This is the graph as it answered last", "warning")
    return _of_text(session, made_by.graph.encode()) if made_by is not None else _tab_for(session, ModelChoices())


def _of_file(session: Session, name: str) -> Tab:
    """Return the tab of a file or template; raises GraphideError."""
    path = Path(name)
    if path.is_absolute():
        known = next((tab for tab in session.tabs if tab.document.path == path), None)
        if known is not None:
            return known
        document = Document.open(session.workspace, path, clock=session.clock, folder=session.drafts)
        return session.new_tab(document)
    return _of_source(session, session.workspace.load(name)._replace(path=None))


def _of_text(session: Session, text: bytes) -> Tab:
    """Return a tab with a graph that has no file; raises GraphideError."""
    return _of_source(session, session.workspace.loads(text, name="the graph of the chat"))


def _of_source(session: Session, source: Source) -> Tab:
    """Return the tab that shows a graph without a file: the one that does so now, or a new one."""
    now, registry = session.tab, session.workspace.registry
    choices = choices_of_graph(source.graph, registry)
    if choices is not None:
        return _tab_for(session, choices)
    if now.document.path is None and now.inside is None and now.document.graph.nodes == source.graph.nodes:
        return now
    return session.new_tab(Document(session.workspace, source, clock=session.clock, folder=session.drafts))


def _tab_for(session: Session, choices: ModelChoices) -> Tab:
    """Return a new tab for a chat with a model alone."""
    graph = graph_of_choices(choices)
    tab = session.new_tab(
        Document(session.workspace, Source(graph), clock=session.clock, folder=session.drafts)
    )  # fmt: skip
    tab.alone = True
    return tab


def _show(session: Session, tab: Tab) -> None:
    """Show a tab with its chat; chats alone that can be opened again at any time make way for it."""
    idle = [other for other in session.tabs if other is not tab and _makes_way(session, other)]
    session.show(tab)
    for other in idle:
        if other in session.tabs:
            session.drop(other)
    talking.focus(session)


def _makes_way(session: Session, tab: Tab) -> bool:
    """Whether nothing is lost with a tab: it shows a chat alone that is kept, or in which nothing was said."""
    chat = tab.chat
    if not tab.alone or chat is None:
        return tab.alone
    is_empty = not (chat.turns.turns or chat.draft.strip())
    return not (chat.answering or chat.files) and (is_empty or session.chats.keeping.keeps(chat))


def _lead_to(session: Session, tab: Tab, turn: int | None) -> None:
    """Choose the way through a turn and have it shown."""
    chat = tab.chat
    if chat is None or turn is None or turn == ROOT or turn not in chat.turns.turns:
        return
    if not chat.answering:
        way = {each.id for each in chat.path}
        if turn not in way:
            chat.turns = chat.turns.switched(turn)
        chat.wanted = turn
    session.touch()
