"""The switch of the server in the real window, and real HTTP clients beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graphide import paths
from tests.ui.window import run_in_window


@pytest.mark.parametrize(
    "story", ["a_server_is_switched_on_used_and_switched_off", "a_port_that_is_taken_is_said"]
)  # fmt: skip
def test_story(story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("xdotool") is None:
        pytest.fail("xdotool is missing: install Debian's xdotool, or set NO_GUI=1 to leave windows out")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    run_in_window(Path(__file__).with_name("serving_stories.py"), "", arguments=[story])
