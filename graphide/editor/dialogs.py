"""Dialogs and menus as values: what is asked or offered, and what an answer does. How they look is the window's business.

What a dialog of several steps knows meanwhile (a form, a list that is searched) is in a module of its own beside this
one, and `data` may hold it, so that a dialog that makes way for another comes back as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from graphide.editor.session import Session

DialogKind = Literal[
    "ask", "open", "save_as", "templates", "settings", "shortcuts", "first_run", "models", "inputs", "recover", "share",
    "find", "file", "folder", "details", "history", "template", "fill", "serving",
]  # fmt: skip
Answer = Callable[[str, Any], None]


class DialogButton(NamedTuple):
    """A button of a dialog: its id is the answer; "cancel" is what Esc means."""

    id: str
    label: str
    kind: Literal["normal", "main", "danger"] = "normal"


CANCEL = DialogButton("cancel", "Cancel")


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open dialog: `what` says which, `data` is what it is about, `reply` takes the id of a button and a value."""

    what: DialogKind
    title: str
    text: str = ""
    data: Any = None
    buttons: tuple[DialogButton, ...] = ()
    reply: Answer = field(default=lambda _choice, _value: None, repr=False, compare=False)


def main_of(buttons: Iterable[DialogButton]) -> DialogButton | None:
    """Return the button that Enter presses: the main one, never one that destroys; None without any."""
    known = [button for button in buttons if button.kind != "danger"]
    return next((button for button in known if button.kind == "main"), known[0] if len(known) == 1 else None)


def letters(labels: Iterable[str]) -> tuple[str, ...]:
    """Return a letter for each label that presses its button together with Alt: its first one that is free, else ""."""
    taken: list[str] = []
    for label in labels:
        own = (char for char in label.lower() if char.isascii() and char.isalpha() and char not in taken)
        taken.append(next(own, ""))
    return tuple(taken)


def ask_between(session: Session, question: Dialog, yes: str, do: Callable[[], None]) -> None:
    """Put a question in front of the dialog that is open: the answer `yes` does something, any other brings it back."""
    before = session.popups.dialog

    def reply(choice: str, _: Any) -> None:
        session.popups.dialog = before
        if choice == yes:
            do()

    session.popups.ask(Dialog(question.what, question.title, question.text, question.data, question.buttons, reply))


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of a menu; `reason` says why it cannot be chosen now, `begins` that a line is drawn above it."""

    label: str
    run: Callable[[], None] = field(repr=False, compare=False)
    id: str = ""
    icon: str = ""
    shortcut: str = ""
    reason: str = ""
    checked: bool = False
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """An open menu at a place of the view, in pixels; `lit` is the line that Enter takes, -1 for none."""

    at: tuple[float, float]
    items: tuple[MenuItem, ...]
    lit: int = -1
