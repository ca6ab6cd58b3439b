"""A head start for `graphide run`: the worker process starts before the program has imported anything else.

The engine's import and the program's own then go on at the same time, which brings the first token about 0.2 s nearer.
It is a guess from the arguments and the text of the graph file; a process that is not needed after all is ended.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphide.inference.spawn import Spawned

_MODEL_NODE = re.compile(rb'"type"\s*:\s*"model"')
_WITHOUT_MODEL = frozenset(["--dry-run", "--help", "-h", "echo", "--model=echo", "-mecho"])
_LARGEST = 4 << 20


def head_start(arguments: list[str]) -> Spawned | None:
    """Return a starting worker when the arguments look like a run that asks a local model, else None."""
    if arguments[:1] != ["run"] or not _WITHOUT_MODEL.isdisjoint(arguments):
        return None
    if not any(_has_model_node(argument) for argument in arguments[1:]):
        return None
    from graphide.inference.spawn import spawn

    try:
        return spawn()
    except OSError:
        return None  # the run itself will say what is wrong, if it needs a worker at all


def _has_model_node(path: str) -> bool:
    try:
        if not path.endswith(".json") or os.path.getsize(path) > _LARGEST:
            return False
        with open(path, "rb") as file:
            return _MODEL_NODE.search(file.read()) is not None
    except (OSError, ValueError):
        return False
