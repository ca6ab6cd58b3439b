"""A program: opens a window whose state is kept in FOLDER and changes its looks by hand, or finds them as they were left.

`python restarting.py FOLDER change` and then `python restarting.py FOLDER find`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.ui.driving import Driver, window


def change(driver: Driver) -> None:
    area = driver.app.canvas.area
    right = area.x + area.width
    driver.drag((area.x + 2, 500), (area.x + 52, 500))
    driver.drag((right - 2, 500), (right - 62, 500))
    driver.key("ctrl+alt+t")
    driver.key("ctrl+alt+3")
    driver.key("ctrl+alt+equal")
    driver.frames(4)


def found(driver: Driver) -> list[object]:
    """Return what can be seen of it."""
    area = driver.app.canvas.area
    return [area.x, area.width, driver.app.look_name, driver.session.panel("minimap"), driver.app.fonts.scale]


if __name__ == "__main__":
    with window(Path(sys.argv[1])) as at_the_window:
        if sys.argv[2] == "change":
            change(at_the_window)
        print(json.dumps(found(at_the_window)))
