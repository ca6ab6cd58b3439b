"""The library: how long a scan of many model files takes, the first time, later, and when only asked what changed.

    python tests/benchmarks/library.py [--repeat 7]

Each size has its own folder of valid GGUF files with different headers, 200 to a folder of a publisher, and its own cache.
Cold: no cache; warm: a new `Library` with the cache in a file, as a new process has it. The disk's own cache is warm in
both. The two lines below are the least that a scan could cost: a walk that looks at every file, and one that does not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from graphide.models.filecache import FileCache  # noqa: E402
from graphide.models.library import Library, bundled_model  # noqa: E402
from tests.support.gguf_builder import gguf_bytes  # noqa: E402

SIZES = {1_000: "150 ms", 10_000: "1,000 ms"}
A_FOLDER = 200


def fill(folder: Path, count: int) -> None:
    """Write `count` model files."""
    for number in range(count):
        path = folder / f"publisher{number // A_FOLDER}" / f"model-{number:05d}-Q4_K_M.gguf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gguf_bytes({"general.name": f"Model {number}", "llama.context_length": 128 + number}))


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - processor) * 1e3


def show(name: str, times: list[tuple[float, float]], limit: str = "none") -> None:
    """Print the medians of some runs, and the best."""
    wall, processor = (statistics.median(column) for column in zip(*times, strict=True))
    best = min(wall for wall, _ in times)
    print(f"{name:<44} wall {wall:7.1f} ms   best {best:7.1f} ms   CPU {processor:7.1f} ms   (limit {limit})")


def walk(folder: str, *, looking: bool) -> int:
    """Return how many files there are, with or without asking the system about each."""
    count = 0
    for path, _, names in os.walk(folder):
        for name in names:
            count += 1
            if looking:
                os.stat(os.path.join(path, name))
    return count


def scans(count: int, limit: str, repeat: int) -> None:
    """Print the figures for so many files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "models")
        fill(folder, count)
        cold = []
        for number in range(min(3, repeat)):
            cache = FileCache(Path(name, f"cold{number}.sqlite"))
            cold.append(milliseconds(lambda cache=cache: Library([folder], cache=cache).scan()))  # type: ignore[misc]
        cache = FileCache(Path(name, "cold0.sqlite"))

        def warm() -> None:
            assert len(Library([folder], cache=cache).list()) == count

        library = Library([folder], cache=cache)
        library.scan()

        def changed() -> None:
            assert not library.changed()

        title = f"{count:,} files"
        show(f"{title}: first scan", cold)
        show(f"{title}: later scan", [milliseconds(warm) for _ in range(repeat)], limit)
        show(f"{title}: has something changed", [milliseconds(changed) for _ in range(repeat)])
        show(f"{title}: os.walk and stat", [milliseconds(lambda: walk(name, looking=True)) for _ in range(repeat)])
        show(f"{title}: os.walk alone", [milliseconds(lambda: walk(name, looking=False)) for _ in range(repeat)])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for count, limit in SIZES.items():
        scans(count, limit, repeat)
    real = bundled_model()
    if real is not None:
        show("the header of a real model of 98 MB", [milliseconds(lambda: Library([]).at(real)) for _ in range(repeat)])


if __name__ == "__main__":
    main()
