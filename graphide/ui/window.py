"""Opening the window: from files to an exit code. Imported only where a window is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from graphide.editor import lifecycle, model_actions
from graphide.editor.picture import Colors
from graphide.editor.serving import Server
from graphide.editor.session import Session
from graphide.ui import safe
from graphide.ui.app import App
from graphide.ui.colors import LOOKS
from graphide.ui.pacer import Pacer
from graphide.workspace import Workspace

Starter = Callable[[Workspace, Iterable[Path], Mapping[str, Colors]], Server]


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


def edit(files: Sequence[Path], *, model: str = "", serve: Starter | None = None) -> int:
    """Show the editor with these files until its window is closed, and return the exit code of the command.

    `serve` starts a server over the workspace of the window, for these graph files and with colours for their pictures.
    """
    with Workspace(model=model) as workspace:
        pacer = Pacer()
        session = Session(
            workspace,
            wake=pacer.poke,
            clipboard=SystemClipboard(),
            serve=partial(served, serve, workspace) if serve is not None else None,
        )
        try:
            begin(session, files)
            with safe.context():
                App(session, pacer).run()
                pacer.close()
        finally:
            pacer.close()
            said = model_actions.parting(session)
            session.close()
    if said:
        sys.stderr.write(f"{said}\n")
    return 0


def served(start: Starter, workspace: Workspace, graphs: Sequence[Path]) -> Server:
    """Start a server for graph files, with the colours of the window for their pictures; raises GraphideError."""
    return start(workspace, graphs, {name: look.color for name, look in LOOKS.items()})
