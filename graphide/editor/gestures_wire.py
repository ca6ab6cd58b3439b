"""Drawing a wire: from a pin to a pin, into a node, or into nothing, which asks what new node it is to lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from graphide.editor.commands import Command
from graphide.editor.commands_edges import Connect, Disconnect, Reconnect
from graphide.editor.connect import Pin, inputs_for, outputs_for
from graphide.editor.gestures_base import THRESHOLD, Cursor, Gesture
from graphide.editor.gestures_input import Mouse
from graphide.editor.gestures_target import Target
from graphide.editor.palette import Wanted
from graphide.editor.views import Pin as CanvasPin, Shape
from graphide.editor.wireshape import dragged_wire
from graphide.graph.model import Edge, Graph
from graphide.graph.topology import links

if TYPE_CHECKING:
    from graphide.editor.session import Session


class WireDrag(Gesture):
    """A wire that hangs on the mouse; `old` is the edge that it was before, taken off at its end."""

    cursor: Cursor = "hand"

    def __init__(self, session: Session, start: Mouse, pin: Target, old: Edge | None = None) -> None:
        super().__init__(session, start)
        self._old = old
        self._from: Pin = (pin.id, pin.name) if old is None else (old.source, old.output)
        self._output = pin.output if old is None else True
        if old is not None:
            self.base = replace(self.base, edges=tuple(edge for edge in self.base.edges if edge != old))
        ask = inputs_for if self._output else outputs_for
        self._verdicts: Mapping[Pin, str | None] = ask(self.base, *self._from, session.rules)
        self._surface = session.surface
        self._end = self.origin
        self._target: Pin | None = None
        self._refusal = ""

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse; near a pin, or over a node with a pin that fits, the wire goes there."""
        self._end = self.world(mouse)
        self._target, self._refusal = self._found(*self._end)
        self.tooltip = self._refusal
        if self._target is not None:
            at = self._surface.pin_at(*self._target, output=not self._output)
            self._end = at if at is not None else self._end

    def release(self, mouse: Mouse) -> None:
        """Connect, say why not, take the old edge off, or ask for a new node."""
        session = self.session
        if self._refusal:
            session.say(self._refusal, "warning")
        elif self._target is not None:
            session.do(self._command(self._edge(self._target)))
        elif self._surface.at(*self.world(mouse)).node:
            session.say("this node has no free pin that fits", "info")
        elif self._old is not None:
            session.do(Disconnect((self._old,)))
        elif mouse.apart(self.start) >= THRESHOLD:
            session.popups.open_palette((mouse.x, mouse.y), self._wanted())

    @property
    def graph(self) -> Graph:
        """The graph without the edge that was taken off."""
        return self.base

    @property
    def verdicts(self) -> Mapping[Pin, str | None]:
        """Why the pins on the other side cannot be reached."""
        return self._verdicts

    @property
    def wires_from(self) -> bool:
        """Whether the pins to reach are outputs."""
        return not self._output

    @property
    def overlay(self) -> tuple[Shape, ...]:
        """The wire, red where it cannot be."""
        start = self._surface.pin_at(*self._from, output=self._output) or self.origin
        wire = self._wanted().wires[0]
        return dragged_wire(start, self._end, wire, output=self._output, refused=bool(self._refusal))

    def _found(self, x: float, y: float) -> tuple[Pin | None, str]:
        """Return the pin that the wire would go to, or why the one under the mouse cannot be reached."""
        under = self._surface.at(x, y)
        pin = (under.id, under.name)
        if under.kind == "pin" and under.output != self._output and pin in self._verdicts:
            reason = self._verdicts[pin]
            return (None, reason) if reason is not None else (pin, "")
        if under.kind == "pin" and pin != self._from:
            side = "output" if under.output else "input"
            return None, f"both ends are {side}s: a wire leads from an output to an input"
        if under.node:
            return (self._fitting(under.node) if under.node != self._from[0] else None), ""
        return self._surface.near_pin(x, y, self._fits), ""

    def _fits(self, node_id: str, pin: CanvasPin) -> bool:
        known = (node_id, pin.name)
        return pin.output != self._output and known in self._verdicts and self._verdicts[known] is None

    def _fitting(self, node_id: str) -> Pin | None:
        used = {edge.input for edge in links(self.base).incoming(node_id)}
        found = [pin for pin, reason in self._verdicts.items() if pin[0] == node_id and reason is None]
        if not self._output:
            return found[0] if found else None
        ports = self.session.rules.ports(self.base, node_id).inputs
        return next((pin for pin in found if pin[1] not in used or ports[pin[1]].many), None)

    def _edge(self, pin: Pin) -> Edge:
        return Edge(*self._from, *pin) if self._output else Edge(*pin, *self._from)

    def _command(self, edge: Edge) -> Command:
        rules = self.session.rules
        return Connect(edge, rules) if self._old is None else Reconnect(self._old, edge, rules)

    def _wanted(self) -> Wanted:
        ports = self.session.rules.ports(self.base, self._from[0])
        port = (ports.outputs if self._output else ports.inputs).get(self._from[1])
        return Wanted(*self._from, self._output, port.wires if port is not None else ("any",))
