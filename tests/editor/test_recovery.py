"""Recovery: whenever a process is killed, also in the middle of a save, what it had told of is in the file or in a journal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from graphide.editor import lifecycle
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.commands_settings import SetSetting
from graphide.editor.document import Document
from graphide.editor.gestures_target import Target
from graphide.editor.journal import SUFFIX, Journal
from graphide.editor.recovery import left_behind, read
from graphide.editor.typed_text import setting_text
from graphide.editor.unfinished import Unfinished
from graphide.graph.file import load
from graphide.graph.model import Graph, Node
from graphide.settings import Settings
from graphide.spec.registry import Registry
from graphide.workspace import Workspace
from tests.editor.hands import hands

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = Workspace(model="echo", cache=False, settings=Settings())

SAVE = """
import sys
from pathlib import Path
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.commands_settings import SetSetting
from graphide.editor.document import Document
from graphide.settings import Settings
from graphide.workspace import Workspace

document = Document.open(Workspace(settings=Settings()), sys.argv[1], folder=Path(sys.argv[2]))
for number in range(int(sys.argv[3]), 100_000):
    document.do(SetNodeTitle("a", f"title {number}"))
    print(number, flush=True)
    document.save()
"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "g.json"
    path.write_text('{"graphide": 1, "nodes": {"a": {"type": "note"}, "b": {"type": "note"}}, "edges": []}')
    return path


def title_of(graph: Graph) -> int:
    return int(graph.nodes["a"].title.removeprefix("title ") or -1)


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed in another way there")
def test_a_kill_in_the_middle_of_a_save_loses_nothing(saved: Path, tmp_path: Path) -> None:
    told, chance = -1, random.Random(5)
    for _ in range(6):
        command = [sys.executable, "-c", SAVE, str(saved), str(tmp_path / "d"), str(told + 1)]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'nodes'}"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
            assert child.stdout is not None
            for _ in range(chance.randint(1, 40)):
                child.stdout.readline()
            threading.Event().wait(chance.random() * 0.01)
            child.send_signal(signal.SIGKILL)
            told = max(told, *map(int, child.stdout.read().split() or [-1]))
        drafts = left_behind(tmp_path / "d")
        states = [title_of(load(saved)), *(title_of(draft.graph) for draft in drafts)]
        assert max(states) >= told and len(drafts) <= 1
        for draft in drafts:
            document = Document.recover(WORKSPACE, draft, folder=tmp_path / "d")
            document.save()
            document.close()
        told = title_of(load(saved))
    assert left_behind(tmp_path / "d") == ()


