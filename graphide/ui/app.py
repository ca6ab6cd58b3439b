"""The window: its loop, its parts, and the one thread that draws. What happens in it is decided by the session.

Each turn of the loop runs what waits (callbacks, then what threads have left for the session), brings the parts to what
the session says, and draws, if there is anything new; while nothing happens no frame is drawn at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.offers import adding
from graphide.editor.palette import node_items
from graphide.editor.remembered import Window
from graphide.editor.selection import Selection
from graphide.editor.session import Session
from graphide.ui import safe
from graphide.ui.canvas import Canvas
from graphide.ui.colors import LOOKS, LookName
from graphide.ui.fonts import Fonts
from graphide.ui.kit import Kit
from graphide.ui.layout import Panels, areas, dragged, panels_from
from graphide.ui.pacer import Pacer
from graphide.ui.textpaint import is_lit, until_blink
from graphide.ui.theme import StyleName, Themes

_LOG: Final = logging.getLogger("graphide.ui")


class App:
    """One window on one session. Use inside `safe.context()`."""

    def __init__(self, session: Session, pacer: Pacer, *, vsync: bool = True) -> None:
        self.session = session
        self.pacer = pacer
        self.look_name: LookName = session.look
        scale, window = session.ui_scale, session.remembered.window
        self._later: list[tuple[int, Callable[[], object]]] = []
        self._size = (0, 0)
        self._laid: tuple[object, ...] = ()
        self._lit = False
        self._asked_to_quit = False
        self._unmaximized = window
        self._make_viewport(window, vsync)
        self.fonts = Fonts(scale)
        self.themes = Themes(LOOKS[self.look_name], scale)
        self.kit = Kit(self.themes, self.fonts)
        self._make_window()
        dpg.setup_dearpygui()
        dpg.show_viewport(maximized=window.maximized)
        dpg.set_primary_window(self.window, True)
        safe.on_close(self.close)

    # --- the loop

    def run(self) -> None:
        """Show the window until it is closed."""
        while self.alive:
            self.turn()
        self.remember()

    def turn(self) -> None:
        """Wait until there is something to draw, no longer than a second, and draw it."""
        if self.pacer.wait(self._longest_wait()):
            self.frame()
        elif self.session.tick():
            self.pacer.poke()
        elif self.canvas.blinks or self._field_blinks():
            self.frame()

    def frame(self) -> None:
        """Do one turn of the loop."""
        safe.run_callbacks(self.report)
        with safe.suppress_into(self.report):
            self._run_later()
            if self.session.tick():
                self.pacer.poke()
            self._follow_settings()
            self._lay_out()
            self._update()
        self._lit = is_lit(time.monotonic())
        dpg.render_dearpygui_frame()

    @property
    def alive(self) -> bool:
        """Whether the window is to go on."""
        return not (self.session.quitting or self._asked_to_quit) and dpg.is_dearpygui_running()

    def close(self) -> None:
        """Do what the close button of the window means: ask about unsaved work, or end."""
        self.session.act("quit")
        self.wake()

    def quit(self) -> None:
        """End the loop after this turn."""
        self._asked_to_quit = True

    def wake(self) -> None:
        """Have a frame drawn soon; from any thread."""
        self.pacer.hurry()

    def after_frames(self, frames: int, do: Callable[[], object]) -> None:
        """Do something some frames from now: sizes are known only once something was drawn."""
        self._later.append((frames, do))
        self.wake()

    def add_node(self, type: str, at: tuple[float, float] | None = None) -> None:
        """Add a node at a place of the canvas in pixels, by itself in its middle."""
        item = next(item for item in node_items(self.session.workspace.registry) if item.id == type)
        place = at or (self.session.size[0] / 2 - 100, self.session.size[1] / 2 - 60)
        command, node_id = adding(self.session, item, self.session.tab.camera.to_world(*place))
        if self.session.do(command):
            self.session.select(Selection((node_id,)))
        self.wake()

    def report(self, error: BaseException) -> None:
        """Say that something went wrong in the window, and go on."""
        _LOG.error("in the window", exc_info=error)
        self.session.say(f"Something went wrong: {error}", "error")

    # --- looks

    @property
    def panels(self) -> Panels:
        """The panels beside the canvas."""
        return panels_from(self.session.panels)

    def resize_panel(self, side: str, width: float) -> None:
        """Take a new width of a panel beside the canvas, in pixels at scale 1."""
        kept, is_open = dragged(side, width)
        if self.session.panel(f"{side}_width") != kept or self.session.panel(side, True) is not is_open:
            self.session.set_panel(f"{side}_width", kept)
            self.session.set_panel(side, is_open)

    def remember(self) -> None:
        """Keep where the window was."""
        self._note_place()
        own = self.session.remembered
        window = replace(self._unmaximized, maximized=safe.maximized(), panels=own.window.panels)
        self.session.remembered = replace(own, window=window)

    def _note_place(self) -> None:
        """Note where the window is, unless it is maximized: then it goes back to where it was before."""
        if not safe.maximized():
            x, y = dpg.get_viewport_pos()
            self._unmaximized = Window(dpg.get_viewport_width(), dpg.get_viewport_height(), int(x), int(y))

    def _follow_settings(self) -> None:
        """Take another theme or scale, live."""
        if self.session.look != self.look_name:
            self.look_name = self.session.look
            self.themes.change_look(LOOKS[self.look_name])
            self.canvas.look(LOOKS[self.look_name])
            dpg.set_viewport_clear_color(LOOKS[self.look_name].color("background"))
        elif self.session.ui_scale != self.fonts.scale:
            self.fonts.rescale(self.session.ui_scale)
            self.themes.rescale(self.session.ui_scale)
            self._laid = ()
        else:
            return
        for part in self._parts:
            part.forget()
        self.wake()

    # --- inside

    def _make_viewport(self, window: Window, vsync: bool) -> None:
        icons = Path(__file__).parent / "icons"
        least = safe.SMALLEST
        place: dict[str, Any] = {} if window.x < 0 else {"x_pos": window.x, "y_pos": window.y}
        dpg.create_viewport(
            title="graphide", width=max(window.width, least[0]), height=max(window.height, least[1]),
            min_width=least[0], min_height=least[1], vsync=vsync, disable_close=True,
            small_icon=str(icons / "graphide-64.png"), large_icon=str(icons / "graphide-256.png"),
            clear_color=LOOKS[self.look_name].color("background"), **place,
        )  # fmt: skip

    def _make_window(self) -> None:
        from graphide.ui.panels import bar, side, sidebar, status
        from graphide.ui.panels.overlays import Overlays

        with dpg.window(no_scrollbar=True, no_scroll_with_mouse=True, no_bring_to_front_on_focus=True) as self.window:
            self.themes.bind(self.window, "window")
            boxes = {name: self._box(name) for name in ("sidebar", "bar", "canvas", "panel", "status")}
        self._boxes = boxes
        self.canvas = Canvas(self, boxes["canvas"])
        self._parts = [
            sidebar.Sidebar(self, boxes["sidebar"]),
            bar.Bar(self, boxes["bar"]),
            side.Side(self, boxes["panel"]),
            status.Status(self, boxes["status"]),
            *Overlays(self).parts,
        ]

    def _box(self, style: StyleName) -> safe.Item:
        scrolls = style == "sidebar"
        item: safe.Item = dpg.add_child_window(
            border=False, always_use_window_padding=True, no_scrollbar=not scrolls, no_scroll_with_mouse=not scrolls
        )
        self.themes.bind(item, style)
        return item

    def _lay_out(self) -> None:
        size = (int(dpg.get_viewport_client_width()), int(dpg.get_viewport_client_height()))
        alone = self.session.tab.alone
        laid = (size, self.panels, self.fonts.scale, alone)
        if laid == self._laid:
            return
        self._laid = laid
        self._note_place()
        found = areas(size, self.panels, self.fonts.scale, alone=alone)
        for name, area in zip(("sidebar", "bar", "canvas", "panel", "status"), found, strict=True):
            item = self._boxes[name]
            shown = area.width > 0 and not (alone and name == "canvas")
            dpg.configure_item(item, show=shown)
            if shown:
                dpg.configure_item(item, pos=(area.x, area.y), width=area.width, height=area.height)
        self.canvas.resize(found.canvas)
        for part in self._parts:
            part.forget()
        self.wake()

    def _run_later(self) -> None:
        waiting, self._later = self._later, []
        for frames, do in waiting:
            if frames <= 1:
                do()
            else:
                self._later.append((frames - 1, do))
        if self._later:
            self.wake()

    def _update(self) -> None:
        self.canvas.update()
        for part in self._parts:
            with safe.suppress_into(self.report):
                part.update()

    def _longest_wait(self) -> float:
        blink = until_blink(time.monotonic()) if self.kit.typing() else 1.0
        return max(0.02, min(blink, self.canvas.due, self.session.due - self.session.clock()))

    def _field_blinks(self) -> bool:
        """Return whether the caret of a field in a panel is to be shown, or hidden, without anything else to draw."""
        return self.kit.typing() and self._lit is not is_lit(time.monotonic())
