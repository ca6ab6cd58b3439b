"""What the keyboard reaches that a hand does with the mouse: wires, texts in nodes, menus, settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.actions import ACTIONS, palette_items, sheet
from graphide.editor.layout import Point
from graphide.editor.selection import Selection
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path, "hello") as person:
        yield person


def test_every_action_has_a_key_or_can_be_found_in_the_palette(person: Hands) -> None:
    found: set[str] = set()
    for chosen in (Selection(), Selection(("task",)), Selection(("task", "style", "topic"))):
        person.session.select(chosen)
        found |= {item.id for item in palette_items(person.session)}
    missing = {action.id for action in ACTIONS.values() if not action.keys} - found
    # These ask for more: a file, a run, changes, a subgraph; and a chat, which has a test of its own.
    missing -= {action.id for action in ACTIONS.values() if action.menus == ("chat",)} | {"restore_chat"}
    of_models = {"find_model", "get_model", "use_model"}  # a model that is missing, or came: buttons of what says so
    missing -= {"restore_template"}  # a button of what says that one was deleted
    assert missing - of_models <= {"reload", "reset", "expand"}


def test_the_sheet_tells_every_key() -> None:
    told = {(what, keys) for _, lines in sheet() for what, keys in lines}
    assert {(action.label, action.shortcuts()) for action in ACTIONS.values() if action.keys} <= told
    assert ACTIONS["redo"].shortcuts() == "Ctrl+Shift+Z or Ctrl+Y"
    assert ACTIONS["zoom_in"].shortcuts("darwin") == "⌘= or ⌘+"


def test_selected_nodes_are_connected_in_their_order(person: Hands) -> None:
    session = person.session
    session.act("select_all")
    session.act("disconnect")
    before = session.graph
    session.select(Selection(("style", "answer", "result")))
    assert session.act("connect")
    assert {str(edge) for edge in session.graph.edges} == {
        "style.sampling -> answer.sampling",
        "answer.text -> result.value",
    }
    session.act("undo")
    assert session.graph == before


def test_nodes_that_do_not_fit_are_not_connected_and_that_is_said(person: Hands) -> None:
    session = person.session
    before = session.graph
    session.select(Selection(("result", "style")))
    session.act("connect")
    assert session.graph is before
    assert session.toasts.shown[-1].message == "No output of result fits a free input of style"


def test_a_node_is_added_after_another_one(person: Hands) -> None:
    session = person.session
    session.select(Selection(("style",)))
    session.act("add_after")
    assert session.popups.palette is not None and session.popups.palette.wire is not None
    assert session.popups.palette.wire.wires == ("sampling",)
    session.popups.search("model")
    session.popups.choose()
    assert "style.sampling -> model.sampling" in [str(edge) for edge in session.graph.edges]


def test_the_text_of_a_node_is_edited(person: Hands) -> None:
    session = person.session
    session.select(Selection(("task",)))
    session.act("edit_text")
    assert session.field is not None and (session.field.id, session.field.name) == ("task", "text")


def test_the_menu_of_the_selection_opens_and_without_one_that_of_the_canvas(person: Hands) -> None:
    session = person.session
    for chosen, action in ((Selection(("task",)), "mute"), (Selection(), "paste")):
        session.select(chosen)
        session.act("menu")
        assert session.popups.menu is not None and action in [item.id for item in session.popups.menu.items]


def test_a_setting_is_chosen_from_a_list_to_become_an_input(person: Hands) -> None:
    session = person.session
    session.select(Selection(("style",)))
    session.act("expose")
    assert session.popups.menu is not None
    session.popups.choose_in_menu([item.id for item in session.popups.menu.items].index("setting:top_p"))
    assert session.graph.nodes["style"].exposed == ("top_p",)
    session.act("reset_setting")
    assert session.popups.menu is not None
    session.popups.choose_in_menu([item.id for item in session.popups.menu.items].index("setting:temperature"))
    assert "temperature" not in session.graph.nodes["style"].settings


def test_a_text_without_places_is_pasted_at_the_mouse(person: Hands) -> None:
    session = person.session
    session.clipboard.write('{"graphide": 1, "nodes": {"new": {"type": "template", "text": "hello"}}}')
    at = person.empty()
    person.event("move", at)
    session.act("paste")
    group = session.surface.group("new")
    assert group is not None and Point(round(group.x), round(group.y)) == (round(at[0]), round(at[1]))
