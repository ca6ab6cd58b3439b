"""Dialogs as values: their buttons, the form of a run, and finding, without their windows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphide.editor.asking_inputs import InputForm, last_values
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.dialogs import Dialog, DialogButton, ask_between, letters, main_of
from graphide.editor.finding import Finding, where
from graphide.editor.run_history import kept
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


def form_graph(folder: Path) -> Path:
    variables: dict[str, dict[str, Any]] = {
        "topic": {"kind": "text"},
        "story": {"kind": "longtext"},
        "count": {"kind": "integer", "low": 1, "value": 2},
    }
    nodes = {name: {"type": "variable", **settings} for name, settings in variables.items()}
    nodes["page"] = {"type": "template", "text": "{{ topic }} {{ story }} {{ count }}"}
    nodes["out"] = {"type": "output"}
    edges = [f"{name}.value -> page.{name}" for name in variables] + ["page.text -> out.value"]
    path = folder / "form.json"
    path.write_text(json.dumps({"graphide": 1, "title": "Form", "nodes": nodes, "edges": edges}))
    return path


# --- buttons


def test_enter_never_presses_a_button_that_destroys() -> None:
    cancel, replace = DialogButton("cancel", "Cancel"), DialogButton("replace", "Replace", "danger")
    assert main_of((replace, cancel)) == cancel
    assert main_of((DialogButton("ok", "Save", "main"), cancel, replace)) == DialogButton("ok", "Save", "main")
    assert main_of((replace,)) is None


def test_every_button_has_a_letter_of_its_own_where_there_is_one() -> None:
    assert letters(["Save all", "Save as", "Cancel", "ß?"]) == ("s", "a", "c", "")


def test_a_question_in_front_of_a_dialog_brings_it_back(person: Hands) -> None:
    session, done = person.session, []
    first = Dialog("settings", "Settings")
    question = Dialog("ask", "Sure?", buttons=(DialogButton("yes", "Yes"),))
    session.popups.ask(first)
    ask_between(session, question, "yes", lambda: done.append(1))
    session.popups.answer("cancel")
    assert session.popups.dialog is first and not done
    ask_between(session, question, "yes", lambda: done.append(1))
    session.popups.answer("yes")
    assert session.popups.dialog is first and done == [1]


def test_a_dialog_ends_the_editing_of_a_text(person: Hands) -> None:
    person.double(person.title("task"))
    assert person.session.field is not None
    person.session.act("settings")
    assert person.session.field is None


def test_closing_the_window_asks_once_and_cancel_brings_the_dialog_back(person: Hands) -> None:
    session = person.session
    session.do(SetNodeTitle("task", "Changed"))
    session.act("settings")
    first = session.popups.dialog
    session.act("quit")
    question = session.popups.dialog
    session.act("quit")
    assert session.popups.dialog is question and question is not first
    person.key("escape")
    assert session.popups.dialog is first and not session.quitting
    session.act("quit")
    session.popups.answer("keep")
    assert session.quitting


# --- inputs


def test_inputs_without_a_value_are_asked_for_and_the_run_has_them(person: Hands, tmp_path: Path) -> None:
    session = person.session
    session.open(form_graph(tmp_path))
    session.act("run")
    assert session.popups.dialog is not None and session.popups.dialog.what == "inputs"
    form: InputForm = session.popups.dialog.data
    assert [row.name for row in form.rows] == ["story", "topic", "count"]
    assert not form["story"].shown_problem
    assert form.insist() == "story" and "still empty" in form["story"].shown_problem
    assert form["count"].text == "2" and "count" not in form.values
    assert "at least 1" in form.type("count", "0") and "number" in form.type("count", "ten")
    assert form.type("count", "3") == form.type("story", "once\nupon") == form.type("topic", "ü") == ""
    assert form.ready and form.values == {"count": 3, "story": "once\nupon", "topic": "ü"}
    session.popups.answer("ok")
    assert session.tab.runs.wait(20).outputs == {"result": "ü once\nupon 3"}


def test_the_values_of_the_last_run_are_proposed_also_after_a_restart(registry: Registry, tmp_path: Path) -> None:
    path = form_graph(tmp_path)
    with hands(registry, tmp_path / "state") as person:
        person.session.open(path)
        person.session.act("run")
        form = person.session.popups.dialog.data  # type: ignore[union-attr]
        for name, text in (("count", "3"), ("story", "s"), ("topic", "t")):
            form.type(name, text)
        person.session.popups.answer("ok")
        assert person.session.tab.runs.wait(20).state == "ok"
        person.session.act("run")
        assert person.session.popups.dialog.data.ready  # type: ignore[union-attr]
    with hands(registry, tmp_path / "state") as later:
        later.session.open(path)
        later.session.act("run")
        assert later.session.popups.dialog.data.values == {"story": "s", "topic": "t"}  # type: ignore[union-attr]


def test_with_asking_switched_off_known_values_run_at_once(person: Hands, tmp_path: Path) -> None:
    session = person.session
    session.open(form_graph(tmp_path))
    session.tab.inputs = {"count": 1, "story": "s", "topic": "t"}
    session.act("run")
    assert session.popups.dialog is not None
    session.popups.answer("cancel")
    assert session.tab.runs.run is None
    session.set_panel("ask_inputs", False)
    session.act("run")
    assert session.popups.dialog is None and session.tab.runs.wait(20).state == "ok"


def test_a_run_to_a_node_asks_only_for_what_that_needs(person: Hands, tmp_path: Path) -> None:
    from graphide.editor import running

    session = person.session
    session.open(form_graph(tmp_path))
    running.run(session, ("topic",))
    assert session.popups.dialog is not None and [row.name for row in session.popups.dialog.data.rows] == ["topic"]


def test_json_is_checked_as_it_is_typed_and_ticks_have_a_value() -> None:
    from graphide.spec.fields import JsonValue, Toggle
    from graphide.spec.nodespec import Port

    ports = (Port(name="data", wires=("json",), required=True, field=JsonValue()),
             Port(name="on", wires=("boolean",), required=True, field=Toggle()))  # fmt: skip
    form = InputForm(ports, {"data": {"a": 1}})
    assert form.values == {"data": {"a": 1}, "on": False}
    assert "is not JSON" in form.type("data", '{"a": ') and not form.ready
    assert form.type("data", "[1, 2]") == "" and form.put("on", True) == ""
    assert form.values == {"data": [1, 2], "on": True} and form["data"].text == "[1, 2]"
    assert form.put("on", 7) != ""


def test_a_value_that_was_cut_is_not_proposed() -> None:
    from graphide.editor.run_history import RunRecord

    runs = [
        RunRecord(id="2", inputs={"a": kept("new"), "b": kept("x" * 99, 9)}),
        RunRecord(id="1", inputs={"b": kept("b")}),
    ]
    assert last_values({"c": 1}, runs) == {"a": "new", "b": "b", "c": 1}


# --- find


def test_finding_shows_each_place_in_the_middle_and_goes_back(person: Hands) -> None:
    session = person.session
    camera, finding = session.tab.camera, Finding(session)
    finding.type("topic")
    assert finding.count == "1 of 2" and session.tab.selection.nodes == ("topic",)
    finding.step(1)
    assert session.tab.selection.nodes == ("task",) and where(finding.found[1]) == "text"
    box = session.surface.box_of(("task",), ())
    assert box is not None
    x, y = session.tab.camera.to_screen(box.x + box.width / 2, box.y + box.height / 2)
    assert abs(x - 600) < 1 and abs(y - 400) < 1 and session.tab.camera.zoom >= 0.7
    finding.step(1)
    assert session.tab.selection.nodes == ("topic",)
    finding.type("no such words")
    assert finding.count == "nothing found" and session.tab.camera == camera
    finding.step(1)
    assert finding.lit == -1
