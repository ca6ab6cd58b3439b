"""Drags on the canvas: moving and copying, the selection box, panning, sizes, points of wires. Wires are in `gestures_wire`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphide.editor.camera import panned
from graphide.editor.commands import Command, Composite
from graphide.editor.commands_edges import InsertIntoEdge, SetReroute, ways_into, with_point
from graphide.editor.commands_paste import Duplicate
from graphide.editor.commands_view import Move, ResizeNode, SetFrame, carried, moved_by
from graphide.editor.gestures_base import Cursor, Gesture
from graphide.editor.gestures_input import Mouse
from graphide.editor.gestures_target import Surface, Target
from graphide.editor.layout import Point, frames, place, reroutes, with_places
from graphide.editor.selection import Selection
from graphide.editor.snapping import GRID, Snap, snapped
from graphide.editor.views import Box, Rect, Shape, Stroke
from graphide.graph.model import Edge, Graph
from graphide.graph.topology import links

if TYPE_CHECKING:
    from graphide.editor.session import Session

LEAST_NODE = (120.0, 40.0)
LEAST_FRAME = (120.0, 80.0)


class Pan(Gesture):
    """Pull the canvas."""

    cursor: Cursor = "hand"

    def __init__(self, session: Session, start: Mouse) -> None:
        super().__init__(session, start)
        self._camera = session.tab.camera
        self._last = start

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse."""
        tab = self.session.tab
        tab.camera = panned(tab.camera, mouse.x - self._last.x, mouse.y - self._last.y)
        self._last = mouse

    def cancel(self) -> None:
        """Go back to where it began."""
        self.session.tab.camera = self._camera


class BoxSelect(Gesture):
    """Select what a box touches: instead of what was selected, with Shift beside it, with Ctrl the other way round."""

    def __init__(self, session: Session, start: Mouse) -> None:
        super().__init__(session, start)
        self._surface = session.surface
        self._box = Box(self.origin[0], self.origin[1], 0, 0)

    def move(self, mouse: Mouse) -> None:
        """Draw the box up to the mouse; what it touches is selected at once."""
        x, y = self.world(mouse)
        left, top = min(x, self.origin[0]), min(y, self.origin[1])
        self._box = Box(left, top, abs(x - self.origin[0]), abs(y - self.origin[1]))
        touched = self._surface.inside(self._box)
        self.session.select(_combined(self.chosen, touched, self.start))

    def cancel(self) -> None:
        """Select what was selected before."""
        self.session.select(self.chosen)

    @property
    def overlay(self) -> tuple[Shape, ...]:
        """The box."""
        thickness = 1 / self.session.tab.camera.zoom
        return (Rect(*self._box, fill="selection@12", outline="selection", thickness=thickness),)


