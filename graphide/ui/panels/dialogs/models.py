"""The dialog of models: three pages under their tabs, to choose a model from or to look after all of them.

What it knows and does is `graphide.editor.model_dialog`; each page paints itself in a module beside this one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.model_dialog import ModelDialog, PageName
from graphide.editor.model_here import HerePage
from graphide.editor.text.metrics import icon, width as text_width
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.models_find import FindView
from graphide.ui.panels.dialogs.models_here import HereView
from graphide.ui.panels.dialogs.models_page import PageView
from graphide.ui.panels.dialogs.models_queue import QueueView

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_TABS: Final = 58.0  # the height of the line of tabs, with the room around it and below the page


class Models(Body):
    """The models of this machine, the hub, and what is being downloaded."""

    size = (1060.0, 720.0)

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.state = ModelDialog(self.session, dialog)
        self._views: dict[PageName, PageView] = {
            "here": HereView(self.app, self.state.here), "find": FindView(self.app, self.state.find),
            "downloads": QueueView(self.app, self.state.queue),
        }  # fmt: skip
        self._shown: PageName = self.state.name
        self._tabs: safe.Item = 0
        self._area: safe.Item = 0
        self._tabbed: object = None

    @property
    def choice(self) -> HerePage:
        """The list of the models of this machine."""
        return self.state.here

    @property
    def view(self) -> PageView:
        """The page that is shown, as it is painted."""
        return self._views[self._shown]

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        return self.state.buttons

    @property
    def hint(self) -> str:  # type: ignore[override]  # of the base it is a constant
        return self.state.hint

    def build(self) -> None:
        self._tabs = dpg.add_group(horizontal=True, horizontal_spacing=self.kit.px(4))
        self._tabbed = None
        self._area = dpg.add_group()
        self._fill()

    def update(self) -> None:
        if self.state.tick():
            self.app.wake()
        if not dpg.does_item_exist(self._area):
            return
        if self.state.name != self._shown:
            self.view.leave()
            safe.clear(self._area)
            self._fill()
            self.app.after_frames(2, self.focus)
        tabbed = (self.state.tabs, self._shown, self.state.about)
        if tabbed != self._tabbed:
            self._tabbed = tabbed
            self._show_tabs()
        self.view.update()
        self.first = self.view.first

    def leave(self) -> None:
        """Let go of what listens."""
        self.view.leave()

    def back(self) -> None:
        """Look again: a folder may have been added, or a file deleted."""
        self.state.models.watched = True
        self.state.models.machine.look()

    def close(self) -> None:
        """Look at the memory no more."""
        self.state.close()

    def press(self, button_id: str) -> None:
        """Do what a button says."""
        if not self.state.press(button_id):
            super().press(button_id)
        self.app.wake()

    def enter(self, field: safe.Item, *, held: bool) -> bool:
        """Take Enter in a field of a page, else let the main button have it."""
        return self.view.enter(field) or self.state.enter(typing=bool(field))

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go through the list, or to another page."""
        return self.state.key(key, typing=typing)

    def _fill(self) -> None:
        self._shown = self.state.name
        dpg.push_container_stack(self._area)
        try:
            self.view.build(self.width, max(60.0, self.height - _TABS))
        finally:
            dpg.pop_container_stack()
        self.first = self.view.first

    def _show_tabs(self) -> None:
        safe.clear(self._tabs)
        kit, used = self.kit, 0.0
        for name, label, sign in self.state.tabs:
            style = "tab_on" if name == self._shown else "tab"
            kit.button(label, partial(self._go, name), style, sign=sign, size=14, parent=self._tabs)  # type: ignore[arg-type]
            used += text_width(f"{icon(sign)}   {label}", 14) + 24
        memory = self.state.about
        gap = self.width - used - text_width(memory, 13) - 24
        if memory and gap > 8:
            dpg.add_spacer(width=kit.px(gap), parent=self._tabs)
            kit.text(memory, "faint", size=13, parent=self._tabs)

    def _go(self, name: PageName) -> None:
        self.state.go(name)
        self.app.wake()
