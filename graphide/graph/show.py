"""Show: a graph as text for a terminal and as a Mermaid flowchart for a page. Only looks, checks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from graphide.graph.model import Graph, Node
from graphide.graph.quoting import printable, quoted, shortened
from graphide.graph.topology import links, order

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

_MOST_SETTINGS = 6


def as_text(graph: Graph, registry: Mapping[str, NodeSpec]) -> str:
    """Return a graph as lines: nodes in the order they run, in numbered layers, each with settings and sources.

    Nodes of one layer do not depend on each other. Those that cannot run because of a cycle come last.
    """
    title = shortened(graph.title, 100) or "(no title)"
    lines = [f"{title}  ({_count(len(graph.nodes), 'node')}, {_count(len(graph.edges), 'edge')})"]
    if graph.about:
        lines.append(shortened(graph.about, 300))
    for number, layer in enumerate(layers(graph), start=1):
        lines += ["", f"{number}."]
        for node_id in layer:
            lines += _node(graph, graph.nodes[node_id], registry)
    done = set(order(graph))
    stuck = [node_id for node_id in sorted(graph.nodes) if node_id not in done]
    if stuck:
        lines += ["", "behind or in a cycle"]
        for node_id in stuck:
            lines += _node(graph, graph.nodes[node_id], registry)
    return "\n".join(lines) + "\n"


def layers(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the nodes by how many steps lie before them at most, by id in a layer; nodes in cycles are left out."""
    depth: dict[str, int] = {}
    joined = links(graph)
    for node_id in order(graph):
        sources = (edge.source for edge in joined.incoming(node_id))
        depth[node_id] = 1 + max((depth[source] for source in sources if source in depth), default=-1)
    found: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node_id in sorted(depth):
        found[depth[node_id]].append(node_id)
    return tuple(map(tuple, found))


def as_mermaid(graph: Graph) -> str:
    """Return a graph as a Mermaid flowchart; edges to nodes that are not there are left out."""
    names = {node_id: f"n{number}" for number, node_id in enumerate(sorted(graph.nodes))}
    lines = ["flowchart LR"]
    for node_id, name in names.items():
        node = graph.nodes[node_id]
        title = node.title or node_id
        lines.append(f'    {name}["{_label(title, 40)}<br/>{_label(node.type, 40)}"]')
    for edge in sorted(graph.edges):
        if edge.source in names and edge.target in names:
            label = _label(edge.input if edge.input == edge.output else f"{edge.output} to {edge.input}", 80)
            lines.append(f'    {names[edge.source]} -->|"{label}"| {names[edge.target]}')
    return "\n".join(lines) + "\n"


def _node(graph: Graph, node: Node, registry: Mapping[str, NodeSpec]) -> Iterator[str]:
    unknown = "" if node.type in registry else ", unknown type"
    state = "" if node.state == "active" else f", {node.state}"
    title = f"  {shortened(node.title, 60)}" if node.title else ""
    yield f"  {printable(node.id)} ({printable(node.type)}{unknown}{state}){title}"
    settings = sorted(node.settings.items())
    for name, value in settings[:_MOST_SETTINGS]:
        yield f"      {printable(name)} = {quoted(value)}"
    if len(settings) > _MOST_SETTINGS:
        yield f"      … {_count(len(settings) - _MOST_SETTINGS, 'more setting')}"
    for edge in links(graph).incoming(node.id):
        missing = "" if edge.source in graph.nodes else "  (not there)"
        yield f"      {edge.input} <- {edge.source}.{edge.output}{missing}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _label(text: str, limit: int) -> str:
    # Everything but plain characters as a character code: quotes, brackets and tags are syntax to Mermaid.
    line = shortened(text, limit)
    return "".join(char if char.isalnum() or char in " _-.," else f"#{ord(char)};" for char in line)
