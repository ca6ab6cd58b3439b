"""Scenes for tests: graphs of many nodes, subjects of one node, and the built-in node types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphide.editor.connect import Rules
from graphide.editor.faces import wired_inputs
from graphide.editor.noderows import Subject
from graphide.editor.noderun import NodeRun
from graphide.editor.runview import RunView
from graphide.editor.scene import Scene
from graphide.graph.file import load
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.outline import outline
from graphide.graph.shape import graph_of
from graphide.graph.topology import links
from graphide.plugins import discover
from graphide.spec.nodespec import Outline
from graphide.spec.registry import Registry
from graphide.values import Json

TEMPLATES = Path(__file__).parents[2] / "graphs"
BUILT_IN = Registry()
discover(BUILT_IN, entry_points=False)


def _outlines(reference: Json) -> Outline:
    """Return the outline of the template that a setting names, or of the graph that it has in it."""
    if isinstance(reference, str):
        return outline(load(TEMPLATES / reference), BUILT_IN) if reference else Outline()
    graph = graph_of({"graphide": 1, **reference})
    return outline(graph, BUILT_IN)


RULES = Rules(BUILT_IN, _outlines)


def subject(graph: Graph, node_id: str, rules: Rules = RULES, **more: Any) -> Subject:
    """Return a node of a graph as it is drawn; `more` are its run, its problems, whether it is selected."""
    node = graph.nodes[node_id]
    wired = wired_inputs(links(graph), node_id)
    return Subject(node, rules.registry.get(node.type), rules.ports(graph, node_id), wired, **more)


def alone(type: str, settings: Mapping[str, Any] | None = None, **more: Any) -> Subject:
    """Return a node with nothing connected as it is drawn."""
    node = Node("it", type, dict(settings or {}))
    return subject(Graph({"it": node}), "it", **more)


def large(nodes: int, columns: int = 40) -> Graph:
    """Return a graph of rows of templates, each feeding the one to its right."""
    ids = [f"n{number}" for number in range(nodes)]
    made = {
        node_id: Node(node_id, "template", {"text": f"Say {{{{ x }}}} in {number} words, kindly and with an example."})
        for number, node_id in enumerate(ids)
    }
    edges = tuple(Edge(f"n{n}", "text", f"n{n + 1}", "x") for n in range(nodes - 1) if (n + 1) % columns)
    view = {node_id: [number % columns * 320, number // columns * 240] for number, node_id in enumerate(ids)}
    return Graph(made, edges, view=view)


def moved(graph: Graph, node_id: str, at: tuple[int, int]) -> Graph:
    """Return a graph with one node somewhere else."""
    return replace(graph, view={**graph.view, node_id: list(at)})


def scene(graph: Graph, **more: Any) -> Scene:
    """Return a scene of a graph."""
    return Scene(graph, RULES, **more)


def running(*nodes: NodeRun) -> RunView:
    """Return a run under way of some nodes."""
    return RunView(state="running", run="r", nodes={node.id: node for node in nodes})
