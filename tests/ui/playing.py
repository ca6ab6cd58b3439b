"""Stories that share one window: a program plays all of a module one after the other, a test looks at how each ended.

A story is a function of a module that takes a `driver`. The window is the same for all of them, the graph is a new one
for each. What goes wrong in the window during a story, though it went on, makes the story fail.
"""

from __future__ import annotations

import ast
import json
import logging
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.ui.window import run_in_window

ARTIFACTS = Path(__file__).parents[1] / ".artifacts"


def stories_in(name: str) -> list[str]:
    """Return the names of the stories of a module beside this one, without importing it."""
    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text("utf-8"))
    return [
        part.name
        for part in tree.body
        if isinstance(part, ast.FunctionDef) and [a.arg for a in part.args.args] == ["driver"] and part.name[0] != "_"
    ]


def played(name: str, **how: Any) -> dict[str, str]:
    """Play the stories of a module in one window and return how each ended: "" or what went wrong."""
    wrote = run_in_window(Path(__file__).with_name(f"{name}.py"), "", **how)
    return dict(json.loads(line) for line in wrote.splitlines())


def expect(outcomes: Mapping[str, str], story: str) -> None:
    """Fail where a story did."""
    told = outcomes.get(story, "the window ended before it")
    if told:
        pytest.fail(told, pytrace=False)


def play(stories: Mapping[str, Any], size: tuple[int, int] = (1280, 800)) -> None:
    """Play the stories among the names of a module (or those named on the command line) and tell how each ended."""
    from tests.ui.driving import window

    wanted = sys.argv[1:] or stories_in(Path(sys.argv[0]).stem)
    troubles = _Troubles()
    logging.getLogger("graphide.ui").addHandler(troubles)
    with tempfile.TemporaryDirectory() as folder, window(Path(folder), size) as driver:
        for name in wanted:
            trouble = ""
            try:
                driver.fresh()
                stories[name](driver)
                assert not troubles.told, "".join(troubles.told)
            except Exception:  # noqa: BLE001  # told to the test, and the others are played all the same
                trouble = "\n".join([traceback.format_exc(), *dict.fromkeys(troubles.told)])[-4000:]
                driver.picture(ARTIFACTS / f"failed_{name}.png")
            troubles.told.clear()
            print(json.dumps([name, trouble]), flush=True)


class _Troubles(logging.Handler):
    """What the window reported while it went on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was reported."""
        self.told.append(self.format(record))
