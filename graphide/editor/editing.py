"""What actions of editing do in a session: clipboard, copies, removal, states, frames, subgraphs, settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphide.editor.clipboard import copied, pasted
from graphide.editor.commands import Command, Composite
from graphide.editor.commands_edges import Disconnect
from graphide.editor.commands_nodes import RemoveNodes, SetState
from graphide.editor.commands_paste import APART, Duplicate, Paste
from graphide.editor.commands_settings import SetSetting
from graphide.editor.commands_view import SetCollapsed, SetColor, SetFrame
from graphide.editor.dropping import files_in, take_files
from graphide.editor.faces import widget_of
from graphide.editor.gestures_target import Target
from graphide.editor.layout import Frame, Point, frames, place, with_places
from graphide.editor.lifecycle import open_inside
from graphide.editor.names import new_frame_id
from graphide.editor.selection import Selection
from graphide.editor.subgraphs import Group, Ungroup, inner_graph
from graphide.editor.unplaced import spots
from graphide.errors import UsageError
from graphide.graph.model import Graph, State
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session

_AROUND = 24.0
_TITLE = 40.0


def chosen(session: Session, target: Target | None = None) -> Selection:
    """Return what an action is about: the selection, or what a menu was opened on where that is not part of it."""
    selection = session.tab.selection
    if target is not None and target.selection and not selection.has(target.selection):
        return target.selection
    return selection


def copy(session: Session, target: Target | None = None) -> None:
    """Put nodes and frames into the clipboard, as the text of a graph."""
    own = chosen(session, target)
    session.clipboard.write(copied(session.graph, own.nodes, own.frames))


def cut(session: Session, target: Target | None = None) -> None:
    """Put nodes and frames into the clipboard and remove them."""
    own = chosen(session, target)
    copy(session, target)
    remove = RemoveNodes(own.nodes, own.frames)
    session.do(Composite(remove.label.replace("Remove", "Cut", 1), (remove,)))


def paste(session: Session, target: Target | None = None) -> None:
    """Add what the clipboard holds where the mouse is, else beside where it was; raises UsageError.

    Paths of files are opened, as if the files had been dropped.
    """
    text, at = session.clipboard.read(), session.gestures.at
    if files := files_in(text):
        take_files(session, files, (at.x, at.y))
        return
    part = laid_out(pasted(text, session.workspace.registry))
    over = 0 <= at.x <= session.size[0] and 0 <= at.y <= session.size[1]
    command = Paste(part, session.tab.camera.to_world(at.x, at.y) if over else None)
    before = session.graph
    names, boxes = command.names(before), command.frame_names(before)
    if session.do(command):
        session.select(Selection(tuple(names.values()), tuple(boxes.values())))


def laid_out(part: Graph) -> Graph:
    """Return a graph with a place for each of its nodes: a text that a person wrote may have none."""
    known = {node_id: at for node_id in part.nodes if (at := place(part, node_id).at) is not None}
    found = spots(part, known) if len(known) < len(part.nodes) else {}
    return with_places(part, {node_id: replace(place(part, node_id), at=at) for node_id, at in found.items()})


def duplicate(session: Session, target: Target | None = None) -> None:
    """Add copies of nodes and frames, with the inputs of the originals, and select them."""
    own = chosen(session, target)
    command = Duplicate(own.nodes, own.frames, APART, wired=True)
    names, before = command.names(session.graph), frames(session.graph)
    if session.do(command):
        new = tuple(key for key in frames(session.graph) if key not in before)
        session.select(Selection(tuple(names.values()), new))


def delete(session: Session, target: Target | None = None) -> None:
    """Remove what is selected."""
    own = chosen(session, target)
    commands: list[Command] = [RemoveNodes(own.nodes, own.frames)] if own.nodes or own.frames else []
    if own.edges:
        commands.insert(0, Disconnect(own.edges))
    session.do(commands[0] if len(commands) == 1 else Composite("Remove the selection", tuple(commands)))


def disconnect(session: Session, target: Target | None = None) -> None:
    """Remove the edges at a pin or a node, or a wire."""
    graph = session.graph
    if target is not None and target.kind == "pin":
        pin = (target.id, target.name)
        edges = tuple(e for e in graph.edges if pin == (e[:2] if target.output else e[2:]))
    else:
        own = chosen(session, target)
        edges = own.edges or tuple(e for e in graph.edges if {e.source, e.target} & set(own.nodes))
    if edges:
        session.do(Disconnect(edges))


def set_state(session: Session, state: State, target: Target | None = None) -> None:
    """Make nodes muted or bypassed, or active again where all of them are."""
    ids = chosen(session, target).nodes
    already = all(session.graph.nodes[node_id].state == state for node_id in ids)
    session.do(SetState(ids, "active" if already else state))


def collapse(session: Session, target: Target | None = None) -> None:
    """Show only titles of nodes, or all of them again where all are collapsed."""
    ids = chosen(session, target).nodes
    session.do(SetCollapsed(ids, not all(place(session.graph, node_id).collapsed for node_id in ids)))


def color(session: Session, name: str, target: Target | None = None) -> None:
    """Give nodes and frames a colour."""
    own = chosen(session, target)
    session.do(SetColor(own.nodes, name, own.frames))


def frame(session: Session, target: Target | None = None) -> None:
    """Add a frame around what is selected, else where the mouse is, and edit its title."""
    own = chosen(session, target)
    box = session.surface.box_of(own.nodes, own.frames)
    frame_id = new_frame_id(session.graph)
    if box is not None:
        at = Point(box.x - _AROUND, box.y - _AROUND - _TITLE)
        made = Frame("", at, Point(box.width + 2 * _AROUND, box.height + 2 * _AROUND + _TITLE))
    else:
        made = Frame("", Point(*session.tab.camera.to_world(session.size[0] / 2 - 200, session.size[1] / 2 - 150)))
    if session.do(Composite("Add a frame", (SetFrame(frame_id, made),))):
        session.select(Selection(frames=(frame_id,)))
        rename(session)


def group(session: Session, target: Target | None = None) -> None:
    """Make nodes one subgraph node."""
    own = chosen(session, target)
    command = Group(own.nodes, session.rules, own.frames)
    name = command.name(session.graph)
    if session.do(command):
        session.select(Selection((name,)))


def expand(session: Session, target: Target | None = None) -> None:
    """Put the nodes of a subgraph node in its place; raises GraphideError."""
    (node_id,) = chosen(session, target).nodes
    before = set(session.graph.nodes)
    inner = inner_graph(session.graph, node_id, session.tab.document.path, session.workspace.registry)
    if session.do(Ungroup(node_id, inner, session.rules)):
        session.select(Selection(tuple(key for key in session.graph.nodes if key not in before)))


def open_subgraph(session: Session, target: Target | None = None) -> None:
    """Show the graph inside a node; raises GraphideError."""
    (node_id,) = chosen(session, target).nodes
    open_inside(session, node_id)


def rename(session: Session, target: Target | None = None) -> None:
    """Edit the title of the node or frame."""
    own = chosen(session, target)
    key = own.nodes[-1] if own.nodes else own.frames[-1]
    part = "title" if own.nodes else "frame_title"
    groups = session.surface.view.nodes if own.nodes else session.surface.view.frames
    for drawn in groups:
        if drawn.key.removeprefix("$") == key:
            hit = next((hit for hit in drawn.hits if hit.part == part), None)
            box = drawn.box
            if hit is not None:
                box = hit.box._replace(x=drawn.x + hit.box.x, y=drawn.y + hit.box.y)
            session.edit_title(Target("title" if own.nodes else "frame_title", key, box=box))


def set_setting(session: Session, nodes: tuple[str, ...], name: str, value: Json) -> str:
    """Change one setting of some nodes as one step and return "", or why it does not fit."""
    commands = tuple(SetSetting(node_id, name, value, session.rules) for node_id in nodes)
    if not commands:
        return ""
    many = Composite(f"Change {name} of {len(commands)} nodes", commands)
    try:
        session.tab.document.do(commands[0] if len(commands) == 1 else many)
    except UsageError as error:
        return error.message
    session.touch()
    return ""


def type_setting(session: Session, nodes: tuple[str, ...], name: str, text: str) -> str:
    """Change one setting of some nodes to what a typed text stands for, and return "", or why it does not fit."""
    widget = widget_of(session.graph, nodes[0], name, session.rules) if nodes else None
    if widget is None:
        return "there is no such setting"
    try:
        value = text if widget.field.wire == "text" and not widget.field.optional else widget.field.parse(text)
    except UsageError as error:
        return error.message
    return set_setting(session, nodes, name, value)


def select_near(session: Session, *, forward: bool) -> None:
    """Select what the selected nodes lead to, or what leads to them."""
    own = set(session.tab.selection.nodes)
    pairs = [(edge.source, edge.target) if forward else (edge.target, edge.source) for edge in session.graph.edges]
    found = dict.fromkeys(other for one, other in pairs if one in own)
    if found:
        session.select(replace(session.tab.selection, nodes=tuple(found), edges=(), frames=()))
