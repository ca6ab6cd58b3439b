"""Downloads beside curl, from the same server on loopback, in one run.

    python tests/benchmarks/download.py [--size 300] [--rounds 7]

The server is a process of its own that sends a file of `--size` MB; each side follows the hub's redirect and writes the
file into the same folder. Ours hashes every byte on the way. Sides take turns; what counts is the median of the ratios of
neighbouring runs. Three servers: one that sends what a line of 1 Gbit/s carries, and one as fast as it can (sendfile),
there beside curl alone and beside curl with its bytes hashed too, by openssl behind a pipe. No program that hashes one
stream can be quicker than the processor hashes, which is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from table import HEAD, Row, not_measured, plain, summary  # noqa: E402

from graphide.models.download import Downloads  # noqa: E402
from graphide.models.download_job import Request  # noqa: E402
from graphide.models.hub import Hub  # noqa: E402
from graphide.models.transfer import Line, no_token  # noqa: E402
from tests.support.fake_hub import FakeHub, gguf_of_size  # noqa: E402

LIMIT = 0.9
GIGABIT = 125_000_000
REPO, FILE = "ada/large-GGUF", "large-Q4_K_M.gguf"


def serve(file: Path, rate: int) -> None:
    """Be the server until standard input ends."""
    with FakeHub(rate=rate) as hub:
        hub.add(REPO, {FILE: file})
        print(hub.url, flush=True)
        sys.stdin.read()


@contextmanager
def server(file: Path, rate: int = 0) -> Iterator[str]:
    """Give the address of a hub in another process."""
    command = [sys.executable, __file__, "--serve", str(file), "--rate", str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def curl(request: Request, endpoint: str, folder: Path, *, hashed: bool) -> float:
    """Return the seconds that curl needs, with openssl behind it or alone."""
    target, url = folder / "curl.gguf", Line(endpoint).url(request.repo, request.commit, FILE)
    command = f"curl --silent --fail --location '{url}' "
    command += f"| tee '{target}' | openssl dgst -sha256" if hashed else f"--output '{target}'"
    began = time.perf_counter()
    subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    assert target.stat().st_size == request.size
    target.unlink()
    return seconds


def ours(request: Request, downloads: Downloads) -> tuple[float, float]:
    """Return the seconds until the last byte is hashed and written, and until the file is on the disk and has its name."""
    arrived, began = 0.0, time.perf_counter()
    started = downloads.start(request)
    for job in downloads.follow(started.id, every=0.02):
        if job.done == job.size and not arrived:
            arrived = time.perf_counter() - began
    seconds = time.perf_counter() - began
    assert job.state == "done", job
    downloads.remove(job.id)
    shutil.rmtree(request.folder)
    return arrived, seconds


def compared(
    what: str, file: Path, folder: Path, rounds: int, *, rate: int = 0, hashed: bool, limit: float | None
) -> Row:
    """Return the row of one server."""
    pairs = []
    with server(file, rate) as endpoint:
        repository = Hub(endpoint=endpoint, token=no_token, cache=folder / "cache").repository(REPO)
        request = repository.request(repository.files.quantisations[0], folder / "models")
        with Downloads(Line(endpoint), records=folder / "records") as downloads:
            for number in range(rounds + 1):  # the first warms up
                pair = (curl(request, endpoint, folder, hashed=hashed), *ours(request, downloads))
                if number:
                    pairs.append(pair)
    best = [request.size / 1e6 / min(pair[side] for pair in pairs) for side in range(3)]
    return Row(
        what=what,
        value=statistics.median(pair[0] / pair[1] for pair in pairs),
        best=best[1] / best[0],
        limit=limit,
        at_least=True,
        detail=f"best {best[1]:.0f} and {best[0]:.0f} MB/s; on the disk with its name at {best[2]:.0f} MB/s",
    )


def hashing(file: Path) -> Row:
    """Return how fast this processor hashes."""
    data, best = memoryview(file.read_bytes())[: 64 << 20], 0.0
    for _ in range(5):
        began = time.perf_counter()
        hashlib.sha256(data)
        best = max(best, len(data) / 1e6 / (time.perf_counter() - began))
    return Row(what="sha256 of one stream, at most", value=best, unit="MB/s")


def measured(size: int, rounds: int, folder: Path) -> list[Row]:
    """Return the rows."""
    file = folder / "source.gguf"
    file.write_bytes(gguf_of_size(size))
    return [
        compared(
            "throughput, 1 Gbit/s: ours, hashed / curl", file, folder, rounds, rate=GIGABIT, hashed=False, limit=LIMIT
        ),
        compared("throughput, no limit: ours / curl | openssl sha256", file, folder, rounds, hashed=True, limit=LIMIT),
        compared(
            "throughput, no limit: ours, hashed / curl, not hashed", file, folder, rounds, hashed=False, limit=None
        ),
        hashing(file),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=300, help="MB")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.rate)
        return
    if missing := [program for program in ("curl", "openssl") if shutil.which(program) is None]:
        rows = [not_measured("throughput / curl", LIMIT, f"{missing[0]} is not installed", at_least=True)]
    else:
        with TemporaryDirectory(prefix="graphide-") as folder:
            rows = measured(options.size * 1_000_000, options.rounds, Path(folder))
    print(f"load {os.getloadavg()[0]:.1f}\n{HEAD}")
    print("\n".join(map(plain, rows)))
    print(summary(rows))


if __name__ == "__main__":
    main()
