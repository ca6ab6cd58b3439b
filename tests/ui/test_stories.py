"""What people do in the window, done with a real mouse and a real keyboard on a screen that nobody sees."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ui.window import run_in_window

STORIES = [
    "a_node_is_added_by_double_click_and_search",
    "two_nodes_are_wired_by_mouse",
    "a_drag_moves_a_node_and_undo_puts_it_back",
    "what_was_edited_is_saved_with_a_key",
    "the_theme_switches_live",
    "a_run_shows_its_text_on_the_output_node",
    "text_is_typed_into_a_node",
    "an_idle_window_draws_nothing",
]


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str) -> None:
    if shutil.which("xdotool") is None:
        pytest.fail("xdotool is missing: install Debian's xdotool, or set NO_GUI=1 to leave windows out")
    run_in_window(Path(__file__).with_name("stories.py"), "", arguments=[story])
