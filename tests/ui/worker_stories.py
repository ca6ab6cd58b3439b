"""The story of `test_worker_crash`: `python worker_stories.py MODEL FOLDER` plays it with a real model."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import psutil

from graphide.editor.views import Text
from tests.ui.driving import Driver, window

GRAPH = {
    "graphide": 1,
    "nodes": {
        "ask": {"type": "template", "text": "Count from one to a thousand."},
        "answer": {"type": "model", "max_tokens": 1500},
        "result": {"type": "output"},
    },
    "edges": ["ask.text -> answer.prompt", "answer.text -> result.value"],
}
"""It would write for minutes."""


def a_killed_worker_is_said_at_the_node_and_the_next_run_works(driver: Driver, folder: Path) -> None:
    path = folder / "g.json"
    path.write_text(json.dumps(GRAPH), "utf-8")
    assert driver.session.open(path)
    driver.frames(4)
    runs = driver.session.tab.runs
    driver.key("ctrl+Return")
    driver.until(lambda: "answer" in runs.view.nodes and bool(runs.view.nodes["answer"].pieces), 60)
    worker = max(psutil.Process().children(recursive=True), key=lambda child: child.memory_info().rss)
    os.kill(worker.pid, signal.SIGKILL)
    driver.until(lambda: runs.view.over)
    driver.frames(4)
    node = runs.view.nodes["answer"]
    assert node.state == "failed" and node.error is not None and node.error.hint, node
    group = driver.session.surface.group("answer")
    assert group is not None
    shown = " ".join(shape.text for shape in group.shapes if isinstance(shape, Text))
    print(json.dumps({"said": f"{node.error.message}. {node.error.hint}", "shown": shown, "kept": node.text}))
    assert driver.session.set_setting(("answer",), "max_tokens", 3) == ""
    driver.key("ctrl+Return")
    driver.until(lambda: runs.view.active)
    driver.until(lambda: runs.view.over, 60)
    assert runs.view.state == "ok" and runs.view.outputs["result"], runs.view


if __name__ == "__main__":
    with window(Path(sys.argv[2]) / "state", model=sys.argv[1]) as at_the_window:
        a_killed_worker_is_said_at_the_node_and_the_next_run_works(at_the_window, Path(sys.argv[2]))
