"""The first minutes with graphide, with the real model: `python first_stories.py STORY MODEL FOLDER` plays one."""

from __future__ import annotations

import sys
from pathlib import Path

from graphide.ui.window import begin
from tests.ui.driving import Driver, window


def two_clicks_from_the_welcome_to_a_streamed_answer(driver: Driver, _folder: Path) -> None:
    begin(driver.session, [])
    driver.until(lambda: driver.session.popups.dialog is not None)
    driver.frames(6)
    assert driver.session.popups.dialog is not None and driver.session.popups.dialog.what == "first_run"
    driver.click(*driver.label("Use it"))
    driver.until(lambda: bool(driver.session.graph.nodes))
    driver.frames(6)
    driver.click(*driver.label("Run"))
    _answer_streams(driver)
    assert driver.session.tab.runs.view.outputs["answer"].strip()


def a_graph_is_made_run_saved_and_shared_from_an_empty_canvas(driver: Driver, folder: Path) -> None:
    driver.double_click(*driver.canvas(80, 80))
    _choose_in_palette(driver, "template")
    _type_into(driver, "template", "Name one color of the rainbow")
    driver.drag(driver.pin("template", "text", output=True), driver.canvas(440, 120))
    _choose_in_palette(driver, "model")
    assert driver.session.set_setting(("model",), "max_tokens", 16) == ""
    driver.key("Home")
    driver.frames(6)
    end = driver.pin("model", "text", output=True)
    driver.drag(end, (end[0] + 90, end[1] + 60))
    _choose_in_palette(driver, "output")
    edges = sorted(str(edge) for edge in driver.session.graph.edges)
    assert edges == ["model.text -> output.value", "template.text -> model.prompt"]

    driver.key("ctrl+Return")
    _answer_streams(driver)
    assert driver.session.tab.runs.view.outputs["result"].strip()

    path = folder / "rainbow.json"
    driver.key("ctrl+s")
    driver.until(lambda: driver.session.popups.dialog is not None and driver.session.popups.dialog.what == "save_as")
    driver.frames(6)
    driver.key("ctrl+a")
    driver.type(str(path))
    driver.key("Return")
    driver.until(lambda: not driver.session.tab.document.dirty and path.exists())
    saved = driver.session.workspace.load(path).graph
    assert saved.nodes["template"].settings["text"] == "Name one color of the rainbow"

    picture = path.with_suffix(".png")
    driver.session.act("share")
    driver.until(lambda: driver.session.popups.dialog is not None and driver.session.popups.dialog.what == "share")
    driver.frames(10)
    driver.key("Return")
    driver.until(lambda: any(file.suffix == ".png" for file in folder.iterdir()), seconds=40)
    shared = picture if picture.exists() else next(file for file in folder.iterdir() if file.suffix == ".png")
    assert driver.session.workspace.load(shared).graph.nodes == saved.nodes


def _choose_in_palette(driver: Driver, what: str) -> None:
    driver.until(lambda: driver.session.popups.palette is not None)
    driver.frames(4)
    driver.type(what)
    driver.key("Return")
    driver.until(lambda: driver.session.popups.palette is None)
    driver.frames(4)


def _type_into(driver: Driver, node: str, text: str) -> None:
    driver.click(*driver.part(node, "widget", "text"))
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.type(text)
    driver.key("Escape")
    assert driver.session.graph.nodes[node].settings["text"] == text


def _answer_streams(driver: Driver) -> None:
    """Wait for the answer, and see a part of it before it is whole."""
    runs = driver.session.tab.runs
    driver.until(lambda: any(run.pieces and run.state == "running" for run in runs.view.nodes.values()), 100)
    driver.until(lambda: runs.view.over, 100)
    assert runs.view.state == "ok", runs.view


if __name__ == "__main__":
    story, model, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with window(folder / "state", model=model) as at_the_window:
        globals()[story](at_the_window, folder)
