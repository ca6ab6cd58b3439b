"""Downloads whose process dies in the middle, and disks that fill up: nothing that came is lost, nothing wrong is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphide.models.download_job import INTERRUPTED
from graphide.models.download_part import part_of
from tests.support.downloading import FILE, REPO, content, downloads, ended, request, wait_until
from tests.support.fake_hub import FakeHub, Fault, fake_hub, sha256_of

ROOT = Path(__file__).resolve().parents[2]
MB = 1_000_000


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with one repository."""
    with fake_hub() as hub:
        hub.add(REPO, {FILE: content()})
        yield hub


def pulling(hub: FakeHub, folder: Path, *more: str) -> subprocess.Popen[str]:
    """Start a process that downloads."""
    command = [sys.executable, "-m", "tests.support.pull_process", hub.url, str(folder), *more]
    path = os.pathsep.join([str(ROOT), str(ROOT / "nodes")])
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> list[list[Any]]:
    """Return what a process said until it ended by itself."""
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in text.splitlines()]


def test_after_kill_9_another_process_asks_for_the_missing_bytes_only(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("stall", after=2 * MB))
    target = tmp_path / "models" / REPO / FILE
    with pulling(hub, tmp_path) as first:
        assert hub.stalled.wait(60)
        wait_until(lambda: part_of(target).exists() and part_of(target).stat().st_size == 2 * MB)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    assert not target.exists()
    assert part_of(target).read_bytes() == content()[: 2 * MB]

    with pulling(hub, tmp_path, "--resume") as second:
        steps = said(second)
    assert steps[0] == ["paused", 2 * MB, INTERRUPTED]
    assert steps[-1] == ["done", len(content()), ""]
    assert target.read_bytes() == content()
    assert not part_of(target).exists()
    before, after = hub.bytes_seen()
    assert (before.range, after.range) == ("", f"bytes={2 * MB}-")
    assert after.headers["if-range"] == f'"{sha256_of(content())}"'


def test_a_part_that_was_damaged_meanwhile_is_found_out(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("stall", after=2 * MB))
    target = tmp_path / "models" / REPO / FILE
    with pulling(hub, tmp_path) as first:
        assert hub.stalled.wait(60)
        wait_until(lambda: part_of(target).exists() and part_of(target).stat().st_size == 2 * MB)
        first.kill()
    with part_of(target).open("r+b") as file:
        file.seek(MB)
        file.write(b"damage")
    with downloads(hub, tmp_path) as found:
        (job,) = found.jobs()
        found.resume(job.id)
        assert ended(found, job).state == "done"
    assert target.read_bytes() == content()
    assert [seen.start for seen in hub.bytes_seen()] == [0, 2 * MB, 0]


def test_while_a_process_downloads_another_keeps_off_and_can_go_on_after_its_death(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.order(Fault("stall", after=MB))
    with pulling(hub, tmp_path) as first, downloads(hub, tmp_path / "other") as other:
        assert hub.stalled.wait(60)
        wanted = request(hub, tmp_path)
        job = ended(other, other.start(wanted))
        assert (job.state, "another graphide" in job.problem) == ("failed", True)
        first.kill()
        first.wait(10)
        other.resume(job.id)
        assert ended(other, job).state == "done"
    assert wanted.targets[0].read_bytes() == content()


def test_a_file_larger_than_the_disk_takes_pauses_and_keeps_its_part(hub: FakeHub, tmp_path: Path) -> None:
    """No rights are needed for a limit on the size of files, which a FAT disk has too."""
    with pulling(hub, tmp_path, "--largest", str(MB)) as process:
        state, done, problem = said(process)[-1]
    folder = tmp_path / "models" / REPO
    assert (state, done) == ("paused", MB)
    assert problem == f"{folder}: the disk does not take a file of this size"
    assert part_of(folder / FILE).read_bytes() == content()[:MB]
    with downloads(hub, tmp_path) as found:
        (job,) = found.jobs()
        found.resume(job.id)
        assert ended(found, job).state == "done"
    assert [seen.start for seen in hub.bytes_seen()] == [0, MB]


FULL_DISK = """
import errno, json, os, subprocess, sys, time
from pathlib import Path
url, folder = sys.argv[1], Path(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "none", str(folder)], check=True)
pull = [sys.executable, "-m", "tests.support.pull_process", url, str(folder)]
with subprocess.Popen(pull, stdout=subprocess.PIPE, text=True) as process:
    input()  # until the hub stands still
    while not any(part.stat().st_size >= 1_000_000 for part in folder.rglob("*.part")):
        time.sleep(0.01)
    filler = folder / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(1 << 16)), file.flush()
        except OSError as error:
            assert error.errno == errno.ENOSPC
    print("full", flush=True)
    ended = process.stdout.read().splitlines()[-1]
part, = folder.rglob("*.part")
size = part.stat().st_size
filler.unlink()
again = subprocess.run([*pull, "--resume"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
print(json.dumps([json.loads(ended), size, json.loads(again[0]), json.loads(again[-1])]), flush=True)
"""


def test_a_full_disk_pauses_the_download_and_room_lets_it_go_on(hub: FakeHub, tmp_path: Path) -> None:
    """A tiny file system of its own: a user namespace lets anybody mount one, where the system allows those."""
    space = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*space, "true"], capture_output=True).returncode:
        pytest.skip("this system does not allow user namespaces; the limit on the size of files is tested above")
    hub.order(Fault("stall", after=MB))
    path = os.pathsep.join([str(ROOT), str(ROOT / "nodes")])
    with subprocess.Popen(
        [*space, sys.executable, "-c", FULL_DISK, hub.url, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert hub.stalled.wait(60)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "full\n"
        hub.release.set()
        (state, done, problem), size, first, last = json.loads(process.stdout.readline())
    assert state == "paused"
    assert problem.endswith(": the disk is full")
    assert done == size >= MB
    assert first[:2] == ["paused", size]
    assert last[:2] == ["done", len(content())]
