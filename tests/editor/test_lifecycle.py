"""Files of a session that cannot be saved or read as they were: every refusal is a question with a way out."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.document import Document
from graphide.editor.journal import SUFFIX
from graphide.editor.layout import place
from graphide.editor.locks import Claim
from graphide.editor.outside import compared, stamp_of
from graphide.editor.selection import Selection
from graphide.editor.share import shared
from graphide.graph.file import LARGEST, load
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


def asked(person: Hands) -> tuple[str, ...]:
    """Return the answers to the question that is open."""
    assert person.session.popups.dialog is not None
    return tuple(button.id for button in person.session.popups.dialog.buttons)


def test_a_save_that_fails_can_be_tried_again_or_go_elsewhere(person: Hands, tmp_path: Path) -> None:
    session = person.session
    assert not session.save_as(tmp_path / "nowhere" / "g.json")
    assert session.popups.dialog is not None and "no such" in session.popups.dialog.text
    assert asked(person) == ("save_as", "again", "cancel")
    session.popups.answer("again")
    assert session.popups.dialog is not None and asked(person)[1] == "again"
    (tmp_path / "nowhere").mkdir()
    session.popups.answer("again")
    assert session.popups.dialog is None and session.tab.document.path == tmp_path / "nowhere" / "g.json"


def test_closing_goes_on_after_a_save_that_first_failed(person: Hands, tmp_path: Path) -> None:
    session = person.session
    session.save_as(tmp_path / "g.json")
    session.do(SetNodeTitle("task", "Question"))
    (tmp_path / "g.json").unlink()
    (tmp_path / "g.json").mkdir()
    session.close_tab()
    session.popups.answer("save")
    assert asked(person) == ("save_as", "again", "cancel")
    session.popups.answer("save_as")
    assert session.popups.dialog is not None and session.popups.dialog.what == "save_as"
    session.popups.answer("ok", tmp_path / "other.json")
    assert not session.graph.nodes and load(tmp_path / "other.json").nodes["task"].title == "Question"


def test_two_windows_on_one_file_take_turns(person: Hands, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    person.session.save_as(path)
    with hands(registry, tmp_path / "state") as second:
        session = second.session
        assert session.open(path)
        assert (
            session.toasts.shown[-1].action == "save_as"
            and "is open in another window" in session.toasts.shown[-1].message
        )
        session.do(SetNodeTitle("task", "Second"))
        session.act("save")
        assert asked(second) == ("save_as", "anyway", "cancel")
        session.popups.answer("cancel")
        assert load(path).nodes["task"].title == ""
        assert not session.save_as(path) and asked(second) == ("save_as", "anyway", "cancel")
        session.popups.answer("cancel")
        person.session.do(SetNodeTitle("task", "First"))
        assert person.session.act("save") and person.session.popups.dialog is None
        person.session.close_tab()
        second.pass_time(2)
        assert not session.tab.document.elsewhere and asked(second)[0] == "load"
        session.popups.answer("cancel")
        session.act("save")
        assert asked(second) == ("load", "save_as", "anyway", "cancel")
        session.popups.answer("load")
        assert session.graph.nodes["task"].title == "First"
        session.act("undo")
        assert session.graph.nodes["task"].title == "Second"


def test_a_change_is_asked_about_after_the_dialog_that_is_open(person: Hands, tmp_path: Path) -> None:
    session, path = person.session, tmp_path / "g.json"
    session.save_as(path)
    session.do(SetNodeTitle("task", "Mine"))
    session.act("shortcuts")
    path.write_text(path.read_text("utf-8").replace('"Hello"', '"Other"'), "utf-8")
    person.pass_time(2)
    assert session.popups.dialog is not None and session.popups.dialog.what == "shortcuts"
    session.popups.answer("cancel")
    person.pass_time(2)
    assert asked(person) == ("load", "save_as", "anyway", "cancel")
    session.popups.answer("anyway")
    assert load(path).title == "Hello" and session.popups.dialog is None


def test_what_is_open_is_known_after_a_crash_too(person: Hands, registry: Registry, tmp_path: Path) -> None:
    person.session.save_as(tmp_path / "g.json")
    with hands(registry, tmp_path / "state") as other:
        assert other.session.remembered.open == (str(tmp_path / "g.json"),)


def test_nodes_without_a_place_get_one_before_the_first_edit(person: Hands, tmp_path: Path) -> None:
    path, session = tmp_path / "g.json", person.session
    path.write_text('{"graphide": 1, "nodes": {"a": {"type": "note"}, "b": {"type": "note"}}, "edges": []}')
    assert session.open(path)
    assert place(session.graph, "a").at is None
    session.canvas_view((1200.0, 800.0))
    document = session.tab.document
    assert place(session.graph, "a").at is not None and not document.dirty and document.undo_label == ""
    session.do(SetNodeTitle("a", "x"))
    session.act("undo")
    assert not document.dirty and list(session.drafts.glob(f"*{SUFFIX}"))
    session.do(SetNodeTitle("a", "y"))
    session.act("save")
    assert place(load(path), "b").at == place(session.graph, "b").at
    path.write_text('{"graphide": 1, "nodes": {"a": {"type": "note"}, "new": {"type": "note"}}, "edges": []}')
    at = place(session.graph, "a").at
    session.act("reload")
    assert list(session.graph.nodes) == ["a", "new"] and place(session.graph, "a").at == at and not document.dirty


def test_a_file_that_somebody_removed_is_to_be_saved_again(person: Hands, tmp_path: Path) -> None:
    session, path = person.session, tmp_path / "g.json"
    session.save_as(path)
    path.unlink()
    person.pass_time(2)
    assert session.toasts.shown[-1].action == "save" and session.tab.document.dirty
    session.close_tab()
    assert asked(person) == ("save", "discard", "cancel")
    session.popups.answer("save")
    assert "answer" in load(path).nodes


def test_a_graph_in_a_picture_becomes_one_without_a_file(person: Hands, tmp_path: Path) -> None:
    picture = tmp_path / "shared.png"
    picture.write_bytes(shared(person.session.graph, person.session.rules, lambda _: (0, 0, 0, 255), 0.2))
    assert person.session.open(picture)
    assert "answer" in person.session.graph.nodes and person.session.tab.document.path is None
    person.session.act("save")
    assert person.session.popups.dialog is not None and person.session.popups.dialog.what == "save_as"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_what_never_ends_is_not_read(person: Hands, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert not person.session.open(tmp_path / "pipe.json")
    assert "not a file" in person.session.toasts.shown[-1].message
    assert stamp_of(tmp_path / "pipe.json") is None and stamp_of(Path("/dev/zero")) is None


def test_a_file_too_large_for_a_graph_is_not_read_to_be_known(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    known = stamp_of(path)
    assert known is not None and known.sha256 == ""
    os.utime(path, ns=(1, 1))
    assert compared(path, known)[0] == "changed"


def test_who_has_a_file_is_written_down_and_the_claim_passes_on(tmp_path: Path) -> None:
    first, second = Claim(tmp_path / "open", tmp_path / "g.json"), Claim(tmp_path / "open", tmp_path / "g.json")
    assert second.holder is not None and second.holder.process == os.getpid() and not second.again()
    first.release()
    assert second.again() and second.holder is None
    second.release()
    (tmp_path / "file").write_text("")
    assert Claim(tmp_path / "file" / "open", tmp_path / "g.json").holder is None


def test_a_document_saved_over_a_file_of_another_window_asks(person: Hands, tmp_path: Path) -> None:
    session = person.session
    session.save_as(tmp_path / "g.json")
    other = Document.open(session.workspace, "hello", folder=session.drafts)
    session.show(session.new_tab(other))
    assert not session.save_as(tmp_path / "g.json") and "anyway" in asked(person)
    session.popups.answer("cancel")
    assert other.path is None and session.tabs[0].document.claim()


def test_closing_and_quitting_lose_nothing_that_was_made_inside_a_node(person: Hands, tmp_path: Path) -> None:
    session = person.session
    session.select(Selection(("task",)))
    session.act("group")
    session.save_as(tmp_path / "g.json")
    outer = session.tab
    session.act("open_subgraph")
    session.do(SetNodeTitle("task", "Inner"))
    assert not outer.document.dirty
    session.close_tab(outer)
    assert asked(person) == ("save", "discard", "cancel")
    session.popups.answer("cancel")
    assert len(session.tabs) == 2
    session.act("quit")
    session.popups.answer("save")
    assert session.quitting and "Inner" in (tmp_path / "g.json").read_text("utf-8")
    session.show(next(tab for tab in session.tabs if tab is not outer))
    session.do(SetNodeTitle("task", "Again"))
    session.close_tab(outer)
    session.popups.answer("save")
    assert asked(person) == ("save", "discard", "cancel") and outer.document.dirty
    session.popups.answer("save")
    assert "Again" in (tmp_path / "g.json").read_text("utf-8") and outer not in session.tabs


def test_the_journal_is_made_to_survive_a_loss_of_power_where_nobody_waits(
    person: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    settled = threading.Event()

    def seen(_: int) -> None:
        done.append(threading.current_thread().name)
        if done[-1] == "graphide-check":
            settled.set()

    monkeypatch.setattr(os, "fsync", seen)
    person.session.do(SetNodeTitle("task", "Question"))
    person.session.do(SetNodeTitle("task", "Question?"))
    person.pass_time(0)
    person.pass_time(1)
    assert settled.wait(20)
    assert "MainThread" not in done
