"""A machine without what tests of the window need: `make test` says which packages are missing, and only NO_GUI=1 goes on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packages are those of Debian")


def make(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make where there are no other programs than those of every system."""
    for name in ("sh", "make", "uname", "grep", "ls", "env"):
        program = shutil.which(name)
        assert program is not None, f"{name} is missing, which every system has that can run make"
        (tmp_path / name).symlink_to(program)
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_GUI", "MAKEFLAGS", "MAKELEVEL")}
    command = [str(tmp_path / "make"), *arguments]
    return subprocess.run(command, cwd=ROOT, env={**clean, "PATH": str(tmp_path)}, capture_output=True, text=True)


def test_missing_packages_are_named_and_it_fails(tmp_path: Path) -> None:
    done = make(tmp_path, "test", "VENV=/nowhere")
    assert done.returncode != 0
    assert re.search(r"On Debian: apt-get install xvfb xdotool xclip\b", done.stderr), done.stderr
    assert "make test NO_GUI=1" in done.stderr and "installing" not in done.stdout


def test_leaving_windows_out_is_said(tmp_path: Path) -> None:
    done = make(tmp_path, "gui-packages", "NO_GUI=1")
    assert done.returncode == 0 and "NO_GUI=1: the tests that open a window are left out" in done.stdout


def test_the_summary_says_how_many_were_left_out() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/ui/test_stories.py", "tests/ui/test_font_files.py"],
        cwd=ROOT, env={**os.environ, "NO_GUI": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert re.search(r"NO_GUI=1: [1-9]\d* tests that open a window were left out", done.stdout)
    assert "test_font_files.py" in done.stdout and "test_story" not in done.stdout
