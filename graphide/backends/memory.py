"""What models hold in memory, what they may hold, and which of them give way to another: figures and decisions.

The processes themselves are in `workers`. Memory of graphics cards is not counted here, only that of the machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphide.errors import InferenceFault

MIB = 1 << 20
LEAST_RESERVE = 512 * MIB
VOCABULARY_NEED = 64 * MIB
"""What a process that only counts tokens is expected to hold; 46 MB were measured with a vocabulary of 49,000."""

Measure = Callable[[int], int]
"""Gives the bytes that a process holds by its id, 0 for one that is gone."""
Needs = Callable[[Path], int]
"""Gives the bytes of main memory that a model file is expected to hold once it is loaded."""
Limit = Callable[[Collection[int]], int]
"""Gives the bytes that all models together may hold, from the ids of the processes that hold some now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What models may hold together, in bytes (0: what `limit` says at the time), and how all of that is found out.

    All three are asked often: what takes time to find out is remembered by them.
    """

    bytes: int = 0
    needs: Needs
    measure: Measure
    limit: Limit


_PART = re.compile(r"(?P<stem>.*)-\d{5}-of-(?P<count>\d{5})\.gguf", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that a process holds, as it was when it was asked for; times in seconds.

    `bytes` is measured; `age` counts from when it came, `idle` from the end of the last request (0 while `busy`).
    `unload_in` says when the model is closed by itself if nobody uses it; None: not before it was used, or never.
    `counting`: only its vocabulary is loaded, to count tokens.
    """

    path: Path
    bytes: int
    n_ctx: int
    age: float
    idle: float
    busy: bool
    unload_in: float | None
    counting: bool = False


def held_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 when it is gone: its own and the pages of the model file it maps.

    Weights are mapped, not copied, so the memory that belongs to one process alone (USS) would be wrong here: it holds
    the weights while one process maps the file and drops by all of them once another does (141 to 40 MB was measured).
    The price is that libraries shared by all workers count for each of them, about 10 MB. What the system took back of
    the weights, for lack of memory, is not counted.
    """
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def expected_bytes(path: Path) -> int:
    """Return what a model file is expected to hold: its size, an eighth of it, and 256 MiB: for KV cache and buffers.

    All parts of a split model count. A file that cannot be read counts as empty: its load says what is wrong.
    """
    size = sum(_size(part) for part in _parts(path))
    return size + size // 8 + 256 * MIB


def automatic_limit(pids: Collection[int]) -> int:
    """Return what models may hold when the user sets no budget: what the machine has left and what they hold already.

    A sixteenth of the machine's memory, at least 512 MiB, stays free for everything else.
    """
    import psutil

    memory = psutil.virtual_memory()
    return max(0, memory.available + sum(map(_not_available, pids)) - max(LEAST_RESERVE, memory.total // 16))


def giving_way(idle: Sequence[int], excess: int) -> int | None:
    """Return how many of the idle models, by their bytes and the one used longest ago first, free `excess` bytes.

    None when all of them are not enough: then none has to go in vain.
    """
    freed = 0
    for count, held in enumerate(idle):
        if freed >= excess:
            return count
        freed += held
    return len(idle) if freed >= excess else None


def too_large(path: Path, need: int, limit: int) -> InferenceFault:
    """Return the fault of a model that would not fit if it were the only one."""
    return InferenceFault(
        "oom",
        f"it needs about {in_words(need)} of memory, and models may hold {in_words(limit)}",
        where=f'model "{path.name}"',
        hint="Choose a smaller model, or end other programs. To load it all the same, set memory_budget in the settings "
        f"to at least {need}",
    )


def no_room(path: Path, need: int, limit: int, others: Sequence[tuple[Path, int]]) -> InferenceFault:
    """Return the fault of a model that does not fit beside others (with the bytes they hold) that are in use."""
    held = ", ".join(f"{other.name} ({in_words(size)})" for other, size in others)
    return InferenceFault(
        "oom",
        f"it needs about {in_words(need)} of memory, models may hold {in_words(limit)}, and these are in use: {held}",
        where=f'model "{path.name}"',
        hint="Wait for their answers or stop them, choose a smaller model, or raise memory_budget in the settings",
    )


def in_words(count: int) -> str:
    """Return a number of bytes for a person."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _not_available(pid: int) -> int:
    """Return what a process holds and the system does not count as available anyway.

    Linux counts the pages of mapped files as available, because it can read them again from the file.
    """
    import psutil

    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    mapped = int(memory.shared) if sys.platform == "linux" else 0
    return int(memory.rss) - mapped


def _parts(path: Path) -> Sequence[Path]:
    split = _PART.fullmatch(path.name)
    if split is None:
        return (path,)
    count = split["count"]
    return [path.with_name(f"{split['stem']}-{part:05}-of-{count}.gguf") for part in range(1, int(count) + 1)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
