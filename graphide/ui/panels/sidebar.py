"""The sidebar: new, open and search; the node types by what they are for and recent graphs, or all chats; settings, theme.

A node type is dragged onto the canvas by following its row while that is held: what DearPyGui has for dragging is not
told where over a drawing it was let go.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor import talking
from graphide.editor.actions import ACTIONS
from graphide.editor.chats_list import SHOWN
from graphide.editor.gestures_base import THRESHOLD
from graphide.editor.nodelook import category_color, icon_name
from graphide.editor.text.metrics import icon, width
from graphide.editor.views import Rect, Text
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.chats import ChatsPane
from graphide.ui.shapes import draw

_SHOWN: Final = 8
_GRAPHS: Final = (
    ("New graph", "new", "square-pen"), ("Open…", "open", "folder-open"), ("Search", "palette", "search"),
    ("Templates", "templates", "layout-template"),
)  # fmt: skip
_CHATS: Final = (
    ("New chat", "new_chat", "message-square-plus"), ("Chat with a model…", "model_chat", "bot-message-square"),
    ("Import chats…", "import_chats", "import"),
)  # fmt: skip
_FOOT: Final = 80.0  # how high settings and theme are
_HOLD: Final = (20.0, 14.0)  # where in its title a node hangs on the mouse, in world units
_ORDER: Final = ("input", "prompt", "model", "output", "data", "flow", "judge", "look")


class Sidebar(Panel):
    """The sidebar."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._open: frozenset[str] = frozenset(["input", "prompt", "model", "output"])
        self._rows: dict[safe.Item, Any] = {}
        self._handlers: dict[str, safe.Item] = {}
        self._pressed_at: tuple[float, float] | None = None
        self._dragged: Any = None
        self._ghost: Any = dpg.add_viewport_drawlist(front=True)
        self._chats = ChatsPane(app)

    @property
    def shows_chats(self) -> bool:
        """Whether the chats are shown, and not the node types."""
        return bool(self.session.panel(SHOWN) == "chats")

    def key(self) -> object:
        if self.shows_chats:
            return "chats", self.app.look_name, self.app.panels.left
        recent = self.session.remembered.recent[:_SHOWN]
        return recent, self._open, self.app.look_name, str(self.session.tab.document.path), self.app.panels.left

    def update(self) -> None:
        """Bring it to what the session says, and what is dragged from it to the mouse."""
        super().update()
        if self.shows_chats and self.app.canvas.area.x:
            self._chats.update()
        held = dpg.is_mouse_button_down(dpg.mvMouseButton_Left)
        if self._dragged is not None:
            self._drag(held=bool(held))
        elif not held:
            self._pressed_at = None
        elif self._pressed_at is None:
            self._pressed_at = safe.mouse()
        elif _apart(self._pressed_at, safe.mouse()) >= THRESHOLD:
            self._dragged = next((spec for row, spec in self._rows.items() if safe.active(row)), None)

    def _drag(self, *, held: bool) -> None:
        """Let the node hang on the mouse, and add it where that is let go over the canvas; Esc gives it up."""
        spec, (x, y), area = self._dragged, safe.mouse(), self.app.canvas.area
        dpg.delete_item(self._ghost, children_only=True)
        if dpg.is_key_down(dpg.mvKey_Escape):
            held, x = False, -1.0
        if held:
            self._draw_ghost(spec, x, y)
            return
        self._dragged = None
        if self.app.canvas.inputs.over() and 0 <= x - area.x < area.width and 0 <= y - area.y < area.height:
            zoom = self.session.tab.camera.zoom
            self.app.add_node(spec.type, (x - area.x - _HOLD[0] * zoom, y - area.y - _HOLD[1] * zoom))

    def _draw_ghost(self, spec: Any, x: float, y: float) -> None:
        scale = self.app.fonts.scale
        label, left, top = _label(spec), x / scale - _HOLD[0], y / scale - _HOLD[1]
        box = Rect(left, top, width(label, 14, "medium") + 62, 36, f"card+{category_color(spec)}@16", "accent", 1.5, 12)
        sign = Text(left + 14, top + 11, icon(icon_name(spec)), 14)
        shapes = (box._replace(shadow="shadow"), sign, Text(left + 34, top + 11, label, 14, weight="medium"))
        draw(shapes, self._ghost, self.app.canvas.brush(scale))
        self.app.wake()

    def build(self) -> None:
        kit, session = self.kit, self.session
        self._rows = {}
        room = self.app.panels.left - 40
        with kit.line(spacing=10):
            kit.text(self._logo(), "accent_text", size=19)
            kit.text("graphide", size=18, weight="semibold")
            dpg.add_spacer(width=kit.px(max(1, room - 156)))
            kit.icon_button("panel-left", lambda: session.act("panel_left"), "Hide the sidebar")
        kit.space(6)
        self._chats.close()
        if self.shows_chats:
            self._beginnings(_CHATS)
            self._switch()
            kit.space(2)
            self._chats.build(dpg.get_item_width(self.item) / kit.fonts.scale - 34, _FOOT)
        else:
            self._beginnings(_GRAPHS)
            self._switch()
            with kit.box("tree", height=-_FOOT * kit.fonts.scale, scrolls=True):
                self._types()
                self._recent(room)
        kit.space(8)
        kit.row("Settings", lambda: session.act("settings"), sign="settings")
        other = "light" if self.app.look_name == "dark" else "dark"
        sign = "sun" if other == "light" else "moon"
        kit.row(f"{other.capitalize()} theme", lambda: session.act("look"), sign=sign)

    def _beginnings(self, rows: tuple[tuple[str, str, str], ...]) -> None:
        """Add what one begins with, each an action."""
        for label, action, sign in rows:
            # A new chat is begun from here also where nothing was said yet: then it is the one that is there.
            act = partial(talking.new_chat, self.session) if action == "new_chat" else partial(self.session.act, action)
            self.kit.row(label, act, sign=sign, tip=ACTIONS[action].shortcut(sys.platform))

    def _switch(self) -> None:
        """Add the two things that can be shown below."""
        self.kit.space(6)
        with self.kit.line(spacing=4):
            for name, label in (("nodes", "Nodes"), ("chats", "Chats")):
                style: Any = "tab_on" if (name == "chats") == self.shows_chats else "tab"
                self.kit.button(label, partial(self._choose, name), style, weight="medium", size=14)

    def _choose(self, name: str) -> None:
        self.session.set_panel(SHOWN, name)
        self.app.wake()

    def _logo(self) -> str:
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
        row = self.kit.row(_label(spec), lambda: None, sign=icon_name(spec), tip=spec.summary)
        self._rows[row] = spec
        if spec.type not in self._handlers:  # kept, because one that is bound is not deleted with its row
            with dpg.item_handler_registry() as handlers:
                dpg.add_item_double_clicked_handler(callback=lambda: self.app.add_node(spec.type))
            self._handlers[spec.type] = handlers
        dpg.bind_item_handler_registry(row, self._handlers[spec.type])

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


def _label(spec: Any) -> str:
    return str(spec.type.rpartition(".")[2].replace("_", " ").capitalize())


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))
