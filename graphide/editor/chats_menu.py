"""The menu of the chat that is shown: the actions of the table that are about it as a whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from graphide.editor import actions
from graphide.editor.dialogs import Menu

if TYPE_CHECKING:
    from graphide.editor.session import Session

_OFFERED: Final = (
    "chat_rename", "chat_pin", "chat_private", "chat_details", "chat_markdown", "chat_json", "import_chats", "as_graph",
    "as_chat", "chats", "chat_delete",
)  # fmt: skip
_LEFT_OUT: Final = frozenset(["as_graph", "as_chat"])
"""What is not even listed where it cannot be done."""


def open_menu(session: Session, at: tuple[float, float]) -> None:
    """Open the menu at a place of the view."""
    known = {item.id: item for item in actions.menu(session, "chat", platform=sys.platform)}
    items = [known[name] for name in _OFFERED if name in known]
    shown = tuple(item for item in items if not (item.reason and item.id in _LEFT_OUT))
    session.popups.close()
    session.popups.menu = Menu(at, shown)
    session.touch()
