"""The README of a repository in the model dialog: painted into the pane that scrolls, with links that open."""

from __future__ import annotations

from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor import talking
from graphide.editor.model_readme import ReadmePage
from graphide.ui import safe
from graphide.ui.panels.page_painter import PagePainter

_FRAME: Final = 0.01  # seconds of each frame in which more of a long text is laid out


class ReadmeView:
    """One README, painted as far as it is seen."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._page: ReadmePage | None = None
        self._painter: PagePainter | None = None
        self._handlers: safe.Item = 0
        self._shown: object = None
        self._width = 0.0

    def show(self, pane: safe.Item, markdown: str, width: float) -> None:
        """Show a text below what is in a pane; nothing for an empty one."""
        shown = (pane, markdown, width)
        if shown == self._shown:
            return
        self.close()
        self._shown, self._width = shown, width
        if markdown:
            self._page = ReadmePage(markdown, width)
            self._painter = PagePainter(self._app, pane)
            with dpg.handler_registry() as self._handlers:
                dpg.add_mouse_click_handler(0, callback=self._clicked)

    def update(self, pane: safe.Item) -> None:
        """Paint what is seen of it in the pane."""
        if self._page is None or self._painter is None or not dpg.does_item_exist(self._painter.drawlist):
            return
        if self._page.grow(_FRAME):
            self._app.wake()
        _, top, _, height = safe.rectangle(pane)
        _, begins, _, _ = safe.rectangle(self._painter.drawlist)
        self._painter.paint(self._page, self._width, max(0.0, top - begins), height)

    def close(self) -> None:
        """Take it away."""
        safe.delete(self._handlers)
        if self._painter is not None:
            safe.delete(self._painter.drawlist)
        self._page = self._painter = self._shown = None
        self._handlers = 0

    def _clicked(self) -> None:
        painter, page = self._painter, self._page
        if painter is None or page is None or not safe.hovered(painter.drawlist):
            return
        left, top, _, _ = safe.rectangle(painter.drawlist)
        x, y = safe.mouse()
        spot = page.spot_at((x - left) / painter.scale, (y - top) / painter.scale)
        if spot is not None and spot.act == "link":
            talking.open_link(self._app.session, spot.value)
        elif spot is not None and spot.act == "copy_text":
            self._app.session.clipboard.write(spot.value)
            self._app.session.say("Copied", "success")
        self._app.wake()
