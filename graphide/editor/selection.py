"""Selection: which nodes, frames and edges of a graph are chosen. A value; what is done with them is elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from graphide.editor.layout import frames
from graphide.graph.model import Edge, Graph

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected, in the order in which it was: the last node is the one that the inspector begins with."""

    nodes: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.frames or self.edges)

    def has(self, other: Selection) -> bool:
        """Return whether all of another selection is part of this one."""
        return (
            set(other.nodes) <= set(self.nodes)
            and set(other.frames) <= set(self.frames)
            and set(other.edges) <= set(self.edges)
        )

    def plus(self, other: Selection) -> Selection:
        """Return both together."""
        return Selection(
            _joined(self.nodes, other.nodes), _joined(self.frames, other.frames), _joined(self.edges, other.edges)
        )

    def minus(self, other: Selection) -> Selection:
        """Return this without what is in the other."""
        return Selection(
            _without(self.nodes, other.nodes), _without(self.frames, other.frames), _without(self.edges, other.edges)
        )

    def toggled(self, other: Selection) -> Selection:
        """Return this without the other where it has all of it, else with it."""
        return self.minus(other) if self.has(other) else self.plus(other)

    def within(self, graph: Graph) -> Selection:
        """Return what of this is still in a graph, the same object when all of it is."""
        boxes = frames(graph) if self.frames else {}
        edges = set(graph.edges) if self.edges else set()
        kept = Selection(
            tuple(node_id for node_id in self.nodes if node_id in graph.nodes),
            tuple(frame_id for frame_id in self.frames if frame_id in boxes),
            tuple(edge for edge in self.edges if edge in edges),
        )
        return self if kept == self else kept


NOTHING = Selection()


def everything(graph: Graph) -> Selection:
    """Return all nodes and frames of a graph."""
    return Selection(tuple(graph.nodes), tuple(frames(graph)))


def inverse(graph: Graph, selection: Selection) -> Selection:
    """Return the nodes and frames of a graph that are not selected."""
    return everything(graph).minus(selection)


def _joined(one: tuple[_T, ...], other: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _without(one: tuple[_T, ...], other: Iterable[_T]) -> tuple[_T, ...]:
    gone = set(other)
    return tuple(item for item in one if item not in gone)
