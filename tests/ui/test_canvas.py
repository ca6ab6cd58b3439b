"""The canvas in a real window draws what changed and nothing else; stories as in `test_stories`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.window import run_in_window

STORIES = [
    "pulling_and_zooming_draw_no_node_again",
    "other_levels_of_detail_are_drawn_a_few_nodes_a_frame",
    "selecting_and_moving_everything_draws_no_node_again",
    "what_is_out_of_sight_is_not_drawn",
    "a_caret_blinks_and_else_nothing_is_drawn",
    "a_caret_in_a_panel_blinks_too",
    "a_zoom_step_builds_no_panel_anew",
    "a_text_that_is_written_changes_in_place",
]


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str) -> None:
    run_in_window(Path(__file__).with_name("canvas_stories.py"), "", arguments=[story])
