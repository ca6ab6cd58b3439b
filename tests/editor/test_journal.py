"""The journal: a real kill loses nothing, a torn line costs one edit, a full disk is said once, nobody shares a journal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.commands_settings import SetSetting
from graphide.editor.document import Document, is_outdated
from graphide.editor.journal import SUFFIX, Journal
from graphide.editor.recovery import discard, left_behind, read
from graphide.errors import GraphFileError
from graphide.graph.file import load
from graphide.graph.model import Graph, Node
from graphide.settings import Settings
from graphide.workspace import Workspace
from tests.editor.editing import a_node

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = Workspace(model="echo", cache=False, settings=Settings())

EDIT = """
import sys, time
from pathlib import Path
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.document import Document
from graphide.settings import Settings
from graphide.workspace import Workspace

document = Document.open(Workspace(settings=Settings()), sys.argv[1], folder=Path(sys.argv[2]))
for number in range(100_000):
    document.do(SetNodeTitle("a", f"title {number}"))
    print(number, flush=True)
"""


def edit_and_kill(path: Path, folder: Path, after: int) -> int:
    """Edit in another process, kill it without a warning, and return the last edit that it told of."""
    child = subprocess.Popen(
        [sys.executable, "-c", EDIT, str(path), str(folder)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'nodes'}"},
    )  # fmt: skip
    assert child.stdout is not None
    told = -1
    for line in child.stdout:
        told = int(line)
        if told >= after:
            child.send_signal(signal.SIGKILL)
            break
    rest = child.stdout.read().split()
    child.stdout.close()
    assert child.wait(30) == -signal.SIGKILL
    return int(rest[-1]) if rest else told


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "g.json"
    path.write_text('{"graphide": 1, "nodes": {"a": {"type": "note"}, "b": {"type": "note"}}, "edges": []}')
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed in another way there")
def test_after_a_kill_every_edit_that_was_made_is_offered(saved: Path, tmp_path: Path) -> None:
    told = edit_and_kill(saved, tmp_path / "drafts", after=50)
    (draft,) = left_behind(tmp_path / "drafts")
    assert draft.edits in (told + 1, told + 2)
    assert draft.graph.nodes["a"].title == f"title {draft.edits - 1}"
    assert draft.document == saved and draft.label == "Change the title of a"
    assert draft.describe().startswith(f"g.json has {draft.edits} edits that were not saved; the last, ")
    document = Document.recover(WORKSPACE, draft, folder=tmp_path / "drafts")
    assert document.graph == draft.graph and document.dirty and document.path == saved and not document.elsewhere
    assert not is_outdated(draft, document)
    assert not draft.journal.exists()
    document.undo()
    assert document.graph == load(saved) and not document.dirty
    document.redo()
    document.save()
    assert load(saved) == draft.graph
    document.close()
    assert left_behind(tmp_path / "drafts") == ()


def test_a_recovered_document_is_kept_by_its_own_journal(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    document.do(SetNodeTitle("a", "kept"))
    document.close(keep=True)
    (draft,) = left_behind(tmp_path / "d")
    saved.unlink()
    again = Document.recover(WORKSPACE, draft, folder=tmp_path / "d")
    assert again.dirty and again.path == saved and is_outdated(draft, again)
    again.close(keep=True)
    (second,) = left_behind(tmp_path / "d")
    assert second.graph.nodes["a"].title == "kept" and second.journal != draft.journal
    discard(second)
    assert left_behind(tmp_path / "d") == ()


def test_a_saved_document_leaves_no_journal(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    assert document.journal.path is None
    document.do(SetNodeTitle("a", "x"))
    assert document.journal.path is not None and document.journal.path.exists()
    document.save()
    assert list((tmp_path / "d").glob(f"*{SUFFIX}")) == []
    document.do(SetNodeTitle("a", "y"))
    document.close()
    assert list((tmp_path / "d").glob(f"*{SUFFIX}")) == []


def test_work_that_was_undone_or_is_in_the_file_is_not_offered(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    document.do(SetNodeTitle("a", "x"))
    document.undo()
    document.journal.close()
    assert left_behind(tmp_path / "d") == () and list((tmp_path / "d").glob(f"*{SUFFIX}")) == []


def test_the_journal_of_a_living_document_is_nobody_elses(saved: Path, tmp_path: Path) -> None:
    first, second = (Document.open(WORKSPACE, saved, folder=tmp_path / "d") for _ in range(2))
    first.do(SetNodeTitle("a", "x"))
    second.do(SetNodeTitle("a", "y"))
    assert first.journal.path != second.journal.path
    assert left_behind(tmp_path / "d") == ()
    first.close(keep=True)
    assert [draft.graph.nodes["a"].title for draft in left_behind(tmp_path / "d")] == ["x"]
    second.close()


def test_a_document_without_a_file_is_kept_too(tmp_path: Path) -> None:
    document = Document.new(WORKSPACE, folder=tmp_path)
    document.do(a_node(document.graph, "note"))
    document.close(keep=True)
    (draft,) = left_behind(tmp_path)
    assert draft.document is None and draft.describe().startswith("a graph without a file has 1 edit that was not")
    again = Document.recover(WORKSPACE, draft, folder=tmp_path)
    assert again.path is None and again.dirty and set(again.graph.nodes) == {"note"}
    again.close()


def test_keys_keep_their_order_and_long_numbers_their_digits(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    graph = Graph({"a": Node("a", "t", {"schema": {"z": 1, "a": 10**30, "m": 1.0}})})
    journal.write("edit", Graph(), graph)
    assert journal.path is not None
    found = read(journal.path).graph.nodes["a"].settings["schema"]
    assert list(found.items()) == [("z", 1), ("a", 10**30), ("m", 1.0)] and isinstance(found["m"], float)
    journal.remove()


def test_a_journal_without_a_whole_head_is_no_draft(tmp_path: Path) -> None:
    path = tmp_path / f"1{SUFFIX}"
    for content in (
        b"",
        b'{"journal": 1',
        b'{"journal": 9, "graph": {}}\n',
        b"\x00" * 100,
        b'{"journal": 1, "graph": 3}\n',
    ):
        path.write_bytes(content)
        with pytest.raises(GraphFileError, match="not a journal"):
            read(path)
        assert left_behind(tmp_path) == ()


def test_a_folder_that_cannot_be_written_is_said_once_and_costs_nothing_else(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "file")
    for title in "xyz":
        document.do(SetNodeTitle("a", title))
        document.seal()
    assert "cannot be kept for the case of a crash" in document.take_notice()
    assert document.take_notice() == ""
    assert document.graph.nodes["a"].title == "z"
    document.undo()
    assert document.graph.nodes["a"].title == "y"
    document.save()
    assert load(saved).nodes["a"].title == "y"
    (tmp_path / "file").unlink()
    document.do(SetNodeTitle("a", "again"))
    assert document.take_notice() == "" and document.journal.path is not None
    document.close()


FULL = """
import resource, signal, sys
from pathlib import Path
from graphide.editor.journal import Journal
from graphide.graph.model import Graph

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]))
journal.write("small", Graph(), Graph(title="small"))
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
journal.write("large", Graph(title="small"), Graph(title="x" * 5_000))
print(journal.take_notice())
journal.write("more", Graph(title="x" * 5_000), Graph(title="y" * 5_000))
print("twice:", journal.take_notice())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
if sys.argv[2] == "room":
    journal.write("last", Graph(title="y" * 5_000), Graph(title="last"))
