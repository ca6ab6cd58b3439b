"""Keys on the canvas that are no shortcuts: arrows go from node to node or move them, lead through a menu; Esc closes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from graphide.editor.camera import middle, revealed, seen
from graphide.editor.commands_view import carried, moved_by
from graphide.editor.gestures_input import Key
from graphide.editor.neighbours import Direction, nearest, neighbour
from graphide.editor.selection import Selection
from graphide.editor.snapping import GRID

if TYPE_CHECKING:
    from graphide.editor.session import Session

ARROWS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def arrow(session: Session, key: Key) -> bool:
    """Do what an arrow means: go to the next node, with Shift select it too, with Ctrl move what is selected."""
    if "alt" in key.modifiers:
        return False
    if "ctrl" in key.modifiers:
        return _nudge(session, key)
    return _go(session, cast("Direction", key.name), adding="shift" in key.modifiers)


def in_menu(session: Session, key: Key) -> bool:
    """Take a key for the menu that is open and return whether there is one: arrows light a line, Enter takes it."""
    menu = session.popups.menu
    if menu is None or not menu.items:
        return False
    if key.name in ("up", "down"):
        by = 1 if key.name == "down" else -1
        first = 0 if by > 0 else len(menu.items) - 1
        session.popups.menu = replace(menu, lit=(menu.lit + by) % len(menu.items) if menu.lit >= 0 else first)
    elif key.name in ("home", "end"):
        session.popups.menu = replace(menu, lit=0 if key.name == "home" else len(menu.items) - 1)
    elif key.name == "enter" and menu.lit >= 0:
        session.popups.choose_in_menu(menu.lit)
    elif key.name not in ("left", "right", "tab", "enter"):
        return False
    return True


def escape(session: Session) -> bool:
    """Close what is open, else select nothing."""
    if session.popups.menu is not None or session.popups.palette is not None:
        session.popups.close_menu()
        session.popups.close_palette()
    elif session.popups.dialog is not None:
        session.popups.answer("cancel")
    else:
        session.select(Selection())
    return True


def _go(session: Session, direction: Direction, *, adding: bool) -> bool:
    """Select the next node in a direction, without a selection the one in the middle of the view, and show it."""
    boxes = {group.key: group.box for group in session.surface.view.nodes}
    tab, chosen = session.tab, session.tab.selection.nodes
    if chosen and chosen[-1] in boxes:
        found = neighbour(boxes, chosen[-1], direction)
    else:
        found = nearest(boxes, middle(seen(tab.camera, session.size)))
    if found is None:
        return bool(boxes)
    before = tab.selection.nodes if adding else ()
    session.select(Selection((*(node_id for node_id in before if node_id != found), found)))
    tab.camera = revealed(tab.camera, boxes[found], session.size)
    return True


def _nudge(session: Session, key: Key) -> bool:
    """Move what is selected by the grid, with Shift by one; a key that is held is one step of undo."""
    tab = session.tab
    step = 1.0 if "shift" in key.modifiers else GRID
    x, y = ARROWS[key.name]
    nodes, boxes = carried(session.graph, tab.selection.frames)
    chosen = tuple(dict.fromkeys((*tab.selection.nodes, *nodes)))
    if chosen or boxes:
        session.do(moved_by(session.placed(chosen), chosen, (x * step, y * step), boxes))
    return bool(chosen or boxes)
