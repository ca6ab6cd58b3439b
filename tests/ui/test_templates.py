"""Templates and settings in the real window, before and after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide import paths
from tests.ui.window import run_in_window

PROGRAM = Path(__file__).with_name("template_stories.py")


def test_a_template_and_a_setting_are_there_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    for story in ("keep", "use"):
        run_in_window(PROGRAM, "", arguments=[story, str(tmp_path / "state")])
