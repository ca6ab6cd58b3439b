"""The stories of `test_canvas`: how often the canvas draws what, as the camera moves and things change."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import dearpygui.dearpygui as dpg

from graphide.editor.selection import Selection
from graphide.editor.views import Camera
from graphide.ui.paint import BUDGET
from graphide.ui.panels.base import Panel
from graphide.ui.panels.status import Status
from tests.editor.scenes import large
from tests.ui.driving import Driver, window


def opened(driver: Driver, count: int = 120) -> None:
    """Show a graph of many nodes, all of them in sight, and come to rest."""
    driver.session.tab.document._go("Make", large(count, 12))
    driver.session.act("fit")
    driver.until(lambda: driver.session.tab.checks.latest is not None and driver.session.tab.plan is not None)
    rest(driver)


def rest(driver: Driver) -> None:
    driver.frames(2)
    driver.until(lambda: not driver.app.canvas.painter.behind)


def drawn(driver: Driver) -> int:
    return driver.app.canvas.painter.drawn


def look(driver: Driver, camera: Camera) -> None:
    driver.session.tab.camera = camera
    driver.session.touch()
    driver.frames(1)


def pulling_and_zooming_draw_no_node_again(driver: Driver) -> None:
    opened(driver)
    camera, before = driver.session.tab.camera, drawn(driver)
    for step in range(10):
        look(driver, camera._replace(x=camera.x + step, zoom=camera.zoom * (1 - step / 100)))
    rest(driver)
    assert drawn(driver) == before


def other_levels_of_detail_are_drawn_a_few_nodes_a_frame(driver: Driver) -> None:
    opened(driver)
    camera, before = driver.session.tab.camera, drawn(driver)
    most = max(len(group.shapes_far) for group in driver.app.canvas.view.nodes)
    look(driver, camera._replace(zoom=0.23))
    assert driver.app.canvas.painter.behind
    first = drawn(driver) - before
    assert 0 < first <= BUDGET and first * 2 <= BUDGET + most
    rest(driver)
    far = drawn(driver)
    assert far - before > first
    look(driver, camera)
    look(driver, camera._replace(zoom=0.23))
    rest(driver)
    assert drawn(driver) == far


def selecting_and_moving_everything_draws_no_node_again(driver: Driver) -> None:
    opened(driver)
    before = drawn(driver)
    driver.session.act("select_all")
    driver.frames(2)
    driver.session.select(Selection())
    driver.frames(2)
    driver.session.act("select_all")
    driver.key("ctrl+Right")
    driver.key("ctrl+z")
    rest(driver)
    assert drawn(driver) == before


def what_is_out_of_sight_is_not_drawn(driver: Driver) -> None:
    opened(driver)
    before = drawn(driver)
    look(driver, Camera(0, 0, 1.0))
    rest(driver)
    assert 0 < drawn(driver) - before < 40


def a_caret_blinks_and_else_nothing_is_drawn(driver: Driver) -> None:
    import time

    driver.session.new_from("hello")
    driver.frames(4)
    driver.until(lambda: driver.session.tab.plan is not None)
    for least, most in ((0, 0), (2, 8)):
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            driver.app.turn()
        before, end = dpg.get_frame_count(), time.monotonic() + 2.2
        while time.monotonic() < end:
            driver.app.turn()
        assert least <= dpg.get_frame_count() - before <= most
        group = driver.session.surface.group("task")
        assert group is not None
        box = next(hit for hit in group.hits if hit.part == "widget" and hit.name == "text").box
        driver.click(*driver.canvas(group.x + box.x + box.width / 2, group.y + box.y + box.height / 2))
        driver.until(lambda: driver.session.field is not None)


def a_caret_in_a_panel_blinks_too(driver: Driver) -> None:
    import time

    driver.session.new_from("conversation")
    driver.session.act("focus_chat")
    driver.until(driver.app.kit.typing)
    driver.until(lambda: driver.session.tab.plan is not None)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        driver.app.turn()
    before, end = dpg.get_frame_count(), time.monotonic() + 2.2
    while time.monotonic() < end:
        driver.app.turn()
    assert 2 <= dpg.get_frame_count() - before <= 8


def a_zoom_step_builds_no_panel_anew(driver: Driver) -> None:
    opened(driver)
    camera = driver.session.tab.camera
    before = {part: part.built for part in driver.app._parts if isinstance(part, Panel)}
    for step in range(1, 6):
        look(driver, camera._replace(zoom=camera.zoom * (1 + step / 5)))
        assert driver.label(f"{driver.session.tab.camera.zoom:.0%}")
    assert {part: part.built for part in before} == before


def a_text_that_is_written_changes_in_place(driver: Driver) -> None:
    from dataclasses import replace

    from graphide.editor.noderun import NodeRun
    from graphide.editor.runview import RunView

    driver.session.new_from("hello")
    driver.session.act("fit")
    driver.until(lambda: driver.session.tab.plan is not None)
    look(driver, driver.session.tab.camera._replace(zoom=1.0))
    node = next(node.id for node in driver.session.graph.nodes.values() if node.type == "model")
    driver.near(node)
    run = NodeRun(node, "model", "running", pieces=("One word",), chunks=2)
    view = RunView(state="running", run="r", nodes={node: run})
    driver.session.tab.runs.view = view
    driver.frames(3)
    status = next(part for part in driver.app._parts if isinstance(part, Status))
    before, followed, built = drawn(driver), driver.app.canvas.painter.followed, status.built
    for count in range(3, 8):
        longer = replace(run, pieces=("One word" + " and" * (count - 2),), chunks=count)
        driver.session.tab.runs.view = replace(view, nodes={node: longer})
        driver.frames(1)
    assert drawn(driver) == before and driver.app.canvas.painter.followed >= followed + 5
    assert status.built == built
    said = [dpg.get_item_configuration(item).get("text") for item in dpg.get_all_items()]
    assert "One word and and and and and" in said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, window(Path(folder)) as at_the_window:
        globals()[sys.argv[1]](at_the_window)
