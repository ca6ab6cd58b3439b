"""Writing files whole: what a process that was killed in the middle of it leaves is cleared away by a later one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

KILLED_WHILE_WRITING = """
import os, signal, sys
from graphide import disk
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
disk.write_atomically(sys.argv[1], b"new")
"""
WRITES = "import sys; from graphide import disk; disk.write_atomically(sys.argv[1], b'newest')"


def test_what_a_killed_process_left_is_swept_when_it_is_old_and_the_file_was_never_half(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], timeout=60)
    (left,) = tmp_path.glob(".graphide-*.tmp")
    assert done.returncode != 0 and path.read_bytes() == b"old"

    subprocess.run([sys.executable, "-c", WRITES, str(path)], check=True, timeout=60)
    assert left.exists(), "it may be another process that is writing now"

    yesterday = time.time() - 86_400
    os.utime(left, (yesterday, yesterday))
    subprocess.run([sys.executable, "-c", WRITES, str(path)], check=True, timeout=60)
    assert [entry.name for entry in tmp_path.iterdir()] == ["graph.json"] and path.read_bytes() == b"newest"
