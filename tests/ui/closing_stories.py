"""More stories of `test_dialogs`, about the window as a whole: `python closing_stories.py NAME` on a screen plays one."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from graphide.editor.commands_nodes import SetNodeTitle
from tests.ui.dialog_stories import body
from tests.ui.driving import Driver, window
from tests.ui.window_manager import WindowManager


def the_close_button_asks_about_unsaved_work(driver: Driver, manager: WindowManager) -> None:
    session = driver.session
    session.new_from("hello")
    session.do(SetNodeTitle("task", "Question"))
    driver.frames(3)
    manager.press_close_button()
    assert body(driver).dialog.title == "Close the window?" and driver.app.alive
    driver.key("Escape")
    assert session.popups.dialog is None and driver.app.alive
    manager.press_close_button()
    body(driver)
    driver.key("Right")
    driver.key("Return")  # the button after the main one: keep for the next start
    assert session.quitting and not driver.app.alive


def the_close_button_closes_when_all_is_saved(driver: Driver, manager: WindowManager) -> None:
    driver.frames(3)
    manager.press_close_button()
    driver.until(lambda: not driver.app.alive)


def a_maximized_window_is_remembered_with_the_size_it_had(driver: Driver, manager: WindowManager) -> None:
    driver.frames(3)
    manager.maximize()
    driver.frames(3)
    driver.app.remember()
    own = driver.session.remembered.window
    assert own.maximized and (own.width, own.height) == (1280, 800)
    manager.maximize(back=True)
    driver.frames(3)
    driver.app.remember()
    assert not driver.session.remembered.window.maximized


if __name__ == "__main__":
    at_the_screen = WindowManager()
    with window(Path(tempfile.mkdtemp())) as at_the_window:
        globals()[sys.argv[1]](at_the_window, at_the_screen)
