"""Graphs of many nodes for measuring the canvas: real node types, texts of all lengths, every node wired to the next."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from graphide.graph.file import dumps
from graphide.graph.model import Edge, Graph, Node

_ACROSS, _DOWN = 320, 300  # world units from node to node
_WIDE = 1.25  # columns for each row, so that it fits a window
_SAID = "Say what changed for the people who use it, not for those who wrote it, and never invent a feature"
_WORDS = _SAID.split()

_CHAIN: tuple[tuple[str, str, str], ...] = (
    ("variable", "value", ""), ("template", "text", "text"), ("model", "text", "prompt"), ("output", "", "value"),
    ("context", "text", ""), ("template", "text", "text"), ("model", "text", "prompt"), ("output", "", "value"),
)  # fmt: skip
"""The types of a row in turn: the output that feeds the next node, and the input that takes what comes."""


def many_nodes(count: int) -> Graph:
    """Return a graph of `count` nodes, a multiple of four, in rows that are about as wide as high on the screen."""
    columns = 4 * max(1, round(math.sqrt(count * _WIDE) / 4))
    nodes, edges, view = {}, [], {}
    for number in range(count):
        type, _, into = _CHAIN[number % columns % len(_CHAIN)]
        node_id = f"n{number}"
        nodes[node_id] = Node(node_id, type, _settings(type, number), title=f"{type.capitalize()} {number}")
        view[node_id] = [number % columns * _ACROSS, number // columns * _DOWN]
        if into:
            before = _CHAIN[(number - 1) % columns % len(_CHAIN)][1]
            edges.append(Edge(f"n{number - 1}", before, node_id, into))
    return Graph(nodes, tuple(edges), title=f"{count} nodes", view=view)


def write(count: int, folder: Path) -> Path:
    """Write such a graph into a folder and return its file."""
    path = folder / f"many_{count}.json"
    path.write_bytes(dumps(many_nodes(count)))
    return path


def _settings(type: str, number: int) -> dict[str, Any]:
    text = " ".join(_WORDS[(number + place) % len(_WORDS)] for place in range(6 + number * 7 % 60))
    match type:
        case "variable":
            return {"value": text[:40]}
        case "template":
            return {"text": f"{text}: {{{{ text }}}}, for number {number}."}
        case "context":
            return {"text": f"{text}.\n\n{text[::-1]} {number}"}
        case "model":
            return {"max_tokens": 64 + number % 900}
        case "output":
            return {"name": f"answer_{number}"}
        case _:
            return {}
