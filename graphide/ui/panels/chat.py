"""The chat with the graph: what was said, answers as they are written, and the field for the next message."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.markdown import Markdown
from graphide.ui.textbox import TextBox


class Chat(Panel):
    """The chat of the graph that is shown."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._box: TextBox | None = None
        self._draft = ""

    def key(self) -> object:
        chat = self.session.tab.chat
        said = tuple((turn.id, turn.text) for turn in chat.path) if chat is not None else None
        return said, chat.answering if chat is not None else False, self.app.panels.right

    def update(self) -> None:
        super().update()
        if self._box is not None:
            self._box.update()

    def build(self) -> None:
        if self._box is not None:
            self._box.close()
            self._box = None
        chat = self.session.tab.chat
        if chat is None:
            self.kit.space(8)
            self.kit.text("This graph cannot be talked with yet.", size=15, weight="medium", wrap=0)
            self.kit.text(
                "Give it an input called “message” and an output, and its answers appear here while they are written.",
                "muted", size=14, wrap=0,
            )  # fmt: skip
            return
        width = self.app.panels.right - 40.0
        for turn in chat.path:
            if turn.role == "user":
                with self.kit.box("bubble", width=width, grow=True):
                    self.kit.text(turn.text, wrap=width - 30)
            else:
                Markdown(self.kit, width).add(turn.text or "…")
            self.kit.space(4)
        self._box = TextBox(self.app, self._draft, self._wrote, width=width, least=2, most=6)
        with self.kit.line():
            self.kit.text("Ctrl+Enter sends", "faint", size=13)
            dpg.add_spacer(width=self.kit.px(max(1.0, width - 190)))
            if chat.answering:
                self.kit.button("", chat.stop, "round", sign="square", tip="Stop")
            else:
                self.kit.button("", self._send, "round", sign="send", tip="Send")

    def _wrote(self, text: str) -> None:
        self._draft = text

    def _send(self) -> None:
        chat, text = self.session.tab.chat, self._draft.strip()
        if chat is not None and text:
            chat.send(text)
            self._draft = ""
            self.forget()
            self.app.wake()
