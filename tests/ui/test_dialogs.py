"""Every dialog in the real window, with a real mouse and a real keyboard, on a screen that nobody sees."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from graphide import paths
from tests.ui.window import ROOT, run_in_window

STORIES = [
    "inputs_are_asked_for_and_ctrl_enter_runs",
    "a_run_is_made_again_from_the_history",
    "find_jumps_from_place_to_place",
    "esc_closes_every_dialog_also_from_a_field",
    "every_dialog_is_drawn_in_a_small_window_at_any_scale",
]
ABOUT_CLOSING = [
    "the_close_button_asks_about_unsaved_work",
    "the_close_button_closes_when_all_is_saved",
    "a_maximized_window_is_remembered_with_the_size_it_had",
]
ABOUT_FILES = [
    "saving_over_a_file_asks",
    "a_graph_is_opened_with_the_keyboard_alone",
    "a_line_is_clicked_and_a_double_click_opens",
    "a_graph_is_shared_as_a_picture_that_opens",
    "a_model_is_chosen_with_the_keyboard",
    "unsaved_work_is_decided_about_with_the_keyboard",
]


def play(story: str, *more: str, program: str = "dialog_stories.py") -> None:
    if shutil.which("xdotool") is None:
        pytest.fail("xdotool is missing: install Debian's xdotool, or set NO_GUI=1 to leave windows out")
    run_in_window(Path(__file__).with_name(program), "", arguments=[story, *more])


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the settings that a story changes be nobody else's."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str) -> None:
    play(story)


@pytest.mark.parametrize("story", ABOUT_FILES)
def test_story_about_files(story: str) -> None:
    play(story, program="dialog_stories_files.py")


@pytest.mark.parametrize("story", ABOUT_CLOSING)
def test_story_about_closing(story: str) -> None:
    play(story, program="closing_stories.py")


def test_settings_survive_a_restart(tmp_path: Path) -> None:
    play("settings_are_there_after_a_restart", str(tmp_path / "state"))
    assert json.loads((tmp_path / "state" / "config.json").read_text()) == {"n_ctx": 2048, "theme": "light"}
    kept = json.loads((tmp_path / "state" / "window.json").read_text())["window"]
    assert "look" not in kept["panels"] and kept["maximized"] is False and kept["width"] == 1280


@pytest.mark.parametrize("size", [64, 256])
def test_the_icon_of_the_window_is_what_its_script_draws(size: int) -> None:
    import runpy

    drawn = runpy.run_path(str(ROOT / "build" / "icon.py"))["drawn"](size)
    with Image.open(ROOT / "graphide" / "ui" / "icons" / f"graphide-{size}.png") as shipped:
        assert shipped.size == (size, size) and shipped.tobytes() == drawn.tobytes()
