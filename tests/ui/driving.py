"""Drives a window of the editor from inside its own process: frames between real mouse and key events of X.

A program of a story gets a `Driver`, does what a person would do, and asserts on the session. It runs in a process of its
own, on a screen of its own (`window.run_in_window`), because a window cannot be opened twice in one process.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor import viewing
from graphide.editor.session import Session
from graphide.ui import safe
from graphide.ui.app import App
from graphide.ui.pacer import Pacer
from graphide.ui.panels.tips import Tips
from graphide.ui.shapes import bezier
from graphide.ui.window import SystemClipboard, served
from graphide.workspace import Workspace

_DOUBLE = 0.35  # seconds, a little more than between the presses of a double click


class Driver:
    """One window with a hand on the mouse and the keyboard. Places are pixels of the window."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.session = app.session
        self._pressed = 0.0

    def frames(self, count: int = 2) -> None:
        """Let the window draw."""
        for _ in range(count):
            self.app.frame()

    def until(self, is_so: Callable[[], bool], seconds: float = 20.0) -> None:
        """Let the window draw until something is so."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, "it did not come to that in time"
            self.frames(1)

    def move(self, x: float, y: float) -> None:
        """Move the mouse."""
        _xdotool("mousemove", str(round(x)), str(round(y)))
        self.frames(3)

    def press(self, button: int = 1, *, again: bool = False) -> None:
        """Press a button of the mouse where it is; unless it is `again`, not as the second half of a double click."""
        self.until(lambda: again or time.monotonic() > self._pressed + _DOUBLE)
        self._pressed = time.monotonic()
        _xdotool("mousedown", str(button))
        self.frames(2)

    def release(self, button: int = 1) -> None:
        """Let a button of the mouse go."""
        _xdotool("mouseup", str(button))
        self.frames(3)

    def click(self, x: float, y: float, button: int = 1) -> None:
        """Click."""
        self.move(x, y)
        self.press(button)
        self.release(button)

    def double_click(self, x: float, y: float) -> None:
        """Click twice."""
        self.click(x, y)
        self.press(again=True)
        self.release()

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6, button: int = 1) -> None:
        """Drag from one place to another."""
        self.take(start, end, steps, button)
        self.release(button)

    def take(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6, button: int = 1) -> None:
        """Drag from one place to another without letting go."""
        self.move(*start)
        self.press(button)
        for step in range(1, steps + 1):
            share = step / steps
            self.move(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)

    def wheel(self, notches: int) -> None:
        """Turn the wheel, up with a positive number."""
        for _ in range(abs(notches)):
            _xdotool("click", "4" if notches > 0 else "5")
            self.frames(2)

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Hold a key down."""
        _xdotool("keydown", key)
        self.frames(3)
        try:
            yield
        finally:
            _xdotool("keyup", key)
            self.frames(3)

    def key(self, chord: str) -> None:
        """Press a key with its modifiers, as xdotool writes them."""
        _xdotool("key", chord)
        self.frames(4)

    def type(self, text: str) -> None:
        """Type characters, one after the other."""
        for char in text:
            _xdotool("type", char)
            self.frames(3)

    # --- where things are

    def canvas(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the canvas is in the window."""
        left, top = self.app.canvas.area[:2]
        seen = self.session.tab.camera.to_screen(x, y)
        return left + seen[0], top + seen[1]

    def near(self, node_id: str) -> None:
        """Look at a node at 100 %."""
        viewing.zoom_to(self.session, 1.0)
        box = self.session.surface.box_of((node_id,), (node_id,))
        assert box is not None, f"{node_id} is not drawn"
        viewing.centre_on(self.session, box.x + box.width / 2, box.y + box.height / 2)
        self.frames(3)

    def title(self, node_id: str) -> tuple[float, float]:
        """Return where a node can be taken hold of."""
        group = self.session.surface.group(node_id)
        assert group is not None, f"{node_id} is not drawn"
        return self.canvas(group.x + group.width / 2, group.y + 14)

    def part(self, node_id: str, part: str, name: str = "") -> tuple[float, float]:
        """Return the middle of a part of a node or frame: its corner, fold, badge, widget or title."""
        view = self.session.surface.view
        group = next(group for group in (*view.nodes, *view.frames) if group.key.removeprefix("$") == node_id)
        hit = next(hit for hit in group.hits if hit.part == part and name in ("", hit.name))
        return self.canvas(group.x + hit.box.x + hit.box.width / 2, group.y + hit.box.y + hit.box.height / 2)

    def wire(self, edge: str, share: float = 0.5) -> tuple[float, float]:
        """Return a place on a wire, at a share of its first curve."""
        wire = next(wire for wire in self.session.surface.view.wires if str(wire.edge) == edge)
        return self.canvas(*bezier(wire.curves[0], share))

    def empty(self) -> tuple[float, float]:
        """Return a place of the canvas in the view where nothing is."""
        area = self.app.canvas.area
        camera, surface = self.session.tab.camera, self.session.surface
        spots = ((x, y) for y in range(area.height - 200, 40, -37) for x in range(60, area.width - 240, 53))
        at = next(at for at in spots if surface.at(*camera.to_world(*at)).kind == "canvas")
        return area.x + at[0], area.y + at[1]

    def label(self, text: str) -> tuple[float, float]:
        """Return the middle of the button with a label, or with an icon alone, wherever in the window it is."""
        for item in dpg.get_all_items():
            label = str(dpg.get_item_label(item) or "").split("   ")[-1].strip()
            if label == text and dpg.get_item_type(item) == "mvAppItemType::mvButton":
                left, top, width, height = safe.rectangle(item)
                if width and dpg.is_item_visible(item):
                    return left + width / 2, top + height / 2
        raise AssertionError(f"no button says {text!r}")

    def tip(self) -> str:
        """Return the tip that is shown at the mouse."""
        self.frames(1)
        return next(part.shown for part in self.app._parts if isinstance(part, Tips))

    def said(self) -> str:
        """Return what the toasts say."""
        return " | ".join(toast.message for toast in self.session.toasts.shown)

    # --- from story to story

    def fresh(self, template: str = "") -> None:
        """Close everything without asking, and show an empty graph or one like a template, at 100 %."""
        session = self.session
        session.gestures.cancel()
        session.popups.dialog = None
        session.popups.close()
        for toast in session.toasts.shown:
            session.toasts.dismiss(toast.id)
        for tab in session.tabs:
            if tab in session.tabs:
                session.drop(tab)
        if template:
            assert session.new_from(template)
        self.frames(4)

    def pin(self, node_id: str, name: str, *, output: bool) -> tuple[float, float]:
        """Return where a pin is."""
        at = self.session.surface.pin_at(node_id, name, output=output)
        assert at is not None, f"{node_id} shows no pin {name}"
        return self.canvas(*at)

    def picture(self, path: Path) -> None:
        """Keep a picture of the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        dpg.output_frame_buffer(str(path))
        self.until(lambda: path.exists() and path.stat().st_size > 0)


@contextmanager
def window(folder: Path, size: tuple[int, int] = (1280, 800), model: str = "echo") -> Iterator[Driver]:
    """Open a window whose state is kept in a folder; by itself the echo backend answers in place of models."""
    with Workspace(model=model, cache=False) as workspace:
        pacer = Pacer()
        serve = partial(served, _server, workspace)
        session = Session(workspace, wake=pacer.poke, folder=folder, clipboard=SystemClipboard(), serve=serve)
        own = session.remembered
        session.remembered = replace(own, window=replace(own.window, width=size[0], height=size[1], x=0, y=0))
        try:
            with safe.context():
                driver = Driver(App(session, pacer, vsync=False))
                driver.frames(6)
                yield driver
                pacer.close()
        finally:
            session.close()


def _xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, env=dict(os.environ), stdout=subprocess.DEVNULL)


def _server(*given: Any) -> Any:
    from graphide.server.inside import start

    return start(*given)
