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
from graphide.executor.plan import Blocked, Plan, blocked_by, can_give_nothing, make_plan
from graphide.graph.bind import bind_inputs
from graphide.graph.check import check
from graphide.graph.model import Edge, Graph
from graphide.graph.outline import outline
from graphide.graph.problems import blocking
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
    context: StepContext, reference: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]], name: str = ""
) -> Generator[Streamed, None, list[SubRun]]:
    """Run a graph once for each row and return how each ended, in row order; raises InvalidGraph before anything runs.

    Inner nodes are called after the number of their row, or after `name` where there is one row.
    """
    services = context.services
    graph, inside = services.load_graph(dict(reference) if isinstance(reference, Mapping) else reference, services)
    inner = replace(inside, depth=services.depth + 1)
    blocked = _checked(graph, inner)
    labels = [name] if name and len(rows) == 1 else [str(number) for number in range(len(rows))]
    plan = _plan_of_rows(graph, dict(zip(labels, rows, strict=True)), inner, blocked)
    last = {result.step for result in plan.results}
    ended = 0
    errors: dict[str, str] = {}
    outputs: Mapping[str, Any] = {}
    for event in context.run(plan, inner, seed=context.seed, cancel=context.cancel, ledger=context.ledger):
        if isinstance(event, events.RunFinished):
            outputs = event.outputs
        elif isinstance(event, events.Inner):
            if isinstance(event, events.NodeFailed):
                row, _, node = event.node.partition("/")
                errors.setdefault(row, f"{node}: {event.message}")
            yield Nested(event)
            if event.node in last and isinstance(event, events.NodeFinished | events.NodeFailed | events.NodeSkipped):
                ended += 1
                yield Progress("rows", ended * len(rows) / len(last), len(rows))
    return _sub_runs(labels, plan, outputs, errors)


def _checked(graph: Graph, services: Services) -> dict[str, Blocked]:
    """Return the nodes that the run goes around, as at the top; raises InvalidGraph when the graph cannot run at all."""
    problems = check(graph, services.registry, outlines=outlines_of(services))
    if stopping := blocking(problems):
        raise InvalidGraph(f"the graph inside it has problems: {stopping[0].message}", problems=stopping)
    return blocked_by(problems)


def _plan_of_rows(
    graph: Graph, rows: Mapping[str, Mapping[str, Any]], services: Services, blocked: Mapping[str, Blocked]
) -> Plan:
    """Return one plan of as many copies of a graph as there are rows; ids and result names start with the row's label.

    Raises InvalidGraph when all that a row would give needs a node in `blocked`.
    """
    nodes = {}
    edges: list[Edge] = []
    for label, row in rows.items():
        bound = bind_inputs(graph, services.registry, row)
        for node in bound.nodes.values():
            nodes[f"{label}/{node.id}"] = replace(node, id=f"{label}/{node.id}")
        edges += [
            Edge(f"{label}/{edge.source}", edge.output, f"{label}/{edge.target}", edge.input) for edge in bound.edges
        ]
    plan = make_plan(
        replace(graph, nodes=nodes, edges=tuple(edges)),
        services.registry,
        outlines=outlines_of(services),
        blocked={f"{label}/{node}": why for label in rows for node, why in blocked.items()},
    )
    if can_give_nothing(plan):
        why = next(iter(blocked.values()))
        raise InvalidGraph(f"nothing of the graph inside it can run: {why.message}", problems=(), hint=why.hint)
    results = []
    for result in plan.results:
        label = result.step.partition("/")[0]
        results.append(result._replace(name=f"{label}/{result.name.removeprefix(f'{label}/')}"))
    return plan._replace(results=tuple(results))


def _sub_runs(labels: list[str], plan: Plan, outputs: Mapping[str, Any], errors: Mapping[str, str]) -> list[SubRun]:
    made: dict[str, dict[str, Any]] = {label: {} for label in labels}
    missing: set[str] = set()
    for result in plan.results:
        label, _, name = result.name.partition("/")
        if result.name in outputs:
            made[label][name] = outputs[result.name]
        else:
            missing.add(label)  # it failed, or it stands on a branch that was not taken
    nothing = {label: "gave no output" for label in labels if not made[label]}
    return [SubRun(made[label], {**nothing, **errors}.get(label, "") if label in missing else "") for label in labels]
