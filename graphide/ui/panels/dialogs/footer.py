"""The buttons below a dialog, one of them lit: what Enter presses, what the arrows choose, and a letter for each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import DialogButton, letters, main_of
from graphide.editor.text.metrics import width as text_width
from graphide.ui import safe
from graphide.ui.kit import Kit
from graphide.ui.theme import StyleName

HEIGHT: Final = 48.0
_STRONG, _GHOST, _GAP = 28.0, 18.0, 8.0  # what a button is wider than its label, and what is between two


class Footer:
    """The buttons of the dialog that is open; `press` gets the id of one that is pressed."""

    def __init__(self, kit: Kit, press: Callable[[str], object]) -> None:
        self._kit = kit
        self._press = press
        self._item: safe.Item = 0
        self._buttons: tuple[DialogButton, ...] = ()
        self._chosen = ""
        self._shown: object = None

    @property
    def lit(self) -> str:
        """The id of the button that Enter presses, "" for none."""
        main = main_of(self._buttons)
        return self._chosen or (main.id if main is not None else "")

    def begin(self) -> None:
        """Forget which button was chosen: another dialog is open."""
        self._chosen = ""

    def build(self) -> None:
        """Add the line that the buttons stand in."""
        self._item = dpg.add_group(horizontal=True, horizontal_spacing=self._kit.px(_GAP))
        self._shown = None

    def update(self, buttons: tuple[DialogButton, ...], hint: str, room: float) -> None:
        """Show buttons at the right end, and a hint at the left where it fits; `room` in pixels at scale 1."""
        self._buttons = buttons
        shown = (buttons, self.lit, hint, room)
        if shown == self._shown or not dpg.does_item_exist(self._item):
            return
        self._shown = shown
        kit, lit = self._kit, self.lit
        safe.clear(self._item)
        room -= 10 + sum(text_width(button.label, 15) + _extra(button, lit) + _GAP for button in buttons)
        hint = hint if text_width(hint, 13) < room else ""
        kit.text(hint, "faint", size=13, parent=self._item)
        dpg.add_spacer(width=kit.px(max(1.0, room - text_width(hint, 13))), parent=self._item)
        for button, letter in zip(buttons, self._letters(), strict=True):
            tip = f"Alt+{letter.upper()}" if letter else ""
            kit.button(button.label, partial(self._press, button.id), _style(button, lit), tip=tip, parent=self._item)

    def step(self, by: int) -> None:
        """Choose another button."""
        ids = [button.id for button in self._buttons]
        at = ids.index(self.lit) if self.lit in ids else -1 if by > 0 else 0
        self._chosen = ids[(at + by) % len(ids)]

    def of_letter(self, letter: str) -> str:
        """Return the id of the button that Alt with a letter presses, "" for none."""
        found = self._letters()
        return self._buttons[found.index(letter)].id if letter in found else ""

    def _letters(self) -> tuple[str, ...]:
        return letters(button.label for button in self._buttons)


def _extra(button: DialogButton, lit: str) -> float:
    return _STRONG if button.id == lit or button.kind == "danger" else _GHOST


def _style(button: DialogButton, lit: str) -> StyleName:
    if button.kind == "danger":
        return "danger_on" if button.id == lit else "danger"
    return "primary" if button.id == lit else "ghost"
