"""Diff: what changed between two graphs, in the terms of a graph and not of its file.

A renamed node is one change, a moved one is counted as layout, a changed prompt shows its words. `render` makes the
text of `graphide diff`; nothing here reads files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from graphide.graph.canonical import text_of
from graphide.graph.model import Edge, Graph, ModelRef, Node
from graphide.graph.quoting import printable, quoted
from graphide.graph.text_diff import text_diff
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

Kind = Literal[
    "title", "about", "node added", "node removed", "node renamed", "node changed", "setting", "edge added",
    "edge removed", "edge order", "model", "layout", "other",
]  # fmt: skip
_LONG = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its kind, the node (by its new id where it has one), and what of it.

    `name` is the setting, node part, model, edge or key; `old` and `new` are JSON values, None where there is none.
    `text` is the word or line diff of a long text, by line.
    """

    kind: Kind
    node: str = ""
    name: str = ""
    old: Json = None
    new: Json = None
    text: tuple[str, ...] = ()


def diff(old: Graph, new: Graph, registry: Mapping[str, NodeSpec] | None = None) -> tuple[Change, ...]:
    """Return what changed from `old` to `new`, in reading order; empty when both mean and look the same.

    With a registry, a setting that is left out equals one that has its default.
    """
    renamed = _renamed(old, new)
    before = _with_names(old, renamed)
    changes = [*_texts(before, new)]
    changes += (Change("node renamed", now, old=was, new=now) for was, now in sorted(renamed.items()))
    for node_id in sorted({*before.nodes, *new.nodes}):
        changes += _node(before.nodes.get(node_id), new.nodes.get(node_id), registry)
    changes += _edges(before, new)
    changes += _keyed("model", before.models, new.models, _model)
    if before.view != new.view:
        changes.append(Change("layout"))
    changes += _keyed("other", before.extra, new.extra, lambda value: value)
    return tuple(changes)


def render(changes: tuple[Change, ...]) -> str:
    """Return changes as text, a line each and long texts below; "" for none. Safe to print in a terminal."""
    return "".join(f"{line}\n" for change in changes for line in (_line(change), *_below(change)))


def _renamed(old: Graph, new: Graph) -> dict[str, str]:
    gone = [node for node_id, node in sorted(old.nodes.items()) if node_id not in new.nodes]
    come = [node for node_id, node in sorted(new.nodes.items()) if node_id not in old.nodes]
    if not gone or not come:
        return {}
    found: dict[str, str] = {}
    # Nodes of the same content are told apart by their neighbours, where those are still the same.
    for old_near, new_near in ((_neighbours(old), _neighbours(new)), ({}, {})):
        waiting: dict[str, list[str]] = {}
        for node in gone:
            if node.id not in found:
                waiting.setdefault(_content(node, old_near), []).append(node.id)
        taken = set(found.values())
        for node in come:
            same = waiting.get(_content(node, new_near)) if node.id not in taken else None
            if same:
                found[same.pop(0)] = node.id
    return found


def _neighbours(graph: Graph) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for edge in sorted(graph.edges):
        near.setdefault(edge.source, []).append(f"{edge.output} > {edge.target}.{edge.input}")
        near.setdefault(edge.target, []).append(f"{edge.input} < {edge.source}.{edge.output}")
    return near


def _content(node: Node, near: Mapping[str, list[str]]) -> str:
    settings = {key: node.settings[key] for key in sorted(node.settings)}
    facts = (node.type, settings, node.version, node.title, node.state, node.exposed, near.get(node.id, []))
    return text_of(facts)


def _with_names(graph: Graph, renamed: Mapping[str, str]) -> Graph:
    if not renamed:
        return graph
    names = {node_id: renamed.get(node_id, node_id) for node_id in graph.nodes}
    edges = (
        Edge(names.get(edge.source, edge.source), edge.output, names.get(edge.target, edge.target), edge.input)
        for edge in graph.edges
    )
    return replace(
        graph,
        nodes={names[node_id]: replace(node, id=names[node_id]) for node_id, node in graph.nodes.items()},
        edges=tuple(edges),
        view={names.get(key, key): value for key, value in graph.view.items()},
    )


def _texts(old: Graph, new: Graph) -> Iterator[Change]:
    if old.title != new.title:
        yield Change("title", old=old.title, new=new.title, text=_words(old.title, new.title))
    if old.about != new.about:
        yield Change("about", old=old.about, new=new.about, text=_words(old.about, new.about))


