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
from pathlib import Path

import dearpygui.dearpygui as dpg

from graphide.editor.session import Session
from graphide.ui import safe
from graphide.ui.app import App
from graphide.ui.pacer import Pacer
from graphide.ui.window import SystemClipboard
from graphide.workspace import Workspace


class Driver:
    """One window with a hand on the mouse and the keyboard. Places are pixels of the window."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.session = app.session

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

    def press(self, button: int = 1) -> None:
        """Press a button of the mouse where it is."""
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
        self.press()
        self.release()

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
        """Drag from one place to another."""
        self.move(*start)
        self.press()
        for step in range(1, steps + 1):
            share = step / steps
            self.move(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        self.release()

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

    def title(self, node_id: str) -> tuple[float, float]:
        """Return where a node can be taken hold of."""
        group = self.session.surface.group(node_id)
        assert group is not None, f"{node_id} is not drawn"
        return self.canvas(group.x + group.width / 2, group.y + 14)

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
def window(folder: Path, size: tuple[int, int] = (1280, 800)) -> Iterator[Driver]:
    """Open a window whose state is kept in a folder, with the echo backend in place of models."""
    with Workspace(model="echo", cache=False) as workspace:
        pacer = Pacer()
        session = Session(workspace, wake=pacer.poke, folder=folder, clipboard=SystemClipboard())
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
