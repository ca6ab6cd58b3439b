"""The stories of `test_stories`, each a function that gets a driver: `python stories.py NAME` on a screen plays one."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from graphide.editor import layout
from tests.ui.driving import Driver, window


def a_node_is_added_by_double_click_and_search(driver: Driver) -> None:
    driver.double_click(*driver.canvas(200, 200))
    driver.until(lambda: driver.session.popups.palette is not None)
    driver.frames(4)
    driver.type("templ")
    driver.key("Return")
    assert [node.type for node in driver.session.graph.nodes.values()] == ["template"]
    assert driver.session.popups.palette is None


def two_nodes_are_wired_by_mouse(driver: Driver) -> None:
    driver.app.add_node("variable", (120, 150))
    driver.app.add_node("output", (520, 150))
    driver.frames(4)
    source, target = list(driver.session.graph.nodes)
    driver.drag(driver.pin(source, "value", output=True), driver.pin(target, "value", output=False))
    assert [str(edge) for edge in driver.session.graph.edges] == [f"{source}.value -> {target}.value"]


def a_drag_moves_a_node_and_undo_puts_it_back(driver: Driver) -> None:
    driver.session.new_from("hello")
    driver.frames(4)
    before = layout.place(driver.session.graph, "style").at
    assert before is not None
    x, y = driver.title("style")
    driver.drag((x, y), (x + 90, y + 40))
    after = layout.place(driver.session.graph, "style").at
    assert after is not None and after.x > before.x and after.y > before.y
    driver.key("ctrl+z")
    assert layout.place(driver.session.graph, "style").at == before


def what_was_edited_is_saved_with_a_key(driver: Driver) -> None:
    path = Path(tempfile.mkdtemp()) / "mine.json"
    driver.session.new_from("hello")
    assert driver.session.save_as(path)
    driver.frames(3)
    driver.click(*driver.title("style"))
    driver.key("Delete")
    assert "style" not in driver.session.graph.nodes and driver.session.tab.document.dirty
    driver.key("ctrl+s")
    assert not driver.session.tab.document.dirty
    assert '"style"' not in path.read_text("utf-8")


def the_theme_switches_live(driver: Driver) -> None:
    assert driver.app.look_name == "dark"
    driver.key("ctrl+alt+t")
    assert driver.app.look_name == "light" and driver.app.themes.look.name == "light"


def a_run_shows_its_text_on_the_output_node(driver: Driver) -> None:
    driver.session.new_from("hello")
    driver.frames(3)
    driver.key("ctrl+Return")
    driver.until(lambda: driver.session.tab.runs.view.over)
    driver.frames(4)
    assert driver.session.tab.runs.view.state == "ok"
    group = driver.session.surface.group("result")
    assert group is not None
    shown = " ".join(shape.text for shape in group.shapes if type(shape).__name__ == "Text")
    assert "volcanoes" in shown


def text_is_typed_into_a_node(driver: Driver) -> None:
    driver.session.new_from("hello")
    driver.frames(4)
    group = driver.session.surface.group("task")
    assert group is not None
    hit = next(hit for hit in group.hits if hit.part == "widget" and hit.name == "text")
    driver.click(*driver.canvas(group.x + hit.box.x + hit.box.width / 2, group.y + hit.box.y + hit.box.height / 2))
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.key("ctrl+a")
    driver.type("Hi {{ topic }}")
    driver.key("BackSpace")
    driver.key("Escape")
    assert driver.session.field is None
    assert driver.session.graph.nodes["task"].settings["text"] == "Hi {{ topic }"
    # Each character may be a step of its own: on a busy machine they come more than a second apart.
    for _ in range(20):
        if driver.session.graph.nodes["task"].settings["text"] == "Explain {{ topic }} in two sentences.":
            return
        driver.key("ctrl+z")
    raise AssertionError("undo did not bring the text back")


def an_idle_window_draws_nothing(driver: Driver) -> None:
    import time

    import dearpygui.dearpygui as dpg

    driver.session.new_from("hello")
    driver.until(lambda: driver.session.tab.checks.latest is not None and driver.session.tab.plan is not None)
    for drawn_in_it in (None, 0):  # first what is drawn for a moment after something happened
        before, end = dpg.get_frame_count(), time.monotonic() + 2.5
        while time.monotonic() < end:
            driver.app.turn()
        assert drawn_in_it is None or dpg.get_frame_count() - before == drawn_in_it


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, window(Path(folder)) as at_the_window:
        globals()[sys.argv[1]](at_the_window)
