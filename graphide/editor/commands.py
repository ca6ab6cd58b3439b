"""Commands: what an edit is. A frozen value with a pure `apply`, a label for the menu, and a key for merging.

Here are the base, several commands as one, and the edits of the graph as a whole. Those of nodes, settings, edges and
layout are in the modules beside this one. Which graph is current, and undo, is in `document`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from graphide.errors import GraphFileError, UsageError
from graphide.graph.canonical import text_of
from graphide.graph.model import Graph, ModelRef, Node
from graphide.graph.problems import nearest
from graphide.values import Json

_DEPTH_OF_A_SETTING = 4


@dataclass(frozen=True, slots=True)
class Command:
    """One edit of a graph."""

    @property
    def label(self) -> str:
        """What the edit is called in menus: `Move 3 nodes`."""
        raise NotImplementedError

    @property
    def merge_key(self) -> Hashable | None:
        """Edits that follow each other quickly with the same key are one step of undo; None: never."""
        return None

    def apply(self, graph: Graph) -> Graph:
        """Return the edited graph, the same object where nothing changes.

        Raises UsageError, with a sentence for the person who edits, where the edit cannot be made.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Composite(Command):
    """Several commands as one step: all of them, or none when one cannot be made."""

    name: str
    commands: tuple[Command, ...]

    @property
    def label(self) -> str:
        """The name it was given."""
        return self.name

    def apply(self, graph: Graph) -> Graph:
        """Apply one after the other."""
        for command in self.commands:
            graph = command.apply(graph)
        return graph


@dataclass(frozen=True, slots=True)
class SetGraphText(Command):
    """Change the title of the graph, or what is said about it."""

    part: Literal["title", "about"]
    text: str

    @property
    def label(self) -> str:
        """`Change the title of the graph`."""
        return "Change the title of the graph" if self.part == "title" else "Describe the graph"

    @property
    def merge_key(self) -> Hashable:
        """Typing in one field merges."""
        return ("graph", self.part)

    def apply(self, graph: Graph) -> Graph:
        """Replace the text."""
        if getattr(graph, self.part) == self.text:
            return graph
        storable(self.text, self.part)
        return replace(graph, title=self.text) if self.part == "title" else replace(graph, about=self.text)


@dataclass(frozen=True, slots=True)
class SetModel(Command):
    """Say which file a name for a model means; None removes the name."""

    name: str
    ref: ModelRef | None

    @property
    def label(self) -> str:
        """`Choose the model "default"`."""
        return f'Choose the model "{self.name}"' if self.ref is not None else f'Remove the model "{self.name}"'

    def apply(self, graph: Graph) -> Graph:
        """Replace the entry."""
        models = {name: ref for name, ref in graph.models.items() if name != self.name}
        if self.ref is not None:
            storable([self.name, self.ref.file, self.ref.hub, self.ref.sha256, self.ref.size], "model")
            models[self.name] = self.ref
        return graph if models == graph.models else replace(graph, models=models)


def node_of(graph: Graph, node_id: str) -> Node:
    """Return a node; raises UsageError for one that is not there."""
    node = graph.nodes.get(node_id)
    if node is None:
        raise UsageError(f'there is no node "{node_id}" in the graph', hint=nearest(node_id, graph.nodes))
    return node


def with_nodes(graph: Graph, nodes: Iterable[Node]) -> Graph:
    """Return the graph with nodes replaced or added; the same graph when there is nothing to do."""
    changed = {node.id: node for node in nodes if graph.nodes.get(node.id) is not node}
    return replace(graph, nodes={**graph.nodes, **changed}) if changed else graph


def storable(value: Json, what: str) -> None:
    """Raise UsageError for a value that a graph file cannot hold: not JSON, too deep, half a character."""
    try:
        text_of(value, _DEPTH_OF_A_SETTING, 0, what).encode()
    except UnicodeEncodeError as error:
        raise UsageError("there is half a character in the text", where=what, hint="Remove it") from error
    except GraphFileError as error:
        raise UsageError(error.message, where=error.where or what, hint=error.hint) from error


def counted(number: int, noun: str) -> str:
    """Return `3 nodes`, `1 node`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(ids: Iterable[str], noun: str = "node") -> str:
    """Return how a label names things: the only one by its id, several by their number."""
    several = list(ids)
    return several[0] if len(several) == 1 else counted(len(several), noun)
