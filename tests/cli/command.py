"""The real command, run in a process of its own; and chains of the test nodes that the plugin of these tests brings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from graphide.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How the command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Command:
    """The command `graphide`, run in `folder`."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, stdin: str | bytes = b"", code: int | None = 0, **env: str) -> Ended:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            self.line(*arguments),
            cwd=self.folder,
            env={**self.env, **env},
            input=given,
            capture_output=True,
            timeout=60,
        )
        ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert code is None or ended.code == code, ended
        return ended

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(self.line(*arguments), cwd=self.folder, env=dict(self.env), **streams)

    def line(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "graphide", *map(str, arguments)]

    def graph(self, name: str, nodes: Mapping[str, Any], edges: Sequence[str] = (), **rest: Any) -> Path:
        """Write a graph file."""
        path = self.folder / name
        path.write_text(json.dumps({"graphide": 1, "nodes": nodes, "edges": list(edges), **rest}), encoding="utf-8")
        return path


@dataclass(frozen=True)
class Inside:
    """The command, run in this process: for what is the same there, and a hundred times as quick."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path, code: int | None = 0) -> Ended:
        self.capture.readouterr()
        done = main([str(argument) for argument in arguments])
        said = self.capture.readouterr()
        ended = Ended(done, said.out, said.err)
        assert code is None or ended.code == code, ended
        return ended


def chain(*types: str, **settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return nodes and edges of a chain of test nodes, each named by its type, into the output `result`."""
    nodes: dict[str, Any] = {type: {"type": type, **settings.get(type, {})} for type in types}
    nodes["out"] = {"type": "output"}
    edges = [f"{first}.text -> {second}.text" for first, second in pairwise(types)]
    return nodes, [*edges, f"{types[-1]}.text -> out.value"]
