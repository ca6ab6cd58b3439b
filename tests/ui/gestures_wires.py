"""Stories of wires: connecting, refusals with their reason, dimmed pins, new nodes at loose ends, points on the way."""

from __future__ import annotations

from graphide.editor.layout import reroutes
from graphide.editor.views import Disc
from tests.ui.driving import Driver
from tests.ui.playing import play


def a_wire_is_drawn_from_pin_to_pin_and_taken_back(driver: Driver) -> None:
    driver.app.add_node("variable", (60, 60))
    driver.app.add_node("output", (380, 60))
    driver.frames(4)
    driver.drag(driver.pin("variable", "value", output=True), driver.pin("output", "value", output=False))
    assert _edges(driver) == ["variable.value -> output.value"]
    driver.key("ctrl+z")
    assert _edges(driver) == []
    driver.key("ctrl+y")
    assert _edges(driver) == ["variable.value -> output.value"]


def a_wire_that_does_not_fit_is_refused_with_the_reason_while_pins_are_dimmed(driver: Driver) -> None:
    driver.fresh("hello")
    before = driver.session.graph
    end = driver.pin("answer", "prompt", output=False)
    driver.take(driver.pin("style", "sampling", output=True), end)
    view = driver.app.canvas.view
    dimmed = [shape for shape in view.overlay if isinstance(shape, Disc)]
    assert dimmed, "no pin is dimmed"
    assert "sampling" in view.tooltip and "text" in view.tooltip
    assert driver.tip() == view.tooltip
    driver.release()
    assert "sampling" in driver.said().lower() and driver.session.graph is before
    assert driver.tip() == ""


def a_circle_is_refused_as_it_is_drawn(driver: Driver) -> None:
    driver.app.add_node("template", (40, 40))
    driver.app.add_node("template", (360, 40))
    for node_id in ("template", "template_2"):
        driver.session.set_setting((node_id,), "text", "{{ x }}")
    driver.frames(4)
    driver.drag(driver.pin("template", "text", output=True), driver.pin("template_2", "x", output=False))
    driver.drag(driver.pin("template_2", "text", output=True), driver.pin("template", "x", output=False))
    assert _edges(driver) == ["template.text -> template_2.x"]
    assert "wait for each other" in driver.said()


def a_wire_dropped_on_a_node_finds_the_pin_that_fits(driver: Driver) -> None:
    driver.app.add_node("parameters", (40, 40))
    driver.app.add_node("model", (380, 40))
    driver.frames(4)
    driver.drag(driver.pin("parameters", "sampling", output=True), driver.title("model"))
    assert _edges(driver) == ["parameters.sampling -> model.sampling"]


def a_loose_end_asks_for_a_node_that_fits_its_type(driver: Driver) -> None:
    driver.app.add_node("parameters", (40, 40))
    driver.frames(4)
    start = driver.pin("parameters", "sampling", output=True)
    driver.drag(start, (start[0] + 120, start[1] + 60))
    palette = driver.session.popups.palette
    assert palette is not None and palette.wire is not None
    assert "model" in [item.id for item in palette.items] and "split" not in [item.id for item in palette.items]
    driver.frames(4)
    driver.type("model")
    driver.key("Return")
    assert _edges(driver) == ["parameters.sampling -> model.sampling"]
    driver.key("ctrl+z")
    assert list(driver.session.graph.nodes) == ["parameters"], "node and wire are one step"


def a_wire_is_taken_to_another_pin_or_taken_off(driver: Driver) -> None:
    driver.app.add_node("variable", (40, 40))
    driver.app.add_node("output", (380, 40))
    driver.app.add_node("output", (380, 300))
    driver.frames(4)
    driver.drag(driver.pin("variable", "value", output=True), driver.pin("output", "value", output=False))
    driver.drag(driver.pin("output", "value", output=False), driver.pin("output_2", "value", output=False))
    assert _edges(driver) == ["variable.value -> output_2.value"]
    end = driver.pin("output_2", "value", output=False)
    driver.drag(end, (end[0] - 60, end[1] + 90))
    assert _edges(driver) == []
    driver.key("ctrl+z")
    driver.move(*driver.wire("variable.value -> output_2.value"))
    with driver.holding("ctrl"):
        driver.click(*driver.wire("variable.value -> output_2.value"))
    assert _edges(driver) == []


def a_wire_is_led_through_points(driver: Driver) -> None:
    driver.app.add_node("variable", (40, 40))
    driver.app.add_node("output", (400, 200))
    driver.frames(4)
    driver.drag(driver.pin("variable", "value", output=True), driver.pin("output", "value", output=False))
    driver.double_click(*driver.wire("variable.value -> output.value"))
    (points,) = reroutes(driver.session.graph).values()
    assert len(points) == 1
    x, y = driver.canvas(*points[0])
    driver.drag((x, y), (x + 20, y + 70))
    ((moved,),) = reroutes(driver.session.graph).values()
    assert moved.y > points[0].y
    driver.double_click(*driver.canvas(*moved))
    assert reroutes(driver.session.graph) == {}
    driver.key("ctrl+z")
    driver.key("ctrl+z")
    driver.key("ctrl+z")
    assert reroutes(driver.session.graph) == {}


def a_loose_node_is_put_into_a_wire(driver: Driver) -> None:
    driver.app.add_node("variable", (20, 40))
    driver.app.add_node("output", (430, 40))
    driver.app.add_node("join", (200, 400))
    driver.frames(4)
    driver.drag(driver.pin("variable", "value", output=True), driver.pin("output", "value", output=False))
    driver.drag(driver.title("join"), driver.wire("variable.value -> output.value"), steps=10)
    assert _edges(driver) == ["join.text -> output.value", "variable.value -> join.items"]
    driver.key("ctrl+z")
    assert _edges(driver) == ["variable.value -> output.value"]


def a_wire_is_selected_and_removed(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.wire("answer.text -> result.value"))
    assert [str(edge) for edge in driver.session.tab.selection.edges] == ["answer.text -> result.value"]
    driver.key("Delete")
    assert "answer.text -> result.value" not in _edges(driver)


def keys_connect_nodes_and_add_one_after_another(driver: Driver) -> None:
    driver.app.add_node("variable", (40, 40))
    driver.app.add_node("output", (380, 40))
    driver.frames(4)
    driver.click(*driver.title("variable"))
    driver.key("shift+Right")
    driver.key("ctrl+shift+c")
    assert _edges(driver) == ["variable.value -> output.value"]
    driver.click(*driver.title("variable"))
    driver.key("shift+Tab")
    driver.until(lambda: driver.session.popups.palette is not None)
    driver.frames(4)
    driver.type("model")
    driver.key("Return")
    assert "variable.value -> model.prompt" in _edges(driver)


def _edges(driver: Driver) -> list[str]:
    return sorted(str(edge) for edge in driver.session.graph.edges)


if __name__ == "__main__":
    play(globals())
