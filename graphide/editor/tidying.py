"""What actions of layout do in a session: tidy up, align, distribute. The mathematics is in `arrange`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from graphide.editor import arrange as arranging, viewing
from graphide.editor.arrange import Axis, Side
from graphide.editor.commands import Command
from graphide.editor.editing import chosen
from graphide.editor.gestures_target import Target
from graphide.editor.views import Box

if TYPE_CHECKING:
    from graphide.editor.session import Session

SIDES: Mapping[Side, str] = MappingProxyType(
    {
        "left": "align-start-vertical", "center": "align-center-vertical", "right": "align-end-vertical",
        "top": "align-start-horizontal", "middle": "align-center-horizontal", "bottom": "align-end-horizontal",
    }
)  # fmt: skip
WAYS: Mapping[Axis, str] = MappingProxyType(
    {"across": "align-horizontal-distribute-center", "down": "align-vertical-distribute-center"}
)


def arrange(session: Session, target: Target | None = None) -> None:
    """Lay out what is selected, or with less than two nodes everything, from left to right."""
    nodes = chosen(session, target).nodes
    boxes = {group.key: group.box for group in session.surface.view.nodes}
    command = arranging.arrange(session.graph, boxes, nodes if len(nodes) > 1 else ())
    if command is None:
        session.say("everything is in its place")
    elif session.do(command) and len(nodes) < 2:
        viewing.fit(session)


def align(side: Side, session: Session, target: Target | None = None) -> None:
    """Bring one side of the selected nodes into one line."""
    _done(session, arranging.align(_boxes(session, target), side))


def spread(axis: Axis, session: Session, target: Target | None = None) -> None:
    """Make the gaps between the selected nodes equal."""
    _done(session, arranging.distribute(_boxes(session, target), axis))


def _done(session: Session, command: Command | None) -> None:
    if command is not None:
        session.do(command)


def _boxes(session: Session, target: Target | None) -> dict[str, Box]:
    nodes = chosen(session, target).nodes
    return {group.key: group.box for group in session.surface.view.nodes if group.key in nodes}
