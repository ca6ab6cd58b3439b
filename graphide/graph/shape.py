"""Shape: a plain JSON document becomes a Graph, or an error that names the place that has the wrong shape.

Knows the keys of the format and nothing of node types: a setting may be any JSON value here. The way back is in
`canonical`, bytes and files are in `file`, old formats in `migrate`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from graphide.errors import GraphFileError
from graphide.graph.migrate import current_format
from graphide.graph.model import LONGEST_NAME, STATES, Edge, Graph, ModelRef, Node, is_name
from graphide.graph.topology import in_file_order
from graphide.values import Json

NODE_KEYS = ("type", "version", "title", "state", "exposed")
"""The keys of a node that are not settings."""
GRAPH_KEYS = ("graphide", "title", "about", "nodes", "edges", "models", "view")
MODEL_KEYS = ("file", "hub", "sha256", "size")

NAME_RULE = f"Names are letters, digits, _ and -, start with a letter or _, and have at most {LONGEST_NAME} characters"
_EDGE = re.compile(r"([^\s.]+)\.([^\s.]+) -> ([^\s.]+)\.([^\s.]+)")
# Nearly all edges are in ASCII, and those need no second look at their four names.
_PLAIN = re.compile("{0}[.]{0} -> {0}[.]{0}".format(rf"([A-Za-z_][A-Za-z0-9_-]{{0,{LONGEST_NAME - 1}}})"))


def graph_of(document: Json, *, name: str = "") -> Graph:
    """Return the graph that a JSON document describes, migrated to the current format.

    `name` (of a file) begins the place in errors. Raises GraphFileError where the document has another shape.
    """
    if not isinstance(document, dict):
        wrong(document, "an object", name, "")
    document = current_format(document, name=name)
    nodes = _object(document, "nodes", name)
    return Graph(
        nodes={node_id: _node(node_id, value, name) for node_id, value in nodes.items()},
        edges=tuple(in_file_order(_edges(document.get("edges", []), name))),
        title=_text(document, "title", name),
        about=_text(document, "about", name),
        models={key: _model(key, value, name) for key, value in _object(document, "models", name).items()},
        view=_object(document, "view", name),
        extra={key: value for key, value in document.items() if key not in GRAPH_KEYS},
    )


def edge_of(text: str, where: str = "") -> Edge:
    """Return the edge that `answer.text -> result.value` stands for; raises GraphFileError for any other writing."""
    plain = _PLAIN.fullmatch(text)
    match = plain or _EDGE.fullmatch(text)
    if match is None or not (plain or all(map(is_name, match.groups()))):
        hint = 'Edges are written "node.output -> node.input", with one space on each side of the arrow'
        raise GraphFileError(f"{shown(text)} is not an edge", where=where, hint=hint)
    return Edge(*match.groups())


def shown(value: Json, limit: int = 60) -> str:
    """Return the start of a JSON value as an error message quotes it; a long one is never built whole."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return f'"{value}"' if len(value) <= limit else f'"{value[: limit - 1]}…"'
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case _:
            return str(value) if abs(value) < 10**limit else "a huge number"


def wrong(value: Json, needed: str, name: str, place: str) -> NoReturn:
    """Raise the GraphFileError that says which shape is needed at a place and what is there."""
    raise GraphFileError(f"needs {needed}, but this is {shown(value)}", where=_at(name, place))


def _node(node_id: str, value: Json, name: str) -> Node:
    place = f"nodes.{node_id}"
    if not is_name(node_id):
        raise GraphFileError(f"{shown(node_id)} cannot be the id of a node", where=_at(name, "nodes"), hint=NAME_RULE)
    if not isinstance(value, dict):
        wrong(value, "an object", name, place)
    type = value.get("type")
    if not isinstance(type, str) or not type:
        wrong(type, 'a node type, such as "model"', name, f"{place}.type")
    version = value.get("version", 1)
    if not _is_whole(version) or version < 1:
        wrong(version, "a whole number of at least 1", name, f"{place}.version")
    state = value.get("state", "active")
    if not isinstance(state, str) or state not in STATES:
        wrong(state, f"one of {', '.join(STATES)}", name, f"{place}.state")
    return Node(
        id=node_id,
        type=type,
        settings={key: setting for key, setting in value.items() if key not in NODE_KEYS},
        version=version,
        title=_text(value, "title", name, f"{place}."),
        state=state,
        exposed=_names(value.get("exposed", []), name, f"{place}.exposed"),
    )


def _names(value: Json, name: str, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        wrong(value, "a list of setting names", name, place)
    for item in value:
        if not isinstance(item, str) or not item:
            wrong(item, "a setting name", name, place)
    if len(set(value)) < len(value):
        twice = next(item for item in value if value.count(item) > 1)
        raise GraphFileError(f"names {shown(twice)} twice", where=_at(name, place))
    return tuple(value)


def _edges(value: Json, name: str) -> list[Edge]:
    if not isinstance(value, list):
        wrong(value, "a list of edges", name, "edges")
    edges = []
    for number, item in enumerate(value):
        if not isinstance(item, str):
            wrong(item, 'an edge, such as "answer.text -> result.value"', name, f"edges[{number}]")
        edges.append(edge_of(item, _at(name, f"edges[{number}]")))
    return edges


def _model(key: str, value: Json, name: str) -> ModelRef:
    place = f"models.{key}"
    if not isinstance(value, dict):
        wrong(value, "an object", name, place)
    size = value.get("size", 0)
    if not _is_whole(size) or size < 0:
        wrong(size, "a size in bytes", name, f"{place}.size")
    file, hub, sha256 = (_text(value, part, name, f"{place}.") for part in ("file", "hub", "sha256"))
    extra = {part: item for part, item in value.items() if part not in MODEL_KEYS}
    return ModelRef(file, hub, sha256, size, extra)


def _object(document: Mapping[str, Json], key: str, name: str) -> dict[str, Json]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        wrong(value, "an object", name, key)
    return value


def _text(document: Mapping[str, Json], key: str, name: str, above: str = "") -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        wrong(value, "a text", name, f"{above}{key}")
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _at(name: str, place: str) -> str:
    return ", ".join(part for part in (name, place) if part)
