"""What is known of an answer: its model, sampler, seed, tokens and times, and the graph and inputs that gave it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graphide.chatting.graphs import chat_form
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.document import Document
from graphide.editor.short import short
from graphide.errors import GraphideError
from graphide.graph.model import Graph
from graphide.graph.outline import outline
from graphide.graph.topology import links
from graphide.spec.nodespec import NodeSpec
from graphide.store.chats import MadeBy
from graphide.store.turns import Answer, Turn

if TYPE_CHECKING:
    from graphide.editor.session import Session

_ENDS = {"stop": "the model ended it", "length": "it reached the longest reply", "eos": "the model ended it"}


def of_last(session: Session) -> None:
    """Show what is known of the last answer."""
    chat = session.tab.chat
    last = next((turn for turn in reversed(chat.path) if turn.role == "assistant"), None) if chat is not None else None
    if last is not None:
        show(session, last.id)


def show(session: Session, turn_id: int) -> None:
    """Show what is known of an answer; what gave it is asked of the store."""
    chat = session.tab.chat
    if chat is None or turn_id not in chat.turns.turns:
        return
    turn, chat_id = chat.turns[turn_id], chat.id
    if not chat_id:
        _show(session, turn, None)
        return

    def failed(_: GraphideError) -> None:
        _show(session, turn, None)

    session.chats.shelf.ask(
        lambda chats: chats.made_by(chat_id, turn_id), lambda made: _show(session, turn, made), failed
    )


def lines_of(turn: Turn, made: MadeBy | None, sampler: Mapping[str, object], title: str) -> tuple[tuple[str, str], ...]:
    """Return what is known of an answer as names and values; `sampler` are the settings of who chose its words."""
    answer = turn.answer or Answer()
    seconds = f"{answer.seconds:.2f} s" if answer.seconds else ""
    speed = f"{answer.tokens_per_second:,.1f} tokens/s" if answer.tokens_per_second else ""
    cached = f", {answer.cached_tokens:,} of them from the cache" if answer.cached_tokens else ""
    found = [
        ("Model", answer.model),
        ("When", turn.at.replace("T", " ").partition("+")[0] + (" UTC" if turn.at else "")),
        ("Prompt", f"{answer.prompt_tokens:,} tokens{cached}" if answer.prompt_tokens else ""),
        ("Answer", f"{answer.tokens:,} tokens" if answer.tokens else ""),
        ("Time", ", ".join(part for part in (seconds, speed) if part)),
        ("Seed", str(answer.seed)),
        ("Sampler", ", ".join(f"{name} {short(value, 40)}" for name, value in sampler.items())),
        ("Ended", "" if answer.state == "failed" else _ENDS.get(answer.stop_reason, answer.stop_reason)),
        ("Left out", answer.dropped),
        ("Failed", f"{answer.problem}. {answer.hint}" if answer.problem else ""),
        ("Graph", title),
        *((f"Input {name}", short(value)) for name, value in (made.inputs if made is not None else {}).items()),
    ]
    return tuple((name, value) for name, value in found if value)


def sampler_of(graph: Graph, registry: Mapping[str, NodeSpec]) -> dict[str, object]:
    """Return the settings by which the node that answers chose its words: those of its parameters, and its longest reply."""
    try:
        form = chat_form(graph, registry, outline(graph, registry))
    except GraphideError:
        return {}
    node = graph.nodes.get(form.streamed_by) if form is not None else None
    if node is None or node.type not in registry:
        return {}
    edge = next((edge for edge in links(graph).incoming(node.id) if edge.input == "sampling"), None)
    source = graph.nodes.get(edge.source) if edge is not None else None
    chosen: dict[str, object] = {}
    if source is not None and source.type in registry:
        chosen = dict(source.settings)
    elif "parameters" in registry:
        chosen = {"temperature": registry["parameters"].full({})["temperature"]}
    full = registry[node.type].full(node.settings)
    return {**chosen, **{name: full[name] for name in ("max_tokens", "overflow") if name in full}}


def _show(session: Session, turn: Turn, made: MadeBy | None) -> None:
    graph = _graph(session, made)
    registry = session.workspace.registry
    rows = lines_of(turn, made, sampler_of(graph, registry) if graph is not None else {}, graph.title if graph else "")
    text = "\n".join(f"{name}:  {value}" for name, value in rows)

    def reply(choice: str, _: object) -> None:
        if choice == "copy":
            session.clipboard.write(text)
            session.say("copied", "success")
        elif choice == "graph" and made is not None:
            _open(session, made)

    buttons = [DialogButton("cancel", "Close", "main"), DialogButton("copy", "Copy")]
    if graph is not None:
        buttons.append(DialogButton("graph", "Open the graph that gave it"))
    session.popups.ask(Dialog("details", "This answer", data=rows, buttons=tuple(buttons), reply=reply))


def _graph(session: Session, made: MadeBy | None) -> Graph | None:
    if made is None:
        return None
    try:
        return session.workspace.loads(made.graph, name="the graph of the answer").graph
    except GraphideError:
        return None  # node types that are no more; the rest is known all the same


def _open(session: Session, made: MadeBy) -> None:
    """Open the graph of an answer as a document of its own, as it was then."""
    source = session.workspace.loads(made.graph, name="the graph of the answer")
    session.show(session.new_tab(Document(session.workspace, source, clock=session.clock, folder=session.drafts)))
