"""The field in which a message is written: it grows with the text, Enter sends, Shift+Enter begins a new line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.text.wrap import Place
from graphide.ui.textbox import PAD, TextBox
from graphide.ui.textpaint import Sheet, is_lit, paint

if TYPE_CHECKING:
    from graphide.ui.app import App

KEYS: Final = frozenset(["escape", "ctrl+enter", "ctrl+."])
"""Chords that belong to this field while it has the keyboard, whatever they mean elsewhere."""

_MOST_LINES: Final = 8


class Composer(TextBox):
    """The field; `changed` has each new text, `pressed` the chords "enter", those of `KEYS`, and says whether to go on."""

    def __init__(
        self, app: App, text: str, changed: Callable[[str], object], pressed: Callable[[str], object], *, width: float,
        hint: str,
    ) -> None:  # fmt: skip
        self._pressed_key = pressed
        self._hint = hint
        self._was_active = False
        super().__init__(app, text, changed, width=width, least=1, most=_MOST_LINES)

    @property
    def high(self) -> float:
        """How high it is now, in pixels at scale 1."""
        return self._size[1] / self._app.fonts.scale

    @property
    def field(self) -> Any:
        """The item that has the keyboard."""
        return self._field

    def show(self, text: str) -> None:
        """Take another text, with the caret behind it."""
        if text != self.edit.text:
            self.edit.set_text(text)
            self.edit.place(Place(len(text)))

    def update(self) -> None:
        """Grow to what is written, and paint it when something about it changed."""
        if not dpg.does_item_exist(self._drawlist):
            return
        if self._held:
            self._pointer.drag(*self._inside())
        self._was_active = self.active
        self._grow()
        edit = self.edit
        lit = self._was_active and is_lit(time.monotonic())
        painted = (edit.text, edit.caret, edit.selection, edit.top, lit, self._size, self._app.themes.look)
        if painted == self._painted:
            return
        self._painted = painted
        dpg.delete_item(self._drawlist, children_only=True)
        look, pad = self._app.themes.look, PAD * self._app.fonts.scale
        sheet = Sheet(self._drawlist, pad, pad, 1.0, look, self._app.fonts.of(self._weight))
        if not edit.text:
            setting = edit.layout.setting
            at = (pad, pad + (setting.line_height - setting.size) / 2)
            dpg.bind_item_font(
                dpg.draw_text(at, self._hint, size=setting.size, color=look.color("faint"), parent=self._drawlist),
                sheet.font,
            )
        paint(edit, sheet, caret=lit, prompt=False)

    def _grow(self) -> None:
        """Be as high as the text needs, up to some lines."""
        setting = self.edit.layout.setting
        height = min(max(self.edit.layout.line_count, 1), _MOST_LINES) * setting.line_height
        if height == self.edit.height:
            return
        self.edit.resize(setting, height)
        self._size = (self._size[0], height + 2 * PAD * self._app.fonts.scale)
        for item in (dpg.get_item_parent(self._drawlist), self._drawlist, self._field):
            dpg.configure_item(item, height=round(self._size[1]))

    def _key(self, _: Any, data: Any) -> None:
        # Esc and Ctrl+Enter take the keyboard away from the field before they are told of.
        had = dpg.does_item_exist(self._field) and (self.active or self._was_active)
        key = self._app.canvas.inputs.key_of(data) if had else None
        if key is not None and key.chord in (*KEYS, "enter"):
            self._pressed_key(key.chord)
        else:
            super()._key(_, data)
