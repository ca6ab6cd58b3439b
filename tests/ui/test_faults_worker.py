"""The process of a model dies in the middle of an answer: its node says so and what to do, and the next run works."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.ui.window import run_in_window


@pytest.mark.real_model
@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed in another way there")
def test_a_killed_worker_costs_one_answer(model_path: Path, tmp_path: Path) -> None:
    wrote = run_in_window(Path(__file__).with_name("worker_stories.py"), "", arguments=[str(model_path), str(tmp_path)])
    told = json.loads(wrote)
    assert "the worker was killed while writing the answer" in told["said"]
    for words in ("the worker was killed", "The next run restarts it"):
        assert words in told["shown"]
    assert told["kept"]
