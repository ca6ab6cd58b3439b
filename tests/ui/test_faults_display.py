"""A machine that cannot show a window: the command says what is missing and what to do, and ends with the code of a usage error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ui.window import ROOT, screen

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only X11 is asked before there is a window"
)


def edit(tmp_path: Path, display: str, changed: Mapping[str, str] | None = None) -> str:
    """Run `graphide edit` and return what it said; it has to end by itself, with code 2, and without a traceback."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    own = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'nodes'}", "GRAPHIDE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "graphide", "edit"],
        env={**kept, **own, **({"DISPLAY": display} if display else {}), **(changed or {})},
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert "error: the editor cannot be opened: " in done.stderr
    assert done.stderr.endswith("Graphs run without a window too: graphide run FILE\n")
    return done.stderr


def test_without_a_screen(tmp_path: Path) -> None:
    said = edit(tmp_path, "")
    assert "DISPLAY is not set" in said and "ssh -X" in said and "xvfb-run graphide edit" in said


def test_with_wayland_alone(tmp_path: Path) -> None:
    said = edit(tmp_path, "", {"WAYLAND_DISPLAY": "wayland-0"})
    assert "this session has Wayland alone" in said and "apt-get install xwayland" in said


def test_with_a_screen_that_is_not_there(tmp_path: Path) -> None:
    said = edit(tmp_path, ":9173")
    assert "the screen :9173 cannot be opened" in said and "Check that DISPLAY" in said


def test_with_a_screen_that_has_no_opengl(tmp_path: Path) -> None:
    with screen(extra=("-extension", "GLX")) as display:
        assert f"the screen {display} cannot draw with OpenGL" in edit(tmp_path, display)


def test_with_a_driver_that_is_broken_or_too_old(tmp_path: Path) -> None:
    broken = ({"LIBGL_DRIVERS_PATH": str(tmp_path)}, {"GALLIUM_DRIVER": "nothing"}, {"MESA_GL_VERSION_OVERRIDE": "2.1"})
    with screen() as display:
        for changed in broken:
            said = edit(tmp_path, display, changed)
            assert f"the graphics driver of the screen {display} gives no OpenGL 3.0" in said
            assert "apt-get install libgl1 libgl1-mesa-dri" in said and "LIBGL_ALWAYS_SOFTWARE=1" in said
