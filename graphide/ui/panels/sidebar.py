"""The sidebar: new, open and search, the node types by what they are for, recent graphs, settings, the theme."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.nodelook import icon_name
from graphide.ui import safe
from graphide.ui.canvas import NODE_PAYLOAD
from graphide.ui.panels.base import Panel

_SHOWN: Final = 8
_ORDER: Final = ("input", "prompt", "model", "output", "data", "flow", "judge", "look")


class Sidebar(Panel):
    """The sidebar."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._open: frozenset[str] = frozenset(["input", "prompt", "model", "output"])

    def key(self) -> object:
        recent = self.session.remembered.recent[:_SHOWN]
        return recent, self._open, self.app.look_name, str(self.session.tab.document.path), self.app.panels.left

    def build(self) -> None:
        kit, session = self.kit, self.session
        room = self.app.panels.left - 40
        with kit.line(spacing=10):
            kit.text(self._logo(), "accent_text", size=19)
            kit.text("graphide", size=18, weight="semibold")
            dpg.add_spacer(width=kit.px(max(1, room - 156)))
            kit.icon_button("panel-left", lambda: session.act("panel_left"), "Hide the sidebar")
        kit.space(6)
        kit.row("New graph", lambda: session.act("new"), sign="square-pen")
        kit.row("Open…", lambda: session.act("open"), sign="folder-open")
        kit.row("Search", lambda: session.act("palette"), sign="search")
        kit.row("Templates", lambda: session.act("templates"), sign="layout-template")
        self._types()
        self._recent(room)
        kit.space(14)
        kit.row("Settings", lambda: session.act("settings"), sign="settings")
        other = "light" if self.app.look_name == "dark" else "dark"
        sign = "sun" if other == "light" else "moon"
        kit.row(f"{other.capitalize()} theme", lambda: session.act("look"), sign=sign)

    def _logo(self) -> str:
        from graphide.editor.text.metrics import icon

        return icon("workflow")

    def _types(self) -> None:
        found: dict[str, list[Any]] = {}
        for _, spec in sorted(self.session.workspace.registry.items()):
            found.setdefault(spec.category, []).append(spec)
        known = [name for name in _ORDER if name in found]
        for category in (*known, *sorted(found.keys() - set(known))):
            opened = category in self._open
            sign = "chevron-down" if opened else "chevron-right"
            self.kit.space(4)
            self.kit.button(category.capitalize(), partial(self._fold, category), "nav", sign=sign, size=13, width=-1)
            for spec in found[category] if opened else ():
                self._type(spec)

    def _type(self, spec: Any) -> None:
        label = spec.type.rpartition(".")[2].replace("_", " ").capitalize()
        row = self.kit.row(label, lambda: None, sign=icon_name(spec), tip=spec.summary)
        with dpg.item_handler_registry() as handlers:
            dpg.add_item_double_clicked_handler(callback=lambda: self.app.add_node(spec.type))
        dpg.bind_item_handler_registry(row, handlers)
        with dpg.drag_payload(parent=row, drag_data=spec.type, payload_type=NODE_PAYLOAD) as payload:
            self.kit.text(label, size=14)
        del payload

    def _fold(self, category: str) -> None:
        self._open = self._open ^ {category}
        self.app.wake()

    def _recent(self, room: float) -> None:
        recent = self.session.remembered.recent[:_SHOWN]
        if not recent:
            return
        self.kit.heading("  Recent")
        here = str(self.session.tab.document.path)
        for path in recent:
            self.kit.row(Path(path).stem, partial(self.session.open, path), on=path == here, tip=path, room=room - 20)
