"""What opens above the window: menus, the search palette, toasts and dialogs; each is there while the session says so."""

from __future__ import annotations

from functools import partial
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.actions import ACTIONS
from graphide.editor.dialogs import MenuItem
from graphide.editor.text.metrics import icon, shortened, width
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.dialogs import Dialogs
from graphide.ui.panels.grips import Grips
from graphide.ui.panels.tips import Tips
from graphide.ui.theme import StyleName

_MENU_WIDTH, _PALETTE_WIDTH, _PALETTE_ROWS = 330.0, 500.0, 11
_MENU_ROW, _KEYS = 28.0, 118.0  # of a menu: how high a line is, and how much of it is for the keys
_PALETTE_TITLE = 224.0
_TOASTS: dict[str, tuple[str, StyleName]] = {
    "info": ("info", "accent_text"), "success": ("circle-check", "good"), "warning": ("triangle-alert", "warn"),
    "error": ("circle-x", "bad"),
}  # fmt: skip


class Overlays:
    """The parts above the window, in the order they are drawn."""

    def __init__(self, app: Any) -> None:
        grips = Grips(app)
        self.parts: tuple[Panel, ...] = (
            ContextMenu(app, _floating(app, "popup", _MENU_WIDTH)),
            PalettePopup(app, _floating(app, "popup", _PALETTE_WIDTH)),
            ToastStack(app, _floating(app, "toast", 360)),
            Dialogs(app),
            grips,
            Tips(app, grips),
        )


def _floating(app: Any, style: StyleName, width: float) -> safe.Item:
    item: safe.Item = dpg.add_window(
        show=False, no_title_bar=True, no_move=True, no_resize=True, no_collapse=True, no_scrollbar=True,
        autosize=True, min_size=(40, 20), width=app.kit.px(width), no_saved_settings=True, no_focus_on_appearing=style == "toast",
    )  # fmt: skip
    app.themes.bind(item, style)
    return item


