"""What actions do that a hand does with the mouse: wire, add at a wire, edit in the node, open a menu, all by keyboard.

Where the mouse would point at a setting, a list of the settings of the selected node is opened instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from graphide.editor.commands import Command, Composite, counted
from graphide.editor.commands_edges import Connect
from graphide.editor.commands_settings import ResetSetting, SetExposed
from graphide.editor.connect import inputs_for
from graphide.editor.dialogs import Menu, MenuItem
from graphide.editor.editing import chosen
from graphide.editor.faces import widget_of
from graphide.editor.gestures_target import CANVAS, Target
from graphide.editor.palette import Wanted
from graphide.editor.widgets import pressed
from graphide.graph.model import Edge, Graph
from graphide.graph.topology import links

if TYPE_CHECKING:
    from graphide.editor.session import Session

_BESIDE = 60.0


def connect(session: Session, target: Target | None = None) -> None:
    """Lead a wire from each selected node to the one selected after it, by the first pins that fit and are free."""
    nodes = chosen(session, target).nodes
    graph, made = session.graph, list[Command]()
    for source, end in pairwise(nodes):
        edge = _first_fitting(session, graph, source, end)
        if edge is None:
            session.say(f"no output of {source} fits a free input of {end}", "warning")
            return
        made.append(Connect(edge, session.rules))
        graph = made[-1].apply(graph)
    session.do(made[0] if len(made) == 1 else Composite(f"Connect {counted(len(nodes), 'node')}", tuple(made)))


def add_after(session: Session, target: Target | None = None) -> None:
    """Search for a node to come after the selected one, which is connected to its first output."""
    (node_id,) = chosen(session, target).nodes
    port = next(iter(session.rules.ports(session.graph, node_id).outputs.values()))
    group = session.surface.group(node_id)
    place = (group.x + group.width + _BESIDE, group.y) if group is not None else (0.0, 0.0)
    wanted = Wanted(node_id, port.name, True, port.wires)
    session.popups.open_palette(session.tab.camera.to_screen(*place), wanted)


def editable(session: Session, node_id: str) -> tuple[Target, ...]:
    """Return the settings and inputs of a node that are edited as text in it, as they would be under the mouse."""
    group = session.surface.group(node_id)
    found = []
    for hit in sorted(group.hits, key=lambda hit: hit.box.y) if group is not None else ():
        widget = widget_of(session.graph, node_id, hit.name, session.rules) if hit.part == "widget" else None
        if group is not None and widget is not None and pressed(widget, hit.box, hit.box.x).deed in ("edit", "drag"):
            box = hit.box._replace(x=group.x + hit.box.x, y=group.y + hit.box.y)
            found.append(Target("widget", node_id, hit.name, box=box))
    return tuple(found)


def edit_text(session: Session, target: Target | None = None) -> None:
    """Edit the first text of the selected node."""
    (node_id,) = chosen(session, target).nodes
    session.edit_setting(editable(session, node_id)[0])


def open_menu(session: Session, target: Target | None = None) -> None:
    """Open the menu of what is selected, without a selection that of the canvas."""
    own = chosen(session, target)
    if own.nodes:
        session.popups.open_menu(Target("title", own.nodes[-1]), _below(session, own.nodes[-1]))
    elif own.frames:
        session.popups.open_menu(Target("frame_title", own.frames[-1]), _middle(session))
    elif own.edges:
        session.popups.open_menu(Target("wire", edge=own.edges[-1]), _middle(session))
    else:
        session.popups.open_menu(CANVAS, _middle(session))


def expose(session: Session, target: Target | None = None) -> None:
    """Promote a setting to an input, or take that back."""

    def switch(node_id: str, name: str) -> None:
        exposed = name in session.graph.nodes[node_id].exposed
        session.do(SetExposed(node_id, name, not exposed, session.rules))

    _for_setting(session, target, switch)


def reset_setting(session: Session, target: Target | None = None) -> None:
    """Take a setting back to its default."""

    def reset(node_id: str, name: str) -> None:
        session.do(ResetSetting(node_id, name, session.rules))

    _for_setting(session, target, reset)


def _for_setting(session: Session, target: Target | None, do: Callable[[str, str], None]) -> None:
    """Do something with the setting under the mouse, else with one that is chosen from a list."""
    if target is not None and target.kind == "widget":
        do(target.id, target.name)
        return
    (node_id,) = chosen(session, target).nodes
    node = session.graph.nodes[node_id]
    items = tuple(
        MenuItem(name.replace("_", " "), partial(do, node_id, name), id=f"setting:{name}", checked=name in node.exposed)
        for name in session.workspace.registry[node.type].settings
    )
    session.popups.close()
    session.popups.menu = Menu(_below(session, node_id), items, lit=0)
    session.touch()


def _first_fitting(session: Session, graph: Graph, source: str, end: str) -> Edge | None:
    rules = session.rules
    taken = {edge.input for edge in links(graph).incoming(end)}
    inputs = rules.ports(graph, end).inputs
    for output in rules.ports(graph, source).outputs:
        verdicts = inputs_for(graph, source, output, rules)
        for name, port in inputs.items():
            if verdicts[end, name] is None and (name not in taken or port.many):
                return Edge(source, output, end, name)
    return None


def _below(session: Session, node_id: str) -> tuple[float, float]:
    """Return the place in the view where a menu about a node opens."""
    group = session.surface.group(node_id)
    if group is None:
        return _middle(session)
    return session.tab.camera.to_screen(group.x + 20, group.y + min(group.height, 44))


def _middle(session: Session) -> tuple[float, float]:
    return session.size[0] / 2, session.size[1] / 3
