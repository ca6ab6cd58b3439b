"""The page of a chat in the window: scrolling that follows the end, selecting by mouse, and clicks handed on as spots."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.chat_page import ChatPage
from graphide.editor.text.page import Part, Spot
from graphide.editor.text.picking import Mark, Picked, copied, mark_at, word_at
from graphide.editor.tips import tip_shapes
from graphide.editor.views import Box
from graphide.store.turns import ROOT, Turns
from graphide.ui import safe
from graphide.ui.panels.page_painter import PagePainter
from graphide.ui.shapes import draw

if TYPE_CHECKING:
    from graphide.ui.app import App

_NEAR_THE_END: Final = 6.0
_TIP_SECONDS: Final = 0.5
_TRIES: Final = 12  # frames until what is scrolled has its size
_BETWEEN: Final = 0.03  # seconds between two looks at an answer that is written: nobody reads faster


class ChatSheet:
    """One chat in a scrolling box; `take` has each spot that is clicked. Lengths are pixels at scale 1.

    `name` is that of the model, `read_at` how far down it is read, as `ChatSession` has it.
    """

    def __init__(
        self, app: App, box: safe.Item, take: Callable[[Spot], object], *, name: str = "", read_at: float = -1.0
    ) -> None:
        self._app = app
        self._box = box
        self._take = take
        self.page = ChatPage(name)
        self.painter = PagePainter(app, box)
        self.follows = read_at < 0
        self._wanted = read_at
        self._tries = _TRIES
        self.picked: Picked | None = None
        self._between: tuple[Part, ...] = ()  # the parts that the selection begins and ends in
        self._held: Mark | None = None
        self._hover: tuple[Box, Spot] | None = None
        self._since = self._shown = 0.0
        self.tip = ""
        self._scrolled = (0.0, 0.0)
        self._make()

    def close(self) -> None:
        """Stop listening."""
        safe.delete(self._handlers)
        safe.delete(self._tip)

    def update(self, turns: Turns, width: float, edited: int = ROOT, *, writing: bool = False) -> None:
        """Bring the box to what the chosen way says; what is being written is shown a little later than it comes."""
        if not dpg.does_item_exist(self.painter.drawlist):
            return
        now = time.monotonic()
        if writing and now < self._shown + _BETWEEN:
            self._app.wake()
        elif self.page.show(turns, width, edited):
            self._shown = now
            self._settle()
        self._show_tip()
        visible = safe.rectangle(self._box)[3]
        self._scroll(visible)
        self.painter.paint(self.page, width, self._scrolled[0], visible)
        self.painter.light(self.page, self.picked, self._hover[0] if self._hover is not None else None)

    def to_the_end(self) -> None:
        """Show the end, and go on showing it."""
        self.follows, self._wanted = True, -1.0
        self._app.wake()

    def lead_to(self, turn_id: int) -> None:
        """Show a turn from its beginning on, once it is laid out."""
        top = self.page.top_of(turn_id)
        if top is not None:
            self.follows, self._wanted, self._tries = False, max(0.0, top), _TRIES
            self._app.wake()

    @property
    def read_at(self) -> float:
        """How far down it is read, -1 where the end is followed."""
        if self._wanted >= 0:
            return self._wanted
        return -1.0 if self.follows else self._scrolled[0] / self.painter.scale

    @property
    def selected(self) -> str:
        """The text that is selected."""
        return copied(self.page.parts, self.picked) if self.picked else ""

    def place_of(self, spot: Box) -> tuple[float, float]:
        """Return where the middle of a box of the page is in the window, in pixels."""
        left, top, _, _ = safe.rectangle(self.painter.drawlist)
        scale = self.painter.scale
        return left + (spot.x + spot.width / 2) * scale, top + (spot.y + spot.height / 2) * scale

    # --- scrolling

    def _scroll(self, visible: float) -> None:
        """Follow the end of the page, unless somebody scrolled up; at the end it is followed again."""
        at, most = float(dpg.get_y_scroll(self._box)), float(dpg.get_y_scroll_max(self._box))
        before, most_before = self._scrolled
        self._scrolled = (at, most)
        if self._wanted >= 0:
            self._go_back(most)
            return
        if at < before - 1 and most >= most_before:
            self.follows = False
        elif at >= most - _NEAR_THE_END and most >= most_before:
            self.follows = True
        if not self.follows:
            return
        target = max(most, self.page.height * self.painter.scale - visible) if visible else most
        if target - at > 1:
            dpg.set_y_scroll(self._box, target)
            self._app.wake()

    def _go_back(self, most: float) -> None:
        """Show again what was read before, once there is something that can be scrolled; soon or not at all."""
        self._tries -= 1
        if most > 0:
            at = min(self._wanted * self.painter.scale, most)
            dpg.set_y_scroll(self._box, at)
            self._scrolled, self._wanted = (at, most), -1.0
        elif not self._tries:
            self.follows, self._wanted = True, -1.0
        self._app.wake()

    def _settle(self) -> None:
        """Give the selection up where its parts are no more, and what the mouse was over."""
        self._hover = None
        if self.picked is None:
            return
        first, last = self.picked.ends
        parts = self.page.parts
        if last.part >= len(parts) or (parts[first.part], parts[last.part]) != self._between:
            self.picked = self._held = None

    # --- mouse and keys

    def _make(self) -> None:
        with dpg.handler_registry() as self._handlers:
            dpg.add_mouse_move_handler(callback=self._moved)
            dpg.add_mouse_click_handler(0, callback=self._pressed)
            dpg.add_mouse_double_click_handler(0, callback=self._doubled)
            dpg.add_mouse_release_handler(0, callback=self._released)
            dpg.add_key_press_handler(dpg.mvKey_C, callback=self._copy)
        self._tip: Any = dpg.add_viewport_drawlist(front=True)

    def _at(self) -> tuple[float, float]:
        left, top, _, _ = safe.rectangle(self.painter.drawlist)
        x, y = safe.mouse()
        return (x - left) / self.painter.scale, (y - top) / self.painter.scale

    def _over(self) -> bool:
        return safe.hovered(self.painter.drawlist) and self._app.session.popups.dialog is None

    def _moved(self) -> None:
        if self._held is not None and dpg.does_item_exist(self.painter.drawlist):
            self._pick(self._held)
        found = None
        if self._over() and self._held is None:
            hit = self.page.spot_at(*self._at())
            if hit is not None:
                number, spot = hit
                found = (spot.box._replace(y=spot.box.y + self.page.tops[number]), spot)
        if found != self._hover:
            self._hover, self._since = found, time.monotonic()
            self._app.wake()

    def _show_tip(self) -> None:
        """Say what the mouse rests on."""
        text = self._hover[1].tip if self._hover is not None and self._over() else ""
        if text and time.monotonic() - self._since < _TIP_SECONDS:
            self._app.wake()  # nothing else has a frame drawn while the mouse rests
            text = ""
        if text == self.tip:
            return
        self.tip = text
        dpg.delete_item(self._tip, children_only=True)
        if text:
            scale, (x, y) = self.painter.scale, safe.mouse()
            room = (dpg.get_viewport_client_width() / scale, dpg.get_viewport_client_height() / scale)
            draw(tip_shapes(text, (x / scale, y / scale), room), self._tip, self._app.canvas.brush(scale))

    def _pressed(self) -> None:
        if not self._over():
            self._drop()
            return
        hit = self.page.spot_at(*self._at())
        if hit is not None:
            self._take(hit[1])
            self._app.wake()
            return
        self._drop()
        self._held = self._mark()

    def _doubled(self) -> None:
        mark = self._mark() if self._over() else None
        if mark is not None and self.page.spot_at(*self._at()) is None:
            self._picked(word_at(self.page.parts, mark))

    def _released(self) -> None:
        self._held = None

    def _copy(self) -> None:
        if self.picked and "ctrl" in self._app.canvas.inputs.modifiers() and not self._app.kit.typing():
            safe.copy(self.selected)

    def _mark(self) -> Mark | None:
        x, y = self._at()
        number = self.page.number_at(y)
        return mark_at(self.page.parts, number, x, y - self.page.tops[number]) if number >= 0 else None

    def _pick(self, anchor: Mark) -> None:
        mark = self._mark()
        if mark is not None:
            self._picked(Picked(anchor, mark))

    def _picked(self, picked: Picked) -> None:
        self.picked = picked
        first, last = picked.ends
        self._between = (self.page.parts[first.part], self.page.parts[last.part])
        self._app.wake()

    def _drop(self) -> None:
        if self.picked is not None:
            self.picked = None
            self._app.wake()
