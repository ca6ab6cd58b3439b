"""The life of documents in a session: new, open, close, recover. Saving them is in `saving`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphide.editor import model_actions, recovery, saving
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.document import Document, is_outdated
from graphide.editor.recovering import Recovering
from graphide.editor.recovery import Draft
from graphide.editor.selection import Selection
from graphide.editor.subgraphs import inner_graph, inner_path, reference_of
from graphide.editor.tabs import Tab
from graphide.editor.typed_text import setting_text
from graphide.errors import GraphideError
from graphide.workspace import Document as Source

if TYPE_CHECKING:
    from graphide.editor.session import Session

_CANCEL = DialogButton("cancel", "Cancel")


def start(session: Session, *, again: bool = True) -> None:
    """Offer what a crash left behind, and with `again` open the files of the last session."""
    if again:
        for name in session.remembered.open:
            if Path(name).is_file():
                open_file(session, Path(name))
        session.chats.open_again()
    for problem in (session.workspace.settings.problem, *map(str, session.workspace.plugin_problems)):
        if problem:
            session.say(problem, "warning")
    offer_drafts(session)
    model_actions.go_on(session)


def new(session: Session) -> None:
    """Show an empty document."""
    session.show(session.new_tab(session.new_document()))


def new_from(session: Session, template: str | Path) -> bool:
    """Show a new document like a template, by its name or file."""

    def made() -> Document:
        source = session.workspace.load(template)._replace(path=None)
        return Document(session.workspace, source, clock=session.clock, folder=session.drafts)

    return _shown(session, made)


def open_file(session: Session, path: Path) -> bool:
    """Show the document in a file; one that is open already is shown again."""
    path = path.absolute()
    known = next((tab for tab in session.tabs if tab.document.path == path), None)
    if known is not None:
        session.show(known)
        return True

    def made() -> Document:
        return Document.open(session.workspace, path, clock=session.clock, folder=session.drafts)

    if not _shown(session, made):
        session.remembered = session.remembered.without_recent(path)
        return False
    session.remembered = session.remembered.with_recent(path)
    saving.keep_remembered(session)
    if (holder := session.tab.document.holder) is not None:
        text = f"{path.name} is open {holder.describe()}. This is a copy of it, and is saved under another name"
        saving.notify(session, session.tab, text, "save_as")
    for note in session.tab.document.notes[:1]:
        more = len(session.tab.document.notes) - 1
        session.say(f"{note.message}{f', and {more} more notes' if more else ''}")
    return True


def open_inside(session: Session, node_id: str) -> None:
    """Show the graph inside a node: its file, or a tab whose saving writes into the node; raises GraphideError."""
    tab = session.tab
    known = next((other for other in session.tabs if other.inside == (tab, node_id)), None)
    if known is not None:
        session.show(known)
    elif isinstance(reference_of(tab.document.graph, node_id), str):
        open_file(session, inner_path(tab.document.graph, node_id, tab.document.path))
    else:
        inner = inner_graph(tab.document.graph, node_id, tab.document.path, session.workspace.registry)
        document = Document(session.workspace, Source(inner), clock=session.clock, folder=session.drafts)
        session.show(session.new_tab(document, (tab, node_id)))


def reset(session: Session) -> None:
    """Go back to what was saved; that can be undone."""
    if session.tab.document.reset():
        session.say("The graph is as it was saved. Undo brings the edits back", action="undo")


def close_tab(session: Session, tab: Tab, then: Callable[[], None] | None = None) -> None:
    """Close a tab and go on; unsaved changes are asked about, first those of tabs that look inside its nodes."""
    inner = next((other for other in session.tabs if other.inside is not None and other.inside[0] is tab), None)
    if inner is not None:
        close_tab(session, inner, lambda: close_tab(session, tab, then))
        return

    def closed() -> None:
        saving.settle(session, tab)
        if tab in session.tabs:
            session.drop(tab)
        if then is not None:
            then()

    def reply(choice: str, _: Any) -> None:
        if choice == "save":
            saving.save(session, tab, closed)
        elif choice == "discard":
            closed()

    if not tab.document.dirty:
        closed()
        return
    session.show(tab)
    buttons = (DialogButton("save", "Save", "main"), DialogButton("discard", "Discard", "danger"), _CANCEL)
    text = "It has changes that are not saved."
    session.popups.ask(Dialog("ask", f"Close {tab.title}?", text, data=tab, buttons=buttons, reply=reply))


def close_all(session: Session) -> None:
    """Ask about every tab with unsaved changes, then let the window close: `session.quitting` is set.

    A dialog that is open comes back when it does not close.
    """
    dirty = [tab for tab in session.tabs if tab.document.dirty]
    if not dirty:
        session.quitting = True
        return

    before = session.popups.dialog

    def reply(choice: str, _: Any) -> None:
        if choice == "cancel":
            session.popups.dialog = before
        elif choice == "save":
            _save_all(session)
        elif choice == "keep":
            session.quitting = True
        elif choice == "discard":
            for tab in dirty:
                tab.document.close()
            session.quitting = True

    names = ", ".join(tab.title for tab in dirty)
    buttons = (
        DialogButton("save", "Save all", "main"), DialogButton("keep", "Keep for the next start"),
        DialogButton("discard", "Discard", "danger"), _CANCEL,
    )  # fmt: skip
    text = f"Not saved: {names}" + (f". {left}" if (left := model_actions.parting(session)) else "")
    question = Dialog("ask", "Close the window?", text, dirty, buttons, reply)
    if question != before:
        session.popups.ask(question)


def offer_drafts(session: Session) -> None:
    """Ask what to do with the work that a crash left behind, where there is any."""
    drafts = recovery.left_behind(session.drafts)
    if not drafts:
        return

    left = Recovering(session, drafts, lambda draft: _recover(session, draft))

    def reply(choice: str, _: Any) -> None:
        if choice == "recover":
            left.restore_all()

    text = "The program ended before these edits were saved. What you decide nothing about is offered again next time."
    buttons = (DialogButton("recover", "Restore all", "main"), DialogButton("cancel", "Keep for later"))
    session.popups.ask(Dialog("recover", "Unsaved work was found", text, left, buttons, reply))


def _shown(session: Session, make: Callable[[], Document]) -> bool:
    try:
        document = make()
    except GraphideError as error:
        session.fail(error)
        return False
    session.show(session.new_tab(document))
    return True


def _recover(session: Session, draft: Draft) -> None:
    if draft.document is not None:
        home = draft.document.resolve()
        for tab in session.tabs:
            # As it was opened again at the start: the recovered work takes its place, and its file.
            if tab.document.path is not None and tab.document.path.resolve() == home and not tab.document.dirty:
                session.drop(tab)
    document = Document.recover(session.workspace, draft, clock=session.clock, folder=session.drafts)
    session.show(session.new_tab(document))
    if draft.document is not None and is_outdated(draft, document):
        session.say(f"The file of {document.name} says something else now than when the work began; undo shows it")
    for text in draft.unfinished:
        if text.node in session.graph.nodes:
            setting_text(session, (text.node,), text.name).type(text.text)
            session.select(Selection((text.node,)))
            session.say(f"What was typed into {text.name} of {text.node} does not fit yet, and is in its field again")


def _save_all(session: Session) -> None:
    """Save one tab after the other, those inside of nodes first because they change others, and let the window close."""
    left = sorted((tab for tab in session.tabs if tab.document.dirty), key=lambda tab: tab.inside is None)
    if not left:
        session.quitting = True
        return
    session.show(left[0])
    saving.save(session, left[0], lambda: _save_all(session))
