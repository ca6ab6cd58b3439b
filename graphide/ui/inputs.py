"""Raw mouse and keys of the window as the plain values that the editor takes. What they do is not known here.

Who gets a key, a field that is being typed into or the editor, is decided by the window that owns this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.gestures_input import Button, Key, Modifier, Mouse
from graphide.ui import safe
from graphide.ui.layout import GRIP

_BUTTONS: Final[tuple[Button, ...]] = ("left", "right", "middle")
_BY_CODE: Final = {517: "page_up", 518: "page_down", 596: "'", 601: ";", 602: "=", 606: "`"}
"""Keys for which the constants of DearPyGui 2.3 are not the codes that its handlers tell."""
_SUPER: Final = (530, 534)
_MODIFIERS: Final[dict[int, Modifier]] = {
    dpg.mvKey_LShift: "shift", dpg.mvKey_RShift: "shift", dpg.mvKey_LControl: "ctrl", dpg.mvKey_RControl: "ctrl",
    dpg.mvKey_LAlt: "alt", dpg.mvKey_RAlt: "alt",
    **dict.fromkeys(_SUPER if sys.platform == "darwin" else (), "ctrl"),
}  # fmt: skip
_NAMED: Final = {
    "Left": "left", "Right": "right", "Up": "up", "Down": "down", "Home": "home", "End": "end", "Return": "enter",
    "NumPadEnter": "enter", "Escape": "escape", "Delete": "delete", "Back": "backspace",
    "Tab": "tab", "Spacebar": "space", "Minus": "-", "Subtract": "-", "Add": "+",
    "Comma": ",", "Period": ".", "Slash": "/", "Insert": "insert", "Backslash": "\\", "Open_Brace": "[",
    "Close_Brace": "]", "NumPad0": "0", "Menu": "menu",
}  # fmt: skip


def _key_names() -> Iterator[tuple[int, str]]:
    yield from _BY_CODE.items()
    for name, ours in _NAMED.items():
        code = getattr(dpg, f"mvKey_{name}", None)
        if code is not None:
            yield code, ours
    for name in (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *(f"F{number}" for number in range(1, 13))):
        yield getattr(dpg, f"mvKey_{name}"), name.lower()


class Inputs:
    """Listens to the mouse and the keys of the window and hands them on."""

    def __init__(self, canvas: safe.Item, on_mouse: Callable[[Mouse], None], on_key: Callable[[Key], None]) -> None:
        self._canvas = canvas
        self._on_mouse = on_mouse
        self._on_key = on_key
        self._names = dict(_key_names())
        self._held: set[str] = set()
        self._modifiers: set[int] = set()
        self._dragging: set[Button] = set()
        self._last: Mouse | None = None
        self.blocked: Callable[[], bool] = lambda: False
        with dpg.handler_registry():
            dpg.add_mouse_move_handler(callback=self._moved)
            dpg.add_mouse_wheel_handler(callback=self._wheeled)
            for number in range(3):
                dpg.add_mouse_click_handler(number, callback=self._pressed)
                dpg.add_mouse_double_click_handler(number, callback=self._doubled)
                dpg.add_mouse_release_handler(number, callback=self._released)
            dpg.add_key_press_handler(callback=self._key_down)
            dpg.add_key_release_handler(callback=self._key_up)

    def modifiers(self) -> frozenset[Modifier]:
        """Return the modifiers that were held when what is being told happened.

        They are followed from the events, because asking says what is held a frame later; and they are asked for, because
        of keys that went down together Enter and the arrows are told before Ctrl.
        """
        return frozenset(name for code, name in _MODIFIERS.items() if code in self._modifiers or dpg.is_key_down(code))

    # --- the mouse

    def _at(self) -> tuple[float, float]:
        left, top, _, _ = safe.rectangle(self._canvas)
        x, y = safe.mouse()
        return x - left, y - top

    def over(self) -> bool:
        """Return whether the mouse is over the canvas, with nothing above it that would take it."""
        left, _, width, _ = safe.rectangle(self._canvas)
        is_edge = not GRIP <= safe.mouse()[0] - left <= width - GRIP
        return safe.hovered(self._canvas) and not is_edge and not self.blocked()

    def _pressed(self, _: Any, data: Any) -> None:
        button = _BUTTONS[int(data)]
        if self.over():
            self._dragging.add(button)
            self._on_mouse(Mouse("down", button, *self._at(), self.modifiers()))

    def _doubled(self, _: Any, data: Any) -> None:
        if self.over():
            self._on_mouse(Mouse("double", _BUTTONS[int(data)], *self._at(), self.modifiers()))

    def _released(self, _: Any, data: Any) -> None:
        button = _BUTTONS[int(data if not isinstance(data, (list, tuple)) else data[0])]
        if button in self._dragging:
            self._dragging.discard(button)
            self._on_mouse(Mouse("up", button, *self._at(), self.modifiers()))

    def _moved(self, _: Any, __: Any) -> None:
        if not (self._dragging or self.over()):
            return
        event = Mouse("move", "", *self._at(), self.modifiers())
        if event != self._last:
            self._last = event
            self._on_mouse(event)

    def _wheeled(self, _: Any, data: Any) -> None:
        if self.over():
            self._on_mouse(Mouse("wheel", "", *self._at(), self.modifiers(), (0.0, float(data))))

    # --- keys

    def key_of(self, data: Any) -> Key | None:
        """Return the key that a handler was told of, None for one without a name here."""
        name = self._names.get(_code(data))
        return Key(name, modifiers=self.modifiers()) if name is not None else None

    def _key_down(self, _: Any, data: Any) -> None:
        code = _code(data)
        if code in _MODIFIERS:
            self._modifiers.add(code)
        name = self._names.get(code)
        if name is None:
            return
        repeat = name in self._held
        self._held.add(name)
        self._on_key(Key(name, modifiers=self.modifiers(), repeat=repeat))

    def _key_up(self, _: Any, data: Any) -> None:
        code = _code(data)
        self._modifiers.discard(code)
        name = self._names.get(code)
        if name is not None:
            self._held.discard(name)
            self._on_key(Key(name, down=False, modifiers=self.modifiers()))


def _code(data: Any) -> int:
    """Return the key that a handler was told of; a key that is held comes with how long."""
    return int(data[0] if isinstance(data, list | tuple) else data)
