"""Opening the window: from files to an exit code. Imported only where a window is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphide.editor import lifecycle
from graphide.editor.session import Session
from graphide.ui import safe
from graphide.ui.app import App
from graphide.ui.pacer import Pacer
from graphide.workspace import Workspace


class SystemClipboard:
    """The clipboard of the system, reached through the window."""

    def read(self) -> str:
        """Return its text."""
        return safe.clipboard()

    def write(self, text: str) -> None:
        """Put a text into it."""
        safe.copy(text)


def begin(session: Session, files: Sequence[Path]) -> None:
    """Open files, or what was open last time; somebody who was never here before is welcomed."""
    is_first = not (session.remembered.recent or session.remembered.open or files)
    lifecycle.start(session, again=not files)
    for file in files:
        session.open(file)
    if is_first and session.popups.dialog is None:
        session.act("first_run")


def edit(files: Sequence[Path], *, model: str = "") -> int:
    """Show the editor with these files until its window is closed, and return the exit code of the command."""
    with Workspace(model=model) as workspace:
        pacer = Pacer()
        session = Session(workspace, wake=pacer.poke, clipboard=SystemClipboard())
        try:
            begin(session, files)
            with safe.context():
                App(session, pacer).run()
                pacer.close()
        finally:
            pacer.close()
            session.close()
    return 0