def test_a_kill_between_two_journals_of_one_document_loses_nothing(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    document.do(SetNodeTitle("a", "kept"))
    assert document.journal.path is not None
    head = json.loads(document.journal.path.read_bytes().split(b"\n")[0])
    document.close(keep=True)
    (old,) = (tmp_path / "d").glob(f"*{SUFFIX}")
    # As a journal that has grown long is replaced: the head of the new one is there, its first edit is not.
    state = read(old).graph.nodes["a"].title
    head["graph"]["nodes"]["a"]["title"] = state
    (tmp_path / "d" / f"9{SUFFIX}").write_text(json.dumps({**head, "replaces": old.name}) + "\n")
    (draft,) = left_behind(tmp_path / "d")
    assert draft.graph.nodes["a"].title == "kept" and not old.exists()
    assert draft.describe().startswith("g.json has work of ")


def test_work_whose_file_was_removed_is_kept(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    before = document.graph
    saved.unlink()
    assert document.outside() == "gone" and not document.dirty
    document.file_is_gone()
    assert document.dirty and document.graph is before and document.undo_label == ""
    document.close(keep=True)
    (draft,) = left_behind(tmp_path / "d")
    assert draft.graph == before
    again = Document.recover(WORKSPACE, draft, folder=tmp_path / "d")
    again.save()
    assert load(saved) == before
    again.close()


def test_a_text_that_does_not_fit_yet_is_kept_without_an_edit(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    document.unfinished.keep("a", "text", "half")
    document.unfinished.keep("a", "text", "half a")
    assert not document.dirty
    document.close(keep=True)
    (draft,) = left_behind(tmp_path / "d")
    assert draft.unfinished == (Unfinished("a", "text", "half a"),) and not draft.torn
    again = Document.recover(WORKSPACE, draft, folder=tmp_path / "d")
    again.unfinished.keep("a", "text", "half a")
    again.unfinished.keep("b", "text", "other")
    again.do(SetSetting("a", "text", "whole", again.rules))
    assert again.journal.path is not None
    assert read(again.journal.path).unfinished == (Unfinished("b", "text", "other"),)
    again.unfinished.drop("b", "text")
    again.save()
    again.close(keep=True)
    assert left_behind(tmp_path / "d") == ()


def test_what_was_typed_and_did_not_fit_is_in_its_field_again(registry: Registry, tmp_path: Path) -> None:
    with hands(registry, tmp_path, "hello") as person:
        session = person.session
        assert setting_text(session, ("answer",), "max_tokens").text == "200"
        setting_text(session, ("answer",), "max_tokens").type("12x")
        session.edit_setting(Target("widget", "style", "top_k"))
        assert session.field is not None
        session.field.type("many")
        assert session.field.problem
    with hands(registry, tmp_path) as later:
        lifecycle.start(later.session)
        assert later.session.popups.dialog is not None
        (piece,) = later.session.popups.dialog.data.pieces
        assert piece.edits == "Work not saved" and "typed into max_tokens of answer did not fit yet" in piece.note
        later.session.popups.answer("recover")
        session, tokens = later.session, setting_text(later.session, ("answer",), "max_tokens")
        assert tokens.text == "12x" and "number" in tokens.problem.sentence
        assert setting_text(session, ("style",), "top_k").text == "many"
        assert session.tab.selection.nodes == ("style",) and "is in its field again" in session.toasts.shown[-1].message
        tokens.type("12")
        setting_text(session, ("style",), "top_k").type("3")
        session.tab.document.close(keep=True)
        assert [draft.unfinished for draft in left_behind(session.drafts)] == [()]


def test_a_recovered_document_takes_the_place_of_its_file_that_was_opened_again(
    registry: Registry, tmp_path: Path
) -> None:
    with hands(registry, tmp_path, "hello") as person:
        person.session.save_as(tmp_path / "g.json")
        person.session.do(SetNodeTitle("task", "Question"))
    with hands(registry, tmp_path) as later:
        lifecycle.start(later.session)
        assert [tab.document.path for tab in later.session.tabs] == [tmp_path / "g.json"]
        later.session.popups.answer("recover")
        assert [tab.document.path for tab in later.session.tabs] == [tmp_path / "g.json"]
        document = later.session.tab.document
        assert document.graph.nodes["task"].title == "Question" and not document.elsewhere
        later.session.act("save")
        assert load(tmp_path / "g.json").nodes["task"].title == "Question" and later.session.popups.dialog is None


def test_a_file_that_changed_since_is_said_and_undo_shows_it(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    with hands(registry, tmp_path, "hello") as person:
        person.session.save_as(path)
        person.session.do(SetNodeTitle("task", "Mine"))
    path.write_text(path.read_text("utf-8").replace('"Hello"', '"Theirs"'), "utf-8")
    with hands(registry, tmp_path) as later:
        lifecycle.start(later.session)
        later.session.popups.answer("recover")
        assert "something else now" in later.session.toasts.shown[-1].message
        assert later.session.graph.title == "Hello"
        later.session.act("undo")
        assert later.session.graph.title == "Theirs"


def test_a_journal_that_broke_is_not_said_to_keep_the_edits(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "d")
    journal.write("one", Graph(), Graph(title="one"))
    assert journal.kept == journal.path is not None
    broken = Graph({"a": Node("a", "note", {"text": object()})})
    journal.write("two", Graph(title="one"), broken)
    assert journal.path is not None and journal.kept is None and "cannot be kept" in journal.take_notice()
    journal.write("three", Graph(title="one"), Graph(title="half a character: \ud800"))
    assert journal.kept is not None
    journal.close()
    (draft,) = left_behind(tmp_path / "d")
    assert draft.graph.title == "half a character: \ud800"
