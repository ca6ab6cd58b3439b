"""What a person sees while a graph runs: lines in a pipe, a view on a terminal, nothing for a run that is over at once."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from typing import Any

import pytest
from cli.command import Command, chain

from graphide.cli.progress import LINE_EVERY, Lines, Nothing, Terminal, chosen
from graphide.executor.events import NodeChunk, NodeFinished, NodeProgress, NodeStarted, PlanMade


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_now_and_then() -> None:
    clock, said = Clock(), list[str]()
    lines = Lines(said.append, clock)
    for done in range(0, 101, 10):
        lines.see(NodeProgress("answer", "loading model", done, 100))
        clock.now += LINE_EVERY / 4
    assert said == ["answer: loading model 40 %\n", "answer: loading model 80 %\n"]
    clock.now += LINE_EVERY
    lines.see(NodeProgress("ans\x1bwer", "waiting", 0, 0))
    lines.see(NodeChunk("answer", "text"))
    assert said[2:] == ["ans\\u001bwer: waiting\n"]


def test_a_short_run_never_loads_rich() -> None:
    clock = Clock()
    view = Terminal(clock)
    view.see(PlanMade(("a",), ()))
    view.see(NodeStarted("a", "model"))
    view.see(NodeFinished("a", {}, False, 0.1))
    assert view._live is None
    view.stop()


def test_a_quiet_run_shows_nothing() -> None:
    assert isinstance(chosen(quiet=True), Nothing)


def on_terminal(graphide_: Command, *arguments: str, **options: Any) -> tuple[int, str]:
    """Run the command on a terminal of its own and return its exit code and all that was shown."""
    pty = pytest.importorskip("pty")
    main, side = pty.openpty()
    streams = {"stdin": side, "stdout": side, "stderr": side, **options}
    process = subprocess.Popen(
        graphide_.line(*arguments), cwd=graphide_.folder, env=dict(graphide_.env), start_new_session=True, **streams
    )
    os.close(side)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([main], [], [], 0.2)
        try:
            piece = os.read(main, 65536) if ready else None
        except OSError:  # how Linux says that the other side is closed
            break
        if piece == b"" or (piece is None and process.poll() is not None):
            break
        shown += piece or b""
    os.close(main)
    return process.wait(10), shown.decode().replace("\r\n", "\n")


pytestmark_terminal = pytest.mark.skipif(sys.platform == "win32", reason="a terminal as POSIX has it")


@pytestmark_terminal
@pytest.mark.usefixtures("plugin")
def test_a_terminal_shows_how_far_a_node_is_and_then_the_result(graphide_: Command) -> None:
    graphide_.graph("reports.json", *chain("reports"))
    code, shown = on_terminal(graphide_, "run", "reports.json")
    assert code == 0
    assert "loading model" in shown and "50%" in shown and "0 of 2 steps" in shown
    assert shown.endswith("\x1b[2Kloaded\n")  # the view is gone, the result stays


@pytestmark_terminal
@pytest.mark.usefixtures("plugin")
def test_text_on_a_terminal_is_not_mixed_with_progress(graphide_: Command) -> None:
    graphide_.graph("slow.json", *chain("slow", slow={"pieces": 5, "pause": 0.2}))
    code, shown = on_terminal(graphide_, "run", "slow.json")
    assert code == 0
    assert "piece 0 piece 1 piece 2 piece 3 piece 4 \n" in shown


@pytestmark_terminal
@pytest.mark.usefixtures("plugin")
def test_a_dumb_terminal_and_quiet_show_no_view(graphide_: Command) -> None:
    graphide_.graph("reports.json", *chain("reports"))
    assert on_terminal(graphide_, "run", "reports.json", "--quiet") == (0, "loaded\n")
    dumb = Command(graphide_.folder, {**graphide_.env, "TERM": "dumb"})
    assert "\x1b" not in on_terminal(dumb, "run", "reports.json")[1]


@pytestmark_terminal
@pytest.mark.usefixtures("plugin")
def test_no_color_is_respected(graphide_: Command) -> None:
    graphide_.graph("reports.json", *chain("reports"))
    plain = Command(graphide_.folder, {**graphide_.env, "NO_COLOR": "1"})
    shown = on_terminal(plain, "run", "reports.json")[1]
    assert "loading model" in shown
    assert "\x1b[9" not in shown and "\x1b[3" not in shown


@pytestmark_terminal
def test_a_result_cannot_repaint_the_terminal(graphide_: Command) -> None:
    nodes = {"v": {"type": "variable", "value": "\x1b[2J\x07tab\there"}, "out": {"type": "output"}}
    graphide_.graph("esc.json", nodes, ["v.value -> out.value"])
    assert on_terminal(graphide_, "run", "esc.json")[1] == "\\x1b[2J\\x07tab\there\n"
    assert graphide_("run", "esc.json").out == "\x1b[2J\x07tab\there\n"
