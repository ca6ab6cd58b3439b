"""The entry point: version, help, suggestions, completion, faults, and how quick it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli.command import Command, Inside

import graphide
from graphide.cli import main as entry
from graphide.cli.main import EXIT_FAULT, main

COMMANDS = (
    "edit", "run", "chat", "chats", "new", "templates", "validate", "show", "fmt", "diff", "share", "schema", "nodes", "models",
    "serve", "config", "keys", "system", "completion",
)  # fmt: skip


def test_the_version_is_printed_without_loading_anything(graphide_: Command) -> None:
    assert graphide_("--version").out == f"graphide {graphide.__version__}\n"
    assert graphide_("--debug", "--version").out == f"graphide {graphide.__version__}\n"
    code = "import sys; from graphide.cli.main import main; main(['--version']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], env=dict(graphide_.env), capture_output=True, text=True)
    assert not {"click", "rich", "orjson", "graphide.workspace", "importlib.metadata"} & set(
        eval(done.stdout.splitlines()[1])
    )


def test_a_run_loads_neither_engine_nor_window(graphide_: Command, hello: Path) -> None:
    code = f"import sys; from graphide.cli.main import main; main(['run', {str(hello)!r}, '-m', 'echo']); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=graphide_.folder, env=dict(graphide_.env), capture_output=True, text=True
    )
    loaded = set(eval(done.stdout.splitlines()[1]))
    unwanted = {"llama_cpp", "dearpygui", "numpy", "networkx", "rich", "huggingface_hub", "jsonschema", "asyncio"}
    assert not unwanted & loaded


def test_help_names_every_command(graphide_: Command) -> None:
    text = graphide_("--help").out
    for name in COMMANDS:
        assert f"\n  {name} " in text
    ended = graphide_(code=2)
    assert "Commands:" in ended.out and ended.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(inside: Inside, command: str) -> None:
    assert inside(command, "--help").out.startswith(f"Usage: graphide {command}")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rnu", 'error: There is no command "rnu". Did you mean "run"? See "graphide --help"\n'),
        (
            "g.json",
            'error: There is no command "g.json". A graph is run with: graphide run g.json. See "graphide --help"\n',
        ),
        ("qqqqq", 'error: There is no command "qqqqq". See "graphide --help"\n'),
    ],
)
def test_a_mistyped_command_gets_a_suggestion(inside: Inside, typed: str, said: str) -> None:
    assert inside(typed, code=2).err == said


def test_an_option_that_is_not_there_is_named(inside: Inside) -> None:
    assert inside("run", "--sed", code=2).err.startswith("error: No such option")
    assert inside("--nope", code=2).err.startswith("error: No such option")


def test_a_fault_of_graphide_is_one_line_and_where_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(given: list[str]) -> int:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(entry, "_dispatch", fail)
    monkeypatch.delenv("GRAPHIDE_DEBUG", raising=False)
    assert main(["run"]) == EXIT_FAULT
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: graphide has a fault: ZeroDivisionError: division by zero"
    assert said[1].startswith("Please report it ") and said[1].endswith("; GRAPHIDE_DEBUG=1 shows where it happened")
    monkeypatch.setenv("GRAPHIDE_DEBUG", "1")
    assert main(["run"]) == EXIT_FAULT
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(inside: Inside, shell: str) -> None:
    script = inside("completion", shell).out
    assert "_GRAPHIDE_COMPLETE" in script and "graphide" in script
    assert "error" in inside("completion", "tcsh", code=2).err


def completed(graphide_: Command, words: str, word: int) -> list[str]:
    ended = graphide_(COMP_WORDS=words, COMP_CWORD=str(word), _GRAPHIDE_COMPLETE="bash_complete", code=None)
    assert ended.err == ""
    return [line.partition(",")[2] for line in ended.out.splitlines() if line]


def test_commands_inputs_nodes_and_types_are_completed(graphide_: Command, hello: Path) -> None:
    assert {"run", "nodes"} <= set(completed(graphide_, "graphide ", 1))
    assert completed(graphide_, "graphide run hello.json -i t", 4) == ["topic="]
    assert completed(graphide_, "graphide run hello.json --to a", 4) == ["answer", "audience"]
    assert "answer.max_tokens=" in completed(graphide_, "graphide run hello.json --set answer.m", 4)
    assert completed(graphide_, "graphide nodes show templ", 3) == ["template"]
    assert completed(graphide_, "graphide run nowhere.json -i t", 4) == []


def test_a_broken_settings_file_is_named_and_does_not_stop_a_run(graphide_: Command, hello: Path) -> None:
    config = Path(graphide_.env["GRAPHIDE_HOME"]) / "config"
    config.mkdir(parents=True)
    (config / "config.json").write_text("{", encoding="utf-8")
    ended = graphide_("run", hello, "-m", "echo")
    assert ended.out == "Explain volcanoes in two sentences.\n"
    assert ended.err.startswith("warning: ") and "config.json" in ended.err
    assert graphide_("run", hello, "-m", "echo", "-q").err == ""


def cpu(line: Sequence[str], graphide_: Command) -> float:
    """Return the least CPU seconds of a few calls: what else the machine does makes it more, never less."""
    resource = pytest.importorskip("resource")
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(line, cwd=graphide_.folder, env=dict(graphide_.env), stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent[1:])  # the first one compiles


@pytest.fixture
def slower(graphide_: Command) -> float:
    """How many times slower than a quiet machine this one is now, by an import that takes 0.07 s there."""
    return max(1.0, cpu([sys.executable, "-c", "import click"], graphide_) / 0.07)


def test_the_command_is_quick(graphide_: Command, hello: Path, slower: float) -> None:
    assert cpu(graphide_.line("--version"), graphide_) < 0.12 * slower
    assert cpu(graphide_.line("run", hello, "-m", "echo"), graphide_) < 0.3 * slower


def test_a_large_graph_is_checked_quickly(graphide_: Command, slower: float) -> None:
    nodes: dict[str, object] = {f"n{number}": {"type": "template", "text": "{{ x }}"} for number in range(998)}
    nodes |= {"start": {"type": "variable", "value": "x"}, "out": {"type": "output"}}
    edges = [f"n{number}.text -> n{number + 1}.x" for number in range(997)]
    graph = graphide_.graph("large.json", nodes, ["start.value -> n0.x", *edges, "n997.text -> out.value"])
    assert cpu(graphide_.line("validate", graph), graphide_) < 0.4 * slower


def test_a_chain_of_five_thousand_nodes_runs(graphide_: Command) -> None:
    nodes: dict[str, object] = {f"n{number}": {"type": "template", "text": "{{ x }}"} for number in range(5000)}
    nodes |= {"start": {"type": "variable", "value": "end"}, "out": {"type": "output"}}
    edges = [f"n{number}.text -> n{number + 1}.x" for number in range(4999)]
    graphide_.graph("chain.json", nodes, ["start.value -> n0.x", *edges, "n4999.text -> out.value"])
    began = time.monotonic()
    assert graphide_("run", "chain.json").out == "end\n"
    assert time.monotonic() - began < 30


def test_windows_style_arguments_are_left_alone(graphide_: Command, hello: Path) -> None:
    assert "*" in graphide_("run", hello, "-m", "echo", "-i", "topic=*").out
    assert os.pathsep not in graphide_("--version").out