def _node(old: Node | None, new: Node | None, registry: Mapping[str, NodeSpec] | None) -> Iterator[Change]:
    if old is None or new is None:
        if new is not None:
            yield Change("node added", new.id, new.type, new=dict(sorted(new.settings.items())))
        if old is not None:
            yield Change("node removed", old.id, old.type, old=dict(sorted(old.settings.items())))
        return
    for part in ("type", "version", "title", "state", "exposed"):
        was, now = getattr(old, part), getattr(new, part)
        if was != now:
            was, now = (list(side) if isinstance(side, tuple) else side for side in (was, now))
            yield Change("node changed", new.id, part, was, now, _words(was, now))
    first, second = _settings(old, registry), _settings(new, registry)
    for name in sorted({*first, *second}):
        was, now = first.get(name), second.get(name)
        if (name in first) != (name in second) or text_of(was) != text_of(now):
            yield Change("setting", new.id, name, was, now, _words(was, now))


def _settings(node: Node, registry: Mapping[str, NodeSpec] | None) -> Mapping[str, Json]:
    spec = registry.get(node.type) if registry is not None else None
    return {**spec.full(node.settings), **node.settings} if spec is not None else node.settings


def _edges(old: Graph, new: Graph) -> Iterator[Change]:
    before, after = set(old.edges), set(new.edges)
    for edge in sorted(before - after):
        yield Change("edge removed", edge.target, str(edge))
    for edge in sorted(after - before):
        yield Change("edge added", edge.target, str(edge))
    was, now = _orders(old, before & after), _orders(new, before & after)
    for (target, name), sources in sorted(now.items()):
        if was[target, name] != sources:
            yield Change("edge order", target, f"{target}.{name}", was[target, name], sources)


def _orders(graph: Graph, edges: Collection[Edge]) -> dict[tuple[str, str], list[str]]:
    """Return what feeds each input, of some edges, in the order in which the input joins them."""
    found: dict[tuple[str, str], list[str]] = {}
    for edge in dict.fromkeys(graph.edges):
        if edge in edges:
            found.setdefault((edge.target, edge.input), []).append(f"{edge.source}.{edge.output}")
    return found


def _keyed(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any], form: Callable[[Any], Json]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        was = form(old[name]) if name in old else None
        now = form(new[name]) if name in new else None
        if (name in old) != (name in new) or text_of(was) != text_of(now):
            yield Change(kind, "", name, was, now)


def _model(ref: ModelRef) -> dict[str, Json]:
    named = {"file": ref.file, "hub": ref.hub, "sha256": ref.sha256, "size": ref.size}
    return {key: value for key, value in {**named, **ref.extra}.items() if value}


def _words(old: Json, new: Json) -> tuple[str, ...]:
    if not isinstance(old, str) or not isinstance(new, str) or max(len(old), len(new)) <= _LONG:
        return ()
    return text_diff(old, new)


def _line(change: Change) -> str:
    node, name = f'node "{change.node}"', printable(change.name)
    values = ":" if change.text else f": {_value(change.old)} -> {_value(change.new)}"
    match change.kind:
        case "node added" | "node removed":
            sign, settings = ("+", change.new) if change.kind == "node added" else ("-", change.old)
            facts = ", ".join(f"{printable(key)} = {quoted(value, 40)}" for key, value in list(settings.items())[:4])
            return f"{sign} {node} ({name})" + (f": {facts}" if facts else "")
        case "node renamed":
            return f'~ node "{change.old}" is now "{change.new}"'
        case "node changed" | "setting":
            return f"~ {node} {name}{values}"
        case "edge added" | "edge removed":
            return f"{'+' if change.kind == 'edge added' else '-'} edge {name}"
        case "edge order":
            return (
                f"~ order of {name}: {', '.join(map(printable, change.old))} -> {', '.join(map(printable, change.new))}"
            )
        case "layout":
            return "~ layout"
        case "title" | "about":
            return f"~ {change.kind}{values}"
        case _:
            return f"~ {'model' if change.kind == 'model' else 'key'} {quoted(change.name)}{values}"


def _value(value: Json) -> str:
    return "(not set)" if value is None else quoted(value, 80)


def _below(change: Change) -> Iterator[str]:
    return (f"    {printable(line)}" for line in change.text)
