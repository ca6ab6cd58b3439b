"""The chat panel in the real window: said by keys, answered, branched, copied; and once with a real model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphide.paths import HOME_VARIABLE
from tests.ui.playing import expect, played, stories_in
from tests.ui.window import run_in_window


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("chat_stories")


@pytest.mark.parametrize("story", stories_in("chat_stories"))
def test_chat(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)


@pytest.mark.real_model
def test_talking_with_a_real_model(model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.json").write_text(json.dumps({"n_threads": 1}), "utf-8")
    program = Path(__file__).with_name("chat_stories.py")
    run_in_window(program, "", arguments=["--model", str(model_path)], seconds=115)
