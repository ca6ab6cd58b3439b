"""What every part of the window is: made anew when what it shows is another value than before, and else left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from graphide.ui import safe

if TYPE_CHECKING:
    from graphide.ui.app import App

_NEVER = object()


class Panel:
    """A part of the window inside `item`. `key` is all that it shows, `build` adds its widgets."""

    def __init__(self, app: App, item: safe.Item) -> None:
        self.app = app
        self.kit = app.kit
        self.session = app.session
        self.item = item
        self._shown: object = _NEVER
        self.built = 0

    def key(self) -> object:
        """Return what it shows; it is made anew when this is not equal to the last one."""
        raise NotImplementedError

    def build(self) -> None:
        """Add its widgets to the item that is being filled."""
        raise NotImplementedError

    def follow(self) -> bool:
        """Bring the widgets that are there to another key and return whether that will do; by itself it will not."""
        return False

    def forget(self) -> None:
        """Make it anew with the next update, whatever it shows."""
        self._shown = _NEVER

    def update(self) -> None:
        """Bring it to what the session says."""
        key = self.key()
        if key == self._shown:
            return
        is_new, self._shown = self._shown is _NEVER, key
        if not is_new and self.follow():
            return
        self.built += 1
        safe.clear(self.item)
        dpg.push_container_stack(self.item)
        try:
            self.build()
        finally:
            dpg.pop_container_stack()
