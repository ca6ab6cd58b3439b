"""Stories of the inspector: every kind of field by mouse and keys, prompts, the plan, values and errors of a run."""

from __future__ import annotations

from collections.abc import Mapping

import dearpygui.dearpygui as dpg

from graphide.editor.commands_edges import Connect
from graphide.editor.commands_nodes import AddNodes
from graphide.editor.commands_settings import SetSetting
from graphide.editor.commands_view import SetFrame
from graphide.editor.layout import Frame, Place, Point, frames
from graphide.editor.prompt_view import PromptView
from graphide.editor.selection import Selection
from graphide.graph.model import Edge, Node
from graphide.ui import safe
from graphide.ui.panels.inspector import Inspector
from graphide.ui.panels.inspector.prompt import PromptBox
from graphide.ui.panels.inspector.settings import SettingField
from graphide.ui.panels.side import Side
from graphide.ui.textbox import TextBox
from tests.ui.driving import Driver
from tests.ui.playing import play

FORM = (
    'You know {{ area | choice("coding", "writing", "analysis") }}. Say {{ text }} in {{ words | number(1, 9) }} words. '
    "{% if loud %}LOUD{% endif %}{{ loud | toggle }}"
)


def a_line_is_typed_and_enter_leaves_it(driver: Driver) -> None:
    _with(driver, {"topic": "variable"})
    box = _field(driver, "value").boxes[0]
    _click(driver, box)
    driver.key("ctrl+a")
    driver.type("tides")
    driver.until(lambda: _setting(driver, "topic", "value") == "tides")
    driver.key("Return")
    assert not box.active and driver.session.tab.selection.nodes == ("topic",)


def escape_leaves_a_field_with_what_was_typed(driver: Driver) -> None:
    _with(driver, {"topic": "variable"})
    box = _field(driver, "value").boxes[0]
    _click(driver, box)
    driver.type("tidez")
    driver.key("BackSpace")
    driver.type("s")
    driver.key("Escape")
    driver.frames(6)
    assert not box.active and box.edit.text == "tides"
    driver.until(lambda: _setting(driver, "topic", "value") == "tides")
    assert driver.session.tab.selection.nodes == ("topic",)


def control_z_undoes_in_the_field_and_then_outside_of_it(driver: Driver) -> None:
    _with(driver, {"it": ("template", {"text": "one"})})
    box = _field(driver, "text").boxes[0]
    _click(driver, box)
    driver.key("ctrl+End")
    driver.type(" two")
    driver.key("ctrl+z")
    driver.until(lambda: _setting(driver, "it", "text") in ("one", "one "))
    driver.key("ctrl+shift+z")
    driver.until(lambda: _setting(driver, "it", "text") == "one two")
    driver.key("Escape")
    driver.frames(4)
    driver.key("ctrl+z")
    driver.until(lambda: _setting(driver, "it", "text") == "one")
    driver.key("ctrl+y")
    driver.until(lambda: _setting(driver, "it", "text") == "one two")


def tab_goes_from_field_to_field_and_back(driver: Driver) -> None:
    _with(driver, {"style": "parameters"})
    boxes = [box for box in _inspector(driver).boxes if not box.edit.read_only]
    _click(driver, boxes[0])
    for expected in boxes[1:4]:
        driver.key("Tab")
        driver.frames(4)
        driver.until(lambda wanted=expected: wanted.active)  # type: ignore[misc]
    assert driver.session.popups.palette is None
    driver.key("shift+Tab")
    driver.until(lambda: boxes[2].active)
    driver.key("ctrl+a")
    driver.type("0.5")
    driver.until(lambda: _setting(driver, "style", "top_p") == 0.5)


def a_number_is_slid_and_typed_and_says_what_does_not_fit(driver: Driver) -> None:
    _with(driver, {"style": "parameters"})
    field = _field(driver, "temperature")
    left, top, width, height = safe.rectangle(field._inner[0]._item)
    driver.drag((left + width * 0.16, top + height / 2), (left + width * 0.6, top + height / 2))
    slid = _setting(driver, "style", "temperature")
    assert isinstance(slid, float) and 2.5 < slid < 3.5
    box = field.boxes[0]
    assert box.edit.text == f"{slid:.2f}"
    _click(driver, box)
    driver.key("ctrl+a")
    driver.type("9")
    driver.frames(3)
    driver.until(lambda: _setting(driver, "style", "temperature") == slid)
    assert "from 0 to 5" in str(dpg.get_value(box._sentence)) and box.trouble
    driver.type("x")
    driver.key("ctrl+a")
    driver.type("1.5")
    driver.until(lambda: _setting(driver, "style", "temperature") == 1.5 and not box.typed.problem.sentence)
    driver.key("Escape")
    driver.frames(3)
    driver.session.act("undo")
    assert _setting(driver, "style", "temperature") == slid, "what was typed in one go is one step"
    driver.session.act("undo")
    driver.until(lambda: _setting(driver, "style", "temperature") is None)


