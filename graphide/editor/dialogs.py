"""Dialogs and menus as values: what is asked or offered, and what an answer does. How they look is the window's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

DialogKind = Literal[
    "ask", "open", "save_as", "templates", "settings", "shortcuts", "first_run", "models", "inputs", "recover", "share",
    "find", "file", "history",
]  # fmt: skip
Answer = Callable[[str, Any], None]


class DialogButton(NamedTuple):
    """A button of a dialog: its id is the answer; "cancel" is what Esc means."""

    id: str
    label: str
    kind: Literal["normal", "main", "danger"] = "normal"


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open dialog: `what` says which, `data` is what it is about, `reply` takes the id of a button and a value."""

    what: DialogKind
    title: str
    text: str = ""
    data: Any = None
    buttons: tuple[DialogButton, ...] = ()
    reply: Answer = field(default=lambda _choice, _value: None, repr=False, compare=False)


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
    """An open menu at a place of the view, in pixels."""

    at: tuple[float, float]
    items: tuple[MenuItem, ...]
