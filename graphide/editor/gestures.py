"""Mouse and keys on the canvas: which gesture begins where, and which goes on. What each does is in `gestures_*`.

The sheet: left button: click selects (Shift and Ctrl add), a drag on the canvas draws a selection box, a drag on nodes
and titles of frames moves (Alt at the start: copies; Ctrl, or Alt on the way: off the grid), from a pin draws a wire, on
a wire makes a point to lead it through. Ctrl+click on a wire or pin disconnects, Alt+click on a wire adds a point. A
double click on the canvas searches nodes, on a title renames, on a subgraph opens it. Middle, right, or space and left
button pull the canvas, a right click opens a menu. The wheel zooms, with Shift it pulls. Esc gives up. Arrows go from
node to node, with Shift they add it to the selection, with Ctrl they move what is selected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.camera import panned, zoomed
from graphide.editor.commands_edges import Disconnect, with_point, without_point
from graphide.editor.commands_view import SetCollapsed
from graphide.editor.gestures_base import Cursor, Gesture, Pressed
from graphide.editor.gestures_drag import BoxSelect, DragPoint, MoveItems, Pan, Resize
from graphide.editor.gestures_input import Key, Mouse, Typed
from graphide.editor.gestures_keys import ARROWS, arrow, escape, in_menu
from graphide.editor.gestures_target import CANVAS, Target
from graphide.editor.gestures_widgets import press_widget
from graphide.editor.gestures_wire import WireDrag
from graphide.editor.layout import Point, place
from graphide.editor.selection import Selection
from graphide.editor.tips import told
from graphide.graph.topology import links

if TYPE_CHECKING:
    from graphide.editor.session import Session

_PULL = 60.0
"""Pixels that one notch of the wheel pulls with Shift."""
_EDGE, _SPEED = 24.0, 700.0


class Gestures:
    """The mouse and the keyboard of one session: at most one gesture goes on at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.now: Gesture | None = None
        self.hover: Target = CANVAS
        self.at = Mouse("move", x=-1.0, y=-1.0)
        self._space = False
        self._ticked = 0.0

    # --- mouse

    def mouse(self, mouse: Mouse) -> None:
        """Take what the mouse did over the canvas; what is outside of it while a button is held counts too."""
        session = self._session
        self.at = mouse
        if mouse.kind == "wheel":
            self._wheel(mouse)
        elif mouse.kind in ("down", "double"):
            self._begin(mouse)
        elif mouse.kind == "up":
            self._end(mouse)
        elif self.now is not None:
            self._go_on(mouse)
        else:
            if session.field is not None:
                session.field.mouse(mouse, *self._world(mouse))
            self._look(mouse)

    def _look(self, mouse: Mouse) -> None:
        """See what is under the mouse."""
        target = self._session.surface.at(*self._world(mouse))
        self.hover = target._replace(tooltip=told(self._session, target))

    @property
    def cursor(self) -> Cursor:
        """How the mouse pointer looks now."""
        field = self._session.field
        if self.now is not None and not isinstance(self.now, Pressed):
            return self.now.cursor
        if field is not None and field.box.has(*self._world(self.at)):
            return "text"
        return "hand" if self._space else self.hover.cursor

    @property
    def tooltip(self) -> str:
        """What is said of what is under the mouse, or of the drag that goes on; "" for nothing."""
        return self.hover.tooltip if self.now is None else self.now.tooltip

    def cancel(self) -> bool:
        """Give up what goes on and return whether something did."""
        gesture, self.now = self.now, None
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def tick(self, now: float) -> bool:
        """Pull the canvas while something is dragged to its edge; return whether it moved."""
        seconds, self._ticked = min(0.05, max(0.0, now - self._ticked)), now
        gesture, size = self.now, self._session.size
        if gesture is None or isinstance(gesture, Pressed | Pan | Resize) or seconds <= 0:
            return False
        dx = _pull(self.at.x, size[0]) * _SPEED * seconds
        dy = _pull(self.at.y, size[1]) * _SPEED * seconds
        if not (dx or dy):
            return False
        tab = self._session.tab
        tab.camera = panned(tab.camera, dx, dy)
        gesture.move(self.at)
        return True

    def _begin(self, mouse: Mouse) -> None:
        session = self._session
        if self.now is not None:
            if mouse.kind == "down" and not isinstance(self.now, Pressed):
                return  # another button in the middle of a drag
            self.cancel()
        session.popups.close_menu()
        if session.field is not None:
            if mouse.button == "left" and session.field.box.has(*self._world(mouse)):
                session.field.mouse(mouse, *self._world(mouse))
                return
            session.leave_text()
        target = session.surface.at(*self._world(mouse))
        self.hover = target
        if mouse.button == "left" and not self._space:
            self.now = self._double(mouse, target) if mouse.kind == "double" else self._left(mouse, target)
        elif mouse.button == "right":
            self.now = Pressed(session, mouse, target, click=self._menu, drag=self._pan)
        elif mouse.button:
            self.now = Pan(session, mouse)

    def _go_on(self, mouse: Mouse) -> None:
        if isinstance(self.now, Pressed):
            begun = self.now.begun(mouse)
            if begun is None:
                return
            self.now = begun
        if self.now is not None:
            self.now.move(mouse)

    def _end(self, mouse: Mouse) -> None:
        session = self._session
        gesture = self.now
        if gesture is None:
            if session.field is not None:
                session.field.mouse(mouse, *self._world(mouse))
            return
        if mouse.button and mouse.button != gesture.start.button:
            return
        self._go_on(mouse)
        gesture, self.now = self.now, None
        if gesture is not None:
            gesture.release(mouse)
            session.tab.document.seal()
            self._look(mouse)

    def _wheel(self, mouse: Mouse) -> None:
        session, tab = self._session, self._session.tab
        across, up = mouse.wheel
        if session.field is not None and session.field.box.has(*self._world(mouse)):
            session.field.mouse(mouse, *self._world(mouse))
        elif mouse.shift:
            dx, dy = (across, up) if across else (up, 0.0)
            tab.camera = panned(tab.camera, dx * _PULL, dy * _PULL)
        elif up:
            tab.camera = zoomed(tab.camera, up, (mouse.x, mouse.y))
        elif across:
            tab.camera = panned(tab.camera, across * _PULL, 0.0)

    # --- what begins where

    def _left(self, mouse: Mouse, target: Target) -> Gesture | None:
        session = self._session
        match target.kind:
            case "widget":
                self._choose(mouse, target)
                return press_widget(session, mouse, target)
            case "pin":
                return Pressed(session, mouse, target, click=self._click_pin, drag=self._drag_pin)
            case "corner" | "frame_corner":
                return Resize(session, mouse, target)
            case "wire" | "point":
                return Pressed(session, mouse, target, click=self._click_wire, drag=self._drag_wire)
            case "fold":
                return Pressed(session, mouse, target, click=self._fold, drag=self._drag_items)
            case "body" | "title" | "badge" | "frame_title":
                if not (mouse.shift or mouse.ctrl) and not session.tab.selection.has(target.selection):
                    session.select(target.selection)
                return Pressed(session, mouse, target, click=self._choose, drag=self._drag_items)
            case _:
                return Pressed(session, mouse, target, click=self._click_canvas, drag=self._drag_canvas)

    def _double(self, mouse: Mouse, target: Target) -> Gesture | None:
        session = self._session
        match target.kind:
            case "canvas" | "frame":
                session.popups.open_palette((mouse.x, mouse.y))
            case "title" | "frame_title":
                session.edit_title(target)
            case "wire" | "point":
                self._add_or_remove_point(mouse, target)
            case "body" | "badge":
                session.select(target.selection)
                session.act("open_subgraph", quiet=True)
            case _:
                return self._left(mouse._replace(kind="down"), target)
        return None

    def _choose(self, mouse: Mouse, target: Target) -> None:
        session, chosen = self._session, target.selection
        before = session.tab.selection
        if mouse.ctrl:
            session.select(before.toggled(chosen))
        elif mouse.shift:
            session.select(before.plus(chosen))
        else:
            session.select(chosen)

    def _click_canvas(self, mouse: Mouse, target: Target) -> None:
        if not (mouse.shift or mouse.ctrl):
            self._session.select(Selection())

    def _drag_canvas(self, mouse: Mouse, target: Target) -> Gesture:
        return BoxSelect(self._session, mouse)

    def _drag_items(self, mouse: Mouse, target: Target) -> Gesture:
        session = self._session
        if not session.tab.selection.has(target.selection):
            session.select(
                session.tab.selection.plus(target.selection) if mouse.shift or mouse.ctrl else target.selection
            )
        return MoveItems(session, mouse, session.tab.selection)

    def _pan(self, mouse: Mouse, target: Target) -> Gesture:
        return Pan(self._session, mouse)

    def _menu(self, mouse: Mouse, target: Target) -> None:
        self._session.popups.open_menu(target, (mouse.x, mouse.y))

    def _fold(self, mouse: Mouse, target: Target) -> None:
        session = self._session
        session.do(SetCollapsed((target.id,), not place(session.graph, target.id).collapsed))

    def _click_pin(self, mouse: Mouse, target: Target) -> None:
        session = self._session
        if not mouse.ctrl:
            self._choose(mouse, Target("body", target.id))
            return
        joined = links(session.graph)
        if target.output:
            edges = [edge for edge in joined.outgoing(target.id) if edge.output == target.name]
        else:
            edges = [edge for edge in joined.incoming(target.id) if edge.input == target.name]
        if edges:
            session.do(Disconnect(tuple(edges)))

    def _drag_pin(self, mouse: Mouse, target: Target) -> Gesture:
        session = self._session
        into = [edge for edge in links(session.graph).incoming(target.id) if edge.input == target.name]
        port = session.rules.ports(session.graph, target.id).inputs.get(target.name)
        takes_off = bool(into) and not target.output and (mouse.ctrl or port is None or not port.many)
        return WireDrag(session, mouse, target, into[-1] if takes_off else None)

    def _click_wire(self, mouse: Mouse, target: Target) -> None:
        if mouse.alt:
            self._add_or_remove_point(mouse, target)
        elif mouse.ctrl and target.edge is not None:
            self._session.do(Disconnect((target.edge,)))
        else:
            self._choose(mouse, target)

    def _drag_wire(self, mouse: Mouse, target: Target) -> Gesture:
        return DragPoint(self._session, mouse, target)

    def _add_or_remove_point(self, mouse: Mouse, target: Target) -> None:
        session = self._session
        if target.edge is None:
            return
        if target.kind == "point":
            session.do(without_point(session.graph, target.edge, target.number))
        else:
            session.do(with_point(session.graph, target.edge, target.number, Point(*self._world(mouse))))

    # --- keys

    def key(self, key: Key) -> bool:
        """Take a key and return whether it meant something here; shortcuts of actions are looked up last."""
        session = self._session
        if key.name == "space" and session.field is None:
            self._space = key.down
            return True
        if not key.down:
            return False
        if key.name == "escape" and self.cancel():
            return True
        if session.field is not None and session.field.key(key):
            return True
        if session.popups.dialog is not None or session.popups.palette is not None:
            return key.name == "escape" and escape(session)
        if in_menu(session, key):
            return True
        if key.name == "escape":
            return escape(session)
        if key.name in ARROWS and "alt" not in key.modifiers:
            self.cancel()
            return arrow(session, key)
        return session.act_by_key(key)

    def typed(self, typed: Typed) -> bool:
        """Take characters and return whether they meant something here."""
        if self._session.field is None:
            return False
        self._session.field.type(typed.text)
        return True

    def _world(self, mouse: Mouse) -> tuple[float, float]:
        return self._session.tab.camera.to_world(mouse.x, mouse.y)


def _pull(at: float, length: float) -> float:
    """Return in which direction the edge of the view pulls: 1 at the left or top, -1 at the other side."""
    if length <= 4 * _EDGE:
        return 0.0
    return 1.0 if at < _EDGE else -1.0 if at > length - _EDGE else 0.0