def a_number_without_ends_is_pulled(driver: Driver) -> None:
    _with(driver, {"it": ("variable", {"kind": "number", "value": 5})})
    field = _field(driver, "value")
    left, top, width, height = safe.rectangle(field._inner[0]._item)
    driver.drag((left + width / 2, top + height / 2), (left + width / 2 - 90, top + height / 2))
    value = _setting(driver, "it", "value")
    assert isinstance(value, float) and value < 5, value


def a_toggle_and_a_choice_are_changed(driver: Driver) -> None:
    _with(driver, {"it": ("variable", {"kind": "toggle"})})
    _press(driver, _field(driver, "value")._inner[0]._drawlist)
    driver.until(lambda: _setting(driver, "it", "value") is True)
    kind = _field(driver, "kind")._inner[0]._item
    _press(driver, kind)
    driver.frames(6)
    left, top, _, height = safe.rectangle(kind)
    driver.click(left + 40, top + height + 22)
    driver.frames(4)
    assert _setting(driver, "it", "kind") != "toggle"


def a_list_gets_moves_and_loses_items(driver: Driver) -> None:
    _with(driver, {"it": ("variable", {"kind": "list", "value": ["a", "b"]})})
    driver.click(*driver.label("Add an item"))
    driver.frames(6)
    box = _field(driver, "value").boxes[-1]
    _click(driver, box)
    driver.type("c")
    driver.key("Escape")
    driver.frames(4)
    driver.until(lambda: _setting(driver, "it", "value") == ["a", "b", "c"])
    ups = _buttons(driver, "arrow-up")
    driver.click(*ups[-1])
    driver.frames(4)
    driver.until(lambda: _setting(driver, "it", "value") == ["a", "c", "b"])
    driver.click(*_buttons(driver, "x")[0])
    driver.frames(4)
    driver.until(lambda: _setting(driver, "it", "value") == ["c", "b"])


def json_is_checked_as_it_is_typed_and_kept_while_it_does_not_fit(driver: Driver) -> None:
    _with(driver, {"it": ("variable", {"kind": "json", "value": {"a": 1}})})
    box = _field(driver, "value").boxes[0]
    _click(driver, box)
    driver.key("ctrl+a")
    driver.type('{"a": 2')
    driver.frames(3)
    assert box.trouble and box.mark is not None and "line 1" in str(dpg.get_value(box._sentence))
    driver.until(lambda: _setting(driver, "it", "value") == {"a": 1})
    driver.key("Escape")
    _select(driver)
    _select(driver, "it")
    box = _field(driver, "value").boxes[0]
    assert box.edit.text == '{"a": 2' and box.trouble
    _click(driver, box)
    driver.key("ctrl+End")
    driver.type("}")
    driver.until(lambda: _setting(driver, "it", "value") == {"a": 2} and not box.typed.problem.sentence)


def a_text_on_the_node_grows_and_says_what_does_not_fit(driver: Driver) -> None:
    _with(driver, {"it": ("variable", {"kind": "json", "value": {"a": 1}})})
    driver.near("it")
    driver.click(*driver.part("it", "widget", "value"))
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    field = driver.session.field
    assert field is not None and field.box.height > 60
    driver.key("ctrl+a")
    driver.type('{"a" 2}')
    assert "line 1" in field.problem and field.mark == 5
    driver.key("Left")
    driver.key("Left")
    driver.key("Left")
    driver.type(":")
    assert not field.problem and _setting(driver, "it", "value") == {"a": 2}
    driver.key("Escape")


