"""The chat with the graph: the model that answers, what was said, and the card in which the next message is written.

What is said and done is in `graphide.editor.talking`, how it is laid out in `graphide.editor.chat_page`.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor import chat_setup, chat_state, chats_menu, talking
from graphide.editor.actions import ACTIONS
from graphide.editor.chat import ChatSession
from graphide.editor.chat_making import ChatTrouble
from graphide.editor.chat_setup import SETUP
from graphide.editor.chat_state import Talk
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.text.page import Spot
from graphide.store.turns import ROOT
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.chat_card import ChatCard
from graphide.ui.panels.chat_setup import Setup
from graphide.ui.panels.chat_sheet import ChatSheet

_SIDES: Final = 32.0  # the room at both sides of the panel
_SCROLLBAR: Final = 12.0
_WIDEST: Final = 780.0  # a chat that is shown alone: longer lines are hard to read
_ALONE: Final = "You talk with the model and nothing else. The sliders above have the system prompt and more."


def wide_alone(whole: float) -> float:
    """Return how wide a chat is that is shown alone in a panel, both in pixels at scale 1."""
    return max(160.0, min(_WIDEST, whole - _SIDES))


class Chat(Panel):
    """The chat of the graph that is shown."""

    def __init__(self, app: Any, item: safe.Item, panel: safe.Item) -> None:
        """Take the item to fill, and the panel that it is in, which says how much room there is."""
        super().__init__(app, item)
        self._panel = panel
        self.setup: Setup | None = None
        self._talk = Talk(None, None)
        self._looked_at: tuple[object, ...] = ()
        self._model = ""
        self.sheet: ChatSheet | None = None
        self.card: ChatCard | None = None
        self._laid = (False, 0)

    def key(self) -> object:
        return (
            self._looked_at[::2], self._model, self._talk.chat is None, self._talk.trouble, self._width,
            self.session.panel(SETUP, False), chat_setup.presets(self.session),
        )  # fmt: skip

    def update(self) -> None:
        self._look()
        super().update()
        chat = self._talk.chat
        if chat is None or self.sheet is None or self.card is None:
            return
        if self.setup is not None and not self.setup.update():
            self.forget()
            self.app.wake()
        laid = (not chat.turns.turns, -self.kit.px(self.card.update()))
        if laid != self._laid:
            self._laid = laid
            dpg.configure_item(self._empty, show=laid[0])
            dpg.configure_item(self._scroll, height=laid[1])
        self.sheet.update(chat.turns, self._width - _SCROLLBAR, chat.editing, writing=chat.answering)
        if chat.wanted != ROOT and self.sheet.page.parts:
            self.sheet.lead_to(chat.wanted)
            chat.wanted = ROOT
        chat.read_at = self.sheet.read_at
        self.app.kit.kept = self.card.kept or (frozenset(["ctrl+c"]) if self.sheet.picked else frozenset())

    def close(self) -> None:
        """Stop listening."""
        for part in (self.sheet, self.card, self.setup):
            if part is not None:
                part.close()
        self.sheet = self.card = self.setup = None
        self.app.kit.kept = frozenset()

    def build(self) -> None:
        self.close()
        self._laid = (False, 0)
        chat, trouble = self._talk
        if chat is None:
            if trouble is not None:
                self._say_why(trouble)
            return
        self._head(chat)
        if self.session.panel(SETUP, False) is True and trouble is None:
            high = (dpg.get_item_height(self._panel) or 0) / self.kit.fonts.scale
            self.setup = Setup(self.app, chat, self._width, high)
        with self.kit.box("inside", height=-120, scrolls=True) as self._scroll:
            with dpg.group(show=False) as self._empty:
                self._welcome()
            self.sheet = ChatSheet(self.app, self._scroll, self._take, name=self._model, read_at=chat.read_at)
        self.card = ChatCard(self.app, self._talk, chat, self.sheet, self._width)

    # --- what it is about

    @property
    def _width(self) -> float:
        """How wide what is inside can be, in pixels at scale 1."""
        whole = (dpg.get_item_width(self._panel) or 0) / self.kit.fonts.scale
        return wide_alone(whole) if self.session.tab.alone else max(160.0, whole - _SIDES)

    def _look(self) -> None:
        """Find whether the graph can be talked with, anew only when the graph or the chat is another one."""
        tab = self.session.tab
        look = (tab, tab.document.changed, tab.chat)
        if look != self._looked_at:
            self._talk = chat_state.talk(self.session)
            self._looked_at = (tab, tab.document.changed, tab.chat)
            chat = self._talk.chat
            self._model = chat_state.model_of(self.session, chat) if chat is not None else ""

    # --- its parts

    def _say_why(self, trouble: ChatTrouble) -> None:
        self.kit.space(10)
        self.kit.text(icon("message-circle"), "accent_text", size=26)
        self.kit.text("Talk with this graph", size=17, weight="semibold")
        self.kit.text(trouble.why, "muted", size=14, wrap=self._width)
        self.kit.space(4)
        sign = "crosshair" if trouble.nodes else "plus"
        self.kit.button(trouble.offer, lambda: self._help(trouble), "primary", sign=sign, weight="medium")

    def _welcome(self) -> None:
        graph = self.session.graph
        self.kit.space(10)
        self.kit.text(icon("sparkles"), "accent_text", size=24)
        self.kit.text(graph.title or "Talk with this graph", size=17, weight="semibold", wrap=self._width - _SCROLLBAR)
        alone = self.session.tab.alone
        usual = _ALONE if alone else "What you write runs the graph, and its reply appears here while it is written."
        about = graph.about or usual
        self.kit.text(about, "muted", size=14, wrap=self._width - _SCROLLBAR)

    def _head(self, chat: ChatSession) -> None:
        kit, session = self.kit, self.session
        name = shortened(self._model or chat.document.graph.title or "Chat", self._width - 172, 16, "semibold")
        label = f"{name}  {icon('chevron-down')}"
        with kit.line(spacing=2):
            kit.button(label, lambda: talking.choose_model(session, chat), "title", size=16, weight="semibold",
                       tip="Choose the model")  # fmt: skip
            dpg.add_spacer(width=kit.px(max(1.0, self._width - text_width(label, 16, "semibold") - 131)))
            kit.icon_button("plus", lambda: session.act("new_chat"), self._tip("new_chat"))
            on = session.panel(SETUP, False) is True
            kit.icon_button("sliders-horizontal", lambda: session.act("chat_settings"), self._tip("chat_settings"),
                            style="icon_on" if on else "icon")  # fmt: skip
            kit.icon_button("ellipsis", self._menu, "More")

    def _tip(self, action: str) -> str:
        keys = ACTIONS[action].shortcut(sys.platform)
        return f"{ACTIONS[action].label} ({keys})" if keys else ACTIONS[action].label

    # --- what is done

    def _menu(self) -> None:
        (x, y), area = safe.mouse(), self.app.canvas.area
        chats_menu.open_menu(self.session, (x - area.x - 180, y - area.y + 14))
        self.app.wake()

    def _help(self, trouble: ChatTrouble) -> None:
        talking.help_out(self.session, trouble)
        self.app.wake()

    def _take(self, spot: Spot) -> None:
        talking.take(self.session, spot)
        self.app.wake()
