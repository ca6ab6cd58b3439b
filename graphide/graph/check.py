"""Check: everything that is wrong with a graph, found without running it and listed in a fixed order.

This module looks at the graph as a whole (cycles, outputs, models); single nodes are looked at in `check_nodes`, edges
and inputs in `check_edges`. What each code means and whether it stops a run is in `problems`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING

from graphide.graph.check_edges import about_edges, about_inputs, about_silence
from graphide.graph.check_nodes import about_nodes
from graphide.graph.model import Graph, Node
from graphide.graph.outline import OUTPUT_TYPE, output_name
from graphide.graph.ports import Looked, look
from graphide.graph.problems import Problem, in_order, place, problem
from graphide.graph.topology import ancestors, cycles
from graphide.spec.fields import ModelName
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec, Outlines


def check(
    graph: Graph,
    registry: Mapping[str, NodeSpec],
    *,
    outlines: Outlines | None = None,
    targets: Sequence[str] = (),
) -> tuple[Problem, ...]:
    """Return the problems of a graph, errors first; with `targets`, only those of what the targets depend on.

    `outlines` looks into graphs that nodes name. Problems of a muted or bypassed node are warnings: it does not run.
    Raises UsageError for a target that is not in the graph, and nothing for whatever a graph may say.
    """
    looked = look(graph, registry, outlines)
    found = chain(
        _about_cycles(graph), about_nodes(looked), about_edges(looked), about_inputs(looked), about_silence(looked),
        _about_outputs(looked),
    )  # fmt: skip
    if targets:
        wanted = ancestors(graph, targets)
        return in_order(_softened(graph, (p for p in found if p.node in wanted)))
    rest = chain(_about_use(looked), _about_models(looked))
    return in_order(_softened(graph, chain(found, rest)))


def _softened(graph: Graph, problems: Iterator[Problem]) -> Iterator[Problem]:
    for found in problems:
        node = graph.nodes.get(found.node)
        idle = node is not None and node.state != "active" and found.code not in ("cycle", "bypass")
        yield replace(found, severity="warning") if idle else found


def _about_cycles(graph: Graph) -> Iterator[Problem]:
    for cycle in cycles(graph):
        path = " -> ".join([*cycle, cycle[0]])
        names = " and ".join([", ".join(cycle[:-1]), cycle[-1]]) if len(cycle) > 1 else ""
        message = f"nodes {names} wait for each other: {path}" if names else f"node {cycle[0]} waits for itself: {path}"
        yield problem("cycle", message, node=cycle[0], hint="Remove one of the edges between them")


def _about_outputs(looked: Looked) -> Iterator[Problem]:
    by_name: dict[str, list[str]] = {}
    for node_id, node in sorted(looked.graph.nodes.items()):
        if node.type == OUTPUT_TYPE and node.state == "active":
            by_name.setdefault(output_name(node, looked.registry), []).append(node_id)
    if not by_name:
        yield problem("no-outputs", "the graph has no output, so it shows nothing", hint='Add an "output" node')
    for name, nodes in by_name.items():
        for node_id in nodes[1:]:
            where = place(looked.graph.nodes[node_id])
            message = f'{where}: the output name "{name}" is also that of node "{nodes[0]}"'
            yield problem("duplicate-output", message, node=node_id, port="name", hint="Give each output its own name")


def _about_use(looked: Looked) -> Iterator[Problem]:
    graph = looked.graph
    ends = [node_id for node_id, node in graph.nodes.items() if _is_end(node, looked)]
    if not ends:
        return
    used = ancestors(graph, ends)
    for node_id, node in graph.nodes.items():
        spec = looked.registry.get(node.type)
        if node_id not in used and node.state == "active" and not (spec is not None and spec.alone):
            message = f"{place(node)}: no output depends on it, so it is not run"
            yield problem("unused-node", message, node=node_id, hint="Connect it or remove it")


def _is_end(node: Node, looked: Looked) -> bool:
    if node.type == OUTPUT_TYPE:
        return True
    spec = looked.registry.get(node.type)
    if spec is None:
        return not looked.links.outgoing(node.id)
    return not spec.alone and not looked.ports[node.id].outputs and looked.ports[node.id].certain


def _about_models(looked: Looked) -> Iterator[Problem]:
    models = looked.graph.models
    used: set[str] = set()
    anything = False
    naming = {type: _model_settings(spec) for type, spec in looked.registry.items()}
    for node in looked.graph.nodes.values():
        anything |= node.type not in naming or any(map(_is_graph, node.settings.values()))
        for name, default in naming.get(node.type, ()):
            value = node.settings.get(name, default)
            if isinstance(value, str):
                anything |= name in node.exposed
                used.add(value)
                yield from _misspelt(node, name, value, models)
    by_file: dict[str, str] = {}
    for name, ref in sorted(models.items()):
        same = by_file.setdefault(ref.sha256 or ref.file or name, name)
        if same != name:
            message = f'the models "{same}" and "{name}" are the same file'
            yield problem("duplicate-model", message, port=name, hint="Keep one name")
        elif name not in used and not anything:
            yield problem("unused-model", f'no node uses the model "{name}"', port=name, hint="Remove it from models")


def _model_settings(spec: NodeSpec) -> list[tuple[str, Json]]:
    return [(name, setting.default) for name, setting in spec.settings.items() if isinstance(setting.field, ModelName)]


def _is_graph(value: Json) -> bool:
    # The nodes of a graph inside a node use the models of the outer graph.
    return (
        "nodes" in value if isinstance(value, Mapping) else isinstance(value, str) and value.endswith((".json", ".png"))
    )


def _misspelt(node: Node, setting: str, value: str, models: Mapping[str, object]) -> Iterator[Problem]:
    # Any other name may be that of a file or an alias on this machine, which a graph knows nothing of.
    close = get_close_matches(value, list(models), n=1, cutoff=0.8) if value not in models else []
    if close:
        message = f'{place(node)}: the model "{value}" is not one of the graph\'s models'
        yield problem("unknown-model", message, node=node.id, port=setting, hint=f'Did you mean "{close[0]}"?')
