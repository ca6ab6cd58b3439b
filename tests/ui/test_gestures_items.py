"""Selecting, moving, sizes, states, titles, frames and notes in the real window, by a real mouse and real keys."""

from __future__ import annotations

import pytest

from tests.ui.playing import expect, played, stories_in


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("gestures_items")


@pytest.mark.parametrize("story", stories_in("gestures_items"))
def test_items(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)
