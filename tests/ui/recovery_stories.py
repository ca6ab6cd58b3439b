"""The windows of `test_recovery`: `python recovery_stories.py NAME FOLDER FILE` plays one on state that another left behind."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from graphide.editor import layout, lifecycle
from graphide.editor.typed_text import setting_text
from graphide.graph.file import load
from tests.ui.driving import Driver, window


def edits_are_back_and_more_are_made(driver: Driver, file: Path) -> NoReturn:
    """Restore what was killed first, edit on by mouse and keys, and be killed in the middle of a save, a field still open."""
    assert _restored(driver) == {file, None}
    named = next(tab for tab in driver.session.tabs if tab.document.path == file)
    unnamed = next(tab for tab in driver.session.tabs if tab.document.path is None)
    assert {node.type for node in unnamed.document.graph.nodes.values()} == {"note"} and unnamed.document.dirty
    assert len(named.document.graph.nodes) > 2 and {node.type for node in named.document.graph.nodes.values()} == {
        "join",
        "template",
    }
    driver.session.show(named)
    driver.frames(4)
    x, y = driver.title("a")
    driver.drag((x, y), (x + 60, y + 30))
    driver.click(*driver.part("a", "widget", "text"))
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.key("ctrl+a")
    driver.type("half a sent")
    assert driver.session.field is not None
    setting_text(driver.session, ("a",), "values").type('{"x": ')
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment, misc]
    driver.key("ctrl+s")
    raise AssertionError("the save went on to its end")


def edits_are_back_again(driver: Driver, file: Path) -> None:
    """Restore what was killed next, undo it, and save it."""
    assert _restored(driver) == {file, None}
    named = next(tab for tab in driver.session.tabs if tab.document.path == file)
    document = named.document
    assert set(load(file).nodes) == {"a", "c"}
    assert document.graph.nodes["a"].settings["text"] == "half a sent"
    assert layout.place(document.graph, "a").at != layout.place(load(file), "a").at
    driver.session.show(named)
    driver.frames(3)
    assert setting_text(driver.session, ("a",), "values").text == '{"x": '
    driver.key("ctrl+z")
    assert document.graph == load(file) and not document.dirty
    driver.key("ctrl+shift+z")
    driver.key("ctrl+s")
    assert not document.dirty and load(file) == document.graph
    assert load(file).nodes["a"].settings["text"] == "half a sent"


def _restored(driver: Driver) -> set[Path | None]:
    """Answer the offer to restore everything with a click, and return which files the documents have."""
    lifecycle.start(driver.session)
    assert driver.session.popups.dialog is not None and driver.session.popups.dialog.what == "recover"
    driver.frames(6)
    driver.click(*driver.label("Restore all"))
    driver.until(lambda: driver.session.popups.dialog is None)
    driver.frames(3)
    return {tab.document.path for tab in driver.session.tabs if tab.document.dirty}


if __name__ == "__main__":
    with window(Path(sys.argv[2])) as at_the_window:
        globals()[sys.argv[1]](at_the_window, Path(sys.argv[3]))
