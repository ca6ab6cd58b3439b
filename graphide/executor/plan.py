"""The plan: which steps a run takes, in which order, and how each value gets from port to port.

Pure: made from a graph, a registry and the targets; nothing is run or looked up here. A plan holds the exact ancestors
of its targets and nothing else. What is cached is decided in `keys` and `run`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from graphide.graph.model import Edge, Graph, Node
from graphide.graph.outline import OUTPUT_TYPE, ends
from graphide.graph.problems import Problem, left_out
from graphide.graph.topology import ancestors, links
from graphide.spec.nodespec import CacheRule, NodeSpec, Outlines, Port
from graphide.spec.registry import Registry
from graphide.values import Wire, accepts

_NOTHING: Mapping[str, Port] = {}


class Source(NamedTuple):
    """Where a value comes from, and what it has to become (None: it fits as it is)."""

    step: str
    output: str
    convert_to: tuple[Wire, ...] | None


class Binding(NamedTuple):
    """One input port of a step and what feeds it; `extra` marks a computed port, passed in the `More` mapping."""

    port: Port
    sources: tuple[Source, ...]
    extra: bool = False
    promoted: bool = False


class Blocked(NamedTuple):
    """Why a step cannot run, known before the run: a finding of the check, or a missing model."""

    message: str
    hint: str = ""
    exit_code: int = 3


class Step(NamedTuple):
    """A node in a plan. `parents` are the steps it waits for, without repeats, in edge order.

    `models` are the names of the models that it asks; a setting for one that is empty names none.
    """

    node: Node
    spec: NodeSpec | None
    settings: Mapping[str, Any]
    bindings: tuple[Binding, ...]
    outputs: tuple[Port, ...]
    parents: tuple[str, ...]
    cache: CacheRule = "never"
    blocked: Blocked | None = None
    models: tuple[str, ...] = ()


class Result(NamedTuple):
    """A named result of a run: the value of `port` of `step` (port "": all of them, as an object)."""

    name: str
    step: str
    port: str


class Plan(NamedTuple):
    """Steps by id in an order in which each comes after its parents; who waits for whom; the results."""

    title: str
    steps: Mapping[str, Step]
    children: Mapping[str, tuple[str, ...]]
    results: tuple[Result, ...]


def make_plan(
    graph: Graph,
    registry: Registry,
    *,
    targets: Collection[str] = (),
    outlines: Outlines | None = None,
    blocked: Mapping[str, Blocked] | None = None,
) -> Plan:
    """Return the plan that makes `targets` (node ids; empty: all outputs, or all last nodes where there is none).

    `blocked` are nodes that a check found broken; their steps fail with that message when their turn comes, and
    everything else runs. Raises UsageError for an unknown target. A cycle must have been refused by `check` before.
    """
    incoming = links(graph).by_target
    wanted = list(targets) or ends(graph)
    needed = ancestors(graph, wanted)
    blocked = blocked or {}
    steps: dict[str, Step] = {}
    outputs: dict[str, dict[str, Port]] = {}
    children: dict[str, list[str]] = {step: [] for step in needed}
    for node_id in _order(needed, incoming):
        step = _step(graph.nodes[node_id], registry, incoming.get(node_id, ()), outputs, outlines, blocked.get(node_id))
        steps[node_id] = step
        outputs[node_id] = {port.name: port for port in step.outputs}
        for parent in step.parents:
            children[parent].append(node_id)
    results = tuple(_result(steps[target]) for target in wanted)
    return Plan(graph.title, steps, {step: tuple(ids) for step, ids in children.items()}, results)


def blocked_by(problems: Iterable[Problem]) -> dict[str, Blocked]:
    """Return, by node, why it cannot run although the rest of its graph can."""
    return {node: Blocked(found.message, found.hint) for node, found in left_out(problems).items()}


def can_give_nothing(plan: Plan) -> bool:
    """Return whether every result needs a step that cannot run."""
    return bool(plan.results) and all(hopeless(plan, result.step) for result in plan.results)


def hopeless(plan: Plan, step_id: str) -> bool:
    """Return whether a step needs, through every way to it, a step that cannot run."""
    stack, seen = [step_id], {step_id}
    while stack:
        step = plan.steps[stack.pop()]
        if step.blocked is not None:
            return True
        tolerant = any(binding.port.tolerant for binding in step.bindings)
        for parent in () if tolerant else step.parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return False


def _step(
    node: Node,
    registry: Registry,
    edges: tuple[Edge, ...],
    known: Mapping[str, Mapping[str, Port]],
    outlines: Outlines | None,
    blocked: Blocked | None,
) -> Step:
    parents = tuple(dict.fromkeys([edge.source for edge in edges if edge.source in known]))
    spec = registry.get(node.type)
    if spec is None or blocked is not None:
        blocked = blocked or Blocked(f'node type "{node.type}" is unknown', "Install the package that brings it")
        return Step(node, spec, node.settings, (), (), parents, blocked=blocked)
    settings = spec.full(node.settings)
    ports = spec.inputs_for(settings, outlines, node.exposed)
    bindings = _bindings(spec, node, ports, edges, known) if ports else ()
    outputs = spec.outputs_for(settings, outlines)
    models = tuple([settings[name] for name in spec.model_settings if settings[name]]) if spec.model_settings else ()
    return Step(node, spec, settings, bindings, outputs, parents, spec.cache_rule(settings), models=models)


def _bindings(
    spec: NodeSpec,
    node: Node,
    ports: tuple[Port, ...],
    edges: tuple[Edge, ...],
    known: Mapping[str, Mapping[str, Port]],
) -> tuple[Binding, ...]:
    sources: dict[str, list[Source]] = {}
    by_name = {port.name: port for port in ports}
    for source, output, _, name in edges:
        port = by_name.get(name)
        if port is not None:
            convert_to = _conversion(known.get(source, _NOTHING).get(output), port)
            sources.setdefault(name, []).append(Source(source, output, convert_to))
    declared = len(spec.inputs)
    if len(ports) == declared:
        return tuple([Binding(port, tuple(sources.get(port.name, ()))) for port in ports])
    exposed = [name for name in node.exposed if name in spec.settings]
    computed = len(ports) - len(exposed)
    return tuple(
        Binding(port, tuple(sources.get(port.name, ())), declared <= number < computed, number >= computed)
        for number, port in enumerate(ports)
    )


def _conversion(output: Port | None, port: Port) -> tuple[Wire, ...] | None:
    """Return the wire types that a value may become at `port`, or None when it fits as it is.

    A source whose type is known takes the first type it fits; "any" and "json" are decided by the value.
    """
    if output is None or output.wires[0] in port.wires or "any" in port.wires:
        return None
    source = output.wires[0]
    if source in ("any", "json"):
        return port.wires
    return tuple(wire for wire in port.wires if accepts(source, wire) is None)[:1] or port.wires


def _order(needed: Collection[str], incoming: Mapping[str, tuple[Edge, ...]]) -> list[str]:
    """Return `needed` so that each comes after what it waits for, breadth first, ties by id."""
    sources = {node: {edge.source for edge in incoming.get(node, ()) if edge.source in needed} for node in needed}
    children: dict[str, list[str]] = {node: [] for node in needed}
    for node in sorted(needed):
        for source in sources[node]:
            children[source].append(node)
    waiting = {node: len(found) for node, found in sources.items()}
    ready = deque(sorted(node for node, count in waiting.items() if count == 0))
    order: list[str] = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for child in children[node]:
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    return order


def _result(step: Step) -> Result:
    if step.node.type == OUTPUT_TYPE:
        return Result(str(step.settings.get("name", "result")), step.node.id, "value")
    port = step.outputs[0].name if len(step.outputs) == 1 else ""
    return Result(step.node.id, step.node.id, port)
