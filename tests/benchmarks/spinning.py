"""How long the engine's threads should spin at a barrier before they sleep: tokens/s by GOMP_SPINCOUNT.

    python tests/benchmarks/spinning.py [--rounds 3]

Two threads on each side, quiet and beside one process that keeps a core busy; each count is a process of its own, in
turns. "default" leaves the choice to OpenMP. Only where llama.cpp was built with GNU's OpenMP does this change anything.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

COUNTS = ("default", "50000", "10000", "1000", "0")
ONE = """
import sys
sys.path.insert(0, sys.argv[1])
import inference
print(inference.Bare(inference.model_path()).run("The sea, the lighthouse and the storm:" * 12, 48)[2])
"""


def speed(count: str) -> float:
    """Return the tokens a second of a bare loop in a process that spins `count` times."""
    environment = {key: value for key, value in os.environ.items() if key != "GOMP_SPINCOUNT"}
    if count != "default":
        environment["GOMP_SPINCOUNT"] = count
    command = [sys.executable, "-c", ONE, str(Path(__file__).parent)]
    return float(
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300).stdout
    )


def table(name: str, rounds: int) -> None:
    """Print the medians of all counts."""
    speeds: dict[str, list[float]] = {count: [] for count in COUNTS}
    for _ in range(rounds):
        for count in COUNTS:
            speeds[count].append(speed(count))
    print(f"{name:<22}" + "".join(f"{count:>9} {statistics.median(found):5.1f}" for count, found in speeds.items()))


def main() -> None:
    """Print the two rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; tokens/s of two threads by GOMP_SPINCOUNT")
    table("quiet", rounds)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
        try:
            table("beside a busy process", rounds)
        finally:
            neighbour.kill()


if __name__ == "__main__":
    main()
