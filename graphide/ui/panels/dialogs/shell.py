"""The window that a dialog is in: its title, its buttons, and its keys. Which dialog is open is the session's business.

Enter presses the main button, the arrows choose another one, Alt with a letter presses one from anywhere, Tab goes from
field to field. Esc is taken by the session, so that it closes a dialog while a field in it has the keyboard.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog
from graphide.editor.gestures_input import Key
from graphide.editor.text.metrics import width as text_width
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.footer import HEIGHT as _FOOTER, Footer
from graphide.ui.panels.dialogs.kinds import body_of

_PADDING: Final = (22.0, 20.0)
_TITLE: Final = 19.0
_AROUND: Final = 32.0
_FLOATS_AT: Final = 70.0


class Dialogs(Panel):
    """The dialog that is open, if one is."""

    def __init__(self, app: Any) -> None:
        self._modal = _window(app, modal=True)
        self._light = _window(app, modal=False)
        super().__init__(app, self._modal)
        self._dialog: Dialog | None = None
        self._body: Body | None = None
        self._kept: list[Body] = []
        self._footer = Footer(self.kit, self._press)
        self._typing: safe.Item = 0
        self._held: set[str] = set()
        with dpg.handler_registry():
            dpg.add_key_press_handler(callback=self._pressed)
            dpg.add_key_release_handler(callback=self._released)
            dpg.add_mouse_click_handler(0, callback=self._clicked)

    @property
    def body(self) -> Body | None:
        """What is inside the dialog that is open."""
        return self._body

    @property
    def typing_in(self) -> safe.Item:
        """The field that had the keyboard when the keys of this frame were pressed, 0 for none."""
        return self._typing

    def key(self) -> object:
        size = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        text = self._body.text if self._body is not None else ""
        return id(self._dialog) if self._dialog is not None else 0, text, size, self.kit.fonts.scale

    def update(self) -> None:
        self._follow()
        super().update()
        if self._body is not None:
            self._body.update()
            self._footer.update(self._body.buttons, self._body.hint, self._body.width)
        fields = (item for item in self.kit.fields if safe.active(item))
        self._typing = next(fields, 0) if self._body is not None else 0

    def build(self) -> None:
        body, dialog = self._body, self._dialog
        if body is None or dialog is None:
            return
        body.leave()
        self._place(body)
        with self.kit.line():
            self.kit.text(dialog.title, size=_TITLE, weight="semibold")
            gap = body.width - text_width(dialog.title, _TITLE, "semibold") - 44
            dpg.add_spacer(width=self.kit.px(max(1.0, gap)))
            self.kit.icon_button("x", lambda: self._answer("cancel"), "Close (Esc)", size=15)
        used = _TITLE + 14
        if body.text:
            item = self.kit.text(body.text, "muted", wrap=body.width)
            used += 26 * max(1.0, text_width(body.text, 15) / max(1.0, body.width)) if item else 0
        body.height -= used + _FOOTER
        if body.plain:
            self.kit.space(max(1.0, body.height - 8))
        else:
            with self.kit.box("inside", height=body.below(_FOOTER), scrolls=True):
                body.build()
        self._footer.build()
        self.app.after_frames(2, partial(self._begin, body))

    # --- where it is

    def _follow(self) -> None:
        dialog = self.session.popups.dialog
        if dialog is self._dialog:
            return
        if self._body is not None:
            self._body.leave()
            self._kept.append(self._body)
        self._dialog = dialog
        self._footer.begin()
        self._body = self._taken_up(dialog) if dialog is not None else None
        item = self._light if self._body is not None and self._body.floats else self._modal
        if dialog is None:
            for kept in self._kept:
                kept.close()
            self._kept.clear()
        for window in (self._modal, self._light):
            if window != item or dialog is None:
                safe.clear(window)
                dpg.configure_item(window, show=False)
        self.item = item

    def _taken_up(self, dialog: Dialog) -> Body:
        """Return the inside of a dialog: a new one, or as it was when it made way for another one."""
        body = next((kept for kept in self._kept if kept.dialog is dialog), None)
        if body is None:
            return body_of(self, dialog)
        self._kept.remove(body)
        body.back()
        return body

    def _place(self, body: Body) -> None:
        scale = self.kit.fonts.scale
        room = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        width = min(body.size[0] * scale, room[0] - _AROUND)
        height = min(body.size[1] * scale, room[1] - _AROUND)
        left = (room[0] - width) / 2
        top = max(_AROUND / 2, (room[1] - height) / 2.4)
        if body.floats:
            area = self.app.canvas.area
            left = max(8.0, min(area.x + (area.width - width) / 2, room[0] - width - 8))
            top = _FLOATS_AT * scale
        body.width, body.height = width / scale - 2 * _PADDING[0], height / scale - 2 * _PADDING[1]
        place = {"width": int(width), "height": int(height), "pos": (int(left), int(top))}
        dpg.configure_item(self.item, show=True, **place)

    def _begin(self, body: Body) -> None:
        if body is self._body:
            body.focus()

    # --- what is pressed

    def _press(self, button_id: str) -> None:
        if self._body is not None:
            self._body.press(button_id)
        self.app.wake()

    def _answer(self, choice: str) -> None:
        self.session.popups.answer(choice)
        self.app.wake()

    def _pressed(self, _: Any, data: Any) -> None:
        key = self.app.canvas.inputs.key_of(data)
        if key is None:
            return
        repeat = key.name in self._held
        self._held.add(key.name)
        if self._body is not None and self.session.popups.dialog is self._dialog and key.name != "escape":
            self._take(key._replace(repeat=repeat))
            self.app.wake()

    def _released(self, _: Any, data: Any) -> None:
        key = self.app.canvas.inputs.key_of(data)
        if key is not None:
            self._held.discard(key.name)

    def _take(self, key: Key) -> None:
        """Do what a key means; a key that was held as the dialog opened does not press its button."""
        body = self._body
        assert body is not None
        if key.name == "enter" and not key.modifiers - {"ctrl"}:
            if not key.repeat and not body.enter(self._typing, held="ctrl" in key.modifiers):
                self._enter()
        elif key.modifiers == {"alt"} and len(key.name) == 1:
            if not key.repeat and (chosen := self._footer.of_letter(key.name)):
                self._press(chosen)
        elif not body.key(key, typing=bool(self._typing)) and not self._typing and key.name in ("left", "right"):
            self._footer.step(1 if key.name == "right" else -1)

    def _enter(self) -> None:
        if self._footer.lit:
            self._press(self._footer.lit)

    def _clicked(self) -> None:
        """Let a click beside a dialog that floats end it, as it is."""
        if self._body is None or not self._body.floats or self.session.popups.dialog is not self._dialog:
            return
        left, top, width, height = safe.rectangle(self.item)
        x, y = safe.mouse()
        if not (left <= x < left + width and top <= y < top + height):
            self._press("ok")


def _window(app: Any, *, modal: bool) -> safe.Item:
    item: safe.Item = dpg.add_window(
        show=False, modal=modal, no_title_bar=True, no_move=True, no_resize=True, no_collapse=True,
        no_saved_settings=True, no_scrollbar=True, no_scroll_with_mouse=True,
    )  # fmt: skip
    app.themes.bind(item, "dialog")
    return item