def a_list_that_has_no_value_yet_gets_its_first_item(driver: Driver) -> None:
    _with(driver, {"it": ("template", {"text": "{{ items | list }}"})})
    driver.click(*driver.label("Add an item"))
    driver.frames(6)
    _click(driver, _field(driver, "items").boxes[0])
    driver.type("one")
    driver.key("Escape")
    driver.until(lambda: _setting(driver, "it", "values") == {"items": ["one"]})


def a_file_and_a_model_are_asked_for(driver: Driver) -> None:
    _with(driver, {"it": "model"})
    driver.click(*driver.label("Choose …"))
    assert driver.session.popups.dialog is not None and driver.session.popups.dialog.what == "models"
    driver.session.popups.answer("ok", "echo")
    driver.frames(4)
    driver.until(lambda: _setting(driver, "it", "model") == "echo")


def a_prompt_block_is_a_form(driver: Driver) -> None:
    _with(driver, {"it": ("template", {"text": FORM}), "end": "output"}, "it.text -> end.value")
    _click(driver, _field(driver, "values.text").boxes[0])
    driver.type("hello")
    driver.key("Tab")
    driver.frames(4)
    driver.key("ctrl+a")
    driver.type("7")
    driver.key("Escape")
    driver.frames(4)
    _press(driver, _field(driver, "loud")._inner[0]._drawlist)
    driver.near("it")
    driver.click(*driver.part("it", "widget", "area"))
    assert driver.session.popups.menu is not None
    driver.session.popups.choose_in_menu(2)
    driver.frames(6)
    driver.until(
        lambda: _setting(driver, "it", "values") == {"area": "analysis", "loud": True, "text": "hello", "words": 7}
    )
    assert dpg.get_value(_field(driver, "area")._inner[0]._item) == "analysis"
    driver.key("ctrl+Return")
    driver.until(lambda: driver.session.tab.runs.view.over)
    text = driver.session.tab.runs.view.outputs["result"]
    assert text.startswith("You know analysis. Say hello in 7 words. LOUD")


def a_node_of_a_type_that_is_not_installed_shows_what_is_kept(driver: Driver) -> None:
    _with(driver, {"it": ("from_elsewhere", {"strength": 7})})
    assert "This node type is not installed" in _texts(driver)
    box = next(box for box in _inspector(driver).boxes if box.edit.read_only)
    assert box.edit.text == '{\n  "strength": 7\n}'


def a_wire_leads_to_its_node(driver: Driver) -> None:
    nodes = {"it": ("template", {"text": "{{ x }}"}), "word": ("variable", {"value": "a"})}
    _with(driver, nodes, "word.value -> it.x")
    driver.click(*_labelled(driver, "word")[0])
    driver.frames(4)
    assert driver.session.tab.selection.nodes == ("word",)


def a_key_leads_from_the_canvas_into_the_first_field(driver: Driver) -> None:
    _with(driver, {"it": "template"})
    driver.key("F4")
    driver.until(lambda: _inspector(driver).boxes[0].active)
    driver.type("Mine")
    driver.key("Escape")
    driver.until(lambda: driver.session.graph.nodes["it"].title == "Mine")


def the_title_is_typed(driver: Driver) -> None:
    _with(driver, {"it": "template"})
    box = _inspector(driver).boxes[0]
    _click(driver, box)
    driver.type("My task")
    driver.key("Return")
    assert driver.session.graph.nodes["it"].title == "My task"


def the_final_prompt_has_its_parts_in_colours_and_leads_to_their_nodes(driver: Driver) -> None:
    _two_contexts(driver)
    _select(driver, "answer")
    driver.until(lambda: _view(driver).how == "known" and not _view(driver).working)
    driver.frames(6)
    view = _view(driver)
    assert [(row.source, row.title) for row in view.sources] == [
        ("moon", "The Moon"), ("sun", "sun"), ("ask", "ask"),
    ]  # fmt: skip
    colors = {piece.source: piece.color for piece in view.pieces if piece.source}
    assert len(set(colors.values())) == 3
    box = next(box for box in _inspector(driver).boxes if isinstance(box, PromptBox))
    shown = list(box._colored(0, len(box.edit.text)))
    assert any(colors["moon"] in color for _, color in shown) and any(colors["sun"] in color for _, color in shown)
    at = view.text.index("shines") + 2
    x, y = box.edit.layout.point(box.edit.layout.place_at(0, 0).__class__(at))
    left, top, _, _ = safe.rectangle(box._drawlist)
    driver.click(left + box._left() + x, top + box._pad + y - box.edit.top + 10)
    driver.frames(4)
    assert driver.session.tab.selection.nodes == ("sun",)


