"""What the README promises to somebody new, in the real window and with the real model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphide.paths import HOME_VARIABLE
from tests.ui.window import run_in_window

STORIES = (
    "two_clicks_from_the_welcome_to_a_streamed_answer",
    "a_graph_is_made_run_saved_and_shared_from_an_empty_canvas",
)


@pytest.mark.real_model
@pytest.mark.parametrize("story", STORIES)
def test_first(story: str, model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.json").write_text(json.dumps({"n_threads": 1}), "utf-8")
    folder = tmp_path / "work"
    folder.mkdir()
    program = Path(__file__).with_name("first_stories.py")
    run_in_window(program, "", arguments=[story, str(model_path), str(folder)], seconds=115)
