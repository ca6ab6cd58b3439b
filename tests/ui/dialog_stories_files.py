"""More stories of `test_dialogs`, about files: `python dialog_stories_files.py NAME` on a screen plays one."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from graphide.editor import lifecycle
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.session import Session
from graphide.ui import safe
from tests.ui.dialog_stories import body
from tests.ui.driving import Driver, window


def saving_over_a_file_asks(driver: Driver) -> None:
    session, folder = driver.session, Path(tempfile.mkdtemp())
    (folder / "mine.json").write_text("{}")
    session.new_from("hello")
    assert session.save_as(folder / "first.json")
    driver.frames(3)
    driver.key("ctrl+shift+s")
    body(driver)
    driver.key("ctrl+a")
    driver.type("mine")
    driver.key("Return")
    assert "Replace mine.json" in body(driver).dialog.title
    driver.key("Return")  # Enter never replaces
    assert body(driver).dialog.what == "save_as" and (folder / "mine.json").read_text() == "{}"
    driver.key("Return")
    assert "Replace mine.json" in body(driver).dialog.title
    driver.key("alt+r")
    driver.until(lambda: session.popups.dialog is None)
    assert session.tab.document.path == folder / "mine.json" and '"task"' in (folder / "mine.json").read_text()


def a_graph_is_opened_with_the_keyboard_alone(driver: Driver) -> None:
    session, folder = driver.session, Path(tempfile.mkdtemp())
    (folder / "inner").mkdir()
    session.new_from("hello")
    assert session.save_as(folder / "inner" / "a.json") and session.save_as(folder / "top.json")
    driver.frames(3)
    driver.key("ctrl+o")
    browser = body(driver).browser
    driver.key("Down")
    driver.key("Return")
    assert browser.folder.path == folder / "inner" and session.popups.dialog is not None
    driver.key("BackSpace")
    assert browser.folder.path == folder and browser.line is not None and browser.line.name == "inner"
    driver.type("x")
    driver.key("BackSpace")
    assert browser.folder.path == folder and browser.query == "", (browser.folder.path, browser.query)
    driver.key("Down")
    driver.key("Return")
    driver.key("Down")
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None)
    assert session.tab.document.path == folder / "inner" / "a.json"


def a_line_is_clicked_and_a_double_click_opens(driver: Driver) -> None:
    session, folder = driver.session, Path(tempfile.mkdtemp())
    session.new_from("hello")
    for name in ("a.json", "b.json"):
        assert session.save_as(folder / name)
    driver.frames(3)
    driver.key("ctrl+o")
    shown = body(driver)
    left, top, _, _ = safe.rectangle(shown._list._list)
    driver.click(left + 60, top + 16)
    assert shown.browser.line is not None and shown.browser.line.name == "a.json" and session.popups.dialog is not None
    for _ in range(4):  # on a busy machine the two presses may be too far apart
        if session.popups.dialog is not None:
            driver.double_click(left + 60, top + 16)
    assert session.popups.dialog is None and session.tab.document.path == folder / "a.json"


def a_graph_is_shared_as_a_picture_that_opens(driver: Driver) -> None:
    session, folder = driver.session, Path(tempfile.mkdtemp())
    session.new_from("hello")
    assert session.save_as(folder / "g.json")
    driver.frames(3)
    session.act("share")
    body(driver)
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None)
    assert (folder / "g.png").read_bytes().startswith(b"\x89PNG")
    first = (folder / "g.png").stat().st_mtime_ns
    session.act("share")
    shown = body(driver)
    driver.key("Return")
    assert session.popups.dialog is not None and (folder / "g.png").stat().st_mtime_ns == first
    assert shown.buttons[0].label == "Replace the file"
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None)
    assert (folder / "g.png").stat().st_mtime_ns > first
    session.act("share")
    body(driver)
    driver.key("alt+c")
    assert session.popups.dialog is None and '"task"' in session.clipboard.read()
    graph = session.graph
    assert session.open(folder / "g.png")
    assert session.graph.nodes == graph.nodes and session.tab.document.path is None


def a_model_is_chosen_with_the_keyboard(driver: Driver) -> None:
    session = driver.session
    session.new_from("hello")
    session.popups.ask_model("answer", "model")
    shown = body(driver)
    driver.until(lambda: not shown.choice.looking)
    driver.type("echo")
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None)
    assert session.graph.nodes["answer"].settings["model"] == "echo"
    folder = Path(tempfile.mkdtemp())
    driver.key("ctrl+shift+m")
    body(driver)
    driver.key("alt+a")
    body(driver).browser.go(folder)
    driver.key("Return")
    shown = body(driver)
    assert shown.dialog.what == "models"
    assert str(folder) in session.workspace.settings.model_folders


def unsaved_work_is_decided_about_with_the_keyboard(driver: Driver) -> None:
    for template in ("hello", "conversation"):
        other = Session(driver.session.workspace, folder=driver.session.folder)
        other.new_from(template)
        other.do(SetNodeTitle(min(other.graph.nodes), "Changed"))
        other.close()
    lifecycle.offer_drafts(driver.session)
    shown = body(driver)
    first, second = shown.left.pieces
    driver.key("Delete")
    assert first.draft.journal.exists() and len(shown.left.pieces) == 2
    driver.key("Delete")
    assert not first.draft.journal.exists() and len(shown.left.pieces) == 1
    driver.key("Escape")
    assert driver.session.popups.dialog is None and second.draft.journal.exists()
    lifecycle.offer_drafts(driver.session)
    body(driver)
    driver.key("Return")
    assert driver.session.popups.dialog is None and driver.session.tab.document.dirty


if __name__ == "__main__":
    with window(Path(tempfile.mkdtemp())) as at_the_window:
        globals()[sys.argv[1]](at_the_window)
