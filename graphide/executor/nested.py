"""A run inside a step: a graph run once for each row of inputs, as one plan.

The rows become one graph whose ids start with the row's number, so that all rows share the scheduler, the cache and the
model of the run around them, independent rows go on when one fails, and results come back in row order. Events of inner
nodes leave through the outer node, as `outer/3/inner`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphide.errors import InvalidGraph
from graphide.executor import events
from graphide.executor.plan import Plan, Result, make_plan
from graphide.graph.bind import bind_inputs
from graphide.graph.check import check
from graphide.graph.model import Edge, Graph
from graphide.graph.outline import outline
from graphide.spec.generation import Nested, Progress, Streamed, SubRun
from graphide.spec.nodespec import Outline, Outlines
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.executor.context import Services, StepContext


def outlines_of(services: Services) -> Outlines:
    """Return the function that tells the ports of graphs that settings name, as seen from this run."""

    def outlines(reference: Json) -> Outline:
        graph, _ = services.load_graph(reference, services)
        return outline(graph, services.registry)

    return outlines


def run_rows(
    context: StepContext, reference: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]]
) -> Generator[Streamed, None, list[SubRun]]:
    """Run a graph once for each row and return how each ended, in row order; raises InvalidGraph before anything runs."""
    from graphide.executor.run import run

    services = context.services
    graph, inside = services.load_graph(dict(reference) if isinstance(reference, Mapping) else reference, services)
    inner = replace(inside, depth=services.depth + 1)
    _refuse_problems(graph, inner)
    plan = _plan_of_rows(graph, rows, inner)
    ended = 0
    errors: dict[str, str] = {}
    last = {result.step: result.name.partition("/")[0] for result in plan.results}
    finished: events.RunFinished | None = None
    for event in run(plan, inner, seed=context.seed, cancel=context.cancel, ledger=context.ledger):
        if isinstance(event, events.RunFinished):
            finished = event
        elif isinstance(event, events.Inner):
            if isinstance(event, events.NodeFailed):
                errors.setdefault(event.node.partition("/")[0], f"{event.node.partition('/')[2]}: {event.message}")
            yield Nested(event)
            if event.node in last and isinstance(event, events.NodeFinished | events.NodeFailed | events.NodeSkipped):
                ended += 1
                yield Progress("rows", ended * len(rows) / len(last), len(rows))
    assert finished is not None
    return [_sub_run(str(number), finished.outputs, errors) for number in range(len(rows))]


def _refuse_problems(graph: Graph, services: Services) -> None:
    problems = [p for p in check(graph, services.registry, outlines=outlines_of(services)) if p.severity == "error"]
    if problems:
        raise InvalidGraph(f"the graph inside it has problems: {problems[0].message}", problems=problems)


def _plan_of_rows(graph: Graph, rows: Sequence[Mapping[str, Any]], services: Services) -> Plan:
    nodes = {}
    edges: list[Edge] = []
    for number, row in enumerate(rows):
        bound = bind_inputs(graph, services.registry, row)
        for node in bound.nodes.values():
            nodes[f"{number}/{node.id}"] = replace(node, id=f"{number}/{node.id}")
        edges += [
            Edge(f"{number}/{edge.source}", edge.output, f"{number}/{edge.target}", edge.input) for edge in bound.edges
        ]
    plan = make_plan(replace(graph, nodes=nodes, edges=tuple(edges)), services.registry, outlines=outlines_of(services))
    results = tuple(
        Result(f"{r.step.partition('/')[0]}/{r.name.rpartition('/')[2]}", r.step, r.port) for r in plan.results
    )
    return plan._replace(results=results)


def _sub_run(number: str, outputs: Mapping[str, Any], errors: Mapping[str, str]) -> SubRun:
    mine = {name.partition("/")[2]: value for name, value in outputs.items() if name.partition("/")[0] == number}
    return SubRun(mine, "" if mine else errors.get(number, "gave no output"))
