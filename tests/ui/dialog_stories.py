"""The stories of `test_dialogs`, each a function that gets a driver: `python dialog_stories.py NAME` on a screen plays one."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from graphide import settings as settings_file
from graphide.ui import safe
from graphide.ui.panels.dialogs import Dialogs
from tests.ui.driving import Driver, window


def body(driver: Driver) -> Any:
    """Return the inside of the dialog that is open, after it was drawn and has the keyboard."""
    driver.until(lambda: driver.session.popups.dialog is not None)
    driver.frames(8)
    shown = next(part for part in driver.app._parts if isinstance(part, Dialogs)).body
    assert shown is not None
    return shown


def asking_graph(folder: Path) -> Path:
    variables = {"topic": {}, "story": {"kind": "longtext"}, "count": {"kind": "integer", "low": 1, "value": 2}}
    nodes: dict[str, Any] = {name: {"type": "variable", **settings} for name, settings in variables.items()}
    nodes |= {"page": {"type": "template", "text": "{{ topic }}, {{ story }}, {{ count }}"}, "out": {"type": "output"}}
    edges = [f"{name}.value -> page.{name}" for name in variables] + ["page.text -> out.value"]
    path = folder / "form.json"
    path.write_text(json.dumps({"graphide": 1, "nodes": nodes, "edges": edges}))
    return path


def inputs_are_asked_for_and_ctrl_enter_runs(driver: Driver) -> None:
    session = driver.session
    session.open(asking_graph(Path(tempfile.mkdtemp())))
    driver.frames(3)
    driver.key("ctrl+Return")
    form = body(driver).dialog.data
    driver.key("ctrl+Return")
    assert session.popups.dialog is not None and form["topic"].shown_problem
    driver.type("once")
    driver.key("Return")
    driver.type("more")
    assert form["story"].value == "once\nmore"
    driver.key("Tab")
    driver.type("sea")
    assert form["topic"].value == "sea", form.values
    driver.key("Tab")
    driver.key("ctrl+a")
    driver.type("x")
    assert "number" in form["count"].shown_problem
    driver.key("BackSpace")
    driver.type("7")
    driver.key("ctrl+Return")
    driver.until(lambda: session.tab.runs.view.over)
    assert session.tab.runs.view.outputs == {"result": "sea, once\nmore, 7"}
    driver.key("ctrl+Return")
    assert body(driver).dialog.data.values == form.values
    driver.key("Tab")
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None and session.tab.runs.view.over)
    assert session.tab.runs.view.outputs == {"result": "sea, once\nmore, 7"}


def a_run_is_made_again_from_the_history(driver: Driver) -> None:
    session = driver.session
    session.new_from("hello")
    driver.frames(3)
    for _ in range(2):
        driver.key("ctrl+Return")
        driver.until(lambda: session.tab.runs.view.over)
    driver.key("ctrl+h")
    runs = body(driver).runs
    driver.key("Down")
    assert runs.lit == 1 and runs.chosen is not None
    seed = runs.chosen.record.seed
    driver.key("ctrl+c")
    assert session.clipboard.read() == "Explain volcanoes in two sentences."
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None and session.tab.runs.view.over)
    assert session.tab.runs.view.seed == seed
    driver.key("ctrl+h")
    assert len(body(driver).runs.rows) == 3
    driver.key("Delete")
    assert len(body(driver).runs.rows) == 2
    driver.key("Escape")
    assert session.popups.dialog is None


def find_jumps_from_place_to_place(driver: Driver) -> None:
    session = driver.session
    session.new_from("hello")
    driver.frames(3)
    camera = session.tab.camera
    driver.key("ctrl+f")
    finding = body(driver).finding
    driver.type("topic")
    assert session.tab.selection.nodes == ("topic",) and finding.count == "1 of 2"
    driver.key("Down")
    assert session.tab.selection.nodes == ("task",)
    left, top, width, height = driver.app.canvas.area
    x, y = driver.title("task")
    assert left < x < left + width and top < y < top + height
    driver.key("Escape")
    assert session.popups.dialog is None and session.tab.camera == camera and not session.tab.selection.nodes
    driver.key("ctrl+f")
    body(driver)
    driver.type("volc")
    driver.key("Return")
    assert session.popups.dialog is None and session.tab.selection.nodes == ("topic",) and session.tab.camera != camera


def esc_closes_every_dialog_also_from_a_field(driver: Driver) -> None:
    session = driver.session
    session.new_from("hello")
    driver.frames(3)
    graph = session.graph
    for action in (
        "open",
        "save_as",
        "templates",
        "settings",
        "shortcuts",
        "first_run",
        "models",
        "share",
        "find",
        "history",
    ):
        session.act(action)
        driver.app.wake()
        body(driver)
        driver.key("Escape")
        assert session.popups.dialog is None, action
    session.act("find")
    body(driver)
    driver.type("tas")
    driver.key("Escape")
    assert session.popups.dialog is None and session.graph is graph and not session.tab.document.dirty
    session.open(asking_graph(Path(tempfile.mkdtemp())))
    session.act("run")
    form = body(driver).dialog.data
    driver.type("ab")
    assert form["story"].value == "ab"
    driver.key("Escape")
    assert session.popups.dialog is None and session.tab.runs.run is None
    graph = session.graph
    session.act("settings")
    body(driver)
    driver.key("Delete")
    driver.key("ctrl+z")
    assert session.graph is graph and session.popups.dialog is not None


def settings_are_there_after_a_restart(driver: Driver) -> None:
    session = driver.session
    session.act("settings")
    form = body(driver).form
    driver.key("ctrl+Down")
    assert body(driver).part == "Models and memory"
    left, top, width, height = safe.rectangle(body(driver).fields["n_ctx"])
    driver.click(left + width / 2, top + height / 2)
    driver.key("ctrl+a")
    driver.type("2048")
    assert form.settings.n_ctx == 2048 and settings_file.load(session.config).n_ctx == 2048
    driver.type("x")
    assert "number" in form.problems["n_ctx"] and settings_file.load(session.config).n_ctx == 2048
    driver.key("Escape")
    driver.key("ctrl+alt+t")
    driver.app.remember()


def every_dialog_is_drawn_in_a_small_window_at_any_scale(driver: Driver) -> None:
    session = driver.session
    session.new_from("hello")
    session.act("run")
    session.tab.runs.wait(20)
    for look, scale in (("dark", 0.75), ("light", 2.0), ("dark", 1.0)):
        session.choose(theme=look, scale=scale)
        driver.frames(4)
        for action in ("open", "save_as", "templates", "settings", "shortcuts", "models", "share", "find", "history"):
            session.act(action)
            shown = body(driver)
            left, top, width, height = safe.rectangle(shown.shell.item)
            assert left >= 0 and top >= 0, (action, scale)
            assert left + width <= dpg.get_viewport_client_width(), (action, scale)
            assert top + height <= dpg.get_viewport_client_height(), (action, scale)
            driver.key("Escape")
            assert not [toast for toast in session.toasts.shown if toast.kind == "error"], action


if __name__ == "__main__":
    state = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    size = (1024, 640) if "small" in sys.argv[1] else (1280, 800)
    with window(state, size) as at_the_window:
        globals()[sys.argv[1]](at_the_window)
