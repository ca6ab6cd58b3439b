"""The window itself, its panels, sizes, pointer and tips, in the real window, by a real mouse and real keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.playing import expect, played, stories_in
from tests.ui.window import run_in_window


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("gestures_panels")


@pytest.mark.parametrize("story", stories_in("gestures_panels"))
def test_panels(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)


def test_panels_theme_and_scale_are_as_they_were_after_a_restart(tmp_path: Path) -> None:
    program = Path(__file__).with_name("restarting.py")
    changed, found = (run_in_window(program, "", arguments=[str(tmp_path), half]) for half in ("change", "find"))
    assert json.loads(changed) == json.loads(found)
    assert json.loads(found)[2:] == ["light", False, 1.1]


@pytest.fixture(scope="module")
def large() -> dict[str, str]:
    return played("gestures_large", size=(3840, 2160))


@pytest.mark.parametrize("story", stories_in("gestures_large"))
def test_large(large: dict[str, str], story: str) -> None:
    expect(large, story)