def after_a_run_the_prompt_is_the_one_that_was_sent(driver: Driver) -> None:
    _two_contexts(driver)
    driver.key("ctrl+Return")
    driver.until(lambda: driver.session.tab.runs.view.over)
    _select(driver, "answer")
    driver.until(lambda: _view(driver).how == "sent" and not _view(driver).working)
    assert "The Moon pulls." in _view(driver).text
    driver.session.do(SetSetting("moon", "text", "It is cheese.", driver.session.rules))
    driver.until(lambda: _view(driver).how == "known" and not _view(driver).working)
    assert "It is cheese." in _view(driver).text


def the_plan_is_shown_on_nodes_and_in_the_panel(driver: Driver) -> None:
    _two_contexts(driver)
    _select(driver, "moon")
    driver.session.act("mute")
    driver.key("ctrl+alt+p")
    driver.until(lambda: driver.session.tab.plan is not None)
    driver.frames(6)
    part = driver.session.inspector().graph
    assert part is not None and {row.node.id: row.word for row in part.plan}["moon"] == "skipped"
    group = driver.session.surface.group("answer")
    assert group is not None and any("Next run: will run" in getattr(shape, "text", "") for shape in group.shapes)
    driver.click(*driver.label("The Moon"))
    driver.frames(4)
    assert driver.session.tab.selection.nodes == ("moon",)
    driver.key("ctrl+alt+p")


def the_error_of_a_node_is_shown_with_what_to_do_and_copied(driver: Driver) -> None:
    text = {"text": "{{ it.missing.deep }}"}
    nodes = {"word": ("variable", {"value": "tides"}), "bad": ("template", text), "end": "output"}
    _with(driver, nodes, "word.value -> bad.it", "bad.text -> end.value")
    driver.key("ctrl+Return")
    driver.until(lambda: driver.session.tab.runs.view.over)
    _select(driver, "bad")
    driver.frames(6)
    assert "Failed" in _texts(driver) and "it: tides" in _texts(driver)
    driver.click(*_buttons(driver, "copy")[0])
    driver.frames(3)
    copied = driver.session.clipboard.read()
    assert 'node "bad" (template)' in copied and "it: tides" in copied


def values_open_and_are_copied(driver: Driver) -> None:
    _two_contexts(driver)
    driver.key("ctrl+Return")
    driver.until(lambda: driver.session.tab.runs.view.over)
    _select(driver, "ask")
    driver.frames(6)
    box = next(box for box in _inspector(driver).boxes if box.edit.read_only)
    assert box.edit.text == "What now?"
    driver.click(*_buttons(driver, "copy")[0])
    driver.frames(3)
    assert driver.session.clipboard.read() == "What now?"


def a_frame_is_renamed_and_coloured(driver: Driver) -> None:
    _with(driver, {"it": "template"})
    driver.session.do(SetFrame("f1", Frame("Old", Point(0, 0), Point(600, 500))))
    driver.session.select(Selection(frames=("f1",)))
    driver.frames(6)
    box = _inspector(driver).boxes[0]
    _click(driver, box)
    driver.key("ctrl+a")
    driver.type("Sources")
    driver.key("Return")
    assert frames(driver.session.graph)["f1"].title == "Sources"
    driver.click(*_buttons(driver, "circle")[0])
    driver.frames(4)
    assert frames(driver.session.graph)["f1"].color == "blue"


def several_nodes_are_changed_at_once(driver: Driver) -> None:
    _with(driver, {"one": ("template", {"text": "a"}), "two": ("template", {"text": "b"})})
    _select(driver, "one", "two")
    box = _field(driver, "text").boxes[0]
    assert box.edit.text == ""
    _click(driver, box)
    driver.type("same")
    driver.key("Escape")
    driver.frames(4)
    assert (_setting(driver, "one", "text"), _setting(driver, "two", "text")) == ("same", "same")
    driver.session.act("undo")
    assert (_setting(driver, "one", "text"), _setting(driver, "two", "text")) == ("a", "b")


