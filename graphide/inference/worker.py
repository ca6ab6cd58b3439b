"""The worker process: takes commands from a pipe, computes, reports on another pipe.

What a command does is in `engine`, the pipes are in `channels`; here is the process and its main loop. Two threads beside
the engine's: one reads commands, so that a cancel is heard while the engine computes, and one sends a heartbeat while
there is work. Start it with `python -m graphide.inference.worker`, or in a frozen build by calling `main()`.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import NoReturn

from graphide.inference.channels import Heart, Inbox, Outbox
from graphide.inference.engine import Engine
from graphide.inference.llama import AbortFlag, EngineLog, binding, engine_version
from graphide.inference.protocol import Hello

QUIET_SECONDS = 0.5  # without a command, after which nobody seems to wait


def main() -> NoReturn:
    """Run the worker until its stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the app, which cancels
    # ggml would start a debugger to print a backtrace; the app reads the lines on stderr instead.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    # The engine's threads wait for each other at barriers, many times a token. Where OpenMP makes them spin there for
    # milliseconds, a neighbour that takes a core stalls all of them; so they spin a little and then sleep. Measured on
    # two cores (BENCHMARKS.md): as quick as the default on a quiet machine, twice as quick beside a busy process.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    pipe_in, pipe_out = _own_pipes()
    library = binding()
    log = EngineLog(library)
    abort = AbortFlag(library)
    inbox, outbox = Inbox(pipe_in, abort), Outbox(pipe_out)
    heart = Heart(outbox)
    heart.start()
    library.llama_backend_init()
    outbox.send(Hello(os.getpid(), engine_version()), 0)
    engine = Engine(library, log=log, abort=abort, emit=outbox.add, flush=outbox.flush, guard=inbox.guard)
    computed, rested = False, False
    while not engine.closed:
        commands = inbox.take(wait=not computed, seconds=None if rested else QUIET_SECONDS)
        if not commands and not computed:
            importlib.import_module("numpy")  # finds the likeliest token sooner; 0.1 s, so while nobody waits
            rested = True
        for command, request in commands:
            engine.accept(command, request)
        heart.beat(engine.busy)
        computed = engine.step()
        outbox.flush()
        heart.beat(engine.busy)
    os._exit(0)  # what the engine holds goes with the process, quicker than it can be freed


def _own_pipes() -> tuple[int, int]:
    """Return descriptors for commands and reports; whatever the engine prints goes to stderr from here on."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    commands, reports = os.dup(0), os.dup(1)
    quiet = os.open(os.devnull, os.O_RDONLY)
    os.dup2(quiet, 0)
    os.close(quiet)
    os.dup2(2, 1)
    return commands, reports


if __name__ == "__main__":
    main()
