"""What a machine has for running models: cores, memory, devices of the engine, room on disks, versions. Sizes are in bytes."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphide.models.memory import host_memory

if TYPE_CHECKING:
    from graphide.inference.protocol import Surveyed


def machine_facts(engine: Surveyed | None, folders: Iterable[Path]) -> dict[str, Any]:
    """Return it as JSON: "cpu", "ram", "devices", "disks" (of folders with models), "versions".

    `engine` is what the engine said of itself (`inference.measure.survey`), None where it does not start.
    """
    import psutil

    from graphide.inference.threads import physical_cores

    memory = host_memory()
    return {
        "cpu": {
            "physical_cores": psutil.cpu_count(logical=False) or physical_cores(),
            "logical_cores": psutil.cpu_count() or 1,
        },
        "ram": {"total": memory.total, "available": memory.free},
        "devices": [device._asdict() for device in engine.devices] if engine else [],
        "disks": [_disk(folder) for folder in folders],
        "versions": {
            "engine": engine.engine if engine else "",
            "python": platform.python_version(),
            "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
    }


def _disk(folder: Path) -> dict[str, Any]:
    """Return the room on the disk of a folder, or of where it would be made."""
    place = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    try:
        free, total = (usage := shutil.disk_usage(place)).free, usage.total
    except OSError:
        free = total = 0
    return {"folder": str(folder), "free": free, "total": total}