class Popup(Panel):
    """What is closed by pressing the mouse beside it."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(callback=self._clicked)

    def close(self) -> None:
        """Close it."""
        raise NotImplementedError

    def _clicked(self) -> None:
        if not dpg.is_item_shown(self.item):  # it opens with this very click
            return
        (x, y), (left, top) = safe.mouse(), dpg.get_item_pos(self.item)
        _, _, width, height = safe.rectangle(self.item)
        if not (left <= x < left + width and top <= y < top + height):
            self.close()
            self.app.wake()


class ContextMenu(Popup):
    """The menu of what was clicked with the right button, and the list of what a setting can be."""

    def close(self) -> None:
        """Close the menu."""
        self.session.popups.close_menu()

    def key(self) -> object:
        return self.session.popups.menu

    def build(self) -> None:
        menu = self.session.popups.menu
        dpg.configure_item(self.item, show=menu is not None)
        if menu is None:
            return
        keys = _KEYS if any(item.shortcut for item in menu.items) else 0.0
        for number, item in enumerate(menu.items):
            if item.begins and number:
                dpg.add_separator()
            style: StyleName = "row_on" if number == menu.lit else "row_off" if item.reason else "row"
            self._line(number, item, style, keys)
        height = _MENU_ROW * len(menu.items) + 16
        _place(self.app, self.item, menu.at, (_MENU_WIDTH - _KEYS + keys, height))
        dpg.focus_item(self.item)

    def _line(self, number: int, item: MenuItem, style: StyleName, keys: float) -> None:
        """Add a line: sign, label, and at the right its keys."""
        sign = icon("check") if item.checked else icon(item.icon) if item.icon else "    "
        label = f"{sign}   {shortened(item.label, _MENU_WIDTH - _KEYS - 62, 14)}"
        with self.kit.line(spacing=0):
            self.kit.button(
                label, partial(self._choose, number), style, width=_MENU_WIDTH - _KEYS - 16, size=14, tip=item.reason
            )
            if keys:
                dpg.add_spacer(width=self.kit.px(max(1.0, keys - 8 - width(item.shortcut, 12))))
                self.kit.text(item.shortcut, "faint", size=12)

    def _choose(self, number: int) -> None:
        self.session.popups.choose_in_menu(number)
        self.app.wake()


class PalettePopup(Popup):
    """The search palette."""

    def close(self) -> None:
        """Close the palette."""
        self.session.popups.close_palette()

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._opened: object = None
        self._rows: safe.Item = 0
        self._lines: object = None
        self._field: safe.Item = 0
        with dpg.handler_registry():
            dpg.add_key_press_handler(callback=self._key)

    def key(self) -> object:
        palette = self.session.popups.palette
        return None if palette is None else (palette.at, palette.wire)

    def build(self) -> None:
        palette = self.session.popups.palette
        dpg.configure_item(self.item, show=palette is not None)
        self._lines = None
        if palette is None:
            return
        hint = "Search nodes that fit the wire" if palette.wire else "Search nodes, templates and actions"
        self._field = self.kit.field("", self._search, hint=hint, width=_PALETTE_WIDTH - 18)
        self._rows = dpg.add_group()
        _place(self.app, self.item, palette.at, (_PALETTE_WIDTH, 400.0))
        dpg.focus_item(self.item)
        field = self._field
        self.app.after_frames(2, lambda: dpg.focus_item(field) if dpg.does_item_exist(field) else None)

    def update(self) -> None:
        super().update()
        palette = self.session.popups.palette
        lines = None if palette is None else (palette.items, palette.lit)
        if palette is None or lines == self._lines:
            return
        self._lines = lines
        safe.clear(self._rows)
        first = max(0, min(palette.lit - _PALETTE_ROWS + 1, len(palette.items) - _PALETTE_ROWS))
        for number, item in list(enumerate(palette.items))[first : first + _PALETTE_ROWS]:
            sign = f"{icon(item.icon)}   " if item.icon else ""
            style: StyleName = "row_on" if number == palette.lit else "row"
            about = shortened(item.shortcut or item.about, _PALETTE_WIDTH - _PALETTE_TITLE - 34, 13)
            with self.kit.line(spacing=4, parent=self._rows):
                self.kit.button(
                    f"{sign}{shortened(item.title, _PALETTE_TITLE - 50, 15)}",
                    partial(self._take, number),
                    style,
                    width=_PALETTE_TITLE,
                )
                self.kit.text(about, "faint", size=13)
        if not palette.items:
            self.kit.text("Nothing fits", "faint", parent=self._rows)

    def _search(self, text: str) -> None:
        self.session.popups.search(text)
        self.app.wake()

    def _take(self, number: int | None = None) -> None:
        self.session.popups.choose(number)
        self.app.wake()

    def _key(self, _: Any, data: Any) -> None:
        key = self.app.canvas.inputs.key_of(data) if self.session.popups.palette is not None else None
        if key is None:
            return
        if key.name in ("up", "down"):
            self.session.popups.light(1 if key.name == "down" else -1)
        elif key.name == "enter":
            self._take()
        self.app.wake()


class ToastStack(Panel):
    """Short messages above the status bar."""

    def key(self) -> object:
        return self.session.toasts.shown, dpg.get_viewport_client_width(), dpg.get_viewport_client_height()

    def build(self) -> None:
        shown = self.session.toasts.shown
        dpg.configure_item(self.item, show=bool(shown))
        for toast in shown:
            sign, style = _TOASTS[toast.kind]
            with self.kit.line():
                self.kit.text(icon(sign), style)
                self.kit.text(toast.message, size=14, wrap=300)
                self.kit.button("", partial(self._dismiss, toast.id), "icon", sign="x", size=13)
            if toast.action:
                label = ACTIONS[toast.action].label if toast.action in ACTIONS else "Do it"
                self.kit.button(label, partial(self._act, toast.id, toast.action), "ghost", size=14)
        if shown:
            self.app.after_frames(1, self._settle)
            self.app.after_frames(3, self._settle)

    def _settle(self) -> None:
        if not self.session.toasts.shown:
            return
        _, _, width, height = safe.rectangle(self.item)
        area = self.app.canvas.area
        dpg.set_item_pos(self.item, [area.x + (area.width - width) / 2, area.y + area.height - height - 16])

    def _act(self, toast_id: int, action: str) -> None:
        self._dismiss(toast_id)
        self.session.act(action)

    def _dismiss(self, toast_id: int) -> None:
        self.session.toasts.dismiss(toast_id)
        self.app.wake()


def _place(app: Any, item: safe.Item, at: tuple[float, float], size: tuple[float, float]) -> None:
    """Put a popup at a place of the canvas, moved so that it is inside the window."""
    area, scale = app.canvas.area, app.fonts.scale
    width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
    x = max(4.0, min(area.x + at[0], width - size[0] * scale - 12))
    y = max(4.0, min(area.y + at[1], height - size[1] * scale - 12))
    dpg.set_item_pos(item, [int(x), int(y)])
