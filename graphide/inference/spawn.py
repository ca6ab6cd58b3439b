"""Start a worker process, and nothing else.

Imports next to nothing, so that a program may start its worker first and do everything else while the worker imports
the engine. Talking to the process is `process`, loading and asking is `client`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

FROZEN_FLAG = "--inference-worker"


class Spawned(NamedTuple):
    """A worker process that nobody talks to yet, and the file that its stderr goes to."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def discard(self) -> None:
        """End the process, if it still runs, and give back its descriptors."""
        with contextlib.suppress(OSError):
            self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5.0)
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            if pipe:
                pipe.close()


def worker_command() -> list[str]:
    """Return the command that starts a worker.

    A frozen build starts itself with FROZEN_FLAG, and its entry point must then call `graphide.inference.worker.main`.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG]
    # -P keeps the current folder off the module path: a file called jinja2.py there must not run in the worker.
    return [sys.executable, "-P", "-m", "graphide.inference.worker"]


def spawn(command: Sequence[str] = ()) -> Spawned:
    """Start a worker process; raises OSError when the system cannot.

    Its stderr is a file, not a pipe: nobody has to drain it, and the engine's last lines are there after a crash.
    """
    errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by whoever ends the process
    process = subprocess.Popen(
        list(command) or worker_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
        **_separate(),
    )  # fmt: skip
    return Spawned(process, errors)


def _separate() -> dict[str, Any]:
    """Return how a worker is set apart: its own process group (Ctrl-C is for the app) and the app's modules."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "GGML_NO_BACKTRACE": "1", "PYTHONPATH": os.pathsep.join(paths)}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"env": environment, "creationflags": flags}
    return {"env": environment, "process_group": 0}
