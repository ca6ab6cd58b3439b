"""Threads that adapt beside fixed ones: tokens/s of a bare loop over the C interface, quiet and beside a busy process.

    python tests/benchmarks/threads.py [--rounds 5] [--only quiet busy changing] [--spin 10000 1000 0]

Each choice of threads is a process of its own, and they take turns. A run is a prompt of 128 tokens and 48 tokens after
it, again and again for some seconds; it waits for a moment in which nothing else runs, and then starts its neighbour.
"changing" is a neighbour that comes and goes. Targets for decoding, against the best fixed count of the same rounds: 0.95
quiet, 0.85 beside a busy process. `--spin` sets GOMP_SPINCOUNT: how long the engine's threads spin at a barrier before
they sleep, where llama.cpp was built with GNU's OpenMP; "default" leaves it to OpenMP.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import psutil

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from contestants import Bare, model_path  # noqa: E402 - found by the line above
from fairness import Timed, busy_neighbour, in_turns, load, machine, timed, undisturbed  # noqa: E402

from graphide.inference.threads import ThreadControl, physical_cores  # noqa: E402

PROMPT, DECODE = 128, 48
SECONDS = 2.5  # of one run
CHANGE = 1.5  # seconds between the coming and the going of a changing neighbour
TARGETS = {"quiet": 0.95, "busy": 0.85}
Neighbour = Callable[[], AbstractContextManager[None]]


class Loop:
    """The measured loop, with a fixed number of threads or, for 0, with the control's choice before each call."""

    def __init__(self, threads: int, most: int) -> None:
        self.bare = Bare(model_path(), threads or most)
        self.threads = threads or most
        self.control = None if threads else ThreadControl(most)
        self.prompt = self.bare.tokens("The sea, the lighthouse and the storm: " * 40)[:PROMPT]

    def decode(self, tokens: list[int]) -> None:
        """Compute a batch."""
        lib, context = self.bare.lib, self.bare.context
        if self.control and (threads := self.control.choose(len(tokens))) != self.threads:
            lib.llama_set_n_threads(context, threads, threads)
            self.threads = threads
        array = (ctypes.c_int32 * len(tokens))(*tokens)  # the batch only points to it
        began = time.perf_counter()
        lib.llama_decode(context, lib.llama_batch_get_one(array, len(tokens)))
        lib.llama_synchronize(context)
        if self.control:
            self.control.took(self.threads, len(tokens), time.perf_counter() - began)

    def run(self) -> dict[str, Any]:
        """Return the tokens a second of prefill and of decoding, and the decoding steps by count of threads."""
        lib, context = self.bare.lib, self.bare.context
        prefill, decode, counts = 0.0, 0.0, Counter[int]()
        rounds = 0
        while prefill + decode < SECONDS:
            lib.llama_memory_clear(lib.llama_get_memory(context), False)
            began = time.perf_counter()
            self.decode(self.prompt)
            first = time.perf_counter()
            for _ in range(DECODE):
                self.decode([lib.llama_sampler_sample(self.bare.sampler, context, -1)])
                counts[self.threads] += 1
            prefill, decode = prefill + first - began, decode + time.perf_counter() - first
            rounds += 1
        return {"prefill": rounds * PROMPT / prefill, "decode": rounds * DECODE / decode, "counts": counts}


class Child:
    """A process with a loop of its own, which runs when told to."""

    def __init__(self, threads: int, most: int, spin: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "GOMP_SPINCOUNT"}
        if spin != "default":
            environment["GOMP_SPINCOUNT"] = spin
        command = [sys.executable, __file__, "--child", str(threads), "--most", str(most)]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.run()  # loads the model, and is not counted

    def run(self) -> dict[str, Any]:
        """Return what `Loop.run` found there."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        return json.loads(self.process.stdout.readline())

    def calm_run(self, neighbour: Neighbour, patience: float) -> Timed[dict[str, Any]]:
        """Run beside a neighbour once nothing else runs, or when waiting so many seconds for that was in vain."""
        until = time.perf_counter() + patience
        while timed(lambda: time.sleep(0.25)).disturbed and time.perf_counter() < until:
            pass
        with neighbour():
            return timed(self.run)

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


@contextmanager
def changing_neighbour() -> Iterator[None]:
    """Keep a processor busy with a process of its own, but every other CHANGE seconds only."""
    ended = threading.Event()

    def change(process: psutil.Process) -> None:
        while not ended.wait(CHANGE):
            process.suspend()
            ended.wait(CHANGE)
            process.resume()

    old = set(psutil.Process().children())
    with busy_neighbour():
        (process,) = set(psutil.Process().children()) - old
        changing = threading.Thread(target=change, args=(process,))
        changing.start()
        try:
            yield
        finally:
            ended.set()
            changing.join()


NEIGHBOURS: dict[str, Neighbour] = {"quiet": nullcontext, "busy": busy_neighbour, "changing": changing_neighbour}


def table(state: str, spin: str, most: int, rounds: int, patience: float) -> None:
    """Measure one state of the machine and print what was found."""
    choices = {f"{count} fixed": count for count in sorted({1, max(1, most // 2), most})} | {"adaptive": 0}
    children = {name: Child(count, most, spin) for name, count in choices.items()}
    runs: dict[str, list[Timed[dict[str, Any]]]] = {name: [] for name in children}
    for _, name in in_turns(children, rounds):
        runs[name].append(undisturbed(partial(children[name].calm_run, NEIGHBOURS[state], patience)))
    for child in children.values():
        child.close()
    disturbed = sum(run.disturbed for found in runs.values() for run in found)
    print(f"\n{state}, GOMP_SPINCOUNT {spin}, {load()}, disturbed runs {disturbed} of {rounds * len(runs)}")
    for kind in ("decode", "prefill"):
        speeds = {name: statistics.median(run.value[kind] for run in found) for name, found in runs.items()}
        best = max((name for name in speeds if choices[name]), key=lambda name: speeds[name])
        figures = "  ".join(f"{name} {speed:6.1f}" for name, speed in speeds.items())
        target = f" (target {TARGETS[state]})" if kind == "decode" and state in TARGETS else ""
        print(f"  {kind:8}{figures}   adaptive over {best} {speeds['adaptive'] / speeds[best]:.3f}{target}")
    counts = sum((Counter(run.value["counts"]) for run in runs["adaptive"]), Counter())
    print(f"  steps of the adaptive loop by threads: {dict(sorted(counts.items()))}", flush=True)


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=NEIGHBOURS, default=list(NEIGHBOURS))
    parser.add_argument("--spin", nargs="+", default=["10000"])
    parser.add_argument("--most", type=int, default=physical_cores())
    parser.add_argument("--patience", type=float, default=15, help="seconds to wait for a quiet moment before a run")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child is not None:
        loop = Loop(asked.child, asked.most)
        for _ in sys.stdin:
            print(json.dumps(loop.run()), flush=True)
        return
    print(machine())
    for spin in asked.spin:
        for state in asked.only:
            table(state, spin, asked.most, asked.rounds, asked.patience)


if __name__ == "__main__":
    main()
