"""What goes wrong around a window, done to a real one: it says what and what to do, loses nothing and goes on."""

from __future__ import annotations

import sys

import pytest

from tests.ui.playing import expect, played, stories_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stories make pipes and limits that are not there")


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return played("fault_stories", seconds=115)


@pytest.mark.parametrize("story", stories_in("fault_stories"))
def test_fault(outcomes: dict[str, str], story: str) -> None:
    expect(outcomes, story)


@pytest.fixture(scope="module")
def large() -> dict[str, str]:
    return played("fault_large", seconds=115)


@pytest.mark.parametrize("story", stories_in("fault_large"))
def test_large(large: dict[str, str], story: str) -> None:
    expect(large, story)
