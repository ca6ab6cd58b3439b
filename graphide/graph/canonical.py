"""Canonical text: the one way to write a graph as JSON, made to be read in a diff.

Keys and edges are sorted, defaults are left out, one edge a line. Values inside a setting keep the order of their keys
(the order of properties in a JSON Schema decides what a model writes first). Reading is in `shape` and `file`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from json.encoder import encode_basestring as quote
from typing import TYPE_CHECKING, Any

from graphide.errors import GraphFileError
from graphide.graph.migrate import FORMAT
from graphide.graph.model import Graph, ModelRef, Node, is_name
from graphide.graph.shape import GRAPH_KEYS, MODEL_KEYS, NAME_RULE, NODE_KEYS
from graphide.graph.topology import in_file_order
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

COLUMNS = 100
DEPTH = 64
"""How deep values may be nested in a graph file, the document itself counted."""
_SCALARS = (str, bool, int, float, type(None))


def document_of(graph: Graph, registry: Mapping[str, NodeSpec] | None = None) -> dict[str, Json]:
    """Return a graph as the JSON object of its file, keys in canonical order.

    With a registry, settings equal to their default are left out. Raises GraphFileError for a name that a file cannot
    have; `graph_of` reads the object back.
    """
    for key in graph.extra:
        if key in GRAPH_KEYS:
            raise GraphFileError(f'"{key}" cannot be an extra key of a graph', where=key)
    head = {"graphide": FORMAT, "title": graph.title, "about": graph.about}
    body: dict[str, Json] = {
        "nodes": {node_id: _node(graph.nodes[node_id], node_id, registry) for node_id in sorted(graph.nodes)},
        "edges": _edges(graph),
        "models": {name: _model(graph.models[name]) for name in sorted(graph.models)},
        "view": _sorted(graph.view, 1),
    }
    return {
        **{key: value for key, value in head.items() if value != ""},
        **{key: value for key, value in body.items() if value or key in ("nodes", "edges")},
        **{key: graph.extra[key] for key in sorted(graph.extra)},
    }


def canonical(graph: Graph, registry: Mapping[str, NodeSpec] | None = None) -> str:
    """Return the canonical text of a graph, newline at the end included; `registry` and errors as in `document_of`."""
    lines = []
    for key, value in document_of(graph, registry).items():
        written = _lines(value, 2) if key == "edges" else text_of(value, 2, len(key) + 6, key)
        lines.append(f"  {quote(key)}: {written}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def text_of(value: Any, depth: int = 1, used: int = 0, where: str = "") -> str:
    """Return a JSON value as canonical text.

    `depth` is how many objects and lists it is inside of plus one, `used` the columns that its line has before it,
    `where` the place for errors. Raises GraphFileError for a value that is not JSON or too deep.
    """
    match value:
        case str():
            return quote(value)
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return _whole(value, where)
        case float() if math.isfinite(value):
            return float.__repr__(value)
        case list() | tuple() | Mapping() if depth > DEPTH:
            raise GraphFileError(f"is nested more than {DEPTH} levels deep", where=where)
        case list() | tuple():
            return _list(value, depth, used, where)
        case Mapping():
            return _object(value, depth, where)
    raise GraphFileError(f"cannot be saved: {type(value).__name__} {value!r} is not JSON"[:200], where=where)


def _list(value: list[Any] | tuple[Any, ...], depth: int, used: int, where: str) -> str:
    if not all(isinstance(item, _SCALARS) for item in value):
        return _lines(value, depth, where)
    line = f"[{', '.join(text_of(item, depth, 0, where) for item in value)}]"
    return line if used + len(line) <= COLUMNS else _lines(value, depth, where)


def _lines(value: list[Any] | tuple[Any, ...], depth: int, where: str = "edges") -> str:
    if not value:
        return "[]"
    margin = "  " * depth
    items = [f"{margin}{text_of(item, depth + 1, len(margin), where)}" for item in value]
    return "[\n" + ",\n".join(items) + f"\n{margin[2:]}]"


def _object(value: Mapping[Any, Any], depth: int, where: str) -> str:
    if not value:
        return "{}"
    margin = "  " * depth
    lines = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise GraphFileError(f"cannot be saved: the key {key!r} is not a text", where=where)
        start = f"{margin}{quote(key)}: "
        lines.append(start + text_of(item, depth + 1, len(start), f"{where}.{key}"))
    return "{\n" + ",\n".join(lines) + f"\n{margin[2:]}}}"


def _whole(value: int, where: str) -> str:
    try:
        return int.__repr__(value)
    except ValueError as error:  # Python's own limit on the digits of a number
        raise GraphFileError("is a number with too many digits", where=where) from error


def _node(node: Node, node_id: str, registry: Mapping[str, NodeSpec] | None) -> dict[str, Json]:
    if node.id != node_id or not is_name(node_id):
        raise GraphFileError(f'"{node_id}" cannot be the id of a node', where="nodes", hint=NAME_RULE)
    spec = registry.get(node.type) if registry is not None else None
    rest: dict[str, Json] = {}
    for key, value in node.settings.items():
        if key in NODE_KEYS:
            raise GraphFileError(f'a setting cannot be called "{key}"', where=f"nodes.{node_id}")
        if spec is None or not _is_default(key, value, node, spec):
            rest[key] = value
    usual = {"version": (node.version, 1), "title": (node.title, ""), "state": (node.state, "active")}
    rest |= {key: value for key, (value, default) in usual.items() if value != default}
    if node.exposed:
        rest["exposed"] = list(node.exposed)
    return {"type": node.type, **{key: rest[key] for key in sorted(rest)}}


def _is_default(key: str, value: Json, node: Node, spec: NodeSpec) -> bool:
    setting = spec.settings.get(key)
    # Another version of the type may have had other defaults, so nothing of such a node is left out.
    if setting is None or node.version != spec.version or value != setting.default:
        return False
    if isinstance(value, int | float):
        return isinstance(value, bool) == isinstance(setting.default, bool)
    return text_of(value) == text_of(setting.default)


def _edges(graph: Graph) -> list[Json]:
    edges = in_file_order(graph.edges)
    for edge in edges:
        if not (is_name(edge.source) and is_name(edge.output) and is_name(edge.target) and is_name(edge.input)):
            raise GraphFileError(f'"{edge}" cannot be written as an edge', where="edges", hint=NAME_RULE)
    return [str(edge) for edge in edges]


def _model(ref: ModelRef) -> dict[str, Json]:
    named = {key: getattr(ref, key) for key in MODEL_KEYS}
    facts = {key: value for key, value in named.items() if value} | dict(ref.extra)
    return {key: facts[key] for key in sorted(facts)}


def _sorted(value: Json, depth: int) -> Json:
    if isinstance(value, Mapping) and depth <= DEPTH:
        return {key: _sorted(value[key], depth + 1) for key in sorted(value)}
    return value
