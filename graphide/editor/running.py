"""What actions of running do in a session: start a run, with the inputs it needs, stop it, run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphide.chatting.graphs import chat_form
from graphide.editor.asking_inputs import InputForm, last_values
from graphide.editor.chat import ChatSession
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.editing import chosen
from graphide.editor.gestures_target import Target
from graphide.editor.run_history import RunRecord
from graphide.errors import GraphideError
from graphide.graph.outline import outline
from graphide.graph.topology import ancestors
from graphide.spec.nodespec import Port

if TYPE_CHECKING:
    from graphide.editor.session import Session


def run(session: Session, targets: tuple[str, ...] = ()) -> None:
    """Run the document to its outputs, or to some nodes; inputs without a value are asked for. Raises UsageError."""
    tab = session.tab
    ports = _asked_for(session, targets)
    required = [port.name for port in ports if port.required]
    missing = any(name not in tab.inputs for name in required)
    if required and (missing or session.panel("ask_inputs", True) is True):
        _ask_inputs(session, ports, targets)
        return
    _start(session, targets)


def _start(session: Session, targets: tuple[str, ...]) -> None:
    tab = session.tab
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
        tab.chat = session.chats.begun(tab, source, form)
    tab.chat.document, tab.chat.form = source, form
    return tab.chat


def _inputs(session: Session) -> tuple[Port, ...]:
    try:
        return session.workspace.inputs(session.tab.document.source)
    except GraphideError:
        return ()  # the run itself says what is wrong


def _asked_for(session: Session, targets: tuple[str, ...]) -> tuple[Port, ...]:
    """Return the inputs that count for a run to some nodes, to the outputs without any."""
    ports = _inputs(session)
    if not (ports and targets):
        return ports
    before = ancestors(session.graph, targets)
    return tuple(port for port in ports if port.name in before)


def _ask_inputs(session: Session, ports: tuple[Port, ...], targets: tuple[str, ...]) -> None:
    """Ask for inputs: the values of the last runs are proposed where one is required, else those given in this window."""
    tab = session.tab
    runs = session.history.of(str(tab.document.path or ""))
    required = {port.name for port in ports if port.required}
    last = {name: value for name, value in last_values({}, runs).items() if name in required}
    form = InputForm(ports, {**last, **tab.inputs})

    def reply(choice: str, _: Any) -> None:
        if choice == "ok" and form.ready and tab in session.tabs:
            asked = {row.name for row in form.rows}
            tab.inputs = {name: value for name, value in tab.inputs.items() if name not in asked} | form.values
            session.show(tab)
            _start(session, targets)

    buttons = (DialogButton("ok", "Run", "main"), CANCEL)
    session.popups.ask(Dialog("inputs", "What should it run with?", data=form, buttons=buttons, reply=reply))
