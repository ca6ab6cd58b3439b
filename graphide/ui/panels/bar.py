"""The run bar above the canvas: what is open, whether it is saved, undo, zoom, save, run and stop.

Where it is narrow, buttons make way for the titles, the least needed first; Run stays. What they do has keys too.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Final

import dearpygui.dearpygui as dpg

from graphide.editor.actions import ACTIONS
from graphide.editor.dialogs import Menu, MenuItem
from graphide.editor.tabs import Tab
from graphide.editor.text.metrics import shortened, width
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.room import ICON, TAB, ZOOM, buttons_in, run_width

_AS_GRAPH: Final = "Show as graph"


class Bar(Panel):
    """The run bar."""

    _zoom: safe.Item | None = None

    def key(self) -> object:
        tab = self.session.tab
        document = tab.document
        open_tabs = tuple((other.title, other.document.dirty) for other in self.session.tabs)
        return (
            open_tabs, self.session.tabs.index(tab), bool(document.undo_label), bool(document.redo_label),
            tab.runs.view.state, self._hidden(), dpg.get_item_width(self.item), tab.alone,
        )  # fmt: skip

    def update(self) -> None:
        """Bring it to what the session says; for another zoom only its figure is another."""
        super().update()
        if self._zoom is not None and dpg.get_item_label(self._zoom) != self._zoom_label():
            dpg.set_item_label(self._zoom, self._zoom_label())

    def _zoom_label(self) -> str:
        return f"{self.session.tab.camera.zoom:.0%}"

    def _hidden(self) -> tuple[bool, bool]:
        """Return whether the left and the right panel are hidden: closed, or without room in this window."""
        area, alone = self.app.canvas.area, self.session.tab.alone
        return area.x <= 0, area.x + area.width >= int(dpg.get_viewport_client_width()) and not alone

    def _bring(self, side: str) -> None:
        """Show a panel; where there is no room for both, the other one makes way."""
        panels = self.app.panels
        if not (panels.left_open if side == "left" else panels.right_open):
            self.session.act(f"panel_{side}")
        else:
            self.session.set_panel("right" if side == "left" else "left", False)

    def build(self) -> None:
        kit, (left, right) = self.kit, self._hidden()
        self._zoom = None
        whole = dpg.get_item_width(self.item) / self.kit.fonts.scale
        alone = self.session.tab.alone
        buttons = () if alone else buttons_in(whole, besides=left + right)
        wide = (
            len(buttons) * ICON
            + (ZOOM if "zoom_in" in buttons else 0)
            + run_width(_AS_GRAPH if alone else self._run_label())
            + (left + right) * ICON
        )
        room = whole - 28 - wide
        with kit.line(spacing=4):
            if left:
                kit.icon_button("panel-left", lambda: self._bring("left"), "Show the sidebar")
            used = self._tabs(max(60.0, room))
            dpg.add_spacer(width=kit.px(max(1.0, room - used)))
            if alone:
                kit.button(_AS_GRAPH, lambda: self.session.act("as_graph"), "ghost", sign="workflow", size=14)
            else:
                self._editing(buttons)
                self._running()
            if right:
                kit.icon_button("panel-right", lambda: self._bring("right"), "Show the panel")

    def _tabs(self, room: float) -> float:
        """Add what is open and return how many pixels it takes."""
        used, dirty = 0.0, self.session.tab.document.dirty
        says_so = dirty and room > 240
        tabs, others = self._tabs_in(room)
        each = (room - (54 if says_so else 0) - (ICON if others else 0)) / len(tabs) - 34
        for tab in tabs:
            on = tab is self.session.tab
            name = shortened(tab.title, min(each, 320.0), 16, "semibold")
            label = f"{name}  •" if tab.document.dirty else name
            self.kit.button(
                label, partial(self.session.show, tab), "title" if on and not others and len(tabs) == 1 else "tab_on" if on else "tab",
                size=16 if on else 14, weight="semibold" if on else "regular", tip=str(tab.document.path or "not saved yet"),
            )  # fmt: skip
            used += width(label, 16 if on else 14, "semibold" if on else "regular") + 24
        if others:
            self.kit.icon_button("ellipsis", self._list_tabs, f"{others} more open")
            used += ICON
        if says_so:
            self.kit.text("edited", "faint", size=13)
            used += 54
        return used

    def _tabs_in(self, room: float) -> tuple[list[Tab], int]:
        """Return the tabs that have room, that which is shown among them, and how many more there are."""
        tabs = list(self.session.tabs)
        most = max(1, int(room // TAB))
        first = min(max(0, tabs.index(self.session.tab) - most // 2), max(0, len(tabs) - most))
        shown = tabs[first : first + most]
        return shown, len(tabs) - len(shown)

    def _list_tabs(self) -> None:
        """List all that is open."""
        session, (x, _) = self.session, safe.mouse()
        items = (
            MenuItem(tab.title, partial(session.show, tab), id=f"tab:{number}", checked=tab is session.tab)
            for number, tab in enumerate(session.tabs)
        )
        session.popups.close()
        session.popups.menu = Menu((x - self.app.canvas.area.x, 4.0), tuple(items))
        session.touch()

    def _editing(self, shown: tuple[str, ...]) -> None:
        kit, session, document = self.kit, self.session, self.session.tab.document
        for action, sign, label in (("undo", "undo-2", document.undo_label), ("redo", "redo-2", document.redo_label)):
            if action in shown:
                self._icon(action, sign, f"{action.capitalize()}: {label}" if label else f"Nothing to {action}")
        if "zoom_out" in shown:
            self._icon("zoom_out", "zoom-out", "Zoom out")
        if "zoom_in" in shown:
            tip = self._tip("zoom_100", "To 100 %")
            self._zoom = kit.button(self._zoom_label(), lambda: session.act("zoom_100"), "ghost", size=13, tip=tip)
            self._icon("zoom_in", "zoom-in", "Zoom in")
        if "fit" in shown:
            self._icon("fit", "maximize", "Show everything")
        if "plan" in shown:
            self._icon("plan", "list-checks", "What the next run would do")
        if "save" in shown:
            self._icon("save", "save", "Save")

    def _icon(self, action: str, sign: str, label: str) -> None:
        self.kit.icon_button(sign, partial(self.session.act, action), self._tip(action, label))

    def _tip(self, action: str, label: str) -> str:
        keys = ACTIONS[action].shortcut(sys.platform)
        return f"{label} ({keys})" if keys else label

    def _running(self) -> None:
        dpg.add_spacer(width=self.kit.px(4))
        label = self._run_label()
        if self.session.tab.runs.view.active:
            self.kit.button(label, lambda: self.session.act("stop"), "danger", sign="square", weight="medium")
        else:
            self.kit.button(
                label,
                lambda: self.session.act("run"),
                "primary",
                sign="play",
                weight="medium",
                tip=self._tip("run", "Run"),
            )

    def _run_label(self) -> str:
        view = self.session.tab.runs.view
        return ("Stopping" if view.state == "stopping" else "Stop") if view.active else "Run"
