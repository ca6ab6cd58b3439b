"""Why an action cannot be done now: a sentence, or "" when it can. One small function for each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.editing import chosen
from graphide.editor.gestures_target import Target
from graphide.editor.reaching import editable
from graphide.editor.subgraphs import SUBGRAPH_TYPE, reference_of
from graphide.errors import UsageError

if TYPE_CHECKING:
    from graphide.editor.session import Session
    from graphide.spec.nodespec import NodeSpec


def always(session: Session, target: Target | None) -> str:
    """Ask for nothing."""
    return ""


def is_dirty(session: Session, target: Target | None) -> str:
    """Ask that the document has changes that are not saved."""
    return "" if session.tab.document.dirty else "there is nothing to take back: everything is saved"


def has_file(session: Session, target: Target | None) -> str:
    """Ask that the document has a file."""
    return "" if session.tab.document.path is not None else "the graph has no file yet"


def has_nodes(session: Session, target: Target | None) -> str:
    """Ask that there is a node."""
    return "" if session.graph.nodes else "the graph is empty"


def can_undo(session: Session, target: Target | None) -> str:
    """Ask that there is a step to take back."""
    return "" if session.tab.document.undo_label else "there is nothing to undo"


def can_redo(session: Session, target: Target | None) -> str:
    """Ask that there is a step to do again."""
    return "" if session.tab.document.redo_label else "there is nothing to redo"


def has_clipboard(session: Session, target: Target | None) -> str:
    """Ask that the clipboard holds a text."""
    return "" if session.clipboard.read().strip() else "the clipboard is empty"


def has_selection(session: Session, target: Target | None) -> str:
    """Ask that something is selected."""
    return "" if chosen(session, target) else "nothing is selected"


def has_items(session: Session, target: Target | None) -> str:
    """Ask that a node or a frame is selected."""
    own = chosen(session, target)
    return "" if own.nodes or own.frames else "no node or frame is selected"


def has_chosen_nodes(session: Session, target: Target | None) -> str:
    """Ask that a node is selected."""
    return "" if chosen(session, target).nodes else "no node is selected"


def has_several(session: Session, target: Target | None) -> str:
    """Ask that at least two nodes are selected."""
    return "" if len(chosen(session, target).nodes) > 1 else "select two nodes or more"


def has_three(session: Session, target: Target | None) -> str:
    """Ask that at least three nodes are selected."""
    return "" if len(chosen(session, target).nodes) > 2 else "select three nodes or more"


def has_edges(session: Session, target: Target | None) -> str:
    """Ask that something with an edge is meant."""
    own = chosen(session, target)
    ends = {end for edge in session.graph.edges for end in (edge.source, edge.target)}
    if target is not None and target.kind == "pin":
        pins = {pin for edge in session.graph.edges for pin in ((edge.source, edge.output), (edge.target, edge.input))}
        return "" if (target.id, target.name) in pins else "nothing is connected here"
    return "" if own.edges or ends & set(own.nodes) else "nothing is connected here"


def has_settings(session: Session, target: Target | None) -> str:
    """Ask that a setting in a node is under the mouse, or that one node with settings is selected."""
    if target is not None and target.kind == "widget":
        return ""
    return (
        ""
        if len(_types(session, target)) == 1 and _types(session, target)[0].settings
        else "select one node with settings"
    )


def has_widgets(session: Session, target: Target | None) -> str:
    """Ask that one node is selected in which a text or figure can be edited."""
    nodes = chosen(session, target).nodes
    return "" if len(nodes) == 1 and editable(session, nodes[0]) else "select one node with a text in it"


def has_outputs(session: Session, target: Target | None) -> str:
    """Ask that one node with an output is selected."""
    nodes = chosen(session, target).nodes
    if len(nodes) == 1 and session.rules.ports(session.graph, nodes[0]).outputs:
        return ""
    return "select one node with an output"


def is_running(session: Session, target: Target | None) -> str:
    """Ask that a run is under way."""
    return "" if session.tab.runs.view.active else "nothing runs"


def can_run(session: Session, target: Target | None) -> str:
    """Ask that there is a graph, and nothing runs."""
    if session.tab.runs.view.active:
        return "a run is under way: stop it first"
    return has_nodes(session, target)


def can_run_to(session: Session, target: Target | None) -> str:
    """Ask that a node is selected, and nothing runs."""
    return can_run(session, target) or has_chosen_nodes(session, target)


def is_subgraph(session: Session, target: Target | None) -> str:
    """Ask that one subgraph node is selected."""
    nodes = chosen(session, target).nodes
    if len(nodes) != 1 or session.graph.nodes[nodes[0]].type != SUBGRAPH_TYPE:
        return "select one subgraph node"
    return has_graph_inside(session, target)


def has_graph_inside(session: Session, target: Target | None) -> str:
    """Ask that one node with a graph inside is selected."""
    nodes = chosen(session, target).nodes
    if len(nodes) != 1:
        return "select one node with a graph inside"
    try:
        reference_of(session.graph, nodes[0])
    except UsageError as error:
        return error.message
    return ""


def can_serve(session: Session, _target: Target | None) -> str:
    """Ask that this program can serve at all."""
    return "" if session.serving.possible else "this program cannot serve"


def _types(session: Session, target: Target | None) -> list[NodeSpec]:
    """Return the types of what is selected, as far as they are installed."""
    graph, registry = session.graph, session.workspace.registry
    found = (registry.get(graph.nodes[node_id].type) for node_id in chosen(session, target).nodes)
    return [spec for spec in found if spec is not None]
