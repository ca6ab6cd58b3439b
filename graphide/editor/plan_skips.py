"""What a run would pass by, and because of which node: muted nodes, nodes that cannot run, and what needs them.

The rule is that of a run: a node that cannot run dooms what it leads to, a muted one only what needs its value. Pure, and
quick where nothing is muted or blocked. What else a run would do is in `planning`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from graphide.graph.model import Edge, Graph
from graphide.graph.ports import Ports, ports_of
from graphide.graph.topology import Links, links

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec, Outlines


class Skip(NamedTuple):
    """Why a node would not run: the node that is the reason, and whether that one is muted (else it cannot run)."""

    because: str
    muted: bool


def skips(
    graph: Graph,
    steps: Iterable[str],
    blocked: Collection[str],
    registry: Mapping[str, NodeSpec],
    outlines: Outlines | None = None,
) -> dict[str, Skip]:
    """Return, by node, why the steps of a run (in its order) would be skipped; `blocked` are those that cannot run."""
    order = [step for step in steps if step in graph.nodes]
    found = {step: Skip(step, True) for step in order if graph.nodes[step].state == "muted"}
    if not found and not blocked:
        return {}
    joined = links(graph)
    for step in order:
        if step not in found and step not in blocked and _touched(joined.incoming(step), found, blocked):
            ports = ports_of(graph, graph.nodes[step], registry, outlines)
            if (skip := _skip(step, joined, ports, found, blocked)) is not None:
                found[step] = skip
    return found


def _touched(edges: Iterable[Edge], found: Mapping[str, Skip], blocked: Collection[str]) -> bool:
    return any(edge.source in found or edge.source in blocked for edge in edges)


def _skip(step: str, joined: Links, ports: Ports, found: Mapping[str, Skip], blocked: Collection[str]) -> Skip | None:
    fed: dict[str, list[str]] = {}
    for edge in joined.incoming(step):
        fed.setdefault(edge.input, []).append(edge.source)
    quiet: list[Skip] = []
    something = False
    for name, sources in fed.items():
        port = ports.inputs.get(name)
        if port is not None and port.tolerant:
            something = True
            continue
        doomed = [source for source in sources if source in blocked or (source in found and not found[source].muted)]
        if doomed:
            return found.get(doomed[0], Skip(doomed[0], False))
        muted = [found[source] for source in sources if source in found]
        something = something or len(muted) < len(sources)
        if muted and len(muted) == len(sources) and port is not None and port.required:
            return muted[0]
        quiet += muted
    return quiet[0] if quiet and not something else None
