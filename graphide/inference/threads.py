"""How many threads the engine may use: the physical cores that this process may run on.

A fixed number for now; adapting it while a model runs belongs here too.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path


def physical_cores() -> int:
    """Return the number of physical cores this process may use, at least 1.

    Two hardware threads of one core share its arithmetic units, so more threads than cores make ggml slower.
    """
    usable = _usable_cpus()
    siblings = {_siblings(cpu) for cpu in usable}
    return max(1, len(siblings) if "" not in siblings else _psutil_cores(len(usable)))


def _usable_cpus() -> set[int]:
    affinity = getattr(os, "sched_getaffinity", None)
    return affinity(0) if affinity else set(range(os.cpu_count() or 1))


def _siblings(cpu: int) -> str:
    """Return the hardware threads of the core of `cpu` as Linux names them ("0,4"), or "" where that is unknown."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return ""


def _psutil_cores(usable: int) -> int:
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return usable
    return min(usable, int(psutil.cpu_count(logical=False) or usable))
