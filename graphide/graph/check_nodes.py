"""Checks of single nodes: their type, version, settings and ports. Edges are looked at in `check_edges`."""

from __future__ import annotations

from collections.abc import Iterator

from graphide.graph.model import Node, is_name
from graphide.graph.ports import Looked, Ports
from graphide.graph.problems import Problem, nearest, place, problem
from graphide.graph.shape import NAME_RULE
from graphide.spec.nodespec import NodeSpec


def about_nodes(looked: Looked) -> Iterator[Problem]:
    """Yield what is wrong with each node by itself."""
    for node_id, node in looked.graph.nodes.items():
        spec = looked.registry.get(node.type)
        if spec is None:
            message = f'{place(node)}: no installed package brings the node type "{node.type}"'
            yield problem("unknown-type", message, node=node_id, hint=nearest_type(node.type, looked))
            continue
        ports = looked.ports[node_id]
        yield from _about_version(node, spec)
        yield from _about_settings(node, spec, ports)
        yield from _about_exposed(node, spec)
        yield from _about_ports(node, ports)


def nearest_type(type: str, looked: Looked) -> str:
    """Return the hint for a node type that nobody knows: the nearest one, or where types come from."""
    hint = nearest(type, looked.registry)
    return hint if hint.startswith("Did") else "Install the package that brings it, or remove the node"


def _about_version(node: Node, spec: NodeSpec) -> Iterator[Problem]:
    if node.version > spec.version:
        message = f"{place(node)}: was saved by version {node.version} of its node type; this one is {spec.version}"
        yield problem("newer-version", message, node=node.id, hint=f"Update the package that brings it ({spec.source})")
    if node.version < spec.version:
        message = f"{place(node)}: was saved by version {node.version} of its node type; this one is {spec.version}"
        yield problem("older-version", message, node=node.id, hint="Open and save the graph, or run: graphide fmt")


def _about_settings(node: Node, spec: NodeSpec, ports: Ports) -> Iterator[Problem]:
    for name, sentence in ports.bad.items():
        yield problem("bad-setting", f"{place(node)}: {name} {sentence}", node=node.id, port=name)
    for name in node.settings:
        if name not in spec.settings:
            message = f'{place(node)}: there is no setting "{name}"'
            hint = nearest(name, spec.settings)
            yield problem("unknown-setting", message, node=node.id, port=name, hint=hint)
    if ports.rule:
        yield problem("bad-settings", f"{place(node)}: {ports.rule}", node=node.id)


def _about_exposed(node: Node, spec: NodeSpec) -> Iterator[Problem]:
    for name in node.exposed:
        if name not in spec.settings:
            message = f'{place(node)}: the exposed setting "{name}" does not exist'
            yield problem("unknown-exposed", message, node=node.id, port=name, hint=nearest(name, spec.settings))


def _about_ports(node: Node, ports: Ports) -> Iterator[Problem]:
    if ports.trouble is not None:
        where = f"{ports.trouble.where}: " if ports.trouble.where else ""
        message = f"{place(node)}: {where}{ports.trouble.message}"
        yield problem("ports-unknown", message, node=node.id, hint=ports.trouble.hint)
    for name in ports.clashes:
        message = f'{place(node)}: two of its ports are called "{name}"'
        yield problem("port-clash", message, node=node.id, port=name, hint="Rename the placeholder or the setting")
    for name in (*ports.inputs, *ports.outputs):
        if not is_name(name):
            message = f'{place(node)}: the port "{name}" cannot be connected under this name'
            yield problem("bad-port-name", message, node=node.id, port=name, hint=NAME_RULE)
