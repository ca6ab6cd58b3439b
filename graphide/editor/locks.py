"""Locks on files: whether another process, or another document of this one, has a file in use.

The operating system lets go of a lock when its process ends, however it ends, so nothing is ever left behind locked.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from graphide.disk import try_lock

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def is_locked(path: Path) -> bool:
    """Return whether somebody holds the lock of a file; one that cannot be opened is not locked."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


class Holder(NamedTuple):
    """Who has a file open: the number of the process, the machine it runs on, and since when (seconds since 1970)."""

    process: int = 0
    machine: str = ""
    since: float = 0.0

    def describe(self) -> str:
        """Return it in words, for the end of a sentence: `in another window (process 4711, since 14:05)`."""
        if not self.process:
            return "in another window"
        own = "" if self.machine == platform.node() else f" on {self.machine}"
        since = datetime.fromtimestamp(self.since).astimezone()
        today = since.date() == datetime.now().astimezone().date()
        return (
            f"in another window (process {self.process}{own}, since {since:{'%H:%M' if today else '%Y-%m-%d %H:%M'}})"
        )


class Claim:
    """The claim of one document on one graph file; `holder` says which window had it first, None where that is this one."""

    def __init__(self, folder: Path, file: Path) -> None:
        """Claim `file` with a lock in `folder`; where that folder cannot be written, nothing is claimed."""
        name = hashlib.sha256(os.fsencode(os.path.realpath(file))).hexdigest()[:32]
        self._path = folder / f"{name}.lock"
        self._descriptor = -1
        self.holder: Holder | None = None
        self.again()

    @property
    def elsewhere(self) -> bool:
        """Whether another window had the file first."""
        return self.holder is not None

    def again(self) -> bool:
        """Try to claim the file where another window had it, and return whether nobody else has it now."""
        if self._descriptor >= 0:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, _FLAGS, 0o600)
        except OSError:
            return not self.elsewhere
        if try_lock(descriptor):
            self._descriptor, self.holder = descriptor, None
            _sign(descriptor)
            return True
        self.holder = _signature(descriptor)
        os.close(descriptor)
        return False

    def release(self) -> None:
        """Let go, so that another window may have the file."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1


def _sign(descriptor: int) -> None:
    """Write into a lock who has it; what cannot be written is left out."""
    with suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        written = os.write(descriptor, json.dumps(Holder(os.getpid(), platform.node(), time.time())).encode())
        os.ftruncate(descriptor, written)


def _signature(descriptor: int) -> Holder:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        process, machine, since = json.loads(os.read(descriptor, 4096))
        return Holder(int(process), str(machine), float(since))
    except (OSError, ValueError, TypeError):
        return Holder()
