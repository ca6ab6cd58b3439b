"""What follows the mouse over the canvas: its pointer, tips about what it rests on, and files that are dropped there.

Tips are drawn above everything, without a window of their own: that would take the mouse from what is below it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.chat_files import attach
from graphide.editor.dropping import take_files
from graphide.editor.talking import SIDE
from graphide.editor.tips import tip_shapes
from graphide.ui import safe
from graphide.ui.native import Native, Pointer
from graphide.ui.panels.base import Panel
from graphide.ui.panels.grips import Grips
from graphide.ui.shapes import draw

_REST: Final = 0.45
"""Seconds that the mouse rests before a tip is shown."""


class Tips(Panel):
    """The tip, the pointer, and dropped files."""

    def __init__(self, app: Any, grips: Grips) -> None:
        super().__init__(app, 0)
        self._grips = grips
        self._layer: Any = dpg.add_viewport_drawlist(front=True)
        self._native: Native | None = None
        self._seen: tuple[object, ...] = ()
        self._since = 0.0
        self._camera: object = None
        self._drawn: tuple[object, ...] = ()
        self._at = (0.0, 0.0)
        self.shown = ""

    def update(self) -> None:
        """Bring pointer and tip to what is under the mouse."""
        if self._native is None:  # the window is there since the first frame
            self._native = Native()
            self._native.on_files(self._dropped)
        over = self.app.canvas.inputs.over()
        pointer = self.pointer(over=over)
        if pointer != "arrow":
            self._native.point(pointer)
        self._show(self._due(over=over))

    def pointer(self, *, over: bool) -> Pointer:
        """Return the shape of the pointer where the window is concerned; fields have their own."""
        if self._grips.dragged or self._grips.under():
            return "sideways"
        if not (over or self.session.gestures.now is not None):
            return "arrow"
        cursor = self.app.canvas.view.cursor
        if cursor == "resize":
            return "sideways" if self.session.gestures.hover.kind == "widget" else "corner"
        return cursor

    def _due(self, *, over: bool) -> str:
        """Return the tip to be shown now."""
        session, text = self.session, str(self.app.canvas.view.tooltip)
        now, camera, at = session.clock(), session.tab.camera, session.gestures.at
        if session.gestures.now is not None:
            return text
        if not text or not over or session.field is not None:
            self._seen = ()
            return ""
        if (text, at) != self._seen:
            self._seen, self._since, self._camera = (text, at), now, camera
        if camera != self._camera:
            return ""  # what was under the mouse has moved away
        if text == self.shown:
            return text
        if now - self._since >= _REST:
            return text
        self.app.wake()  # nothing else has a frame drawn when the mouse rests
        return ""

    def _show(self, text: str) -> None:
        """Draw a tip where the mouse came to rest; one about a drag goes with the mouse."""
        stays = text == self.shown and self.session.gestures.now is None
        self._at = self._at if stays else safe.mouse()
        scale = self.app.fonts.scale
        drawn = (text, self._at, self.app.themes.look, scale) if text else ()
        if drawn == self._drawn:
            return
        self._drawn, self.shown = drawn, text
        dpg.delete_item(self._layer, children_only=True)
        if text:
            room = (dpg.get_viewport_client_width() / scale, dpg.get_viewport_client_height() / scale)
            at = (self._at[0] / scale, self._at[1] / scale)
            draw(tip_shapes(text, at, room), self._layer, self.app.canvas.brush(scale))

    def _dropped(self, files: list[Path]) -> None:
        self.app.after_frames(1, lambda: self._take(files))

    def _take(self, files: list[Path]) -> None:
        area, (x, y) = self.app.canvas.area, safe.mouse()
        over_chat = x >= area.x + area.width and self.session.panel(SIDE) == "chat"
        if over_chat or self.session.tab.alone:
            attach(self.session, files)
            self.app.wake()
            return
        take_files(self.session, files, (x - area.x, y - area.y))
