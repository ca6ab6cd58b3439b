"""The life of documents in a session: new, open, save, close, recover, and files that others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphide.editor import recovery
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.document import ChangedOutside, Document
from graphide.editor.recovery import Draft
from graphide.editor.subgraphs import inner_graph, inner_path, reference_of, with_inner
from graphide.editor.tabs import Tab
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
    offer_drafts(session)


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
    if session.tab.document.elsewhere:
        session.say(f"{path.name} is open in another window too; what is saved last stays", "warning")
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


def save(session: Session, tab: Tab | None = None, then: Callable[[], None] | None = None) -> bool:
    """Save a document; one without a file asks for one, a file that others changed asks what to do."""
    tab = tab or session.tab
    if tab.inside is not None:
        done = _into_node(session, tab)
    elif tab.document.path is None:
        ask_where(session, tab, then)
        return False
    else:
        try:
            tab.document.save()
            done = True
        except ChangedOutside as error:
            _ask_about_change(session, tab, str(error))
            return False
        except GraphideError as error:
            session.fail(error)
            return False
    if done:
        _is_saved(session, tab)
        if then is not None:
            then()
    return done


def save_as(session: Session, path: Path, tab: Tab | None = None) -> bool:
    """Save a document in another file, which is its own from then on."""
    tab = tab or session.tab
    path = path if path.suffix else path.with_suffix(".json")
    try:
        tab.document.save_as(path.absolute())
    except GraphideError as error:
        session.fail(error)
        return False
    _is_saved(session, tab)
    return True


def ask_where(session: Session, tab: Tab, then: Callable[[], None] | None = None) -> None:
    """Ask for the file of a document, save it there, and go on."""

    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and value and save_as(session, Path(value), tab) and then is not None:
            then()

    session.ask(Dialog("save_as", "Save the graph", data=_proposed(session, tab), reply=reply))


def reset(session: Session) -> None:
    """Go back to what was saved; that can be undone."""
    if session.tab.document.reset():
        session.say("The graph is as it was saved. Undo brings the edits back", action="undo")


def close_tab(session: Session, tab: Tab, then: Callable[[], None] | None = None) -> None:
    """Close a tab and go on; unsaved changes are asked about."""

    def closed() -> None:
        if tab in session.tabs:
            session.drop(tab)
        if then is not None:
            then()

    def reply(choice: str, _: Any) -> None:
        if choice == "save":
            save(session, tab, closed)
        elif choice == "discard":
            closed()

    if not tab.document.dirty:
        closed()
        return
    session.show(tab)
    buttons = (DialogButton("save", "Save", "main"), DialogButton("discard", "Discard", "danger"), _CANCEL)
    text = "It has changes that are not saved."
    session.ask(Dialog("ask", f"Close {tab.title}?", text, data=tab, buttons=buttons, reply=reply))


def close_all(session: Session) -> None:
    """Ask about every tab with unsaved changes, then let the window close: `session.quitting` is set."""
    dirty = [tab for tab in session.tabs if tab.document.dirty]
    if not dirty:
        session.quitting = True
        return

    def reply(choice: str, _: Any) -> None:
        if choice == "save":
            _save_all(session, dirty)
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
    session.ask(Dialog("ask", "Close the window?", f"Not saved: {names}", dirty, buttons, reply))


def look_outside(session: Session) -> None:
    """Notice when another program changed or removed the file of the document that is shown."""
    tab = session.tab
    state = tab.document.outside()
    if state == tab.outside:
        return
    tab.outside = state
    if state == "changed" and not tab.document.dirty:
        session.say(f"{tab.title} was changed by another program", "warning", action="reload")
    elif state == "changed" and session.dialog is None:
        _ask_about_change(session, tab, f"{tab.title} was changed by another program, and has changes of yours.")
    elif state == "gone":
        session.say(f"The file of {tab.title} is gone; saving writes it again", "warning", action="save")


def reload(session: Session) -> None:
    """Take what the file says now; that can be undone."""
    session.tab.document.reload()
    session.tab.outside = "same"
    session.touch()


def offer_drafts(session: Session) -> None:
    """Ask what to do with the work that a crash left behind, where there is any."""
    drafts = recovery.left_behind(session.drafts)
    if not drafts:
        return

    def reply(choice: str, value: Any) -> None:
        chosen: tuple[Draft, ...] = tuple(value) if value else drafts
        for draft in chosen:
            if choice == "recover":
                _recover(session, draft)
            elif choice == "discard":
                recovery.discard(draft)

    text = "\n".join(draft.describe() for draft in drafts)
    buttons = (
        DialogButton("recover", "Recover", "main"), DialogButton("cancel", "Not now"),
        DialogButton("discard", "Discard", "danger"),
    )  # fmt: skip
    session.ask(Dialog("recover", "Unsaved work was found", text, drafts, buttons, reply))


def remember_open(session: Session) -> None:
    """Remember which files are open, for the next start."""
    from dataclasses import replace

    files = tuple(str(tab.document.path) for tab in session.tabs if tab.document.path is not None)
    session.remembered = replace(session.remembered, open=files)


def _shown(session: Session, make: Callable[[], Document]) -> bool:
    try:
        document = make()
    except GraphideError as error:
        session.fail(error)
        return False
    session.show(session.new_tab(document))
    return True


def _recover(session: Session, draft: Draft) -> None:
    document = Document.recover(session.workspace, draft, clock=session.clock, folder=session.drafts)
    session.show(session.new_tab(document))


def _into_node(session: Session, tab: Tab) -> bool:
    """Write the graph of an inner tab into its node, as one step of the outer document."""
    assert tab.inside is not None
    outer, node_id = tab.inside
    try:
        outer.document.do(with_inner(node_id, tab.document.graph, outer.document.rules))
    except GraphideError as error:
        session.fail(error)
        return False
    tab.document._is_saved(tab.document.graph)
    return True


def _is_saved(session: Session, tab: Tab) -> None:
    tab.outside = "same"
    if tab.document.path is not None:
        session.remembered = session.remembered.with_recent(tab.document.path)
        session.say(f"Saved {tab.title}", "success")
    session.touch()


def _save_all(session: Session, tabs: list[Tab]) -> None:
    left = [tab for tab in tabs if tab.document.dirty]
    if not left:
        session.quitting = True
        return
    save(session, left[0], lambda: _save_all(session, left[1:]))


def _ask_about_change(session: Session, tab: Tab, text: str) -> None:
    def reply(choice: str, _: Any) -> None:
        if choice == "load":
            tab.document.reload()
            tab.outside = "same"
        elif choice == "anyway":
            tab.document.save(anyway=True)
            _is_saved(session, tab)
        elif choice == "save_as":
            ask_where(session, tab)

    buttons = (
        DialogButton("load", "Load it", "main"), DialogButton("save_as", "Save as …"),
        DialogButton("anyway", "Save over it", "danger"), _CANCEL,
    )  # fmt: skip
    session.ask(Dialog("ask", "The file was changed", text, tab, buttons, reply))


def _proposed(session: Session, tab: Tab) -> Path:
    """Return the file that a dialog proposes."""
    if tab.document.path is not None:
        return tab.document.path
    recent = next(iter(session.remembered.recent), "")
    folder = Path(recent).parent if recent else Path.home()
    title = "".join(char if char.isalnum() else "_" for char in tab.document.graph.title.lower()).strip("_")
    return folder / f"{title or 'graph'}.json"
