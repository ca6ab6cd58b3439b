"""Zoom, pan, fit and the map in the real window, by a real mouse and real keys."""

from __future__ import annotations

import pytest

from tests.ui.playing import expect, played, stories_in


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("gestures_looking")


@pytest.mark.parametrize("story", stories_in("gestures_looking"))
def test_looking(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)
