"""The stories of `test_faults`: what goes wrong around a window, and what it then says and keeps."""

from __future__ import annotations

import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphide.editor.layout import place
from graphide.editor.recovery import read
from graphide.editor.typed_text import setting_text
from graphide.graph.file import load
from graphide.graph.picture import SIGNATURE
from tests.ui.driving import Driver
from tests.ui.playing import play

TWO = '{"graphide": 1, "nodes": {"a": {"type": "template", "text": "one"}, "b": {"type": "template"}}, "edges": []}'
HOLD = """
import sys
from pathlib import Path
from graphide.editor.document import Document
from graphide.workspace import Workspace

document = Document.open(Workspace(model="echo"), sys.argv[1], folder=Path(sys.argv[2]))
print("open", flush=True)
sys.stdin.read()
"""


def a_file_that_another_window_has_is_not_overwritten(driver: Driver) -> None:
    path = opened(driver, TWO)
    driver.session.close_tab()
    command = [sys.executable, "-c", HOLD, str(path), str(driver.session.drafts)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"open\n"
        assert driver.session.open(path)
        driver.frames(4)
        assert f"is open in another window (process {other.pid}, since " in driver.said()
        _remove(driver, "a")
        driver.key("ctrl+s")
        assert _question(driver) == "The file is open elsewhere"
        driver.click(*driver.label("Cancel"))
        assert path.read_text("utf-8") == TWO and driver.session.tab.document.dirty
        other.communicate(timeout=20)
    driver.until(lambda: not driver.session.tab.document.elsewhere)
    driver.key("ctrl+s")
    assert list(load(path).nodes) == ["b"] and not driver.session.tab.document.dirty


def a_file_that_was_changed_is_loaded_at_a_click(driver: Driver) -> None:
    path = opened(driver, TWO)
    path.write_text(TWO.replace("one", "two, and more"), "utf-8")
    driver.until(lambda: "was changed by another program" in driver.said())
    driver.frames(6)
    driver.click(*driver.label("Load the file again"))
    assert driver.session.graph.nodes["a"].settings["text"] == "two, and more"
    assert not driver.session.tab.document.dirty and "was changed" not in driver.said()
    driver.key("ctrl+z")
    assert driver.session.graph.nodes["a"].settings["text"] == "one"


def a_file_that_was_changed_meanwhile_is_asked_about(driver: Driver) -> None:
    path = opened(driver, TWO)
    _remove(driver, "a")
    path.write_text(TWO.replace("one", "theirs"), "utf-8")
    driver.until(lambda: driver.session.popups.dialog is not None)
    driver.frames(4)
    driver.click(*driver.label("Keep mine"))
    assert list(driver.session.graph.nodes) == ["b"] and driver.session.tab.document.dirty
    driver.key("ctrl+s")
    assert _question(driver) == "The file was changed" and "theirs" in path.read_text("utf-8")
    driver.click(*driver.label("Save over it"))
    assert list(load(path).nodes) == ["b"] and not driver.session.tab.document.dirty


def a_file_that_is_gone_is_written_again(driver: Driver) -> None:
    path = opened(driver, TWO)
    path.unlink()
    driver.until(lambda: "is gone" in driver.said())
    assert driver.session.tab.document.dirty
    driver.key("ctrl+s")
    assert set(load(path).nodes) == {"a", "b"} and "is gone" not in driver.said()


def a_folder_that_may_not_be_written_is_said_and_saving_goes_on_later(driver: Driver) -> None:
    path = opened(driver, TWO)
    _remove(driver, "a")
    with _no_rights(path.parent):
        driver.key("ctrl+s")
    assert _question(driver) == "The graph is not saved"
    _says_where_the_work_is(driver, "may not be opened")
    driver.click(*driver.label("Try again"))
    assert list(load(path).nodes) == ["b"] and not driver.session.tab.document.dirty


def a_full_disk_leaves_the_old_file_and_says_where_the_work_is(driver: Driver) -> None:
    path = opened(driver, TWO)
    _remove(driver, "a")
    with _no_room(100):
        driver.key("ctrl+s")
    assert _question(driver) == "The graph is not saved"
    _says_where_the_work_is(driver, "too large for the disk")
    assert path.read_text("utf-8") == TWO and [*path.parent.iterdir()] == [path]
    driver.click(*driver.label("Try again"))
    assert list(load(path).nodes) == ["b"]


def without_a_place_for_journals_the_window_works_and_says_so(driver: Driver) -> None:
    path = opened(driver, TWO)
    drafts = driver.session.drafts
    aside = drafts.rename(drafts.with_name("aside"))
    drafts.write_text("in the way")
    try:
        _remove(driver, "a")
        driver.until(lambda: "cannot be kept for the case of a crash" in driver.said())
        with _no_room(100):
            driver.key("ctrl+s")
        dialog = driver.session.popups.dialog
        assert dialog is not None and "in this window alone" in dialog.text
        driver.frames(4)
        driver.click(*driver.label("Try again"))
        assert list(load(path).nodes) == ["b"]
    finally:
        drafts.unlink()
        aside.rename(drafts)


def what_is_no_graph_is_said_and_the_graph_before_stays(driver: Driver) -> None:
    driver.session.new_from("hello")
    shown = driver.session.tab
    folder = Path(tempfile.mkdtemp())
    for name, expected in _make_hostile(folder).items():
        assert not driver.session.open(folder / name), name
        driver.frames(2)
        said = driver.session.toasts.shown[-1]
        assert said.kind == "error" and name in said.message and expected in said.message, (name, said.message)
        assert driver.session.tab is shown and "answer" in driver.session.graph.nodes
    driver.key("ctrl+Return")
    driver.until(lambda: shown.runs.view.over)
    assert shown.runs.view.state == "ok"


def what_is_odd_in_a_graph_is_shown_and_saved_back(driver: Driver) -> None:
    odd = {
        "graphide": 1, "future": {"kept": [1, 2]}, "title": "odd \u202e\u0000 title" * 50,
        "nodes": {
            "ghost": {"type": "from.elsewhere", "version": 7, "text": "kept", "deep": {"a": [{"b": None}]}},
            "wrong": {"type": "model", "temperature": {"not": "a number"}, "model": 5, "max_tokens": "many"},
            "long": {"type": "template", "text": "word " * 40_000},
            "first": {"type": "join"}, "second": {"type": "join"},
        },
        "edges": ["first.text -> second.a", "second.text -> first.a", "ghost.x -> wrong.prompt", "no.x -> ghost.y"],
        "view": {"ghost": [1e308, -1e308], "wrong": "here", "long": {"at": ["x", None], "size": [-5, 1e300]},
                 "$frames": 3, "$reroutes": {"first.text -> second.a": [["a"], [1]]}, "gone": [1, 2]},
    }  # fmt: skip
    path = opened(driver, json.dumps(odd))
    driver.frames(10)
    assert {"ghost", "wrong", "first"} <= {group.key for group in driver.session.surface.view.nodes}
    driver.until(lambda: bool(driver.session.tab.problems))
    driver.session.act("select_all")
    driver.key("ctrl+d")
    driver.key("ctrl+z")
    _remove(driver, "second")
    driver.key("ctrl+s")
    kept = json.loads(path.read_text("utf-8"))
    assert kept["nodes"]["ghost"] == odd["nodes"]["ghost"] and kept["future"] == odd["future"]  # type: ignore[index]
    assert kept["nodes"]["wrong"]["temperature"] == {"not": "a number"}
    assert kept["edges"] == ["ghost.x -> wrong.prompt", "no.x -> ghost.y"]


def nodes_without_a_place_get_one_and_nothing_is_to_be_saved(driver: Driver) -> None:
    text = load_template("hello")
    path = opened(driver, text)
    driver.frames(3)
    graph = driver.session.graph
    assert all(place(graph, node_id).at is not None for node_id in graph.nodes)
    assert not driver.session.tab.document.dirty and path.read_text("utf-8") == text
    boxes = [group.box for group in driver.session.surface.view.nodes]
    for one in boxes:
        others = (box for box in boxes if box is not one)
        assert not any(
            one.x < box.x + box.width and box.x < one.x + one.width
            and one.y < box.y + box.height and box.y < one.y + one.height
            for box in others
        )  # fmt: skip
    path.write_text(text.replace("{{ topic }}", "{{ topic }}!"), "utf-8")
    driver.until(lambda: "was changed" in driver.said())
    driver.session.act("reload")
    assert driver.session.graph.view == graph.view and not driver.session.tab.document.dirty


def what_is_typed_is_kept_before_it_is_done(driver: Driver) -> None:
    driver.session.new_from("hello")
    driver.frames(4)
    driver.click(*driver.part("task", "widget", "text"))
    driver.until(lambda: driver.session.field is not None)
    driver.frames(4)
    driver.key("ctrl+a")
    driver.type("Half a sen")
    journal = driver.session.tab.document.journal
    assert driver.session.field is not None and journal.path is not None
    assert read(journal.path).graph.nodes["task"].settings["text"] == "Half a sen"
    driver.key("Escape")


def what_is_typed_and_does_not_fit_is_kept_too(driver: Driver) -> None:
    driver.session.new_from("hello")
    field = setting_text(driver.session, ("answer",), "max_tokens")
    field.type("12x")
    journal = driver.session.tab.document.journal
    assert journal.path is not None
    assert read(journal.path).unfinished == (("answer", "max_tokens", "12x"),)
    field.type("12")
    assert read(journal.path).unfinished == () and driver.session.graph.nodes["answer"].settings["max_tokens"] == 12


def load_template(name: str) -> str:
    """Return a starter template without the places of its nodes."""
    from graphide.paths import templates_folder

    document = json.loads((templates_folder() / f"{name}.json").read_text("utf-8"))
    document.pop("view", None)
    return json.dumps(document, ensure_ascii=False)


def opened(driver: Driver, text: str) -> Path:
    """Open a file with a text in it and return its place."""
    path = Path(tempfile.mkdtemp()) / "g.json"
    path.write_text(text, "utf-8")
    assert driver.session.open(path), driver.said()
    driver.frames(4)
    return path


def _remove(driver: Driver, node_id: str) -> None:
    driver.click(*driver.title(node_id))
    driver.key("Delete")
    assert node_id not in driver.session.graph.nodes


def _question(driver: Driver) -> str:
    driver.until(lambda: driver.session.popups.dialog is not None)
    driver.frames(4)
    assert driver.session.popups.dialog is not None
    return driver.session.popups.dialog.title


def _says_where_the_work_is(driver: Driver, reason: str) -> None:
    dialog, journal = driver.session.popups.dialog, driver.session.tab.document.journal.path
    assert dialog is not None and journal is not None
    assert reason in dialog.text and f"The edits are kept in {journal}" in dialog.text, dialog.text
    assert list(read(journal).graph.nodes) == ["b"]


@contextmanager
def _no_rights(folder: Path) -> Iterator[None]:
    """Have nobody write into a folder, also where this process may do everything."""
    folder.chmod(0o555)
    everything = os.geteuid() == 0
    if everything:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if everything:
            os.seteuid(0)
        folder.chmod(0o755)


@contextmanager
def _no_room(most: int) -> Iterator[None]:
    """Let no file grow beyond some bytes, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _make_hostile(folder: Path) -> dict[str, str]:
    """Write files that are no graphs; return what has to be said of each, by its name."""
    with (folder / "huge.json").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    (folder / "device.json").symlink_to("/dev/zero")
    body = b"graphide\0\x01\0\0\0"
    files: dict[str, tuple[bytes, str]] = {
        "deep.json": (b'{"graphide": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON"),
        "nested.json": (b'{"graphide": 1, "x": ' + b"[" * 100 + b"]" * 100 + b"}", "levels deep"),
        "binary.json": (bytes(range(256)) * 100, "UTF-8"),
        "empty.json": (b"", "is empty"),
        "list.json": (b"[1, 2]", "needs an object"),
        "types.json": (b'{"graphide": 1, "nodes": {"a": {"type": 5}}, "edges": []}', "needs a node type"),
        "edges.json": (b'{"graphide": 1, "nodes": {}, "edges": {"a": 1}}', "needs a list of edges"),
        "names.json": (b'{"graphide": 1, "nodes": {"../a": {"type": "note"}}, "edges": []}', "cannot be the id"),
        "newer.json": (b'{"graphide": 99, "nodes": {}, "edges": []}', "99"),
        "many.json": (
            json.dumps({"graphide": 1, "nodes": {f"n{at}": {"type": "note"} for at in range(20_001)}}).encode(),
            "20,001 nodes, and the window shows 20,000 at the most",
        ),
        "plain.png": (SIGNATURE + _chunk(b"IHDR", b"\0" * 13) + _chunk(b"IEND", b""), "without a graph"),
        "cut.png": (SIGNATURE + b"\xff\xff\xff\xff" + b"iTXt", ""),
        "bomb.png": (
            SIGNATURE + _chunk(b"iTXt", body + zlib.compress(b" " * 64 * 1024 * 1024)) + _chunk(b"IEND", b""), "MiB",
        ),
    }  # fmt: skip
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    expected = {name: said for name, (_, said) in files.items()}
    return {
        **expected, "huge.json": "32 MiB", "pipe.json": "not a file", "folder.json": "not a file",
        "device.json": "not a file", "missing.json": "no such file",
    }  # fmt: skip


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


if __name__ == "__main__":
    play(globals())