def the_graph_is_described_and_its_problems_lead_to_nodes(driver: Driver) -> None:
    _with(driver, {"it": ("template", {"text": "{{ x }}"}), "end": "output"}, "it.text -> end.value")
    _select(driver)
    title, about = _inspector(driver).boxes[:2]
    _click(driver, title)
    driver.type("Mine")
    driver.key("Tab")
    driver.until(lambda: about.active)
    driver.type("It helps")
    assert (driver.session.graph.title, driver.session.graph.about) == ("Mine", "It helps")
    driver.key("Escape")
    driver.until(lambda: bool(driver.session.tab.problems))
    driver.frames(6)
    driver.click(*driver.label("Show the node"))
    driver.frames(4)
    assert driver.session.tab.selection.nodes == ("it",)


# --- where things are


def _with(driver: Driver, nodes: Mapping[str, object], *edges: str) -> None:
    """Show a graph of `{id: type or (type, settings)}`, with the first node selected."""
    session = driver.session
    made = tuple(Node(key, *(kind if isinstance(kind, tuple) else (kind,))) for key, kind in nodes.items())
    session.do(AddNodes(made, {node.id: Place(at=Point(40 + 300 * at, 60)) for at, node in enumerate(made)}))
    for edge in edges:
        source, _, target = edge.partition(" -> ")
        session.do(Connect(Edge(*source.split("."), *target.split(".")), session.rules))
    _select(driver, made[0].id)


def _two_contexts(driver: Driver) -> None:
    nodes = {
        "moon": ("context", {"text": "The Moon pulls."}), "sun": ("context", {"text": "The Sun shines."}),
        "ask": ("template", {"text": "What now?"}), "answer": "model", "end": "output",
    }  # fmt: skip
    _with(
        driver, nodes, "moon.text -> answer.context", "sun.text -> answer.context", "ask.text -> answer.prompt",
        "answer.text -> end.value",
    )  # fmt: skip
    from graphide.editor.commands_nodes import SetNodeTitle

    driver.session.do(SetNodeTitle("moon", "The Moon"))
    _select(driver)


def _select(driver: Driver, *nodes: str) -> None:
    driver.session.select(Selection(nodes))
    driver.frames(8)


def _setting(driver: Driver, node: str, name: str) -> object:
    return driver.session.graph.nodes[node].settings.get(name)


def _inspector(driver: Driver) -> Inspector:
    side = next(part for part in driver.app._parts if isinstance(part, Side))
    assert isinstance(side._inside, Inspector)
    return side._inside


def _field(driver: Driver, name: str) -> SettingField:
    """Return the field of a setting, scrolled into view."""
    fields = [field for part in _inspector(driver).parts for field in part.fields if isinstance(field, SettingField)]
    return next(field for field in fields if field.row.name == name)


def _view(driver: Driver) -> PromptView:
    found = driver.session.prompts.of(driver.session.tab, driver.session.tab.selection.nodes[0])
    assert found is not None
    return found


def _click(driver: Driver, box: TextBox) -> None:
    left, top, width, height = safe.rectangle(box._drawlist)
    driver.click(left + min(width / 2, 60), top + height / 2)
    driver.until(lambda: box.active)


def _press(driver: Driver, item: safe.Item) -> None:
    left, top, width, height = safe.rectangle(item)
    driver.click(left + width / 2, top + height / 2)
    driver.frames(4)


def _buttons(driver: Driver, sign: str) -> list[tuple[float, float]]:
    """Return the middle of the buttons of the inspector that show an icon, from top to bottom."""
    from graphide.editor.text.metrics import icon

    return _labelled(driver, icon(sign), whole=True)


def _labelled(driver: Driver, label: str, *, whole: bool = False) -> list[tuple[float, float]]:
    found = []
    for item in dpg.get_all_items():
        said = str(dpg.get_item_label(item) or "")
        if dpg.get_item_type(item) == "mvAppItemType::mvButton" and (said == label or not whole and label in said):
            left, top, width, height = safe.rectangle(item)
            if width and dpg.is_item_visible(item) and left > driver.app.canvas.area.x + driver.app.canvas.area.width:
                found.append((left + width / 2, top + height / 2))
    return sorted(found, key=lambda at: at[1])


def _texts(driver: Driver) -> str:
    texts = [
        str(dpg.get_value(item))
        for item in dpg.get_all_items()
        if dpg.get_item_type(item) == "mvAppItemType::mvText" and dpg.is_item_visible(item)
    ]
    return "\n".join(texts)


if __name__ == "__main__":
    play(globals())