class MoveItems(Gesture):
    """Move nodes and frames, or with Alt copies of them; one loose node over a wire is put into it."""

    cursor: Cursor = "move"

    def __init__(self, session: Session, start: Mouse, chosen: Selection) -> None:
        super().__init__(session, start)
        self._surface: Surface = session.surface
        self._copies = start.alt
        sizes = {group.key: (group.width, group.height) for group in self._surface.view.nodes}
        inside, boxes = carried(self.base, chosen.frames, sizes)
        self._nodes = tuple(dict.fromkeys((*chosen.nodes, *inside)))
        self._frames = boxes
        # A node without a place is drawn somewhere all the same, and is moved from there.
        self._placed = all_placed(self.base, self._nodes, self._surface)
        self._box = self._surface.box_of(self._nodes, self._frames) or Box(self.origin[0], self.origin[1], 0, 0)
        moving = {*self._nodes, *self._frames}
        self._others = tuple(group.box for group in self._surface.view.nodes if group.key not in moving)
        self._snap = Snap(0, 0)
        self._into: Edge | None = None
        self._command: Command | None = None
        self._shown = self.base

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse, beside other nodes and on the grid; with Ctrl, or Alt pressed on the way, exactly."""
        dx, dy = self.by(mouse)
        box = self._box._replace(x=self._box.x + dx, y=self._box.y + dy)
        off_grid = mouse.ctrl or (mouse.alt and not self._copies)
        free = off_grid is (self.session.panel("snap", True) is True)  # where the setting is off, Ctrl turns it on
        reach = 6 / self.session.tab.camera.zoom
        self._snap = Snap(0, 0) if free else snapped(box, self._others, reach)
        by = (dx + self._snap.dx, dy + self._snap.dy)
        self._into = self._wire_under(mouse)
        self._command = self._moved(by)
        self._shown = self._command.apply(self.base if self._copies else self._placed)

    def release(self, mouse: Mouse) -> None:
        """Move them, or make the copies and select those."""
        if self._command is None:
            return
        command = self._command
        if isinstance(command, Duplicate):
            names = command.names(self.base)
            old = frames(self.base)
            if self.session.do(command):
                new = tuple(key for key in frames(self.session.graph) if key not in old)
                self.session.select(Selection(tuple(names.values()), new))
            return
        if self._into is not None:
            insert = InsertIntoEdge(self._into, self._nodes[0], self.session.rules)
            command = Composite(insert.label, (command, insert))
        self.session.do(command)

    @property
    def graph(self) -> Graph:
        """The graph with everything where the mouse is."""
        return self._shown

    @property
    def overlay(self) -> tuple[Shape, ...]:
        """The lines that say what is in line with what, and the wire that the node would be put into."""
        thin = 1 / self.session.tab.camera.zoom
        lines = tuple(Stroke(line, "accent@60", thin, dashed=True) for line in self._snap.lines)
        wires = [wire for wire in self._surface.view.wires if wire.edge == self._into]
        return lines + tuple(Stroke(curve, "accent", 4.0) for wire in wires for curve in wire.curves)

    def _moved(self, by: tuple[float, float]) -> Command:
        if self._copies:
            return Duplicate(self._nodes, self._frames, by)
        own = moved_by(self._placed, self._nodes, by, self._frames)
        return Move(own.nodes, own.frames, own.reroutes)

    def _wire_under(self, mouse: Mouse) -> Edge | None:
        if self._copies or len(self._nodes) != 1 or self._frames:
            return None
        joined, (node_id,) = links(self.base), self._nodes
        if joined.incoming(node_id) or joined.outgoing(node_id):
            return None
        edge = self._surface.wire_across(*self.world(mouse))
        return edge if edge is not None and ways_into(self.base, edge, node_id, self.session.rules) else None


class Resize(Gesture):
    """Pull the corner of a node or a frame."""

    cursor: Cursor = "resize"

    def __init__(self, session: Session, start: Mouse, target: Target) -> None:
        super().__init__(session, start)
        self._target = target
        box = session.surface.box_of((target.node,), (target.frame,)) or target.box
        self._size = (box.width, box.height)
        self._command: Command | None = None

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse, in steps of the grid unless Ctrl or Alt is held."""
        least = LEAST_NODE if self._target.node else LEAST_FRAME
        grid = 1 if mouse.ctrl or mouse.alt else GRID
        sides = zip(self._size, self.by(mouse), least, strict=True)
        size = Point(*(max(low, round((side + by) / grid) * grid) for side, by, low in sides))
        if self._target.node:
            self._command = ResizeNode(self._target.node, size)
        else:
            self._command = SetFrame(self._target.frame, replace(frames(self.base)[self._target.frame], size=size))

    def release(self, mouse: Mouse) -> None:
        """Keep the size."""
        if self._command is not None:
            self.session.do(self._command)

    @property
    def graph(self) -> Graph:
        """The graph with the new size."""
        return self._command.apply(self.base) if self._command is not None else self.base


class DragPoint(Gesture):
    """Move a point that a wire is led through; a drag that begins on the wire itself makes one."""

    cursor: Cursor = "move"

    def __init__(self, session: Session, start: Mouse, target: Target) -> None:
        super().__init__(session, start)
        assert target.edge is not None
        self._edge = target.edge
        self._index = target.number
        if target.kind == "wire":
            points = list(with_point(self.base, self._edge, self._index, Point(*self.origin)).points)
        else:
            points = list(reroutes(self.base)[self._edge])
        self._points = points
        self._command = SetReroute(self._edge, tuple(points))

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse."""
        self._points[self._index] = Point(*self.world(mouse))
        self._command = SetReroute(self._edge, tuple(self._points))

    def release(self, mouse: Mouse) -> None:
        """Keep the point."""
        self.session.do(self._command)

    @property
    def graph(self) -> Graph:
        """The graph with the wire led so."""
        return self._command.apply(self.base)


def _combined(chosen: Selection, touched: Selection, start: Mouse) -> Selection:
    if start.shift:
        return chosen.plus(touched)
    return chosen.plus(touched).minus(Selection(*_common(chosen, touched))) if start.ctrl else touched


def _common(one: Selection, other: Selection) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Edge, ...]]:
    return (
        tuple(item for item in one.nodes if item in other.nodes),
        tuple(item for item in one.frames if item in other.frames),
        tuple(item for item in one.edges if item in other.edges),
    )


def all_placed(graph: Graph, nodes: tuple[str, ...], surface: Surface) -> Graph:
    found = {}
    for node_id in nodes:
        own, group = place(graph, node_id), surface.group(node_id)
        if own.at is None and group is not None:
            found[node_id] = replace(own, at=Point(group.x, group.y))
    return with_places(graph, found) if found else graph
