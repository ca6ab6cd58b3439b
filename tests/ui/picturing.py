"""A program: makes pictures of the window with one fixed graph in it: `python picturing.py FOLDER`.

Both themes, at 50, 100 and 200 %: dark_50.png, and so on. With `all` after the folder also the menu, the palette, a refused
wire, a toast, a tip and the smallest window, for looking at them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import dearpygui.dearpygui as dpg

from graphide.editor import viewing
from graphide.editor.commands_view import SetFrame
from graphide.editor.layout import Frame, Point
from graphide.editor.selection import Selection
from tests.ui.driving import Driver, window

SIZE = (1280, 800)
ZOOMS = (50, 100, 200)


def scene(driver: Driver) -> None:
    """Show a graph that has run, with a frame and a selected node, the same each time."""
    session = driver.session
    driver.fresh("hello")
    session.do(SetFrame("f1", Frame("Inputs", Point(16, -24), Point(268, 438))))
    session.select(Selection(("task",)))
    session.act("run")
    driver.until(lambda: session.tab.runs.view.over)
    for toast in session.toasts.shown:
        session.toasts.dismiss(toast.id)


def looked_at(driver: Driver, percent: int) -> None:
    """Look at the middle of the graph at a zoom."""
    viewing.zoom_to(driver.session, percent / 100)
    box = driver.session.surface.box_of(("task",))
    assert box is not None
    viewing.centre_on(driver.session, box.x + box.width / 2, box.y + box.height / 2)
    driver.move(3, driver.app.canvas.area.y + 300)
    driver.frames(6)


def overlays(driver: Driver, folder: Path, look: str) -> None:
    """Make pictures of what opens above the canvas."""
    looked_at(driver, 100)
    driver.click(*driver.title("task"), button=3)
    driver.frames(6)
    driver.picture(folder / f"{look}_menu.png")
    driver.key("Escape")
    driver.key("Tab")
    driver.frames(8)
    driver.type("te")
    driver.picture(folder / f"{look}_palette.png")
    driver.key("Escape")
    driver.take(driver.pin("persona", "text", output=True), driver.pin("answer", "sampling", output=False))
    driver.frames(3)
    driver.picture(folder / f"{look}_refused.png")
    driver.release()
    driver.frames(8)
    driver.picture(folder / f"{look}_toast.png")
    for toast in driver.session.toasts.shown:
        driver.session.toasts.dismiss(toast.id)
    driver.move(*driver.pin("task", "topic", output=False))
    driver.until(lambda: bool(driver.tip()))
    driver.frames(3)
    driver.picture(folder / f"{look}_tip.png")


def small(driver: Driver, folder: Path, look: str) -> None:
    """Make a picture of the smallest window."""
    dpg.set_viewport_width(1024)
    dpg.set_viewport_height(640)
    driver.until(lambda: dpg.get_viewport_client_width() == 1024)
    driver.key("Home")
    driver.frames(6)
    driver.picture(folder / f"{look}_small.png")
    dpg.set_viewport_width(SIZE[0])
    dpg.set_viewport_height(SIZE[1])
    driver.until(lambda: dpg.get_viewport_client_width() == SIZE[0])


def main(folder: Path, *, everything: bool) -> None:
    """Make the pictures."""
    with tempfile.TemporaryDirectory() as state, window(Path(state), SIZE) as driver:
        scene(driver)
        for look in ("dark", "light"):
            for percent in ZOOMS:
                looked_at(driver, percent)
                driver.picture(folder / f"{look}_{percent}.png")
            if everything:
                overlays(driver, folder, look)
                small(driver, folder, look)
            driver.session.act("look")
            driver.frames(6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), everything=sys.argv[2:] == ["all"])
