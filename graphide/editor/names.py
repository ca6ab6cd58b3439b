"""Names: ids for new nodes and frames, readable and never taken. What a name may be made of is in `graph.model`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import count
from typing import TYPE_CHECKING

from graphide.editor.layout import frames
from graphide.graph.model import LONGEST_NAME, Graph, Node, is_name
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec


def taken_ids(graph: Graph) -> set[str]:
    """Return the ids that a new node cannot have; a place without its node keeps its name, as the file meant it."""
    return {*graph.nodes, *graph.view, *(end for edge in graph.edges for end in (edge.source, edge.target))}


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Return `wanted` as a name that is not taken: `reply`, else `reply_2`, `reply_3`; other characters become `_`."""
    stem = _as_name(wanted)
    if stem not in taken:
        return stem
    stem = re.sub(r"_\d+$", "", stem) or stem
    for number in count(2):
        name = f"{stem[: LONGEST_NAME - 1 - len(str(number))]}_{number}"
        if name not in taken:
            return name
    raise AssertionError("count ends never")


def new_names(wanted: Collection[str], taken: Collection[str]) -> dict[str, str]:
    """Return a free name for each of `wanted`, no two the same."""
    used = set(taken)
    names = {}
    for name in wanted:
        names[name] = free_name(name, used)
        used.add(names[name])
    return names


def new_frame_id(graph: Graph) -> str:
    """Return the id of the next frame: `f1`, then `f2`."""
    known = {*frames(graph), *_written_frames(graph)}
    return next(name for number in count(1) if (name := f"f{number}") not in known)


def new_node(
    graph: Graph, type: str, registry: Mapping[str, NodeSpec], settings: Mapping[str, Json] | None = None
) -> Node:
    """Return a node of a type, of its present version, with an id that is free in the graph."""
    spec = registry.get(type)
    version = spec.version if spec is not None else 1
    return Node(free_name(type.rpartition(".")[2], taken_ids(graph)), type, dict(settings or {}), version)


def _as_name(wanted: str) -> str:
    joined = re.sub(r"[^\w-]+", "_", wanted).strip("_-")
    choices = (joined, f"node_{joined}", "node")
    return next(name for choice in choices if is_name(name := choice[:LONGEST_NAME].rstrip("_")))


def _written_frames(graph: Graph) -> Collection[str]:
    value = graph.view.get("$frames")
    return value.keys() if isinstance(value, Mapping) else ()
