"""The session: documents that open, are saved, closed and recovered, runs that are seen, palettes and inspectors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor import lifecycle
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.palette import Wanted, node_items, search
from graphide.editor.selection import Selection
from graphide.editor.toasts import Toasts
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person
    own = ("graphide-run", "graphide-plan", "graphide-check")
    assert not [thread for thread in threading.enumerate() if thread.name in own]


def edit(person: Hands, title: str = "Question") -> None:
    person.session.do(SetNodeTitle("task", title))


def test_a_document_is_saved_closed_and_opened_again(person: Hands, tmp_path: Path) -> None:
    session = person.session
    edit(person)
    session.act("save")
    assert session.popups.dialog is not None and session.popups.dialog.what == "save_as"
    session.popups.answer("ok", tmp_path / "mine")
    assert session.tab.document.path == tmp_path / "mine.json" and not session.tab.document.dirty
    session.close_tab()
    assert not session.graph.nodes and len(session.tabs) == 1
    assert session.open(tmp_path / "mine.json")
    assert session.graph.nodes["task"].title == "Question"
    assert session.remembered.recent == (str(tmp_path / "mine.json"),)


def test_closing_with_unsaved_changes_asks(person: Hands) -> None:
    edit(person)
    person.session.close_tab()
    assert person.session.popups.dialog is not None
    person.session.popups.answer("cancel")
    assert person.session.graph.nodes
    person.session.close_tab()
    person.session.popups.answer("discard")
    assert not person.session.graph.nodes


def test_a_file_that_cannot_be_opened_says_why(person: Hands, tmp_path: Path) -> None:
    assert not person.session.open(tmp_path / "nowhere.json")
    assert person.session.toasts.shown[-1].kind == "error"


def test_a_change_from_outside_is_noticed_and_loaded(person: Hands, tmp_path: Path) -> None:
    session, path = person.session, tmp_path / "g.json"
    session.save_as(path)
    path.write_text(path.read_text().replace('"Hello"', '"Other"'))
    person.pass_time(2)
    assert session.toasts.shown[-1].action == "reload"
    session.act("reload")
    assert session.graph.title == "Other"


def test_unsaved_work_is_offered_at_the_next_start(registry: Registry, tmp_path: Path) -> None:
    with hands(registry, tmp_path, "hello") as person:
        edit(person)
    with hands(registry, tmp_path) as later:
        lifecycle.start(later.session)
        assert later.session.popups.dialog is not None and later.session.popups.dialog.what == "recover"
        later.session.popups.answer("recover")
        assert later.session.graph.nodes["task"].title == "Question" and later.session.tab.document.dirty


def test_reset_goes_back_to_what_was_saved(person: Hands, tmp_path: Path) -> None:
    person.session.save_as(tmp_path / "g.json")
    edit(person)
    person.session.act("reset")
    assert person.session.graph.nodes["task"].title == ""


def test_a_run_is_seen_and_the_inspector_has_its_values(person: Hands) -> None:
    session = person.session
    session.act("run")
    assert session.tab.runs.wait(20).state == "ok"
    session.select(Selection(("answer",)))
    node = session.inspector().node
    assert node is not None and node.run is not None and node.run.state == "done"
    assert {row.name: bool(row.value) for row in node.inputs}["prompt"]
    assert {row.name: row.set for row in node.settings}["max_tokens"]
    session.select(Selection(("task", "persona")))
    assert [row.name for row in session.inspector().shared] == ["text"] and session.inspector().shared[0].mixed


def test_a_quiet_document_is_checked_and_planned(person: Hands) -> None:
    person.pass_time(0)
    person.pass_time(1)
    until = time.monotonic() + 20
    while person.session.tab.plan is None and time.monotonic() < until:
        person.pass_time(0)
        threading.Event().wait(0.01)
    assert person.session.tab.plan is not None and person.session.tab.plan.steps["answer"].state == "runs"


def test_a_subgraph_is_edited_in_a_tab_of_its_own(person: Hands) -> None:
    session = person.session
    outer = session.tab
    session.select(Selection(("task",)))
    assert session.act("group") and session.act("open_subgraph")
    assert session.tab.inside is not None and "task" in session.graph.nodes
    edit(person)
    assert session.act("save")
    assert "Question" in str(outer.document.graph.nodes["part"].settings) and not session.tab.document.dirty


def test_a_typed_setting_fits_or_says_why(person: Hands) -> None:
    assert person.session.type_setting(("answer",), "max_tokens", "64") == ""
    assert person.session.graph.nodes["answer"].settings["max_tokens"] == 64
    assert "from 1" in person.session.type_setting(("answer",), "max_tokens", "0")


def test_panels_and_theme_are_kept(registry: Registry, tmp_path: Path) -> None:
    with hands(registry, tmp_path) as person:
        person.session.act("look")
        person.session.set_panel("left_width", 300)
    with hands(registry, tmp_path) as later:
        assert later.session.look == "light" and later.session.panel("left_width") == 300


def test_the_palette_finds_by_other_words_and_only_what_fits(registry: Registry) -> None:
    items = node_items(registry)
    assert search(items, "llm")[0].id == "model"
    assert search(items, "tmpl")[0].id == "template"
    assert search(items, "", ["node:zip"])[0].id == "zip"
    fitting = {item.id: item for item in node_items(registry, Wanted("topic", "value", True, ("text",)))}
    assert fitting["model"].port == "prompt" and fitting["template"].settings == {"text": "{{ topic }}"}
    assert "parameters" in {item.id for item in node_items(registry, Wanted("m", "sampling", False, ("sampling",)))}


def test_the_same_toast_is_shown_once_and_goes() -> None:
    toasts = Toasts()
    toasts.add("no", now=0.0)
    toasts.add("no", now=1.0)
    assert len(toasts.shown) == 1 and not toasts.expire(2.0)
    assert toasts.expire(10.0) and not toasts.shown
