"""What actions of running do in a session: start a run, with the inputs it needs, stop it, run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphide.editor.chat import ChatSession
from graphide.editor.chat_graphs import chat_form
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.editing import chosen
from graphide.editor.gestures_target import Target
from graphide.editor.run_history import RunRecord
from graphide.errors import GraphideError
from graphide.graph.outline import outline
from graphide.spec.nodespec import Port

if TYPE_CHECKING:
    from graphide.editor.session import Session


def run(session: Session, targets: tuple[str, ...] = ()) -> None:
    """Run the document to its outputs, or to some nodes; inputs without a value are asked for. Raises UsageError."""
    tab = session.tab
    missing = tuple(port for port in _inputs(session) if port.required and port.name not in tab.inputs)
    if missing and not targets:
        _ask_inputs(session, missing)
        return
    seed = tab.seeds.next(tab.runs.view.seed if tab.runs.view.over else None)
    known = {port.name for port in _inputs(session)}
    inputs = {name: value for name, value in tab.inputs.items() if name in known}
    tab.runs.start(tab.document.source, inputs=inputs, targets=targets, seed=seed)


def run_to(session: Session, target: Target | None = None) -> None:
    """Run to the nodes that are selected."""
    run(session, chosen(session, target).nodes)


def stop(session: Session) -> None:
    """Stop the run."""
    session.tab.runs.stop()


def again(session: Session, record: RunRecord) -> None:
    """Run the document with the inputs and the seed of an earlier run; raises UsageError."""
    session.tab.runs.again(record, session.tab.document.source)


def chat(session: Session) -> ChatSession | None:
    """Return the chat with the document that is shown, None where nobody can talk with it."""
    tab, registry = session.tab, session.workspace.registry
    source = tab.document.source
    try:
        form = chat_form(source.graph, registry, outline(source.graph, registry))
    except GraphideError:
        return None
    if form is None:
        return None
    if tab.chat is None:
        tab.chat = ChatSession(source, form, tab.runs)
    tab.chat.document, tab.chat.form = source, form
    return tab.chat


def _inputs(session: Session) -> tuple[Port, ...]:
    try:
        return session.workspace.inputs(session.tab.document.source)
    except GraphideError:
        return ()  # the run itself says what is wrong


def _ask_inputs(session: Session, missing: tuple[Port, ...]) -> None:
    def reply(choice: str, value: Any) -> None:
        if choice == "ok" and isinstance(value, dict):
            session.tab.inputs |= value
            if all(port.name in session.tab.inputs for port in missing):
                run(session)

    buttons = (DialogButton("ok", "Run", "main"), DialogButton("cancel", "Cancel"))
    session.ask(Dialog("inputs", "What should it run with?", data=missing, buttons=buttons, reply=reply))
