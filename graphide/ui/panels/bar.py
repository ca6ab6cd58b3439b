"""The run bar above the canvas: what is open, whether it is saved, undo, zoom, save, run and stop."""

from __future__ import annotations

from functools import partial

import dearpygui.dearpygui as dpg

from graphide.editor.text.metrics import shortened, width
from graphide.ui.panels.base import Panel


class Bar(Panel):
    """The run bar."""

    def key(self) -> object:
        tab = self.session.tab
        document = tab.document
        open_tabs = tuple((other.title, other.document.dirty) for other in self.session.tabs)
        return (
            open_tabs, self.session.tabs.index(tab), bool(document.undo_label), bool(document.redo_label),
            round(tab.camera.zoom, 2), tab.runs.view.state, self.app.panels, dpg.get_item_width(self.item),
        )  # fmt: skip

    def build(self) -> None:
        kit, session = self.kit, self.session
        buttons = 410.0
        room = dpg.get_item_width(self.item) / self.kit.fonts.scale - buttons - 28
        with kit.line(spacing=4):
            used = self._tabs(max(60.0, room - 40))
            dpg.add_spacer(width=kit.px(max(1.0, room - used)))
            self._editing()
            self._running()
            if not self.app.panels.right_open:
                kit.icon_button("panel-right", lambda: session.act("panel_right"), "Show the panel")

    def _tabs(self, room: float) -> float:
        """Add what is open and return how many pixels it takes."""
        used = 0.0
        if not self.app.panels.left_open:
            self.kit.icon_button("panel-left", lambda: self.session.act("panel_left"), "Show the sidebar")
            used += 40
        tabs = list(self.session.tabs)
        each = max(60.0, (room - used) / len(tabs) - 34)
        for tab in tabs:
            on = tab is self.session.tab
            name = shortened(tab.title, min(each, 320.0), 16, "semibold")
            label = f"{name}  •" if tab.document.dirty else name
            self.kit.button(
                label, partial(self.session.show, tab), "tab_on" if on and len(tabs) > 1 else "title" if on else "tab",
                size=16 if on else 14, weight="semibold" if on else "regular", tip=str(tab.document.path or "not saved yet"),
            )  # fmt: skip
            used += width(label, 16, "semibold") + 28
        if self.session.tab.document.dirty:
            self.kit.text("edited", "faint", size=13)
            used += 54
        return used

    def _editing(self) -> None:
        kit, session, document = self.kit, self.session, self.session.tab.document
        for action, sign, label in (("undo", "undo-2", document.undo_label), ("redo", "redo-2", document.redo_label)):
            tip = f"{action.capitalize()}: {label}" if label else f"Nothing to {action}"
            kit.button("", partial(session.act, action), "icon", sign=sign, tip=tip, size=17)
        kit.icon_button("zoom-out", lambda: session.act("zoom_out"), "Zoom out")
        kit.button(f"{session.tab.camera.zoom:.0%}", lambda: session.act("zoom_100"), "ghost", size=13, tip="To 100 %")
        kit.icon_button("zoom-in", lambda: session.act("zoom_in"), "Zoom in")
        kit.icon_button("maximize", lambda: session.act("fit"), "Show everything")
        kit.icon_button("save", lambda: session.act("save"), "Save")

    def _running(self) -> None:
        dpg.add_spacer(width=self.kit.px(4))
        if self.session.tab.runs.view.active:
            label = "Stopping" if self.session.tab.runs.view.state == "stopping" else "Stop"
            self.kit.button(label, lambda: self.session.act("stop"), "danger", sign="square", weight="medium")
        else:
            self.kit.button("Run", lambda: self.session.act("run"), "primary", sign="play", weight="medium")
