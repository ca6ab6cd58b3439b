"""The real command `graphide serve` in a process of its own on a free port of the loopback, and its clients."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

import graphide

ROOT = Path(graphide.__file__).resolve().parent.parent
_UNWANTED = frozenset(["DISPLAY", "WAYLAND_DISPLAY", "GRAPHIDE_DEBUG", "GRAPHIDE_SERVER_KEY"])

PLUGIN = '''
import os
import time
from collections.abc import Generator

from graphide.api import Chunk, Streamed, Text, node


@node("slow", category="test", cache="never")
def slow(text: Text = "", *, pieces: int = 3, pause: float = 0.0, mark: str = "") -> Generator[Streamed, None, Text]:
    """Stream numbered pieces, with a pause after each; `mark` is a file that gets the time of its end."""
    made = []
    try:
        for number in range(pieces):
            made.append(f"{text}{number} ")
            yield Chunk(made[-1])
            time.sleep(pause)
    finally:
        if mark:
            with open(mark + ".part", "w") as file:
                file.write(str(time.time()))
            os.rename(mark + ".part", mark)
    return "".join(made)


def register(registrar):
    registrar.add(slow)
'''
"""A node type that streams slowly, for disconnects and shutdowns: in the folder of plugins of every server here."""


@dataclass
class Served:
    """A server that runs: its address, its key, its home, its process, and what it logged."""

    url: str
    key: str
    home: Path
    process: subprocess.Popen[str]
    client: httpx2.Client
    lines: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.client.get(path, **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx2.Response:
        return self.client.post(path, json=body, **options)

    def end(self, number: int = signal.SIGTERM, within: float = 20) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(within)


@contextmanager
def serving(
    folder: Path, *arguments: str | Path, model: str = "echo", key: bool = True, **env: str
) -> Iterator[Served]:
    """Run `graphide serve` with its home and working folder below `folder`; `model` answers all model nodes.

    The server is ended with the block, and has to end well.
    """
    home, work = folder / "home", folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    (home / "plugins").mkdir(parents=True, exist_ok=True)
    (home / "plugins" / "for_tests.py").write_text(PLUGIN, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    environment |= {"GRAPHIDE_HOME": str(home), "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "nodes")])}
    line = [sys.executable, "-m", "graphide", "serve", "--port", "0", *map(str, arguments)]
    line += ["--model", model] if model else []
    line += [] if key else ["--no-key"]
    process = subprocess.Popen(
        line, cwd=work, env={**environment, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    assert process.stdout is not None and process.stderr is not None
    reader = threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True)
    reader.start()
    url = process.stdout.readline().strip()
    if not url:
        process.wait(10)
        process.stdout.close()
        reader.join(5)
        process.stderr.close()
        raise AssertionError(f"the server did not start: {''.join(lines)}")
    shown = (home / "config" / "keys" / "graphide-server").read_text("utf-8").strip() if key else ""
    headers = {"Authorization": f"Bearer {shown}"} if key else {}
    with httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        served = Served(url, shown, home, process, client, lines)
        try:
            yield served
            if process.poll() is None:
                client.close()
                assert served.end() == 0, served.log
            assert process.returncode in (0, 130), f"the server ended by itself: {process.returncode}\n{served.log}"
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
            reader.join(5)
            process.stderr.close()
