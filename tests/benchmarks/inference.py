"""Local inference, measured: our worker beside a bare loop over the C interface, llama-cpp-python and xllamacpp.

    python tests/benchmarks/inference.py [--rounds 5] [--only shared,rows,single,shell,edit,threads,cancel,memory,same]
                                         [--markdown]

Every figure is a ratio from this run, or a time that has a limit of its own. Sides take turns; a run during which the
host or another process took processor time is repeated (fairness.py), and what stayed disturbed is counted. Threads and
KV cells are the same on all sides. "measured" is the median over neighbouring runs, "best/best" compares the best run
of each side: a busy machine spoils single runs, never the best one. Ends with status 1 when a limit was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
sys.path.append(str(HERE))  # where this file is loaded by its path

from contestants import CELLS, SLOTS, THREADS, Bare, Peer, installed, model_path  # noqa: E402
from fairness import load, machine  # noqa: E402
from table import HEAD, Row, markdown, plain, summary  # noqa: E402

__all__ = ["THREADS", "Bare", "model_path"]

Measure = Callable[[str, int], Iterator[Row]]


def sections() -> Mapping[str, Measure]:
    """Return what can be measured, by the names of --only."""
    import batching
    import endurance
    import neighbours
    import prefixes
    import single

    return {
        "shared": batching.shared,
        "rows": batching.template_rows,
        "single": single.one_stream,
        "shell": single.from_shell,
        "edit": prefixes.edit_last_line,
        "threads": neighbours.threads,
        "cancel": endurance.cancel,
        "memory": endurance.memory,
        "same": single.same_text,
    }


def introduce(path: str) -> None:
    """Print the machine, what is equal on all sides, and what the peers are."""
    print(machine())
    print(f"{Path(path).name}; {THREADS} engine threads, {SLOTS} slots, {CELLS:,} KV cells on each side")
    for name in ("llama", "xllamacpp"):
        if installed(name):
            peer = Peer(name, path)
            print(f"peer: {peer.description}")
            peer.close()
        else:
            print(f"peer: {name} is NOT INSTALLED, its rows are not measured (make benchmark installs it)")


def main() -> int:
    """Run the benchmark, print its table and return the exit status."""
    known = sections()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--only", default=",".join(known), help=f"which rows: {','.join(known)}")
    parser.add_argument("--markdown", action="store_true", help="print the table once more, as Markdown")
    options = parser.parse_args()
    wanted = options.only.split(",")
    if strange := [name for name in wanted if name not in known]:
        parser.error(f"--only: {', '.join(strange)} is none of {','.join(known)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the processes started here run compiled modules, as installed
    path, rows, began = model_path(), [], time.perf_counter()
    introduce(path)
    print(f"{load()}\n\n{HEAD}")
    for name in wanted:
        for row in known[name](path, options.rounds):
            rows.append(row)
            print(plain(row), flush=True)
    print(f"\n{load()}; {(time.perf_counter() - began) / 60:.1f} minutes\n{summary(rows)}")
    if options.markdown:
        print("\n" + "\n".join(markdown(rows)))
    return 1 if any(row.verdict == "MISSED" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
