"""Chats are there again in the next window: after it was closed, and after it was killed in the middle of an answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.window import ROOT, run_in_window, screen

PROGRAM = Path(__file__).with_name("chats_stories.py")


def test_what_was_said_is_found_in_the_next_window(tmp_path: Path) -> None:
    run_in_window(PROGRAM, "", arguments=["two_chats_are_begun_and_one_branches", str(tmp_path)])
    run_in_window(PROGRAM, "", arguments=["they_are_found_opened_and_changed", str(tmp_path)])


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed in another way there")
def test_what_was_said_before_a_kill_is_there(tmp_path: Path) -> None:
    with screen() as display:
        environment = {
            **os.environ, "DISPLAY": display, "GALLIUM_NOOP": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'nodes'}",
        }  # fmt: skip
        command = [sys.executable, str(PROGRAM), "an_answer_never_ends", str(tmp_path)]
        editor = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert editor.stdout is not None
        with editor.stdout as told:
            try:
                assert told.readline() == "now\n"
            finally:
                editor.send_signal(signal.SIGKILL)
        assert editor.wait(20) == -signal.SIGKILL
    run_in_window(PROGRAM, "", arguments=["what_was_said_before_the_kill_is_there", str(tmp_path)])