import os
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize(("room", "title", "edits"), [("none", "small", 1), ("room", "last", 1)])
def test_a_full_disk_keeps_the_last_state_that_fits_and_goes_on_when_there_is_room(
    tmp_path: Path, room: str, title: str, edits: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-u", "-c", FULL, str(tmp_path), room],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    told, _, twice = done.stdout.partition("twice:")
    assert "File too large" in told and "safe in memory" in told, done.stderr
    assert twice.strip() == ""
    (draft,) = left_behind(tmp_path)
    assert (draft.graph.title, draft.edits, draft.torn) == (title, edits, False)


def test_a_long_journal_begins_anew_and_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphide.editor.journal._LARGE", 2_000)
    journal, graph = Journal(tmp_path), Graph()
    for number in range(200):
        journal.write("edit", graph, graph := Graph(title=f"title {number}"))
        journal.settle()
    assert journal.path is not None and journal.path.stat().st_size < 4_000
    assert list(tmp_path.glob(f"*{SUFFIX}")) == [journal.path]
    assert read(journal.path).graph == graph
    journal.remove()


def test_each_key_press_costs_a_line_not_a_graph(saved: Path, tmp_path: Path) -> None:
    document = Document.open(WORKSPACE, saved, folder=tmp_path / "d")
    document.do(SetNodeTitle("b", "x" * 50_000))
    assert document.journal.path is not None
    before = document.journal.path.stat().st_size
    document.do(SetSetting("a", "text", "hello", document.rules))
    assert document.journal.path.stat().st_size - before < 300
    document.close()
