"""What the machine has for running models: processor, memory, devices, room on its disks. No path of it is told."""

from __future__ import annotations

import platform
import shutil
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from graphide import __version__
from graphide.errors import InferenceFault
from graphide.inference.protocol import Surveyed

_ASKING = threading.Lock()


def machine(folders: Sequence[Path]) -> dict[str, Any]:
    """Return what the machine has; `folders` are those with models. Sizes are in bytes."""
    import psutil

    from graphide.inference.threads import physical_cores
    from graphide.models.memory import host_memory

    with _ASKING:  # who comes meanwhile waits for the answer instead of asking too
        memory, engine = host_memory(), _engine()
    return {
        "cpu": {
            "physical_cores": psutil.cpu_count(logical=False) or physical_cores(),
            "logical_cores": psutil.cpu_count() or 1,
        },
        "ram": {"total": memory.total, "available": memory.free},
        "devices": [device._asdict() for device in engine.devices] if engine else [],
        "disks": [_disk(folder) for folder in folders],
        "versions": {
            "graphide": __version__,
            "engine": engine.engine if engine else "",
            "python": platform.python_version(),
            "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
        "gpu_support": bool(engine and engine.gpu_support),
    }


@cache
def _engine() -> Surveyed | None:
    """Ask a worker process, which takes a second, once; None where the engine does not start."""
    from graphide.inference.measure import survey

    try:
        return survey()
    except (InferenceFault, OSError):
        return None


def _disk(folder: Path) -> dict[str, Any]:
    place = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    try:
        usage = shutil.disk_usage(place)
    except OSError:
        return {"folder": folder.name, "free": 0, "total": 0}
    return {"folder": folder.name, "free": usage.free, "total": usage.total}
