"""Programs that open a window, each in a process of its own on a screen of its own that nobody sees.

Drawing goes nowhere (GALLIUM_NOOP) unless it is asked for, which makes windows quick and keeps every number they report.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def screen(size: tuple[int, int] = (1280, 800), extra: Sequence[str] = ()) -> Iterator[str]:
    """Start a virtual screen and yield its DISPLAY; NO_GUI=1 in the environment skips the test, nothing else does."""
    if os.environ.get("NO_GUI") == "1":
        pytest.skip("NO_GUI=1: this test opens a window and was left out")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"]
    command += extra
    try:
        server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.fail("Xvfb is missing: install Debian's xvfb and libgl1-mesa-dri, or set NO_GUI=1 to leave windows out")
    finally:
        os.close(writing)
    try:
        with os.fdopen(reading, encoding="ascii") as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb ended before it had a screen"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def run_in_window(
    program: Path,
    given: str,
    *,
    arguments: Sequence[str] = (),
    seconds: float = 100,
    size: tuple[int, int] = (1280, 800),
    drawing: bool = False,
) -> str:
    """Run a program on a screen with `given` as its input, and return what it wrote."""
    with screen(size) as display:
        done = subprocess.run(
            [sys.executable, str(program), *arguments],
            input=given,
            cwd=ROOT,
            env={
                **os.environ,
                "DISPLAY": display,
                "GALLIUM_NOOP": "" if drawing else "1",
                "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'nodes'}",
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout
