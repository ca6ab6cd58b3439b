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
from graphide.ui.textpaint import Colored, Sheet, added_text, is_lit, paint, paint_trouble

if TYPE_CHECKING:
    from graphide.ui.app import App

PAD: Final = 9.0
_ONE_PAD: Final = 5.0  # above and below a field of one line
_SIZE: Final = 14.0
_LINE: Final = 20.0
_ENDLESS: Final = 1e6  # the width of a field of one line, which does not wrap


class TextBox:
    """A text field in a panel; `changed` has each new text. Lengths are pixels at scale 1.

    A field of `one_line` is left by Enter. `trouble` frames it as one that does not fit, `mark` is the character where it
    goes wrong. `colors` gives the parts of a line their colours, in place of those of placeholders (where `prompt`).
    """

    def __init__(
        self, app: App, text: str, changed: Callable[[str], object], *, width: float, weight: Weight = "regular",
        least: int = 3, most: int = 14, read_only: bool = False, one_line: bool = False, hint: str = "",
        prompt: bool = True,
    ) -> None:  # fmt: skip
        self._app = app
        self._changed = changed
        self._weight: Weight = weight
        scale = app.fonts.scale
        self.one_line, self.hint, self.prompt = one_line, hint, prompt
        self.trouble = False
        self.mark: int | None = None
        self.colors: Colored | None = None
        self.was_active = False
        wide = _ENDLESS if one_line else width - 2 * PAD
        least, most = (1, 1) if one_line else (least, most)
        setting = Setting(face(weight), _SIZE * scale, _LINE * scale, wide * scale)
        self.edit = TextEdit(text, setting, _LINE * scale, clock=time.monotonic, read_only=read_only)
        lines = min(max(self.edit.layout.height / setting.line_height, least), most)
        self.edit.height = lines * setting.line_height
        pad = PAD if not one_line else _ONE_PAD
        self._pad = pad * scale
        self._size = (width * scale, self.edit.height + 2 * self._pad)
        self._pointer = Pointer(self.edit)
        self._typed = ""
        self._held = False
        self._painted: tuple[object, ...] = ()
        self._make()

    @property
    def active(self) -> bool:
        """Whether it has the keyboard."""
        return safe.active(self._field)

    @property
    def scrolls(self) -> bool:
        """Whether there is more of the text than is seen."""
        return self.edit.layout.height > self.edit.height + 1

    @property
    def hovered(self) -> bool:
        """Whether the mouse is over it."""
        return self._over()

    def focus(self) -> None:
        """Take the keyboard; the text of a field of one line is selected."""
        dpg.focus_item(self._field)
        if self.one_line:
            self.edit.select_all()

    def focused(self, active: bool) -> None:
        """Do what is to be done when it has got the keyboard, or lost it."""

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
        if active != self.was_active:
            self.was_active = active
            self.focused(active)
        lit = active and not edit.read_only and is_lit(time.monotonic())
        painted = (
            edit.text, edit.caret, edit.selection, edit.top, active, lit, self._app.themes.look, self.trouble, self.mark,
            self.colors,
        )  # fmt: skip
        if painted == self._painted:
            return
        self._painted = painted
        look = self._app.themes.look
        dpg.delete_item(self._drawlist, children_only=True)
        outline = look.color("error" if self.trouble else "accent" if active else "")
        fill = look.color("field_active" if active else "field")
        dpg.draw_rectangle((0, 0), self._size, color=outline, fill=fill, rounding=8, parent=self._drawlist)
        sheet = Sheet(self._drawlist, self._left(), self._pad, 1.0, look, self._app.fonts.of(self._weight))
        if not edit.text and self.hint:
            self._paint_hint(sheet)
        self._paint_below(sheet)
        paint(edit, sheet, caret=lit, prompt=self.prompt, colors=self.colors)
        if self.mark is not None:
            paint_trouble(edit, sheet, self.mark)
        if self.scrolls:
            self._paint_bar(sheet)

    # --- inside

    def _paint_below(self, sheet: Sheet) -> None:
        """Paint what lies below the text."""

    def _paint_hint(self, sheet: Sheet) -> None:
        setting = self.edit.layout.setting
        top = sheet.top + (setting.line_height - setting.size) / 2
        item = dpg.draw_text(
            (sheet.left, top), self.hint, size=setting.size, color=sheet.look.color("faint"), parent=sheet.item
        )
        dpg.bind_item_font(item, sheet.font)

    def _paint_bar(self, sheet: Sheet) -> None:
        edit, width, scale = self.edit, self._size[0], self._app.fonts.scale
        share = edit.height / edit.layout.height
        high = max(18 * scale, edit.height * share)
        top = self._pad + (edit.height - high) * min(1.0, edit.top / (edit.layout.height - edit.height))
        left = width - 5 * scale
        dpg.draw_rectangle(
            (left, top), (left + 3 * scale, top + high), color=(0, 0, 0, 0), fill=sheet.look.color("border"),
            rounding=2 * scale, parent=sheet.item,
        )  # fmt: skip

    def _left(self) -> float:
        """Return where lines begin: of one that is longer than the field, so that the caret is seen."""
        left = PAD * self._app.fonts.scale
        if not (self.one_line and self.was_active):
            return left
        return left - max(0.0, self.edit.caret_box().x - (self._size[0] - 2 * left))

    def _make(self) -> None:
        width, height = (round(side) for side in self._size)
        with dpg.child_window(
            width=width, height=height, border=False, no_scrollbar=True, no_scroll_with_mouse=True
        ) as box:
            self._app.themes.bind(box, "bare")
            # The first of two items in one place has the mouse: the field, whose own look is invisible.
            self._field: Any = dpg.add_input_text(
                multiline=not self.one_line, width=width, height=height, pos=(0, 0), no_undo_redo=True,
                callback=self._caught,
            )  # fmt: skip
            if self.one_line:
                self._app.themes.bind(self._field, "bare_line")
            self._drawlist: Any = dpg.add_drawlist(width, height, pos=(0, 0))
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
        return x - left - self._left(), y - top - self._pad

    def _over(self) -> bool:
        return safe.hovered(self._field) or safe.hovered(self._drawlist)

    def _took(self, change: Change) -> None:
        if change.copied is not None:
            safe.copy(change.copied)
        if change.pasting:
            text = safe.clipboard()
            self._took(paste(self.edit, " ".join(text.split("\n")) if self.one_line else text))
        if change.replaced is not None:
            self._changed(self.edit.text)
        self._app.wake()

    def _caught(self, _: Any, text: str) -> None:
        before, self._typed = self._typed, text
        if not self.active:
            return  # at Esc Dear ImGui puts back what the field had: nobody typed that
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
