"""What actions of the inspector do in a session: bring it up for typing, show the plan of the next run or hide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.selection import Selection
from graphide.editor.talking import SIDE

if TYPE_CHECKING:
    from graphide.editor.session import Session


def show(session: Session) -> None:
    """Show the inspector in the panel at the right."""
    session.set_panel("right", True)
    session.set_panel(SIDE, "inspector")


def type_there(session: Session) -> None:
    """Show the inspector and give the keyboard to its first field."""
    show(session)
    session.panel_texts.wants_keys = True


def toggle_plan(session: Session) -> None:
    """Show on the nodes and in the inspector what the next run would do, or show it no more."""
    session.set_panel("plan", not session.plan_shown)
    if session.plan_shown:
        show(session)
        session.select(Selection())
