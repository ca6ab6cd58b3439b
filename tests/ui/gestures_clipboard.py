"""Stories of the clipboard of the system, shared with other programs and other windows, and of files that are dropped."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from select import select

from graphide.graph.file import loads
from tests.ui.driving import Driver, window
from tests.ui.playing import play

_HERE = Path(__file__)
_SECOND = "--second"


def what_is_copied_is_a_graph_to_other_programs(driver: Driver) -> None:
    driver.fresh("hello")
    _select(driver, "task", "answer")
    driver.key("ctrl+c")
    graph = loads(_run(driver, "xclip", "-o", "-selection", "clipboard"))
    assert set(graph.nodes) == {"task", "answer"}
    assert [str(edge) for edge in graph.edges] == ["task.text -> answer.prompt"]


def what_another_program_copied_is_pasted_at_the_mouse(driver: Driver) -> None:
    text = '{"graphide": 1, "nodes": {"a": {"type": "template", "text": "Grüße: {{ x }}"}}}'
    _give(text)
    x, y = driver.empty()
    driver.move(x, y)
    driver.key("ctrl+v")
    (node,) = driver.session.graph.nodes.values()
    assert node.settings["text"] == "Grüße: {{ x }}"
    group = driver.session.surface.group(node.id)
    assert group is not None
    left, top = driver.canvas(group.x, group.y)
    right, bottom = driver.canvas(group.x + group.width, group.y + group.height)
    assert left - 20 <= x <= right + 20 and top - 20 <= y <= bottom + 20
    _give("not a graph")
    driver.key("ctrl+v")
    assert len(driver.session.graph.nodes) == 1 and "not a graph" in driver.said()


def nodes_are_cut_pasted_and_duplicated(driver: Driver) -> None:
    driver.fresh("hello")
    before = driver.session.graph
    _select(driver, "task", "style")
    driver.key("ctrl+x")
    assert not {"task", "style"} & set(driver.session.graph.nodes)
    driver.key("ctrl+v")
    assert {"task", "style"} <= set(driver.session.graph.nodes)
    driver.key("ctrl+z")
    driver.key("ctrl+z")
    assert driver.session.graph == before
    _select(driver, "task")
    driver.key("ctrl+d")
    assert len(driver.session.graph.nodes) == len(before.nodes) + 1
    assert driver.session.tab.selection.nodes != ("task",)


def two_windows_share_nodes(driver: Driver) -> None:
    driver.fresh("hello")
    _select(driver, "task", "answer")
    driver.key("ctrl+c")
    other = subprocess.Popen(
        [sys.executable, str(_HERE), _SECOND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert other.stdin is not None and other.stdout is not None
    driver.until(lambda: bool(select([other.stdout], [], [], 0)[0]), 40)
    assert other.stdout.readline().split() == ["answer", "task", "parameters"]
    driver.fresh()
    _run(driver, "xdotool", "windowfocus", "--sync", _own_window())
    driver.key("ctrl+v")
    assert [node.type for node in driver.session.graph.nodes.values()] == ["parameters"]
    other.stdin.close()
    driver.until(lambda: other.poll() is not None, 40)
    assert other.returncode == 0


def files_are_dropped_onto_the_window(driver: Driver) -> None:
    folder = Path(tempfile.mkdtemp())
    graph, notes = folder / "dropped.json", folder / "my notes.txt"
    graph.write_text('{"graphide": 1, "nodes": {"a": {"type": "template", "text": "hello"}}}')
    notes.write_text("Some facts")
    x, y = map(round, driver.empty())
    driver.move(x, y)
    _run(driver, sys.executable, str(_HERE.with_name("xdnd.py")), _own_window(), str(x), str(y), str(notes))
    driver.frames(3)
    (node,) = driver.session.graph.nodes.values()
    assert (node.type, node.settings["files"]) == ("context", [str(notes)])
    _run(driver, sys.executable, str(_HERE.with_name("xdnd.py")), _own_window(), str(x), str(y), str(graph))
    driver.until(lambda: driver.session.tab.document.path == graph)
    assert list(driver.session.graph.nodes) == ["a"]


def a_file_that_is_dropped_on_the_chat_goes_along_with_a_message(driver: Driver) -> None:
    notes = Path(tempfile.mkdtemp()) / "notes.txt"
    notes.write_text("Some facts")
    driver.fresh("conversation")
    driver.key("ctrl+t")
    driver.until(driver.app.kit.typing)
    nodes = driver.session.graph.nodes
    area = driver.app.canvas.area
    x, y = area.x + area.width + 120, area.y + area.height // 2
    driver.move(x, y)
    _run(driver, sys.executable, str(_HERE.with_name("xdnd.py")), _own_window(), str(x), str(y), str(notes))
    driver.frames(3)
    chat = driver.session.tab.chat
    assert chat is not None and [(file.name, file.text) for file in chat.files] == [("notes.txt", "Some facts")]
    assert driver.session.graph.nodes == nodes


def the_path_of_a_graph_is_pasted(driver: Driver) -> None:
    graph = Path(tempfile.mkdtemp()) / "pasted.json"
    graph.write_text('{"graphide": 1, "nodes": {"b": {"type": "template", "text": "hello"}}}')
    _give(graph.as_uri())
    driver.key("ctrl+v")
    assert driver.session.tab.document.path == graph


def _second() -> None:
    """Be the other window: paste what the first one copied, tell it, copy a node, and stay until told to go."""
    with tempfile.TemporaryDirectory() as folder, window(Path(folder), (1024, 640)) as driver:
        driver.key("ctrl+v")
        names = sorted(driver.session.graph.nodes)
        driver.app.add_node("parameters", (40, 40))
        driver.frames(3)
        driver.key("ctrl+c")
        print(*names, *(driver.session.graph.nodes[key].type for key in driver.session.tab.selection.nodes), flush=True)
        os.set_blocking(sys.stdin.fileno(), False)
        driver.until(_told_to_go, 60)


def _told_to_go() -> bool:
    try:
        return os.read(0, 1) == b""
    except BlockingIOError:
        return False


def _select(driver: Driver, *nodes: str) -> None:
    driver.click(*driver.title(nodes[0]))
    for node_id in nodes[1:]:
        with driver.holding("shift"):
            driver.click(*driver.title(node_id))
    assert driver.session.tab.selection.nodes == nodes


def _run(driver: Driver, *command: str) -> str:
    """Run another program while the window goes on: it may ask the window for something."""
    with tempfile.TemporaryFile("w+") as told:
        program = subprocess.Popen(command, stdout=told)
        driver.until(lambda: program.poll() is not None)
        assert program.returncode == 0, command
        told.seek(0)
        return told.read()


def _give(text: str) -> None:
    """Put a text into the clipboard by another program, which stays there to hand it out."""
    command: Sequence[str] = ("xclip", "-i", "-selection", "clipboard")
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _own_window() -> str:
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--pid", str(os.getpid())], capture_output=True, text=True, check=True
    )
    return found.stdout.split()[-1]


if __name__ == "__main__":
    if sys.argv[1:] == [_SECOND]:
        _second()
    else:
        play(globals())
