"""What actions of looking do in a session: camera, panels, theme, scale, finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.camera import centred, fitted, revealed, zoomed, zoomed_to
from graphide.editor.find import Found, find
from graphide.editor.selection import Selection

if TYPE_CHECKING:
    from graphide.editor.session import Session

_SCALES = (0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


def zoom(session: Session, steps: float) -> None:
    """Go nearer, or with a negative number farther away, about the middle of the view."""
    session.tab.camera = zoomed(session.tab.camera, steps, (session.size[0] / 2, session.size[1] / 2))


def zoom_to(session: Session, figure: float) -> None:
    """Set the zoom, about the middle of the view."""
    session.tab.camera = zoomed_to(session.tab.camera, figure, (session.size[0] / 2, session.size[1] / 2))


def fit(session: Session, *, selection: bool = False) -> None:
    """Show everything, or what is selected."""
    surface, own = session.surface, session.tab.selection
    box = surface.box_of(own.nodes, own.frames) if selection and own else surface.all()
    session.tab.camera = fitted([box] if box is not None else [], session.size)


def show_node(session: Session, node_id: str) -> None:
    """Select a node, or a frame, and bring it into the view."""
    is_node = node_id in session.graph.nodes
    session.select(Selection((node_id,)) if is_node else Selection(frames=(node_id,)))
    box = session.surface.box_of((node_id,), (node_id,))
    if box is not None:
        session.tab.camera = revealed(session.tab.camera, box, session.size)
    session.touch()


def centre_on(session: Session, x: float, y: float) -> None:
    """Bring a place of the canvas into the middle of the view: a click on the minimap."""
    session.tab.camera = centred(session.tab.camera, (x, y), session.size)
    session.touch()


def found(session: Session, text: str) -> tuple[Found, ...]:
    """Return where a text is in the graph."""
    return find(session.graph, text)


def toggle_panel(session: Session, name: str) -> None:
    """Open or close a panel."""
    session.set_panel(name, session.panel(name, True) is not True)


def toggle_look(session: Session) -> None:
    """Change between the dark and the light theme."""
    session.choose(theme="light" if session.look == "dark" else "dark")


def scale(session: Session, by: int) -> None:
    """Make everything larger or smaller by a step; 0 is 100 % again."""
    near = min(range(len(_SCALES)), key=lambda number: abs(_SCALES[number] - session.ui_scale))
    session.choose(scale=_SCALES[min(max(near + by, 0), len(_SCALES) - 1)] if by else 1.0)
