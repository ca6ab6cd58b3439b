"""Stories of nodes, frames and notes: selecting, moving, copying, sizes, states, titles, and taking it all back."""

from __future__ import annotations

from graphide.editor.layout import Point, frames, place
from tests.ui.driving import Driver
from tests.ui.playing import play


def clicks_select_and_add(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("task"))
    assert driver.session.tab.selection.nodes == ("task",)
    with driver.holding("shift"):
        driver.click(*driver.title("style"))
    assert driver.session.tab.selection.nodes == ("task", "style")
    with driver.holding("ctrl"):
        driver.click(*driver.title("task"))
    assert driver.session.tab.selection.nodes == ("style",)
    driver.click(*driver.empty())
    assert not driver.session.tab.selection


def a_box_selects_and_with_shift_adds(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("answer"))
    first = _box_around(driver, "topic")
    driver.drag(*first)
    assert driver.session.tab.selection.nodes == ("topic",)
    with driver.holding("shift"):
        driver.drag(*_box_around(driver, "result"))
    assert set(driver.session.tab.selection.nodes) == {"topic", "result"}
    driver.take(*_box_around(driver, "topic"))
    driver.key("Escape")
    driver.release()
    assert set(driver.session.tab.selection.nodes) == {"topic", "result"}
    driver.key("ctrl+a")
    assert set(driver.session.tab.selection.nodes) == set(driver.session.graph.nodes)
    driver.key("ctrl+shift+a")
    assert not driver.session.tab.selection


def a_drag_snaps_in_line_with_another_node_and_shows_it(driver: Driver) -> None:
    driver.app.add_node("variable", (120, 120))
    driver.app.add_node("output", (420, 300))
    driver.frames(4)
    moved, other = driver.session.graph.nodes["output"].id, "variable"
    start = driver.title(moved)
    target = _at(driver, other)
    driver.take(start, (start[0] + 40, start[1] + (target.y + 3 - _at(driver, moved).y)))
    lines = [shape for shape in driver.app.canvas.view.overlay if getattr(shape, "dashed", False)]
    assert lines, "nothing says what is in line with what"
    driver.release()
    assert _at(driver, moved).y == target.y
    with driver.holding("ctrl"):
        start = driver.title(moved)
        driver.drag(start, (start[0] + 33, start[1] + 47))
    assert _at(driver, moved).y == target.y + 47
    driver.key("ctrl+z")
    driver.key("ctrl+z")
    assert _at(driver, moved).y != target.y


def a_drag_with_alt_makes_a_copy(driver: Driver) -> None:
    driver.fresh("hello")
    before = driver.session.graph
    x, y = driver.title("task")
    driver.move(x, y)
    with driver.holding("alt"):
        driver.drag((x, y), (x + 40, y + 150))
    assert len(driver.session.graph.nodes) == len(before.nodes) + 1
    driver.key("ctrl+z")
    assert driver.session.graph == before


def esc_gives_a_drag_up(driver: Driver) -> None:
    driver.fresh("hello")
    before, (x, y) = driver.session.graph, driver.title("task")
    driver.take((x, y), (x + 120, y + 60))
    assert driver.app.canvas.view.cursor == "move"
    driver.key("Escape")
    driver.release()
    assert driver.session.graph is before


def a_corner_changes_the_size_of_a_node(driver: Driver) -> None:
    driver.fresh("hello")
    driver.near("task")
    x, y = driver.part("task", "corner")
    driver.drag((x, y), (x + 80, y + 60))
    size = place(driver.session.graph, "task").size
    assert size is not None and size.x > 300
    driver.key("ctrl+z")
    assert place(driver.session.graph, "task").size is None


def nodes_collapse_by_their_sign_and_by_key(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.part("task", "fold"))
    assert place(driver.session.graph, "task").collapsed
    group = driver.session.surface.group("task")
    assert group is not None and group.height < 40 and len(driver.session.surface.view.wires) == 6
    driver.click(*driver.title("task"))
    driver.key("alt+c")
    assert not place(driver.session.graph, "task").collapsed


def nodes_are_muted_and_bypassed_by_key(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("task"))
    driver.key("ctrl+m")
    assert driver.session.graph.nodes["task"].state == "muted"
    driver.key("ctrl+b")
    assert driver.session.graph.nodes["task"].state == "bypassed"
    driver.key("ctrl+b")
    assert driver.session.graph.nodes["task"].state == "active"


def a_double_click_on_a_title_renames(driver: Driver) -> None:
    driver.fresh("hello")
    driver.double_click(*driver.title("task"))
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.type("My task")
    driver.key("Return")
    assert driver.session.graph.nodes["task"].title == "My task"
    driver.click(*driver.title("style"))
    driver.key("F2")
    driver.frames(4)
    driver.type("Cool")
    driver.key("Return")
    assert driver.session.graph.nodes["style"].title == "Cool"
    driver.key("ctrl+z")
    driver.key("ctrl+z")
    assert driver.session.graph.nodes["task"].title == driver.session.graph.nodes["style"].title == ""


