"""What a gesture is: something begun with a button that goes on until it is let go or given up.

While it goes on, nothing of the document changes: a gesture has a graph of its own to be shown, and ends in one command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from graphide.editor.gestures_input import Mouse
from graphide.editor.gestures_target import Target
from graphide.editor.selection import Selection
from graphide.editor.views import Shape
from graphide.graph.model import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphide.editor.session import Session

Cursor = Literal["arrow", "text", "hand", "resize", "move"]
THRESHOLD = 4.0
"""Pixels that the mouse may move between press and release of a click."""


class Gesture:
    """A gesture that does nothing; the others are made from it."""

    cursor: Cursor = "arrow"
    tooltip: str = ""

    def __init__(self, session: Session, start: Mouse) -> None:
        self.session = session
        self.start = start
        self.base: Graph = session.tab.document.graph
        self.chosen: Selection = session.tab.selection
        self.origin = self.world(start)

    def world(self, mouse: Mouse) -> tuple[float, float]:
        """Return the place of the canvas under the mouse."""
        return self.session.tab.camera.to_world(mouse.x, mouse.y)

    def by(self, mouse: Mouse) -> tuple[float, float]:
        """Return how far the mouse has come on the canvas."""
        x, y = self.world(mouse)
        return x - self.origin[0], y - self.origin[1]

    def move(self, mouse: Mouse) -> None:
        """Go on."""

    def release(self, mouse: Mouse) -> None:
        """End; what it did becomes a command."""

    def cancel(self) -> None:
        """Give it up: everything is as before."""

    @property
    def graph(self) -> Graph:
        """The graph as it is to be shown."""
        return self.base

    @property
    def selection(self) -> Selection:
        """The selection as it is to be shown."""
        return self.session.tab.selection

    @property
    def overlay(self) -> tuple[Shape, ...]:
        """What is drawn above all."""
        return ()

    @property
    def verdicts(self) -> Mapping[tuple[str, str], str | None]:
        """Why pins cannot be reached, None for those that can; empty while no wire is drawn."""
        return {}

    @property
    def wires_from(self) -> bool:
        """Whether `verdicts` are about outputs."""
        return False


class Pressed(Gesture):
    """A button that is down and has not moved: a click when it is let go, a drag when it moves far enough."""

    def __init__(
        self,
        session: Session,
        start: Mouse,
        target: Target,
        *,
        click: Callable[[Mouse, Target], None],
        drag: Callable[[Mouse, Target], Gesture | None],
    ) -> None:
        super().__init__(session, start)
        self.target = target
        self._click = click
        self._drag = drag

    def begun(self, mouse: Mouse) -> Gesture | None:
        """Return the drag that this becomes, None while the mouse has hardly moved or where nothing can be dragged."""
        return self._drag(self.start, self.target) if mouse.apart(self.start) >= THRESHOLD else None

    def release(self, mouse: Mouse) -> None:
        """Count as a click."""
        if mouse.apart(self.start) < THRESHOLD:
            self._click(self.start, self.target)
