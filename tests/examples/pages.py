"""The pages that people read, as the tests see them: the files a page says to save, its commands, and what they print.

A file stands in a code block under a line `<!-- file: NAME -->`. Commands are the lines of `sh` blocks that begin with
`graphide`, `python` or `curl`; the note `# exit code N` says how one ends (without it: 0). One that ends with `&` is a
server: it runs until the end of the page, from when it has said where it listens. The port 5005 of a page is any free one
here. A `text` block right under a block of one command is what that command prints.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 110

_BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_EXIT_CODE = re.compile(r"# exit code (\d+)$")


@dataclass(frozen=True)
class Line:
    """A command of a page: as it is written, its exit code, and what it prints where the page shows that."""

    text: str
    code: int = 0
    output: str | None = None


@dataclass(frozen=True)
class Page:
    """The files that a page says to save, and its commands in order."""

    files: Mapping[str, str]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Ended:
    """How a command ended; `echo` says that the echo answered in place of a model."""

    code: int
    out: str
    err: str
    echo: bool = False


@dataclass(frozen=True)
class Shell:
    """Runs commands as a person types them, in `folder`; `graphide` and `python` are those of this environment."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, text: str, *, echo: bool = True) -> Ended:
        """Run a command; with `echo` the echo answers instead of a model."""
        words = shlex.split(text, comments=True)
        if words[-1] == "&":
            return self._begin(words[:-1])
        if "|" in words or words[0] == "curl":
            return self._by_bash(text)
        given = ""
        if words[-2:-1] == ["<"]:
            given, words = (self.folder / words[-1]).read_text("utf-8"), words[:-2]
        replaced = echo and _answers(words)
        if replaced:
            words = _with_echo(words)
        done = subprocess.run(
            [sys.executable, *(["-m", "graphide"] if words[0] == "graphide" else []), *words[1:]],
            cwd=self.folder, env=dict(self.env), input=given, capture_output=True, encoding="utf-8", timeout=SECONDS,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr, replaced)

    def end(self) -> list[int]:
        """End the servers as Ctrl-C does, and return their exit codes."""
        for server in self.servers:
            server.send_signal(signal.SIGINT)
        codes = [server.wait(SECONDS) for server in self.servers]
        for server in self.servers:
            server.stdout.close()  # type: ignore[union-attr]
        self.servers.clear()
        return codes

    def _begin(self, words: list[str]) -> Ended:
        with (self.folder / "server.log").open("a") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", *words], cwd=self.folder, env=dict(self.env), text=True, encoding="utf-8",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self.servers.append(server)
        address = server.stdout.readline()  # type: ignore[union-attr]
        return Ended(0 if address.startswith("http://") else 1, address, "")

    def _by_bash(self, text: str) -> Ended:
        path = os.pathsep.join([str(Path(sys.executable).parent), self.env.get("PATH", os.defpath)])
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {text}"], cwd=self.folder, env={**self.env, "PATH": path},
            capture_output=True, encoding="utf-8", timeout=SECONDS,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def serving(shell: Shell) -> Iterator[None]:
    """End the servers that a page starts, and see that they end well."""
    try:
        yield
    finally:
        codes = shell.end()
    assert set(codes) <= {0}, (shell.folder / "server.log").read_text()


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def read_page(path: Path) -> Page:
    """Return what a Markdown page holds."""
    files: dict[str, str] = {}
    lines: list[Line] = []
    end, alone = -1, False
    text = path.read_text("utf-8").replace("5005", str(free_port()))
    for block in _BLOCK.finditer(text):
        directly = not text[end : block.start()].strip() if end >= 0 else False
        if block["file"]:
            files[block["file"]] = block["body"]
        elif block["kind"] == "sh":
            commands = [
                _line(line) for line in block["body"].splitlines() if line.startswith(("graphide ", "python ", "curl "))
            ]
            lines += commands
            alone = len(commands) == 1
        elif block["kind"] == "text" and directly and alone:
            lines[-1] = Line(lines[-1].text, lines[-1].code, block["body"])
            alone = False
        end = block.end()
    return Page(files, tuple(lines))


def _line(text: str) -> Line:
    note = _EXIT_CODE.search(text)
    return Line(text, int(note[1]) if note else 0)


def _answers(words: list[str]) -> bool:
    """Return whether a model could answer in this command."""
    return words[:2] == ["graphide", "run"] and "--help" not in words or words[0] == "python"


def _with_echo(words: list[str]) -> list[str]:
    if words[0] == "python":
        return [*words[:2], "echo"]
    kept: list[str] = []
    for word in words:
        if kept and kept[-1] in ("--model", "-m"):
            kept.pop()
        else:
            kept.append(word)
    return [*kept, "--model", "echo"]
