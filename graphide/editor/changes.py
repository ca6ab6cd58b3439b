"""Changes: what one edit did to a graph, as small JSON that can be done again. Made for the journal.

A person reads differences in `graph.diff`; here they are only complete. `changes` and `apply_changes` are the inverse
of each other on the documents of graphs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphide.graph.canonical import document_of
from graphide.graph.model import Edge, Graph
from graphide.graph.topology import in_file_order
from graphide.values import Json

_KEYED = ("nodes", "view", "models")


def changes(old: Graph, new: Graph) -> dict[str, Json]:
    """Return what makes the document of `old` that of `new`; raises GraphFileError for a graph that no file can hold."""
    found: dict[str, Json] = {}
    for part in _KEYED:
        was, now = getattr(old, part), getattr(new, part)
        if was is not now and (delta := _keyed(part, was, now)):
            found[part] = delta
    if old.edges is not new.edges and old.edges != new.edges:
        found["edges"] = _edges(old.edges, new.edges)
    if (old.title, old.about) != (new.title, new.about) or old.extra is not new.extra:
        found["head"] = {"title": new.title, "about": new.about, **new.extra}
    return found


def apply_changes(document: dict[str, Json], delta: Mapping[str, Json]) -> dict[str, Json]:
    """Return a document after `changes`; raises KeyError, TypeError or AttributeError for what is no such thing."""
    document = {"graphide": document["graphide"], **delta["head"], **_body(document)} if "head" in delta else document
    document = dict(document)
    for part in _KEYED:
        if part in delta:
            kept = {key: value for key, value in document.get(part, {}).items() if key not in set(delta[part]["drop"])}
            document[part] = {**kept, **delta[part]["set"]}
    if "edges" in delta:
        document["edges"] = _edited(document["edges"], delta["edges"])
    return document


def _body(document: Mapping[str, Json]) -> dict[str, Json]:
    return {key: document[key] for key in ("nodes", "edges", "models", "view") if key in document}


def _keyed(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Json]:
    changed = [key for key, value in new.items() if key not in old or old[key] is not value]
    dropped = [key for key in old if key not in new]
    if not changed and not dropped:
        return {}
    some: dict[str, Any] = {part: {key: new[key] for key in changed}}
    written = document_of(Graph(**some)).get(part, {})
    return {"set": written, "drop": dropped}


def _edges(old: tuple[Edge, ...], new: tuple[Edge, ...]) -> dict[str, Json]:
    before, after = set(old), set(new)
    delta: dict[str, Json] = {
        "cut": [str(edge) for edge in old if edge not in after],
        "join": [str(edge) for edge in new if edge not in before],
    }
    redone = in_file_order([*(edge for edge in old if edge in after), *(edge for edge in new if edge not in before)])
    return delta if tuple(redone) == tuple(new) else {"all": [str(edge) for edge in new]}


def _edited(edges: list[str], delta: Mapping[str, Json]) -> list[str]:
    if "all" in delta:
        return list(delta["all"])
    cut = set(delta["cut"])
    return [*(edge for edge in edges if edge not in cut), *delta["join"]]
