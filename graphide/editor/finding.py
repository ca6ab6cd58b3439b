"""Finding in the graph that is shown: the canvas follows from place to place, and the person stays there or comes back.

Where a text is, is in `find`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.camera import centred, middle, zoomed_to
from graphide.editor.find import Found, find
from graphide.editor.layout import frames
from graphide.editor.selection import Selection

if TYPE_CHECKING:
    from graphide.editor.session import Session

_READABLE = 0.7  # the zoom from which on a node can be read
_PLACE = {"id": "name", "title": "title", "type": "type", "frame": "frame"}


class Finding:
    """A search under way: `query`, the places in `found`, and which of them is `lit`; -1 before the first step."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tab = session.tab
        self._before = (session.tab.camera, session.tab.selection)
        self.query = ""
        self.found: tuple[Found, ...] = ()
        self.lit = -1

    def type(self, query: str) -> None:
        """Search for something and show the first place."""
        self.query = query
        self.found = find(self._session.graph, query)
        self.lit = -1
        if self.found:
            self.show(0)
        else:
            self.go_back()

    def step(self, by: int) -> None:
        """Show a place farther on, around the end."""
        if self.found:
            self.show((self.lit + by) % len(self.found))

    def show(self, number: int) -> None:
        """Select the node of a place and bring it into the middle, large enough to read."""
        session, tab = self._session, self._tab
        if tab is not session.tab or not 0 <= number < len(self.found):
            return
        self.lit = number
        place = self.found[number]
        is_frame = place.part == "frame"
        session.select(Selection(frames=(place.node,)) if is_frame else Selection((place.node,)))
        box = session.surface.box_of((), (place.node,)) if is_frame else session.surface.box_of((place.node,), ())
        if box is not None:
            camera = tab.camera if tab.camera.zoom >= _READABLE else zoomed_to(tab.camera, 1.0, (0, 0))
            tab.camera = centred(camera, middle(box), session.size)
        session.touch()

    def go_back(self) -> None:
        """Show what was shown before the search."""
        self._tab.camera, self._tab.selection = self._before
        self._session.touch()

    @property
    def count(self) -> str:
        """How many places there are, and at which one the search is."""
        if not self.query.strip():
            return ""
        if not self.found:
            return "nothing found"
        return f"{self.lit + 1} of {len(self.found)}" if self.lit >= 0 else f"{len(self.found)} places"

    def title(self, place: Found) -> str:
        """Return what a place is called: the title of its node or frame."""
        graph = self._session.graph
        if place.part == "frame":
            frame = frames(graph).get(place.node)
            return frame.title if frame is not None and frame.title else "Frame"
        node = graph.nodes.get(place.node)
        return node.title or node.id if node is not None else place.node


def where(place: Found) -> str:
    """Return which part of its node a place is in."""
    return place.name.replace("_", " ") if place.part == "setting" else _PLACE[place.part]
