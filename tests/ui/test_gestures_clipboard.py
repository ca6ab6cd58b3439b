"""The clipboard of the system, two windows, and dropped files, in the real window, by a real mouse and real keys."""

from __future__ import annotations

import pytest

from tests.ui.playing import expect, played, stories_in


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("gestures_clipboard")


@pytest.mark.parametrize("story", stories_in("gestures_clipboard"))
def test_clipboard(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)
