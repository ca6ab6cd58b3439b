"""The Makefile and the script of example 09: files are made once, made anew when they have to be, and failures are told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from examples.pages import Ended, Shell

Example = Callable[[str], Shell]


def run(shell: Shell, *command: str, options: str = "--model echo --quiet") -> Ended:
    env = {**shell.env, "GRAPHIDE": f"{sys.executable} -m graphide", "OPTIONS": options}
    done = subprocess.run(command, cwd=shell.folder, env=env, capture_output=True, encoding="utf-8", timeout=110)
    return Ended(done.returncode, done.stdout, done.stderr)


def made(ended: Ended) -> list[str]:
    """The summaries that a run of make made."""
    assert ended.code == 0, ended.err
    return [line.split("summary=")[1].split()[0] for line in ended.out.splitlines() if "--out summary=" in line]


def newer(shell: Shell, name: str, than: str) -> None:
    """Set the time of a file to a minute after that of another."""
    stamp = (shell.folder / than).stat().st_mtime + 60
    os.utime(shell.folder / name, (stamp, stamp))


def test_make_makes_what_is_missing_or_older_than_its_sources(example: Example) -> None:
    shell = example("09_makefile")
    assert sorted(made(run(shell, "make"))) == ["out/bridge.md", "out/library.md"]
    assert (shell.folder / "out/index.md").read_text("utf-8") == (
        "## bridge\n\nThe bridge is closed for repairs until May. Buses take the ferry.\n\n\nSay this in one sentence.\n"
        "## library\n\nThe library opens a reading room for children. It has two hundred books.\n\n\n"
        "Say this in one sentence.\n"
    )
    assert made(run(shell, "make")) == []
    newer(shell, "texts/bridge.txt", than="out/bridge.md")
    assert made(run(shell, "make")) == ["out/bridge.md"]


def test_make_stops_at_a_failure_and_leaves_no_half_file(example: Example) -> None:
    shell = example("09_makefile")
    (shell.folder / "texts/bridge.txt").write_bytes(b"\xff\xfe not text")
    ended = run(shell, "make")
    assert (ended.code, (shell.folder / "out/bridge.md").exists()) == (2, False)
    assert "is not UTF-8 text" in ended.err


def test_the_script_goes_on_after_a_text_that_fails(example: Example) -> None:
    shell = example("09_makefile")
    (shell.folder / "texts/bridge.txt").write_bytes(b"\xff\xfe not text")
    ended = run(shell, "sh", "nightly.sh")
    assert (ended.code, ended.out) == (1, "out/library.md\n")
    assert "texts/bridge.txt: no summary" in ended.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [("--model nowhere", 4, "the model is not here"), ("-i nothing=1", 3, "the graph or this script is wrong")],
)
def test_the_script_stops_where_going_on_makes_no_sense(example: Example, options: str, code: int, said: str) -> None:
    ended = run(example("09_makefile"), "sh", "nightly.sh", options=options)
    assert (ended.code, ended.out, ended.err.splitlines()[-1]) == (code, "", said)
