"""Stories of a screen with 3840 × 2160 pixels, where everything is shown twice as large."""

from __future__ import annotations

from graphide.ui import safe
from graphide.ui.app import App
from tests.ui.driving import Driver
from tests.ui.playing import play

SIZE = (3840, 2160)


def the_window_fills_it_and_everything_is_twice_as_large(driver: Driver) -> None:
    driver.fresh("hello")
    assert _size(driver.app) == SIZE
    before = safe.rectangle(driver.app._boxes["sidebar"])[2]
    driver.session.choose(scale=2.0)
    driver.frames(6)
    assert safe.rectangle(driver.app._boxes["sidebar"])[2] == 2 * before
    area = driver.app.canvas.area
    x, y = driver.label("Run")
    assert area.x < x < area.x + area.width and y < area.y
    assert _size(driver.app) == SIZE


def nodes_are_dragged_and_wired_far_from_the_corner(driver: Driver) -> None:
    driver.app.add_node("variable", (500, 1300))
    driver.app.add_node("output", (1400, 1600))
    driver.frames(4)
    driver.drag(driver.pin("variable", "value", output=True), driver.pin("output", "value", output=False))
    assert len(driver.session.graph.edges) == 1
    x, y = driver.title("output")
    driver.drag((x, y), (x + 300, y + 100))
    driver.click(*driver.title("output"), button=3)
    assert driver.session.popups.menu is not None
    driver.key("Escape")


def the_edges_of_the_panels_are_dragged(driver: Driver) -> None:
    driver.fresh()
    area = driver.app.canvas.area
    driver.drag((area.x + 2, 900), (area.x + 202, 900))
    assert abs(driver.app.canvas.area.x - area.x - 200) <= 4


def _size(app: App) -> tuple[int, int]:
    """Return how large the parts are together."""
    size = {name: safe.rectangle(item)[2:] for name, item in app._boxes.items()}
    width = sum(size[name][0] for name in ("sidebar", "canvas", "panel"))
    return int(width), int(sum(size[name][1] for name in ("bar", "canvas", "status")))


if __name__ == "__main__":
    play(globals(), SIZE)
