"""The executor on trivial nodes: CPU time a node, beside the executors of peers, in one run.

    python tests/benchmarks/executor.py [--sizes 200,1000,5000] [--repeat 5]

Peers are measured where they are installed (`pip install dask sf-hamilton langgraph`); a missing one is said, not hidden.
Figures are the best of `--repeat` runs, in microseconds of CPU time a node, of making the plan and running it whole.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import random
import sys
import time
import types
import warnings
from collections.abc import Callable, Mapping

from graphide.backends.echo import EchoBackend
from graphide.errors import GraphFileError
from graphide.executor.cache import Cache, MemoryCache
from graphide.executor.context import Services
from graphide.executor.events import RunFinished
from graphide.executor.plan import make_plan
from graphide.executor.run import run
from graphide.graph.model import Edge, Graph, Node
from graphide.spec.declare import node
from graphide.spec.registry import Registry
from graphide.values import Many

Needs = Mapping[int, list[int]]


def chain(size: int) -> Needs:
    """Return who needs whom in a chain."""
    return {number: [number - 1] if number else [] for number in range(size)}


def random_dag(size: int) -> Needs:
    """Return who needs whom in a random graph, each node needing up to two of the twenty before it."""
    draw = random.Random(0)
    return {n: sorted({draw.randrange(max(0, n - 20), n) for _ in range(2)}) if n else [] for n in range(size)}


@node("step", category="bench", inline=True)
def step(numbers: Many[float]) -> float:
    """Add one to the largest."""
    return max(numbers, default=0) + 1


@node("threaded", category="bench")
def threaded(numbers: Many[float]) -> float:
    """Add one to the largest, in a thread."""
    return max(numbers, default=0) + 1


def graphide_graph(needs: Needs, type: str) -> Graph:
    """Return the graph of `needs` with nodes of one type."""
    nodes = {f"n{number}": Node(f"n{number}", type) for number in needs}
    edges = [Edge(f"n{before}", "value", f"n{n}", "numbers") for n, found in needs.items() for before in found]
    return Graph(nodes, tuple(edges))


def services(cache: Cache | None) -> Services:
    """Return what a run needs, with or without a cache."""
    registry = Registry()
    registry.add(step)
    registry.add(threaded)

    def no_graphs(*_: object) -> tuple[Graph, object]:
        raise GraphFileError("no graphs inside graphs here")

    return Services(registry=registry, backend=EchoBackend(), load_graph=no_graphs, cache=cache)  # type: ignore[arg-type]


def run_graphide(graph: Graph, given: Services) -> float:
    """Return the CPU seconds of planning and running a graph, all events read."""
    started = time.process_time()
    events = list(run(make_plan(graph, given.registry), given))
    seconds = time.process_time() - started
    end = events[-1]
    assert isinstance(end, RunFinished) and end.status == "ok"
    assert len(events) >= len(graph.nodes) + 3
    return seconds


def ours(needs: Needs, repeat: int) -> dict[str, float]:
    """Return graphide's figures by name."""
    graph, in_threads = graphide_graph(needs, "step"), graphide_graph(needs, "threaded")
    figures = {
        "graphide, events": min(run_graphide(graph, services(None)) for _ in range(repeat)),
        "graphide, events, keys and cache": min(run_graphide(graph, services(MemoryCache())) for _ in range(repeat)),
    }
    warm = services(MemoryCache())
    run_graphide(graph, warm)
    figures["graphide, unchanged re-run"] = min(run_graphide(graph, warm) for _ in range(repeat))
    plan = make_plan(graph, warm.registry)
    figures["graphide, unchanged re-run, plan kept"] = min(_run_plan(plan, warm) for _ in range(repeat))
    figures["graphide, events, every node in a thread"] = min(
        run_graphide(in_threads, services(None)) for _ in range(repeat)
    )
    return figures


def _run_plan(plan: object, given: Services) -> float:
    started = time.process_time()
    for _ in run(plan, given):  # type: ignore[arg-type]
        pass
    return time.process_time() - started


def run_dask(needs: Needs) -> float:
    """Return the CPU seconds of dask's synchronous scheduler."""
    from dask.local import get_sync  # type: ignore[import-not-found]

    def work(*before: int) -> int:
        return max(before, default=0) + 1

    tasks = {f"n{n}": (work, *[f"n{before}" for before in found]) for n, found in needs.items()}
    started = time.process_time()
    get_sync(tasks, list(tasks))
    return time.process_time() - started


def run_hamilton(needs: Needs) -> float:
    """Return the CPU seconds of a Hamilton driver on a module of functions, without building it."""
    from hamilton import driver  # type: ignore[import-not-found]

    lines = [
        f"def n{n}({', '.join(f'n{b}: int' for b in found)}) -> int:\n    return {' + '.join(['1', *(f'0 * n{b}' for b in found)])}\n"
        for n, found in needs.items()
    ]
    module = types.ModuleType("peer_nodes")
    sys.modules["peer_nodes"] = module
    exec(compile("\n".join(lines), "peer_nodes", "exec"), module.__dict__)
    built = driver.Builder().with_modules(module).build()
    started = time.process_time()
    built.execute([f"n{n}" for n in needs])
    return time.process_time() - started


def run_langgraph(needs: Needs) -> float:
    """Return the CPU seconds of a compiled LangGraph."""
    import operator
    from typing import Annotated, TypedDict

    from langgraph.graph import START, StateGraph  # type: ignore[import-not-found]

    state = TypedDict("state", {"made": Annotated[list, operator.add]})  # type: ignore[type-arg]  # noqa: UP013
    builder = StateGraph(state)
    for n, found in needs.items():
        builder.add_node(f"n{n}", lambda _: {"made": []})
        builder.add_edge([f"n{before}" for before in found] if found else START, f"n{n}")
    app = builder.compile()
    started = time.process_time()
    app.invoke({"made": []}, {"recursion_limit": 3 * len(needs) + 50})
    return time.process_time() - started


PEERS: Mapping[str, tuple[str, Callable[[Needs], float], int]] = {
    "dask.get_sync": ("dask", run_dask, 5000),
    "Hamilton": ("hamilton", run_hamilton, 800),  # its driver recurses along a chain
    "LangGraph": ("langgraph", run_langgraph, 1000),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="200,1000,5000")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for kind, build in (("chain", chain), ("random DAG", random_dag)):
        for size in map(int, options.sizes.split(",")):
            needs = build(size)
            print(f"\n{kind} of {size:,}: CPU µs a node (× graphide with events)")
            figures = ours(needs, options.repeat)
            base = figures["graphide, events"]
            for name, (module, measure, most) in PEERS.items():
                if importlib.util.find_spec(module) is None:
                    print(f"  {name:<44} not installed")
                elif size > most and kind == "chain" or size > 1000 and name != "dask.get_sync":
                    print(f"  {name:<44} not measured at this size")
                else:
                    figures[name] = min(measure(needs) for _ in range(max(1, options.repeat // 2)))
            for name, seconds in figures.items():
                print(f"  {name:<44} {seconds / size * 1e6:8.1f}   {seconds / base:6.2f}")


if __name__ == "__main__":
    main()
