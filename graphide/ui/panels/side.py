"""The panel at the right: the inspector of what is selected, and the chat with the graph."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import dearpygui.dearpygui as dpg

from graphide.editor.talking import SIDE
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.chat import Chat, wide_alone
from graphide.ui.panels.inspector import Inspector

Tab = Literal["inspector", "chat"]


class Side(Panel):
    """The panel with its two tabs."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._inside: Panel | None = None

    @property
    def tab(self) -> Tab:
        """Which of the two is shown."""
        return "chat" if self.session.panel(SIDE) == "chat" or self.session.tab.alone else "inspector"

    def key(self) -> object:
        return self.tab, self.app.panels, dpg.get_viewport_client_height(), self.session.tab.alone

    def build(self) -> None:
        kit = self.kit
        if isinstance(self._inside, Chat | Inspector):
            self._inside.close()
        if self.session.tab.alone:
            self._build_alone()
            return
        with kit.line(spacing=4):
            tabs: tuple[tuple[Tab, str], ...] = (("inspector", "Inspector"), ("chat", "Chat"))
            for tab, label in tabs:
                style: Any = "tab_on" if tab == self.tab else "tab"
                kit.button(label, partial(self._choose, tab), style, weight="medium", size=14)
            dpg.add_spacer(width=kit.px(max(1, self.app.panels.right - 222)))
            kit.icon_button("panel-right", lambda: self.session.act("panel_right"), "Hide the panel")
        with kit.box("inside", height=-1, scrolls=True) as box:
            pass
        self._inside = Inspector(self.app, box) if self.tab == "inspector" else Chat(self.app, box, self.item)

    def update(self) -> None:
        super().update()
        if self._inside is not None and (self.app.panels.right_open or self.session.tab.alone):
            self._inside.update()

    def _build_alone(self) -> None:
        """Add the chat in the middle, as wide as one likes to read."""
        whole = dpg.get_item_width(self.item) / self.kit.fonts.scale
        width = wide_alone(whole)
        with self.kit.line(spacing=0):
            dpg.add_spacer(width=self.kit.px(max(1.0, (whole - 32 - width) / 2)))
            with self.kit.box("inside", width=width, height=-1) as box:
                pass
        self._inside = Chat(self.app, box, self.item)

    def _choose(self, tab: Tab) -> None:
        self.session.set_panel(SIDE, tab)
        self.app.wake()
