"""What every page of the model dialog is: built into an area, brought up to date with every frame, and left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.ui import safe

NARROW: Final = 700.0
"""A width below which a list and its details are not shown side by side."""


class PageView:
    """One page; lengths are pixels at scale 1. `first` is what gets the keyboard."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.kit = app.kit
        self.session = app.session
        self.width = self.height = 0.0
        self.first: safe.Item = 0

    @property
    def narrow(self) -> bool:
        """Whether there is room for a list or its details, not both."""
        return self.width < NARROW

    def build(self, width: float, height: float) -> None:
        """Add the widgets of the page to the container that is being filled."""
        self.width, self.height = width, height

    def update(self) -> None:
        """Bring what is there to what is so."""

    def leave(self) -> None:
        """Stop listening."""

    def enter(self, field: safe.Item) -> bool:
        """Take Enter in a field, and return whether it was used."""
        return False

    def fill(self, item: safe.Item, build: Callable[[], None]) -> None:
        """Add widgets to an item in place of those that are in it."""
        safe.clear(item)
        dpg.push_container_stack(item)
        try:
            build()
        finally:
            dpg.pop_container_stack()

    def then(self, do: Callable[[], object]) -> Callable[[], None]:
        """Return a callback that does something and has a frame drawn."""

        def done() -> None:
            do()
            self.app.wake()

        return done
