"""A wrapped text field of a panel: `graphide.editor.text` on a drawlist, with an invisible field that supplies characters.

DearPyGui's own fields do not wrap, and Esc takes back what was typed in them; this one never does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.text.edit import Change, TextEdit
from graphide.editor.text.keys import paste, press
from graphide.editor.text.metrics import Weight, face
from graphide.editor.text.pointer import Pointer
from graphide.editor.text.wrap import Setting
from graphide.ui import safe
from graphide.ui.textpaint import BLINK, Sheet, added_text, paint

if TYPE_CHECKING:
    from graphide.ui.app import App

PAD: Final = 9.0
_SIZE: Final = 14.0
_LINE: Final = 20.0


class TextBox:
    """A text field in a panel; `changed` has each new text. Lengths are pixels at scale 1."""

    def __init__(
        self, app: App, text: str, changed: Callable[[str], object], *, width: float, weight: Weight = "regular",
        least: int = 3, most: int = 14, read_only: bool = False,
    ) -> None:  # fmt: skip
        self._app = app
        self._changed = changed
        self._weight: Weight = weight
        scale = app.fonts.scale
        setting = Setting(face(weight), _SIZE * scale, _LINE * scale, (width - 2 * PAD) * scale)
        self.edit = TextEdit(text, setting, _LINE * scale, clock=time.monotonic, read_only=read_only)
        lines = min(max(self.edit.layout.height / setting.line_height, least), most)
        self.edit.height = lines * setting.line_height
        self._size = (width * scale, self.edit.height + 2 * PAD * scale)
        self._pointer = Pointer(self.edit)
        self._typed = ""
        self._held = False
        self._painted: tuple[object, ...] = ()
        self._make()

    @property
    def active(self) -> bool:
        """Whether it has the keyboard."""
        return safe.active(self._field)

    def focus(self) -> None:
        """Take the keyboard."""
        dpg.focus_item(self._field)

    def close(self) -> None:
        """Stop listening."""
        safe.delete(self._handlers)

    def update(self) -> None:
        """Paint it when something about it changed."""
        if not dpg.does_item_exist(self._drawlist):
            return
        if self._held:
            self._pointer.drag(*self._inside())
        edit, active = self.edit, self.active
        lit = active and time.monotonic() % BLINK < BLINK * 0.6
        painted = (edit.text, edit.caret, edit.selection, edit.top, active, lit, self._app.themes.look)
        if painted == self._painted:
            return
        self._painted = painted
        look = self._app.themes.look
        dpg.delete_item(self._drawlist, children_only=True)
        outline, fill = look.color("accent" if active else ""), look.color("field_active" if active else "field")
        dpg.draw_rectangle((0, 0), self._size, color=outline, fill=fill, rounding=8, parent=self._drawlist)
        pad = PAD * self._app.fonts.scale
        paint(edit, Sheet(self._drawlist, pad, pad, 1.0, look, self._app.fonts.of(self._weight)), caret=lit)

    # --- inside

    def _make(self) -> None:
        width, height = (round(side) for side in self._size)
        with dpg.child_window(
            width=width, height=height, border=False, no_scrollbar=True, no_scroll_with_mouse=True
        ) as box:
            self._app.themes.bind(box, "bare")
            self._drawlist: Any = dpg.add_drawlist(width, height)
            self._field: Any = dpg.add_input_text(
                multiline=True, width=width, height=height, pos=(0, 0), no_undo_redo=True, callback=self._caught
            )
        with dpg.handler_registry() as self._handlers:
            dpg.add_key_press_handler(callback=self._key)
            dpg.add_mouse_click_handler(0, callback=self._pressed)
            dpg.add_mouse_double_click_handler(0, callback=self._doubled)
            dpg.add_mouse_release_handler(0, callback=self._released)
            dpg.add_mouse_wheel_handler(callback=self._wheeled)
        self._app.kit.fields.add(self._field)

    def _inside(self) -> tuple[float, float]:
        left, top, _, _ = safe.rectangle(self._drawlist)
        x, y = safe.mouse()
        pad = PAD * self._app.fonts.scale
        return x - left - pad, y - top - pad

    def _over(self) -> bool:
        return safe.hovered(self._field) or safe.hovered(self._drawlist)

    def _took(self, change: Change) -> None:
        if change.copied is not None:
            safe.copy(change.copied)
        if change.pasting:
            self._took(paste(self.edit, safe.clipboard()))
        if change.replaced is not None:
            self._changed(self.edit.text)
        self._app.wake()

    def _caught(self, _: Any, text: str) -> None:
        before, self._typed = self._typed, text
        added = added_text(before, text).replace("\n", "").replace("\r", "")
        held = self._app.canvas.inputs.modifiers()
        if added and not ("ctrl" in held and "alt" not in held):
            self._took(self.edit.insert(added))

    def _key(self, _: Any, data: Any) -> None:
        key = self._app.canvas.inputs.key_of(data) if self.active else None
        if key is not None and not (key.name == "tab" or "alt" in key.modifiers):
            self._took(press(self.edit, key.name, shift="shift" in key.modifiers, control="ctrl" in key.modifiers))

    def _pressed(self) -> None:
        if self._over():
            self._held = True
            self._pointer.press(*self._inside(), shift="shift" in self._app.canvas.inputs.modifiers())
            self._app.wake()

    def _doubled(self) -> None:
        if self._over():
            self._pointer.press(*self._inside(), clicks=2)
            self._app.wake()

    def _released(self) -> None:
        self._held = False
        self._pointer.release()

    def _wheeled(self, _: Any, notches: float) -> None:
        if self._over():
            self.edit.scroll(-notches * 2 * self.edit.layout.setting.line_height)
            self._app.wake()
