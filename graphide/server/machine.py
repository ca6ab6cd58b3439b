"""What the machine has for running models, as clients may know it: no path of it is told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from graphide import __version__
from graphide.errors import InferenceFault
from graphide.inference.protocol import Surveyed
from graphide.models.machine import machine_facts

_ASKING = threading.Lock()


def machine(folders: Sequence[Path]) -> dict[str, Any]:
    """Return what the machine has; `folders` are those with models. Sizes are in bytes."""
    with _ASKING:  # who comes meanwhile waits for the answer instead of asking too
        engine = _engine()
        facts = machine_facts(engine, folders)
    return {
        **facts,
        "disks": [{**disk, "folder": Path(disk["folder"]).name} for disk in facts["disks"]],
        "versions": {"graphide": __version__, **facts["versions"]},
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
