"""A home of its own for each test, and graphs and plugins to run the command on."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.command import Command, Inside

import graphide

_UNWANTED = frozenset(["PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "DISPLAY", "WAYLAND_DISPLAY"])
"""What would change how a command starts, or let it open a window."""

ROOT = Path(graphide.__file__).resolve().parent.parent

PLUGIN = '''
import os
import time
from collections.abc import Generator
from typing import Any

from graphide.api import Chunk, Context, GraphideError, Progress, Streamed, Text, node


@node("slow", category="test", cache="never")
def slow(text: Text = "", *, pieces: int = 3, pause: float = 0.0) -> Generator[Streamed, None, Text]:
    """Stream numbered pieces, with a pause after each."""
    made = []
    if mark := os.environ.get("FOR_TESTS_MARK"):
        open(mark, "w").close()
    for number in range(pieces):
        made.append(f"piece {number} ")
        yield Chunk(made[-1])
        time.sleep(pause)
    return "".join(made)


@node("stubborn", category="test", cache="never")
def stubborn(text: Text = "") -> Text:
    """Sleep and hear nothing."""
    time.sleep(60)
    return text


@node("half", category="test", cache="never")
def half(text: Text = "") -> Generator[Streamed, None, Text]:
    """Stream half of a text and fail."""
    yield Chunk("the first half")
    raise GraphideError("broke in the middle", hint="Try a shorter text")


@node("boom", category="test", cache="never")
def boom(value: Any = "") -> Text:
    """Fail."""
    raise GraphideError("went wrong", hint="Do something else")


@node("reports", category="test", cache="never")
def reports(text: Text = "") -> Generator[Streamed, None, Text]:
    """Say how far it is."""
    for done in range(5):
        yield Progress("loading model", done, 4)
        time.sleep(0.15)
    return "loaded"


@node("odd", category="test", cache="never")
def odd(text: Text = "") -> Generator[Streamed, None, Text]:
    """Stream less than it returns."""
    yield Chunk("begun ")
    return "begun and ended"


@node("number", category="test")
def number(text: Text = "") -> float:
    """Give a number."""
    return 42


def register(registrar: Any) -> None:
    for each in (slow, stubborn, half, boom, reports, odd, number):
        registrar.add(each)
'''


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def graphide_(tmp_path: Path, compiled: Path) -> Command:
    env = {key: value for key, value in os.environ.items() if key not in _UNWANTED}
    env |= {
        "GRAPHIDE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "nodes")]),
        "PYTHONPYCACHEPREFIX": str(compiled),
        "TERM": "xterm",
    }
    for name in ("GRAPHIDE_DEBUG", "NO_COLOR", "_GRAPHIDE_COMPLETE"):
        env.pop(name, None)
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(folder, env)


@pytest.fixture
def inside(graphide_: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """The command in this process, in the folder and with the home of `graphide_`."""
    monkeypatch.chdir(graphide_.folder)
    monkeypatch.setenv("GRAPHIDE_HOME", graphide_.env["GRAPHIDE_HOME"])
    return Inside(capsys)


@pytest.fixture
def plugin(graphide_: Command) -> None:
    """The node types of PLUGIN, dropped into the folder of plugins."""
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "plugins"
    folder.mkdir(parents=True)
    (folder / "for_tests.py").write_text(textwrap.dedent(PLUGIN), encoding="utf-8")


@pytest.fixture
def hello(graphide_: Command) -> Path:
    """A graph with two inputs, a model, and the output `answer`."""
    return graphide_.graph(
        "hello.json",
        {
            "answer": {"type": "model"},
            "audience": {"type": "variable", "kind": "choice", "choices": ["children", "experts"], "value": "experts"},
            "persona": {"type": "system", "text": "You teach {{ audience }}."},
            "result": {"type": "output", "name": "answer"},
            "task": {"type": "template", "text": "Explain {{ topic }} in two sentences."},
            "topic": {"type": "variable", "value": "volcanoes", "help": "What to explain"},
        },
        [
            "answer.text -> result.value",
            "audience.value -> persona.audience",
            "persona.text -> answer.system",
            "task.text -> answer.prompt",
            "topic.value -> task.topic",
        ],
        title="Hello",
        about="Explains a topic.",
    )


@pytest.fixture
def echo(graphide_: Command) -> Callable[..., Path]:
    """Write a graph that gives an input of a kind as it is: the input `value`, the output `result`."""

    def write(**variable: Any) -> Path:
        nodes = {"value": {"type": "variable", **variable}, "out": {"type": "output"}}
        return graphide_.graph("echo.json", nodes, ["value.value -> out.value"])

    return write
