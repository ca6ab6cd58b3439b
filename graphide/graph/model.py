"""The graph as frozen values: nodes, edges, model references. No rules (see `check`), no JSON (see `file`).

Graphs are shared between threads and kept by undo, so nobody changes the mappings inside them; `dataclasses.replace`
makes the next graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, get_args

from graphide.values import Json

State = Literal["active", "muted", "bypassed"]
STATES: tuple[State, ...] = get_args(State)

LONGEST_NAME = 100


def is_name(text: str) -> bool:
    """Return whether `text` can name a node or a port: letters, digits, `_` and `-`, starting with a letter or `_`."""
    return len(text) <= LONGEST_NAME and text[:1] != "-" and text.replace("-", "_").isidentifier()


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its type, and its settings as the file has them (defaults omitted, unknown ones kept).

    `version` is that of the node type when the node was written (1 where the file says nothing), `exposed` the settings
    that are promoted to input ports.
    """

    id: str
    type: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    version: int = 1
    title: str = ""
    state: State = "active"
    exposed: tuple[str, ...] = ()


class Edge(NamedTuple):
    """One connection, from an output port to an input port; written `answer.text -> result.value`."""

    source: str
    output: str
    target: str
    input: str

    def __str__(self) -> str:
        return f"{self.source}.{self.output} -> {self.target}.{self.input}"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """What a graph file says about a model it was made with: enough to find it and to know that it is the same.

    `size` is in bytes (0: not said), `sha256` in hex ("": not said), `hub` a Hugging Face repository.
    """

    file: str = ""
    hub: str = ""
    sha256: str = ""
    size: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph: nodes by id, edges, models by the name that model nodes use.

    `view` (places, frames) and `extra` (keys that this version does not know) are carried along and never read here.
    The order of `edges` counts only among those into one input, which joins them in that order.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    title: str = ""
    about: str = ""
    models: Mapping[str, ModelRef] = field(default_factory=dict)
    view: Mapping[str, Json] = field(default_factory=dict)
    extra: Mapping[str, Json] = field(default_factory=dict)

    def with_settings(self, node_id: str, **settings: Json) -> Graph:
        """Return this graph with some settings of one node replaced; raises KeyError for an unknown node."""
        node = self.nodes[node_id]
        changed = replace(node, settings={**node.settings, **settings})
        return replace(self, nodes={**self.nodes, node_id: changed})
