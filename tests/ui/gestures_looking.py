"""Stories of looking: zoom, pan, fit and the map, by mouse and by keys."""

from __future__ import annotations

import pytest

from tests.ui.driving import Driver
from tests.ui.playing import play


def the_wheel_zooms_about_the_mouse_from_10_to_300_percent(driver: Driver) -> None:
    driver.fresh("hello")
    x, y = map(round, driver.title("answer"))
    driver.move(x, y)
    before = _under(driver, x, y)
    driver.wheel(3)
    zoom = driver.session.tab.camera.zoom
    driver.wheel(-3)
    assert zoom > driver.session.tab.camera.zoom
    driver.wheel(30)
    assert driver.session.tab.camera.zoom == pytest.approx(3.0)
    assert _under(driver, x, y) == pytest.approx(before, abs=0.6)
    driver.wheel(-45)
    assert driver.session.tab.camera.zoom == pytest.approx(0.1)
    assert _under(driver, x, y) == pytest.approx(before, abs=0.6)


def keys_zoom_about_the_middle(driver: Driver) -> None:
    driver.fresh("hello")
    driver.key("ctrl+0")
    assert driver.session.tab.camera.zoom == 1.0
    area = driver.app.canvas.area
    middle = driver.session.tab.camera.to_world(area.width / 2, area.height / 2)
    driver.key("ctrl+equal")
    assert driver.session.tab.camera.zoom > 1.1
    assert driver.session.tab.camera.to_world(area.width / 2, area.height / 2) == pytest.approx(middle)
    driver.key("ctrl+minus")
    driver.key("ctrl+minus")
    assert driver.session.tab.camera.zoom < 0.95


def the_middle_and_the_right_button_pull_the_canvas(driver: Driver) -> None:
    driver.fresh("hello")
    for button in (2, 3):
        start = driver.empty()
        before = _under(driver, *start)
        driver.drag(start, (start[0] + 70, start[1] - 50), button=button)
        assert _under(driver, start[0] + 70, start[1] - 50) == pytest.approx(before, abs=1.5)
        assert driver.session.popups.menu is None and not driver.session.tab.selection


def space_and_the_left_button_pull_the_canvas_even_over_a_node(driver: Driver) -> None:
    driver.fresh("hello")
    graph, (x, y) = driver.session.graph, driver.title("task")
    before = _under(driver, x, y)
    driver.move(x, y)
    with driver.holding("space"):
        assert driver.app.canvas.view.cursor == "hand"
        driver.drag((x, y), (x - 60, y + 40))
    assert _under(driver, x - 60, y + 40) == pytest.approx(before, abs=1.5)
    assert driver.session.graph is graph


def shift_and_the_wheel_pull_sideways(driver: Driver) -> None:
    driver.fresh("hello")
    before = driver.session.tab.camera
    driver.move(*driver.empty())
    with driver.holding("shift"):
        driver.wheel(2)
    after = driver.session.tab.camera
    assert after.x < before.x and after.y == before.y and after.zoom == before.zoom


def home_shows_everything_and_f_what_is_selected(driver: Driver) -> None:
    driver.fresh("hello")
    driver.key("ctrl+0")
    driver.drag(driver.empty(), (300, 300), button=2)
    driver.key("Home")
    assert _seen(driver, list(driver.session.graph.nodes))
    everything = driver.session.tab.camera.zoom
    driver.click(*driver.title("answer"))
    driver.key("f")
    assert _seen(driver, ["answer"]) and driver.session.tab.camera.zoom > everything


def the_map_leads_where_it_is_pressed_and_dragged(driver: Driver) -> None:
    driver.fresh("hello")
    driver.key("ctrl+0")
    area = driver.app.canvas.area
    left, top = area.x + area.width - 178 - 14, area.y + area.height - 128 - 14
    before = driver.session.tab.camera
    driver.click(left + 20, top + 60)
    pressed = driver.session.tab.camera
    assert pressed != before and pressed.zoom == before.zoom
    driver.drag((left + 40, top + 60), (left + 120, top + 90))
    assert driver.session.tab.camera.x > pressed.x
    assert not driver.session.tab.selection
    driver.key("ctrl+alt+3")
    assert driver.session.panel("minimap") is False
    driver.key("ctrl+alt+3")


def buttons_above_the_canvas_zoom_and_fit(driver: Driver) -> None:
    from graphide.editor.text.metrics import icon

    driver.fresh("hello")
    before = driver.session.tab.camera.zoom
    driver.click(*driver.label(icon("zoom-out")))
    assert driver.session.tab.camera.zoom < before
    driver.click(*driver.label(icon("maximize")))
    assert _seen(driver, list(driver.session.graph.nodes))


def _under(driver: Driver, x: float, y: float) -> tuple[float, float]:
    area = driver.app.canvas.area
    return driver.session.tab.camera.to_world(x - area.x, y - area.y)


def _seen(driver: Driver, nodes: list[str]) -> bool:
    area, camera = driver.app.canvas.area, driver.session.tab.camera
    for node_id in nodes:
        group = driver.session.surface.group(node_id)
        assert group is not None
        low, high = camera.to_screen(group.x, group.y), camera.to_screen(group.x + group.width, group.y + group.height)
        if min(low) < 0 or high[0] > area.width or high[1] > area.height:
            return False
    return True


if __name__ == "__main__":
    play(globals())
