"""Saving the documents of a session, what is asked where that is refused, and files that others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from graphide.editor import remembered
from graphide.editor.dialogs import Dialog
from graphide.editor.document import ChangedOutside
from graphide.editor.refusals import question
from graphide.editor.subgraphs import with_inner
from graphide.editor.tabs import Tab
from graphide.errors import GraphideError

if TYPE_CHECKING:
    from graphide.editor.session import Session

_LONG = 60.0


class Write(Protocol):
    """Writes a document into a file; raises GraphideError, and with `anyway` not because of others."""

    def __call__(self, *, anyway: bool) -> None:
        """Write it."""


def save(session: Session, tab: Tab | None = None, then: Callable[[], None] | None = None) -> bool:
    """Save a document; one without a file asks for one, a file that others changed asks what to do."""
    tab = tab or session.tab
    if tab.inside is None and tab.document.path is None:
        ask_where(session, tab, then)
        return False
    return _write(session, tab, tab.document.save if tab.inside is None else partial(_into_node, tab), then)


def save_as(session: Session, path: Path, tab: Tab | None = None, then: Callable[[], None] | None = None) -> bool:
    """Save a document in another file, which is its own from then on, and go on; what is refused is asked about."""
    tab = tab or session.tab
    path = path if path.suffix else path.with_suffix(".json")
    return _write(session, tab, partial(tab.document.save_as, path.absolute()), then)


def ask_where(session: Session, tab: Tab, then: Callable[[], None] | None = None) -> None:
    """Ask for the file of a document, save it there, and go on."""

    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and value:
            save_as(session, Path(value), tab, then)

    session.popups.ask(Dialog("save_as", "Save the graph", data=_proposed(session, tab), reply=reply))


def reload(session: Session) -> None:
    """Take what the file says now; that can be undone. Raises GraphideError."""
    session.tab.outside = "same"  # what cannot be read now is offered again
    session.tab.document.reload()
    settle(session, session.tab)


def look_outside(session: Session) -> None:
    """Notice what others did to the file of the document that is shown: changed it, removed it, or let go of it."""
    tab = session.tab
    if tab.document.elsewhere and tab.document.claim():
        settle(session, tab)
        session.say(f"{tab.title} is not open in another window any more, and is saved under its own name")
    state = tab.document.outside()
    if state == tab.outside or (state == "changed" and session.popups.dialog is not None):
        return
    if state == "changed" and not tab.document.dirty:
        notify(session, tab, f"{tab.title} was changed by another program", "reload")
    elif state == "changed":
        error = ChangedOutside("was changed by another program, and has changes of yours", where=tab.title)
        _ask_instead(session, tab, error, tab.document.save, None, no="Keep mine")
    elif state == "gone":
        tab.document.file_is_gone()
        notify(session, tab, f"The file of {tab.title} is gone; saving writes it again", "save")
    elif state == "unreadable":
        session.say(f"The file of {tab.title} cannot be read any more; the graph is still here", "warning")
    tab.outside = state


def notify(session: Session, tab: Tab, text: str, action: str) -> None:
    """Show a message about a file for long, in the place of the one before."""
    settle(session, tab)
    tab.notice = session.toasts.add(text, now=session.clock(), kind="warning", action=action, seconds=_LONG).id
    session.touch()


def settle(session: Session, tab: Tab) -> None:
    """Take the message about the file of a tab away, and take its state as known."""
    tab.outside = "same"
    session.toasts.dismiss(tab.notice)
    session.touch()


def remember_open(session: Session) -> None:
    """Remember which files are open, for the next start."""
    files = tuple(str(tab.document.path) for tab in session.tabs if tab.document.path is not None)
    session.remembered = replace(session.remembered, open=files)


def keep_remembered(session: Session) -> None:
    """Write down what is open, because a window may end without being closed."""
    remember_open(session)
    remembered.save(session.remembered, session.folder / "window.json")


def _write(session: Session, tab: Tab, write: Write, then: Callable[[], None] | None, *, anyway: bool = False) -> bool:
    """Save a document and go on; where that is refused, ask what to do instead."""
    try:
        write(anyway=anyway)
    except GraphideError as error:
        _ask_instead(session, tab, error, write, then)
        return False
    _is_saved(session, tab)
    if then is not None:
        then()
    return True


def _ask_instead(
    session: Session, tab: Tab, error: GraphideError, write: Write, then: Callable[[], None] | None, no: str = "Cancel"
) -> None:
    def reply(choice: str, _: Any) -> None:
        if choice == "load":
            tab.document.reload()
            settle(session, tab)
        elif choice in ("again", "anyway"):
            _write(session, tab, write, then, anyway=choice == "anyway")
        elif choice == "save_as":
            ask_where(session, tab, then)

    session.popups.ask(question(error, reply, no=no))


def _into_node(tab: Tab, *, anyway: bool) -> None:
    """Write the graph of an inner tab into its node, as one step of the outer document; raises GraphideError."""
    assert tab.inside is not None
    outer, node_id = tab.inside
    outer.document.do(with_inner(node_id, tab.document.graph, outer.document.rules))
    tab.document.mark_saved()


def _is_saved(session: Session, tab: Tab) -> None:
    settle(session, tab)
    if tab.document.path is not None:
        session.remembered = session.remembered.with_recent(tab.document.path)
        keep_remembered(session)
        session.say(f"Saved {tab.title}", "success")
    session.touch()


def _proposed(session: Session, tab: Tab) -> Path:
    """Return the file that a dialog proposes."""
    if tab.document.path is not None:
        return tab.document.path
    recent = next(iter(session.remembered.recent), "")
    folder = Path(recent).parent if recent else Path.home()
    title = "".join(char if char.isalnum() else "_" for char in tab.document.graph.title.lower()).strip("_")
    return folder / f"{title or 'graph'}.json"
