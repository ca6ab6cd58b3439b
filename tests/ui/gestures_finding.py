"""Stories of finding: the search palette, the sidebar, menus of what is there, find, subgraphs, missing node types."""

from __future__ import annotations

from graphide.editor.actions import ACTIONS, sheet
from graphide.editor.text.metrics import icon
from graphide.graph.model import Graph, Node
from tests.ui.driving import Driver
from tests.ui.playing import play


def tab_searches_and_enter_adds_where_the_mouse_is(driver: Driver) -> None:
    x, y = driver.empty()
    driver.move(x, y)
    driver.key("Tab")
    driver.until(lambda: driver.session.popups.palette is not None)
    driver.frames(4)
    driver.type("mod")
    driver.key("Down")
    driver.key("Up")
    driver.key("Return")
    (node,) = driver.session.graph.nodes.values()
    assert node.type == "model"
    group = driver.session.surface.group(node.id)
    assert group is not None
    at = driver.canvas(group.x, group.y)
    assert abs(at[0] - x) < 12 and abs(at[1] - y) < 12


def the_palette_does_actions_and_esc_closes_it(driver: Driver) -> None:
    driver.fresh("hello")
    driver.double_click(*driver.empty())
    driver.until(lambda: driver.session.popups.palette is not None)
    driver.key("Escape")
    assert driver.session.popups.palette is None
    driver.key("ctrl+k")
    driver.frames(4)
    driver.type("select all")
    driver.key("Return")
    assert set(driver.session.tab.selection.nodes) == set(driver.session.graph.nodes)


def a_node_type_is_dragged_from_the_sidebar(driver: Driver) -> None:
    x, y = driver.empty()
    driver.drag(driver.label("Template"), (x, y), steps=10)
    driver.frames(4)
    (node,) = driver.session.graph.nodes.values()
    assert node.type == "template"
    group = driver.session.surface.group(node.id)
    assert group is not None
    at = driver.canvas(group.x, group.y)
    assert abs(at[0] - x) < 30 and abs(at[1] - y) < 30
    driver.double_click(*driver.label("Parameters"))
    driver.frames(3)
    assert sorted(node.type for node in driver.session.graph.nodes.values()) == ["parameters", "template"]


def a_right_click_opens_the_menu_of_what_is_there(driver: Driver) -> None:
    driver.fresh("hello")
    places = {
        "fit": driver.empty(),
        "mute": driver.title("task"),
        "disconnect": driver.wire("answer.text -> result.value"),
        "expose": driver.part("style", "widget", "temperature"),
    }
    for action, at in places.items():
        driver.click(*at, button=3)
        menu = driver.session.popups.menu
        assert menu is not None and action in [item.id for item in menu.items], f"no {action}"
        driver.key("Escape")
        assert driver.session.popups.menu is None
    driver.click(*driver.pin("answer", "prompt", output=False), button=3)
    menu = driver.session.popups.menu
    assert menu is not None and menu.items[0].id == "disconnect"
    driver.frames(3)
    driver.click(*driver.label("Disconnect"))
    assert "task.text -> answer.prompt" not in [str(edge) for edge in driver.session.graph.edges]


def a_press_beside_it_closes_a_menu_and_the_palette(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("task"), button=3)
    driver.frames(4)
    driver.click(*driver.label("Inspector"))
    assert driver.session.popups.menu is None
    driver.double_click(*driver.empty())
    driver.frames(6)
    assert driver.session.popups.palette is not None, "the click that opens it does not close it"
    driver.click(*driver.title("task"))
    assert driver.session.popups.palette is None


def many_graphs_are_listed(driver: Driver) -> None:
    for _ in range(6):
        driver.session.new_from("hello")
    driver.frames(4)
    driver.click(*driver.label(icon("ellipsis")))
    menu = driver.session.popups.menu
    assert menu is not None and len(menu.items) == 6
    driver.key("Down")
    driver.key("Return")
    assert driver.session.tab is driver.session.tabs[0]


def a_menu_is_led_by_keys(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("task"))
    driver.key("shift+F10")
    menu = driver.session.popups.menu
    assert menu is not None
    names = [item.id for item in menu.items]
    for _ in range(names.index("mute") + 1):
        driver.key("Down")
    driver.key("Return")
    assert driver.session.graph.nodes["task"].state == "muted" and driver.session.popups.menu is None


def a_setting_becomes_an_input_by_keys_alone(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("style"))
    driver.key("ctrl+k")
    driver.frames(4)
    driver.type("show as an input")
    driver.key("Return")
    driver.frames(3)
    menu = driver.session.popups.menu
    assert menu is not None
    names = [item.id for item in menu.items]
    for _ in range(names.index("setting:temperature")):
        driver.key("Down")
    driver.key("Return")
    assert "temperature" in driver.session.graph.nodes["style"].exposed


def nodes_are_grouped_opened_and_left_again(driver: Driver) -> None:
    driver.fresh("hello")
    driver.click(*driver.title("topic"))
    with driver.holding("shift"):
        driver.click(*driver.title("task"))
    driver.key("ctrl+g")
    (group,) = [node for node in driver.session.graph.nodes.values() if node.type == "subgraph"]
    outer = driver.session.tab
    driver.frames(3)
    drawn = driver.session.surface.group(group.id)
    assert drawn is not None
    driver.double_click(*driver.canvas(drawn.x + drawn.width / 2, drawn.y + drawn.height - 30))
    driver.frames(4)
    assert driver.session.tab is not outer and {"topic", "task"} <= set(driver.session.graph.nodes)
    driver.key("ctrl+w")
    assert driver.session.tab is outer
    driver.key("Return")
    assert driver.session.tab is not outer, "Enter opens what is selected"
    driver.key("ctrl+w")
    driver.key("ctrl+z")
    assert "task" in driver.session.graph.nodes


def an_unknown_node_type_is_kept_as_a_placeholder(driver: Driver) -> None:
    from graphide.editor.commands_nodes import AddNodes
    from graphide.editor.layout import Place, Point

    driver.fresh("hello")
    stranger = Node("far", "acme.translate", {"to": "fr"})
    driver.session.do(AddNodes((stranger,), {"far": Place(at=Point(640, 420))}))
    driver.frames(4)
    group = driver.session.surface.group("far")
    assert group is not None
    shown = " ".join(shape.text for shape in group.shapes if type(shape).__name__ == "Text")
    assert "acme.translate" in shown
    x, y = driver.title("far")
    driver.drag((x, y), (x + 30, y + 30))
    kept: Graph = driver.session.graph
    assert kept.nodes["far"].settings == {"to": "fr"}


def find_shows_what_it_found(driver: Driver) -> None:
    driver.fresh("hello")
    driver.key("ctrl+f")
    dialog = driver.session.popups.dialog
    assert dialog is not None and dialog.what == "find"
    driver.key("Escape")
    driver.frames(3)
    assert driver.session.popups.dialog is None


def every_action_has_a_key_or_is_in_the_palette_and_the_sheet_tells_all_keys(driver: Driver) -> None:
    driver.key("F1")
    dialog = driver.session.popups.dialog
    assert dialog is not None and dialog.what == "shortcuts"
    driver.key("Escape")
    told = [keys for _, lines in sheet() for _, keys in lines]
    for action in ACTIONS.values():
        assert not action.keys or action.shortcuts() in told, action.id


if __name__ == "__main__":
    play(globals())
