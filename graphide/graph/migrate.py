"""Migrations: documents of older formats, and nodes of older versions of their node type, brought up to date.

Format migrations are numbered functions on plain JSON objects and are kept for ever, with one fixture each. Node
migrations are declared by the node types; this module applies them and lists the edges they break, dropping none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from graphide.errors import GraphFileError, GraphideError
from graphide.graph.model import Graph, Node
from graphide.graph.ports import ports_of
from graphide.graph.problems import Problem, in_order, place, problem
from graphide.graph.topology import links
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec, Outlines

FORMAT = 1
"""The format that this version writes; it reads this one and all before it."""


def current_format(document: dict[str, Json], *, name: str = "") -> dict[str, Json]:
    """Return a document in the format of today; the given one is not changed.

    Raises GraphFileError for a document without a format number, of a newer format, or of a shape its format excludes.
    """
    number = document.get("graphide")
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        hint = f'A graph file has a key "graphide" with the number of its format, now {FORMAT}'
        raise GraphFileError("is not a graph", where=name, hint=hint)
    if number > FORMAT:
        message = f"was written by a newer graphide (format {number}; this one reads {FORMAT})"
        raise GraphFileError(message, where=name, hint="Update graphide")
    while number < FORMAT:
        try:
            document = _FORMATS[number](document)
        except GraphFileError as error:
            error.where = f"{name}, {error.where}" if name else error.where
            raise
        number += 1
    return document


def migrate_nodes(
    graph: Graph, registry: Mapping[str, NodeSpec], *, outlines: Outlines | None = None
) -> tuple[Graph, tuple[Problem, ...]]:
    """Return the graph with every node of an older version migrated, and notes on what was done and what it broke.

    Edges are never dropped: one whose port the newer version does not have is kept and noted. A node that cannot be
    migrated stays as it was.
    """
    changed: dict[str, Node] = {}
    notes: list[Problem] = []
    for node in graph.nodes.values():
        spec = registry.get(node.type)
        if spec is None or node.version >= spec.version:
            continue
        try:
            changed[node.id] = _migrated(node, spec)
        except GraphideError as error:
            message = f"{place(node)}: cannot be migrated from version {node.version}: {error.message}"
            notes.append(problem("migration-failed", message, node=node.id, hint=error.hint))
            continue
        message = f"{place(node)}: migrated from version {node.version} to {spec.version}"
        notes.append(problem("migrated", message, node=node.id))
    if not changed:
        return graph, in_order(notes)
    migrated = replace(graph, nodes={**graph.nodes, **changed})
    for node_id in changed:
        notes.extend(_broken(migrated, node_id, registry, outlines))
    return migrated, in_order(notes)


def _migrated(node: Node, spec: NodeSpec) -> Node:
    settings = deepcopy(dict(node.settings))
    for version in range(node.version, spec.version):
        step = spec.migrations.get(version)
        if step is None:
            raise GraphideError(f"its node type has no migration from version {version}")
        try:
            settings = step(settings)
        except GraphideError:
            raise
        except Exception as error:  # code of a package: its faults must not keep a graph from opening
            raise GraphideError(f"its node type failed: {type(error).__name__}: {error}") from error
    return replace(node, settings=settings, version=spec.version)


def _broken(graph: Graph, node_id: str, registry: Mapping[str, NodeSpec], outlines: Outlines | None) -> list[Problem]:
    node = graph.nodes[node_id]
    ports = ports_of(graph, node, registry, outlines)
    if not ports.certain:
        return []
    joined = links(graph)
    ends = [(edge, edge.input, "input") for edge in joined.incoming(node_id) if edge.input not in ports.inputs]
    ends += [(edge, edge.output, "output") for edge in joined.outgoing(node_id) if edge.output not in ports.outputs]
    return [
        problem(
            "broken-by-migration",
            f'{place(node)}: version {node.version} has no {side} "{port}"',
            node=node_id, port=port, edge=str(edge), hint="Connect the edge elsewhere or remove it",
        )
        for edge, port, side in ends
    ]  # fmt: skip


def _from_0(document: dict[str, Json]) -> dict[str, Json]:
    """Format 0: `name`, nodes as a list of {id, type, settings, position}, edges as objects {from, to}."""
    nodes: dict[str, Json] = {}
    view: dict[str, Json] = {}
    for number, node in enumerate(_list_0(document, "nodes")):
        where = f"nodes[{number}]"
        if not isinstance(node, dict) or not isinstance(node.get("id"), str):
            _not_0("a node is an object with an id", where)
        if node["id"] in nodes:
            _not_0(f'the node id "{node["id"]}" is taken', where)
        settings = node.get("settings", {})
        if not isinstance(settings, dict):
            _not_0("settings are an object", where)
        facts = {key: value for key, value in node.items() if key not in ("id", "settings", "position")}
        nodes[node["id"]] = {**settings, **facts}
        if "position" in node:
            view[node["id"]] = node["position"]
    edges = []
    for number, edge in enumerate(_list_0(document, "edges")):
        if not isinstance(edge, dict) or not all(isinstance(edge.get(end), str) for end in ("from", "to")):
            _not_0("an edge is an object with from and to", f"edges[{number}]")
        edges.append(f"{edge['from']} -> {edge['to']}")
    rest = {key: value for key, value in document.items() if key not in ("graphide", "name", "nodes", "edges")}
    title = {"title": document["name"]} if "name" in document else {}
    places = {"view": view} if view else {}
    return {"graphide": 1, **title, **rest, **places, "nodes": nodes, "edges": edges}


def _list_0(document: dict[str, Json], key: str) -> list[Json]:
    value = document.get(key, [])
    if not isinstance(value, list):
        _not_0(f"{key} are a list", key)
    return value


def _not_0(message: str, where: str) -> NoReturn:
    raise GraphFileError(f"{message} in format 0", where=where)


_FORMATS: Mapping[int, Callable[[dict[str, Json]], dict[str, Json]]] = {0: _from_0}