def arrows_go_from_node_to_node_and_with_ctrl_they_move_it(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("topic"))
    driver.key("Right")
    first = driver.session.tab.selection.nodes
    assert len(first) == 1 and first != ("topic",)
    driver.key("Left")
    assert driver.session.tab.selection.nodes == ("topic",)
    driver.key("shift+Right")
    assert driver.session.tab.selection.nodes == ("topic", *first)
    driver.click(*driver.title("topic"))
    before = _at(driver, "topic")
    driver.key("ctrl+Down")
    assert _at(driver, "topic") == (before.x, before.y + 10)
    driver.key("ctrl+shift+Left")
    assert _at(driver, "topic") == (before.x - 1, before.y + 10)


def a_frame_holds_what_is_selected_and_takes_it_along(driver: Driver) -> None:
    driver.fresh("hello")
    driver.key("Home")
    driver.click(*driver.title("topic"))
    driver.key("ctrl+j")
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.type("Inputs")
    driver.key("Return")
    frame = frames(driver.session.graph)["f1"]
    assert frame.title == "Inputs"
    before = _at(driver, "topic")
    x, y = driver.part("f1", "frame_title")
    driver.drag((x, y), (x + 60, y + 50))
    assert _at(driver, "topic").x > before.x and _at(driver, "topic").y > before.y
    x, y = driver.part("f1", "frame_corner")
    driver.drag((x, y), (x + 50, y + 30))
    assert frames(driver.session.graph)["f1"].size.x > frame.size.x
    for _ in range(3):
        driver.key("ctrl+z")
    assert _at(driver, "topic") == before


def a_note_is_added_and_written(driver: Driver) -> None:
    driver.key("Tab")
    driver.until(lambda: driver.session.popups.palette is not None)
    driver.frames(4)
    driver.type("note")
    driver.key("Return")
    (note,) = driver.session.graph.nodes.values()
    assert note.type == "note"
    driver.key("shift+Return")
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.key("ctrl+a")
    driver.type("Ask Ada")
    driver.key("Escape")
    assert driver.session.graph.nodes[note.id].settings["text"] == "Ask Ada"


def widgets_in_nodes_follow_the_mouse(driver: Driver) -> None:
    driver.fresh("hello")
    driver.near("style")
    x, y = driver.part("style", "widget", "temperature")
    driver.drag((x, y), (x + 60, y))
    warmer = driver.session.graph.nodes["style"].settings["temperature"]
    assert isinstance(warmer, float) and warmer > 1
    driver.near("audience")
    driver.click(*driver.part("audience", "widget", "value"))
    driver.frames(4)
    menu = driver.session.popups.menu
    assert menu is not None
    driver.click(*driver.label(menu.items[-1].label))
    assert driver.session.graph.nodes["audience"].settings["value"] == menu.items[-1].label
    driver.key("ctrl+z")
    driver.key("ctrl+z")
    assert driver.session.graph.nodes["style"].settings["temperature"] == 0.4


def nodes_are_removed_and_everything_comes_back(driver: Driver) -> None:
    driver.fresh("hello")
    before = driver.session.graph
    driver.key("ctrl+a")
    driver.key("Delete")
    assert not driver.session.graph.nodes
    driver.key("ctrl+z")
    assert driver.session.graph == before
    driver.key("ctrl+y")
    assert not driver.session.graph.nodes
    driver.key("ctrl+z")
    driver.key("ctrl+shift+z")
    assert not driver.session.graph.nodes


def nodes_are_aligned_and_tidied_up(driver: Driver) -> None:
    driver.fresh("hello")
    x, y = driver.title("task")
    driver.drag((x, y), (x + 240, y + 170))
    crooked = driver.session.graph
    driver.key("ctrl+shift+a")
    driver.key("ctrl+l")
    tidy = driver.session.graph
    assert tidy != crooked
    boxes = [group.box for group in driver.session.surface.view.nodes]
    assert not any(one.meets(other) for one in boxes for other in boxes if one is not other)
    driver.key("ctrl+z")
    assert driver.session.graph == crooked


def _at(driver: Driver, node_id: str) -> Point:
    at = place(driver.session.graph, node_id).at
    assert at is not None
    return at


def _box_around(driver: Driver, node_id: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return two corners around a node, the first of which is on the bare canvas."""
    group = driver.session.surface.group(node_id)
    assert group is not None
    low = driver.canvas(group.x - 14, group.y - 14)
    return low, driver.canvas(group.x + group.width / 2, group.y + group.height / 2)


if __name__ == "__main__":
    play(globals())
