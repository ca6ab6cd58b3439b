"""The models in the real window: found on a hub on loopback, downloaded, chosen; loaded, closed and deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graphide import paths
from tests.ui.window import run_in_window

STORIES = ["a_model_is_found_downloaded_and_chosen_for_a_node", "a_model_is_loaded_unloaded_and_deleted"]


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("xdotool") is None:
        pytest.fail("xdotool is missing: install Debian's xdotool, or set NO_GUI=1 to leave windows out")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    run_in_window(Path(__file__).with_name("model_stories.py"), "", arguments=[story])
