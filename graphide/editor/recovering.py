"""What to do with the work that a crash left behind, one piece after the other: open it, forget it, or leave it there.

A piece that nothing is said about stays where it is and is offered again at the next start. Reading journals is in
`recovery`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from graphide.editor import recovery
from graphide.editor.find import reading_order
from graphide.editor.recovery import Draft
from graphide.editor.short import short
from graphide.errors import GraphideError
from graphide.graph.model import Graph

if TYPE_CHECKING:
    from graphide.editor.session import Session

_LINES = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work as the list shows it: `lines` are the first texts in it, `note` what else is to be known."""

    draft: Draft
    name: str
    folder: str
    when: str
    edits: str
    last: str
    lines: tuple[str, ...]
    note: str = ""


class Recovering:
    """The pieces that nothing was decided about yet, newest first; `restore` makes a document of one."""

    def __init__(self, session: Session, drafts: tuple[Draft, ...], restore: Callable[[Draft], object]) -> None:
        self._session = session
        self._restore = restore
        self.pieces = tuple(_piece(draft) for draft in drafts)

    def restore(self, piece: Piece) -> bool:
        """Open a piece as a document with unsaved edits; return whether it could be, else why not is shown."""
        try:
            self._restore(piece.draft)
        except GraphideError as error:
            self._session.fail(error)
            return False
        self._decided(piece)
        return True

    def restore_all(self) -> None:
        """Open all pieces, the newest last, so that it is the one that is shown."""
        for piece in reversed(self.pieces):
            self.restore(piece)

    def discard(self, piece: Piece) -> None:
        """Forget a piece for good."""
        recovery.discard(piece.draft)
        self._decided(piece)

    def leave(self, piece: Piece) -> None:
        """Leave a piece for the next start."""
        self._decided(piece)

    def _decided(self, piece: Piece) -> None:
        self.pieces = tuple(other for other in self.pieces if other is not piece)
        self._session.touch()


def _piece(draft: Draft) -> Piece:
    path = draft.document
    number = f"{draft.edits:,} {'edit' if draft.edits == 1 else 'edits'} not saved" if draft.edits else "Work not saved"
    notes = ["The very last edit was being written down and is lost"] if draft.torn else []
    notes += [
        f"What was typed into {name} of {node} did not fit yet, and is kept" for node, name, _ in draft.unfinished
    ]
    return Piece(
        draft,
        path.name if path is not None else draft.graph.title or "A graph without a file",
        str(path.parent) if path is not None else "never saved",
        f"{datetime.fromtimestamp(draft.at).astimezone():%Y-%m-%d %H:%M}",
        number,
        draft.label or ("typing" if draft.unfinished else "an edit"),
        _first_lines(draft.graph),
        ". ".join(notes),
    )


def _first_lines(graph: Graph) -> tuple[str, ...]:
    """Return what a person knows the graph by: the first texts of its nodes, in reading order."""
    lines: list[str] = []
    for node_id in reading_order(graph):
        node = graph.nodes[node_id]
        text = next(
            (value for _, value in sorted(node.settings.items()) if isinstance(value, str) and value.strip()), ""
        )
        if text:
            lines.append(f"{node.title or node_id}: {short(' '.join(text.split()), 90)}")
        if len(lines) == _LINES:
            return tuple(lines)
    return tuple(lines) or (f"{len(graph.nodes)} {'node' if len(graph.nodes) == 1 else 'nodes'}",)
