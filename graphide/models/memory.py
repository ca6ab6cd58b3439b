"""How much memory this machine has and has free, as far as this process may use it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_GROUP = Path("/proc/self/cgroup")


class HostMemory(NamedTuple):
    """Main memory in bytes; `free` is what programs can have without making the machine swap."""

    free: int
    total: int


def host_memory() -> HostMemory:
    """Return the main memory that this process may use: that of the machine, or of its container where that is less."""
    import psutil

    found = psutil.virtual_memory()
    own = _OWN_GROUP.read_text("utf-8") if _OWN_GROUP.exists() else ""
    return narrowed(HostMemory(found.available, found.total), own, _CGROUPS)


def narrowed(memory: HostMemory, own_group: str, cgroups: Path) -> HostMemory:
    """Return the memory within the limits of a process's control groups (Linux, version 2).

    `own_group` is the text of /proc/self/cgroup. Every group above its own can have a limit too. File pages that the
    system can drop count as used in a group, so they are added back.
    """
    line = next((line for line in own_group.splitlines() if line.startswith("0::/")), "")
    if not line:
        return memory
    folder = cgroups / line[4:]
    for group in (folder, *folder.parents):
        limit = _number(group / "memory.max")
        if limit is not None:
            used = (_number(group / "memory.current") or 0) - _droppable(group / "memory.stat")
            memory = HostMemory(min(memory.free, max(0, limit - used)), min(memory.total, limit))
        if group == cgroups:
            break
    return memory


def _number(path: Path) -> int | None:
    """Return the number in a file; None where there is none, or "max"."""
    try:
        text = path.read_text("utf-8").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _droppable(path: Path) -> int:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "active_file ")))
