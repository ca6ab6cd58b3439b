"""The work that a crash left behind: a card for each piece, with what is in it and what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog
from graphide.editor.gestures_input import Key
from graphide.editor.recovering import Piece, Recovering
from graphide.editor.text.metrics import icon
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs


class Recover(Body):
    """The pieces that nothing was decided about yet."""

    hint = "R restores, L leaves, Delete discards"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.left: Recovering = dialog.data
        self.size = (660.0, min(640.0, 200.0 + 190.0 * len(self.left.pieces)))
        self._lit = 0
        self._sure: Piece | None = None
        self._cards: safe.Item = 0
        self._shown: object = None

    def build(self) -> None:
        self._cards = dpg.add_group()
        self._shown = None

    def update(self) -> None:
        pieces = self.left.pieces
        self._lit = min(self._lit, max(0, len(pieces) - 1))
        shown = (pieces, self._lit, self._sure)
        if shown == self._shown or not dpg.does_item_exist(self._cards):
            return
        self._shown = shown
        safe.clear(self._cards)
        dpg.push_container_stack(self._cards)
        try:
            for number, piece in enumerate(pieces):
                self._card(number, piece)
        finally:
            dpg.pop_container_stack()

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go from card to card, and decide about the one that is lit."""
        deeds: dict[str, Callable[[Piece], object]] = {
            "r": self._restore, "l": self._leave, "delete": self._discard,
        }  # fmt: skip
        if key.modifiers or not self.left.pieces:
            return False
        if key.name in ("up", "down"):
            self._lit = min(max(self._lit + (1 if key.name == "down" else -1), 0), len(self.left.pieces) - 1)
            self._sure = None
        elif key.name in deeds and not key.repeat:
            deeds[key.name](self.left.pieces[self._lit])
        else:
            return False
        return True

    def _card(self, number: int, piece: Piece) -> None:
        kit = self.kit
        with kit.box("card", grow=True, border=True, width=-12) as box:
            if number == self._lit and len(self.left.pieces) > 1:
                self.app.themes.bind(box, "card_on")
            with kit.line(spacing=10):
                kit.text(icon("file-clock"), "muted")
                kit.text(piece.name, weight="semibold")
                kit.text(piece.when, "muted", size=13)
            kit.text(f"{piece.edits}, the last: {piece.last}.  {piece.folder}", "muted", size=13, wrap=0)
            with dpg.group() as lines:
                self.app.themes.bind(lines, "tight")
                for line in piece.lines:
                    kit.text(line, "faint", size=13, wrap=0)
            if piece.note:
                kit.text(piece.note, "bad", size=13, wrap=0)
            with kit.line(spacing=8):
                kit.button("Restore", partial(self._restore, piece), "primary", size=14)
                kit.button("Leave for later", partial(self._leave, piece), "ghost", size=14)
                sure = piece is self._sure
                label = "Discard for good?" if sure else "Discard"
                kit.button(label, partial(self._discard, piece), "danger" if sure else "ghost", size=14)

    def _restore(self, piece: Piece) -> None:
        self.left.restore(piece)
        self._decided()

    def _leave(self, piece: Piece) -> None:
        self.left.leave(piece)
        self._decided()

    def _discard(self, piece: Piece) -> None:
        """Discard a piece when it is said twice."""
        if self._sure is not piece:
            self._sure = piece
            self.app.wake()
            return
        self.left.discard(piece)
        self._decided()

    def _decided(self) -> None:
        self._sure = None
        if not self.left.pieces:
            self.session.popups.answer("cancel")
        self.app.wake()
