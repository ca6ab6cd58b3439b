"""Gestures: what a person does with mouse and keys, and what becomes of graph, selection and undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.commands_view import SetFrame
from graphide.editor.gestures_input import Mouse
from graphide.editor.layout import Frame, Point, frames, place, reroutes
from graphide.editor.selection import Selection
from graphide.graph.model import Edge
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands

TOPIC = Edge("topic", "value", "task", "topic")


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path, "hello") as person:
        yield person


def chosen(person: Hands) -> tuple[str, ...]:
    return person.session.tab.selection.nodes


def one_step(person: Hands, before: object) -> None:
    """Check that what was done is one step of undo."""
    document = person.session.tab.document
    assert document.graph is not before
    document.undo()
    assert document.graph == before
    assert not document.undo_label


def test_a_click_selects_and_shift_and_ctrl_add_and_take_away(person: Hands) -> None:
    person.click(person.title("task"))
    assert chosen(person) == ("task",)
    person.click(person.title("answer"), "shift")
    assert chosen(person) == ("task", "answer")
    person.click(person.title("task"), "ctrl")
    assert chosen(person) == ("answer",)
    person.click(person.empty())
    assert not person.session.tab.selection


def test_a_box_selects_what_it_touches(person: Hands) -> None:
    box = person.session.surface.all()
    assert box is not None
    corner = (box.x - 20, box.y - 20)
    person.drag((box.x + box.width + 20, box.y + box.height + 20), corner)
    assert set(person.session.tab.selection.nodes) == set(person.session.graph.nodes)


def test_a_drag_moves_what_is_selected_in_one_step(person: Hands) -> None:
    before = person.session.graph
    at = person.title("task")
    person.drag(at, (at[0] + 90, at[1] + 400), "ctrl")
    old, new = place(before, "task").at, place(person.session.graph, "task").at
    assert old is not None and new == (old.x + 90, old.y + 400)
    one_step(person, before)


def test_a_node_comes_to_lie_on_the_grid_or_in_line(person: Hands) -> None:
    at = person.title("task")
    person.drag(at, (at[0] + 3, at[1] + 903))
    new = place(person.session.graph, "task").at
    assert new is not None and new.y % 10 == 0


def test_a_small_slip_of_the_mouse_is_a_click(person: Hands) -> None:
    before, at = person.session.graph, person.title("task")
    person.drag(at, (at[0] + 1, at[1] + 1))
    assert person.session.graph is before


def test_escape_gives_a_drag_up(person: Hands) -> None:
    before, at = person.session.graph, person.title("task")
    person.begin(at, (at[0] + 200, at[1]))
    assert place(person.session.scene().graph, "task") != place(before, "task")
    person.key("escape")
    person.event("up", at, "left")
    assert person.session.graph is before and not person.session.tab.document.undo_label


def test_alt_and_drag_makes_copies(person: Hands) -> None:
    before, at = person.session.graph, person.title("style")
    person.drag(at, (at[0] + 300, at[1] + 300), "alt")
    assert chosen(person) == ("style_2",)
    one_step(person, before)


@pytest.mark.parametrize("button", ["middle", "right"])
def test_the_middle_and_the_right_button_pull_the_canvas(person: Hands, button: str) -> None:
    camera = person.session.tab.camera
    person.session.mouse(Mouse("down", button, 100, 100))  # type: ignore[arg-type]
    person.session.mouse(Mouse("move", "", 160, 130))
    person.session.mouse(Mouse("up", button, 160, 130))  # type: ignore[arg-type]
    moved = person.session.tab.camera
    assert (round(moved.x - camera.x, 6), round(moved.y - camera.y, 6)) == (
        round(-60 / camera.zoom, 6), round(-30 / camera.zoom, 6),
    )  # fmt: skip
    assert person.session.popups.menu is None


def test_space_and_drag_pulls_the_canvas(person: Hands) -> None:
    camera = person.session.tab.camera
    person.key("space")
    at = person.title("task")
    person.begin(at, (at[0] + 50, at[1]))
    assert person.session.tab.camera != camera and not person.session.tab.selection


def test_the_wheel_zooms_about_the_mouse(person: Hands) -> None:
    place_before = person.session.tab.camera.to_world(300, 200)
    person.session.mouse(Mouse("wheel", "", 300, 200, wheel=(0, -3)))
    after = person.session.tab.camera.to_world(300, 200)
    assert after == pytest.approx(place_before)
    person.session.mouse(Mouse("wheel", "", 300, 200, frozenset(["shift"]), (0, 1)))
    assert person.session.tab.camera.to_world(300, 200) != pytest.approx(place_before)


def test_a_wire_from_pin_to_pin_connects(person: Hands) -> None:
    before = person.session.graph
    person.drag(person.pin("topic", "value", output=True), person.pin("persona", "audience"))
    assert Edge("topic", "value", "persona", "audience") in person.session.graph.edges
    assert Edge("audience", "value", "persona", "audience") not in person.session.graph.edges
    one_step(person, before)


def test_a_wire_that_cannot_be_says_why(person: Hands) -> None:
    before = person.session.graph
    person.drag(person.pin("task", "text", output=True), person.pin("answer", "sampling"))
    assert person.session.graph is before
    assert "text" in person.session.toasts.shown[-1].message


def test_while_a_wire_is_drawn_the_pins_that_do_not_fit_are_known(person: Hands) -> None:
    person.begin(person.pin("task", "text", output=True), person.empty())
    verdicts = person.session.scene().verdicts
    assert verdicts["answer", "sampling"] and verdicts["answer", "system"] is None


def test_a_wire_is_pulled_off_its_input(person: Hands) -> None:
    before = person.session.graph
    person.drag(person.pin("task", "topic"), person.empty())
    assert TOPIC not in person.session.graph.edges
    one_step(person, before)


def test_a_wire_that_ends_nowhere_asks_for_a_node_and_connects_it(person: Hands) -> None:
    before = person.session.graph
    person.drag(person.pin("answer", "text", output=True), person.empty())
    palette = person.session.popups.palette
    assert palette is not None and "parameters" not in [item.id for item in palette.items]
    person.session.popups.search("split")
    person.session.popups.choose()
    assert Edge("answer", "text", "split", "text") in person.session.graph.edges
    assert chosen(person) == ("split",)
    one_step(person, before)


def test_a_loose_node_is_put_into_a_wire(person: Hands) -> None:
    session = person.session
    session.popups.open_palette(session.tab.camera.to_screen(*person.empty()))
    session.popups.search("join")
    session.popups.choose()
    start, end = person.pin("answer", "text", output=True), person.pin("result", "value")
    at = person.title("join")
    person.drag(at, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), "ctrl")
    assert Edge("answer", "text", "join", "items") in session.graph.edges
    assert Edge("join", "text", "result", "value") in session.graph.edges


def middle_of(person: Hands, edge: Edge) -> tuple[float, float]:
    wire = next(wire for wire in person.session.surface.view.wires if wire.edge == edge)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = wire.curves[0]
    return (ax + 3 * bx + 3 * cx + dx) / 8, (ay + 3 * by + 3 * cy + dy) / 8


def test_a_wire_is_led_through_points_and_disconnected(person: Hands) -> None:
    session, edge = person.session, Edge("answer", "text", "result", "value")
    person.click(middle_of(person, edge), "alt")
    assert len(reroutes(session.graph)[edge]) == 1
    point = reroutes(session.graph)[edge][0]
    person.drag(point, (point.x + 30, point.y + 100))
    assert reroutes(session.graph)[edge][0] == (round(point.x + 30), round(point.y + 100))
    person.double(reroutes(session.graph)[edge][0])
    assert edge not in reroutes(session.graph)
    person.click(middle_of(person, edge))
    assert session.tab.selection.edges == (edge,)
    person.click(middle_of(person, edge), "ctrl")
    assert edge not in session.graph.edges


def test_a_frame_takes_its_nodes_along_and_is_resized(person: Hands) -> None:
    session = person.session
    box = session.surface.all()
    assert box is not None
    size = Point(box.width + 100, box.height + 120)
    session.do(SetFrame("f1", Frame("All", Point(box.x - 50, box.y - 60), size)))
    before = place(session.graph, "task").at
    at = person.part("f1", "frame_title")
    person.drag(at, (at[0] + 40, at[1] + 20), "ctrl")
    after = place(session.graph, "task").at
    assert before is not None and after == (before.x + 40, before.y + 20)
    corner = person.part("f1", "frame_corner")
    person.drag(corner, (corner[0] + 100, corner[1] + 50), "ctrl")
    assert frames(session.graph)["f1"].size == (round(size.x + 100), round(size.y + 50))


def test_a_node_is_resized_and_folded(person: Hands) -> None:
    session = person.session
    corner = person.part("task", "corner")
    person.drag(corner, (corner[0] + 100, corner[1] + 60))
    assert place(session.graph, "task").size is not None
    person.click(person.part("task", "fold"))
    assert place(session.graph, "task").collapsed


def test_a_slider_follows_the_mouse_in_one_step(person: Hands) -> None:
    before = person.session.graph
    at = person.part("style", "widget", "temperature")
    person.drag(at, (at[0] + 60, at[1]))
    assert person.session.graph.nodes["style"].settings != before.nodes["style"].settings
    one_step(person, before)


def test_text_is_edited_in_its_node(person: Hands) -> None:
    session = person.session
    person.click(person.part("task", "widget", "text"))
    assert session.field is not None
    person.key("a", "ctrl")
    session.typed("Name {{ topic }} and {{ place }}.")
    assert session.graph.nodes["task"].settings["text"] == "Name {{ topic }} and {{ place }}."
    person.key("escape")
    assert not session.box_of_field()
    assert "place" in session.rules.ports(session.graph, "task").inputs


def test_a_double_click_on_a_title_renames_and_on_the_canvas_searches(person: Hands) -> None:
    person.double(person.title("task"))
    person.session.typed("Question")
    person.key("enter")
    assert person.session.graph.nodes["task"].title == "Question"
    person.double(person.empty())
    assert person.session.popups.palette is not None
    person.key("escape")
    assert person.session.popups.palette is None


def test_a_right_click_opens_the_menu_of_what_is_there(person: Hands) -> None:
    person.click(person.title("task"), button="right")
    menu = person.session.popups.menu
    assert menu is not None and "mute" in [item.id for item in menu.items]
    person.session.popups.choose_in_menu([item.id for item in menu.items].index("mute"))
    assert person.session.graph.nodes["task"].state == "muted"


def test_arrows_with_ctrl_move_and_delete_removes(person: Hands) -> None:
    session = person.session
    before = session.graph
    session.select(Selection(("task",)))
    person.key("right", "ctrl")
    person.key("right", "ctrl")
    old, new = place(before, "task").at, place(session.graph, "task").at
    assert old is not None and new == (old.x + 20, old.y)
    one_step(person, before)
    session.select(Selection(("task",)))
    person.key("delete")
    assert "task" not in session.graph.nodes and not session.tab.selection


def test_arrows_go_to_the_next_node_and_with_shift_they_add_it(person: Hands) -> None:
    session = person.session
    before = session.graph
    session.select(Selection(("topic",)))
    person.key("right")
    assert session.tab.selection.nodes == ("task",)
    person.key("down", "shift")
    assert session.tab.selection.nodes == ("task", "persona")
    person.key("left")
    assert session.tab.selection.nodes == ("audience",)
    assert session.graph is before


def test_an_arrow_without_a_selection_takes_the_node_in_the_middle(person: Hands) -> None:
    person.session.select(Selection())
    assert person.key("left")
    assert len(person.session.tab.selection.nodes) == 1


def test_the_mouse_is_told_what_it_rests_on(person: Hands) -> None:
    gestures = person.session.gestures
    person.event("move", person.pin("task", "text", output=True))
    assert (gestures.cursor, gestures.tooltip) == ("hand", "text (text)")
    person.event("move", person.title("task"))
    assert gestures.tooltip.startswith("template: ")
    person.event("move", person.empty())
    assert (gestures.cursor, gestures.tooltip) == ("arrow", "")
    person.key("space")
    assert gestures.cursor == "hand"


def test_keys_do_nothing_to_the_graph_behind_a_dialog_or_a_palette(person: Hands) -> None:
    session = person.session
    session.select(Selection(("task",)))
    session.act("settings")
    assert not person.key("delete")
    person.key("escape")
    session.popups.open_palette()
    assert not person.key("delete") and not person.key("f")
    person.key("escape")
    assert session.popups.palette is None and "task" in session.graph.nodes


def test_a_menu_is_led_by_keys(person: Hands) -> None:
    session = person.session
    person.click(person.title("task"), button="right")
    assert session.popups.menu is not None
    mute = [item.id for item in session.popups.menu.items].index("mute")
    person.key("end")
    person.key("home")
    for _ in range(mute):
        person.key("down")
    person.key("enter")
    assert session.popups.menu is None and session.graph.nodes["task"].state == "muted"
