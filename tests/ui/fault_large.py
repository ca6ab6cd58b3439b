"""The story of `test_faults` that needs a window for itself, because it takes as long as all the others: many nodes."""

from __future__ import annotations

import json

from graphide.graph.file import load
from tests.ui.driving import Driver
from tests.ui.fault_stories import opened
from tests.ui.playing import play


def five_thousand_nodes_are_opened_panned_and_saved(driver: Driver) -> None:
    nodes = {f"n{number}": {"type": "template", "text": f"{{{{ x }}}} {number}"} for number in range(5_000)}
    edges = [f"n{number - 1}.text -> n{number}.x" for number in range(1, 5_000) if number % 100]
    path = opened(driver, json.dumps({"graphide": 1, "nodes": nodes, "edges": edges}))
    driver.frames(3)
    before = driver.session.tab.camera
    assert not driver.session.tab.document.dirty
    driver.drag((600, 300), (700, 380), button=2)
    assert driver.session.tab.camera != before
    driver.session.act("undo", quiet=True)
    driver.app.add_node("note", (300, 300))
    driver.frames(2)
    driver.key("ctrl+s")
    assert len(load(path).nodes) == 5_001 and not driver.session.tab.document.dirty


if __name__ == "__main__":
    play(globals())
