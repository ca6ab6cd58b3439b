"""The inspector in the real window: fields of every kind, prompts, plans, values and errors, by mouse and keys."""

from __future__ import annotations

import pytest

from tests.ui.playing import expect, played, stories_in


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("inspector_stories")


@pytest.mark.parametrize("story", stories_in("inspector_stories"))
def test_inspector(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)
