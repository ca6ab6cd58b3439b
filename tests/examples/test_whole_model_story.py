"""From nothing to an answer with a real model, by the commands of docs/models.md, over a line that breaks again and again.

The hub is on this machine; what it calls Qwen2.5 is the bundled model, with its real header and its real 98 MB.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.pages import ROOT, Shell, read_page

from tests.support.fake_hub import FakeHub, fake_hub, sha256_of

REPO, FILE = "Qwen/Qwen2.5-1.5B-Instruct-GGUF", "qwen2.5-1.5b-instruct-q8_0.gguf"
SLOW = 12_000_000  # bytes a second, so that there is a middle
MB = 1_000_000

SEARCH, SHOW, PULL, VERIFY, RUN = (line.text for line in read_page(ROOT / "docs" / "models.md").lines[:5])


@pytest.fixture
def hub(model_path: Path) -> Iterator[FakeHub]:
    """A hub with the model which the page speaks of."""
    with fake_hub() as running:
        running.add(REPO, {FILE: model_path}, parameters=1_540_000_000)
        running.add("ada/other-GGUF", {FILE: model_path})
        yield running


@pytest.fixture
def person(shell: Shell, hub: FakeHub) -> Shell:
    """A shell of somebody who has no model yet, and a machine with other work to do."""
    config = Path(shell.env["GRAPHIDE_HOME"]) / "config"
    config.mkdir(parents=True)
    (config / "config.json").write_text(json.dumps({"n_threads": 1}))
    env = {key: value for key, value in shell.env.items() if not key.startswith(("HF_", "HUGGING"))}
    return Shell(shell.folder, {**env, "HF_ENDPOINT": hub.url})


def begun(person: Shell, command: str) -> subprocess.Popen[bytes]:
    """Type a command, and do not wait for its end."""
    words = shlex.split(command, comments=True)
    line = [sys.executable, "-m", *words]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(line, cwd=person.folder, env=dict(person.env), **streams)  # type: ignore[call-overload, no-any-return]


def interrupted_at(person: Shell, part: Path, size: int, number: int) -> tuple[int, str]:
    """Pull until so many bytes are here, end that with a signal, and return the exit code and what was said."""
    with begun(person, PULL) as pulling:
        until = time.monotonic() + 60
        while not part.exists() or part.stat().st_size < size:
            assert pulling.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        pulling.send_signal(number)
        _, said = pulling.communicate(timeout=30)
    return pulling.returncode, said.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_model_is_found_pulled_paused_killed_resumed_verified_and_run(
    person: Shell, hub: FakeHub, model_path: Path
) -> None:
    target = Path(person.env["GRAPHIDE_HOME"]) / "models" / REPO / FILE
    part = target.with_name(f"{FILE}.part")
    size = model_path.stat().st_size

    found = person(SEARCH).out.splitlines()
    assert [line.split()[0] for line in found] == ["repository", REPO]

    shown = person(SHOW)
    assert "\n* Q8_0: small enough" in shown.out and "free with a context of 4,096" in shown.out
    assert "estimate" not in shown.out, "its header was read, and the engine laid it out"
    assert sum(seen.origin == "cdn" for seen in hub.seen) == 1
    assert hub.bytes_seen()[0].range.startswith("bytes=0-"), "only the beginning is asked for"

    hub.rate = SLOW
    hub.seen.clear()
    code, said = interrupted_at(person, part, 20 * MB, signal.SIGINT)
    assert code == 130 and "the download is paused at " in said and "Go on with: graphide models pull" in said
    paused = part.stat().st_size
    assert 20 * MB <= paused < size and not target.exists()

    code, _ = interrupted_at(person, part, paused + 20 * MB, signal.SIGKILL)
    assert code == -signal.SIGKILL
    killed = part.stat().st_size
    assert paused + 20 * MB <= killed < size and not target.exists()

    hub.rate = 0
    ended = person(PULL)
    assert (ended.code, ended.out) == (0, f"{target}\n"), ended.err
    assert [seen.range for seen in hub.bytes_seen()] == ["", f"bytes={paused}-", f"bytes={killed}-"]
    assert not part.exists() and sha256_of(target) == sha256_of(model_path)

    verified = person(VERIFY)
    assert verified.code == 0 and f"{FILE}  is what {REPO} at " in verified.out

    pieces = []
    with begun(person, RUN) as running:
        assert running.stdout is not None
        while piece := os.read(running.stdout.fileno(), 65536):
            pieces.append(piece.decode())
        assert running.stderr is not None
        said = running.stderr.read().decode()
    assert running.returncode == 0, said
    assert len(pieces) > 3, "the answer comes word by word"
    assert len("".join(pieces).split()) > 10
