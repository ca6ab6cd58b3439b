"""Work that was killed in a real window is offered by the next one, and is whole: twice, with two documents each time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graphide.editor.journal import SUFFIX
from graphide.editor.recovery import Draft, read
from graphide.errors import GraphFileError
from tests.ui.window import ROOT, screen

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process is killed in another way there")

GRAPH = {
    "graphide": 1,
    "nodes": {"a": {"type": "template", "text": "Hello"}, "c": {"type": "join"}},
    "edges": ["a.text -> c.a"],
    "view": {"a": [40, 40], "c": [400, 40]},
}


def test_a_killed_window_loses_nothing(tmp_path: Path) -> None:
    file, home = tmp_path / "mine.json", tmp_path / "home"
    file.write_text(json.dumps(GRAPH))
    state = home / "data"
    state.mkdir(parents=True)
    (state / "window.json").write_text(
        json.dumps({"window": {"width": 1280, "height": 800, "x": 0, "y": 0}, "recent": [str(file)]})
    )
    with screen() as display:
        environment = _environment(display, home)
        editor = subprocess.Popen([sys.executable, "-m", "graphide", "edit", str(file)], env=environment, cwd=ROOT)
        try:
            _hands(environment, "search", "--sync", "--onlyvisible", "--name", "graphide")
            _add_node(environment, "templ", lambda: any(_has(draft, "template", 2) for draft in _drafts(state)))
            _hands(environment, "key", "ctrl+n")
            _add_node(environment, "note", lambda: any(_has(draft, "note", 1) for draft in _drafts(state)))
        finally:
            editor.send_signal(signal.SIGKILL)
        assert editor.wait(20) == -signal.SIGKILL
        assert sorted(draft.document.name if draft.document else "" for draft in _drafts(state)) == ["", "mine.json"]
        assert _window(environment, "edits_are_back_and_more_are_made", state, file) == -signal.SIGKILL
        assert _window(environment, "edits_are_back_again", state, file) == 0
    left = {draft.document: [text.text for text in draft.unfinished] for draft in _drafts(state)}
    assert left == {None: [], file: ['{"x": ']}


def _add_node(environment: dict[str, str], search: str, is_there: Callable[[], bool]) -> None:
    """Open the palette by a double click, choose from it by keys, and wait until the node is in a journal.

    A window that is just beginning may miss a click, so it is all done again until then.
    """
    end = time.monotonic() + 40
    while not is_there():
        assert time.monotonic() < end, "no edit came to a journal"
        _hands(environment, "key", "Escape")
        _hands(environment, "mousemove", "600", "560", "sleep", "0.3", "click", "--repeat", "2", "--delay", "60", "1")
        _hands(environment, "sleep", "0.5", "type", "--delay", "60", search)
        _hands(environment, "sleep", "0.3", "key", "Return", "sleep", "0.5")


def _has(draft: Draft, type: str, count: int) -> bool:
    return sum(node.type == type for node in draft.graph.nodes.values()) >= count


def _drafts(state: Path) -> list[Draft]:
    found = []
    for path in (state / "drafts").glob(f"*{SUFFIX}"):
        try:
            found.append(read(path))
        except GraphFileError:  # its head is just being written
            continue
    return found


def _window(environment: dict[str, str], name: str, state: Path, file: Path) -> int:
    program = [sys.executable, str(Path(__file__).with_name("recovery_stories.py")), name, str(state), str(file)]
    done = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert not done.stderr.strip() or done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def _hands(environment: dict[str, str], *what: str) -> None:
    subprocess.run(["xdotool", *what], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=30)


def _environment(display: str, home: Path) -> dict[str, str]:
    return {
        **os.environ, "DISPLAY": display, "GALLIUM_NOOP": "1", "GRAPHIDE_HOME": str(home),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'nodes'}",
    }  # fmt: skip
