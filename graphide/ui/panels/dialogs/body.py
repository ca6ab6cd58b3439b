"""What is inside a dialog: the base of all of them. The window around it, its buttons and its keys are in `shell`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.ui import safe

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

CLOSE = DialogButton("cancel", "Close", "main")


class Body:
    """The inside of one dialog, for as long as it is open. Lengths are pixels at scale 1.

    `size` is what it would like to have, `floats` that it stands at the upper edge and leaves the canvas to be seen,
    `plain` that there is nothing inside but its text; `hint` says which keys mean something. It is built again when the window changes its size or scale.
    """

    size: tuple[float, float] = (480.0, 220.0)
    floats = False
    plain = False
    hint = ""

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        self.shell = shell
        self.dialog = dialog
        self.app: Any = shell.app
        self.kit = shell.kit
        self.session = shell.session
        self.width = self.height = 0.0
        self.first: safe.Item = 0

    @property
    def text(self) -> str:
        """What is said below the title."""
        return self.dialog.text

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        """The buttons below."""
        return self.dialog.buttons or (CLOSE,)

    def below(self, length: float) -> float:
        """Return the height that leaves some room at the end of the container; kits scale no negative lengths."""
        return -length * self.kit.fonts.scale

    def build(self) -> None:
        """Add the widgets; `width` and `height` say how much room there is, `first` is what gets the keyboard."""

    def update(self) -> None:
        """Bring what moves to what is so; called for every frame."""

    def focus(self) -> None:
        """Give the keyboard to the first field."""
        if self.first:
            safe.focus(self.first)

    def leave(self) -> None:
        """Let go of what is not deleted together with the widgets; they are built again, or the dialog closes."""

    def back(self) -> None:
        """Take note that another dialog stood in front of this one for a while."""

    def close(self) -> None:
        """End what goes on beside the window; the dialog is over."""

    def press(self, button_id: str) -> None:
        """Do what a button says."""
        self.session.popups.answer(button_id)

    def enter(self, field: safe.Item, *, held: bool) -> bool:
        """Take Enter, pressed in a field or (0) in none, with Ctrl `held` or not; return whether it was used."""
        return False

    def key(self, key: Key, *, typing: bool) -> bool:
        """Take another key and return whether it was used; `typing` says that a field has the keyboard."""
        return False
