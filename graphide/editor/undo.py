"""History: the graphs before and after the one that is shown. Undo is putting an old graph back."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from typing import NamedTuple

from graphide.graph.file import dumps
from graphide.graph.model import Graph, Node

MOST_STEPS = 1_000
MOST_BYTES = 256 * 1024 * 1024
TOGETHER = 1.0
"""Seconds between two edits of the same thing that are one step of undo."""
_PER_ENTRY = 100


class Step(NamedTuple):
    """One step of undo or redo: what it is called, the graph it leads to, and what that graph costs in bytes."""

    label: str
    graph: Graph
    cost: int


class History:
    """The current graph and the steps to both sides of it; the oldest go when they are too many or too large."""

    def __init__(self, graph: Graph) -> None:
        """Begin with a graph and no steps."""
        self.graph = graph
        self._past: deque[Step] = deque()
        self._future: list[Step] = []
        self._bytes = 0
        self._key: Hashable | None = None
        self._at = float("-inf")

    @property
    def undo_label(self) -> str:
        """What undo would take back, "" for nothing."""
        return self._past[-1].label if self._past else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again, "" for nothing."""
        return self._future[-1].label if self._future else ""

    def add(
        self, label: str, graph: Graph, *, key: Hashable | None = None, now: float = 0.0, held: bool = False
    ) -> None:
        """Go on to `graph`; an edit with the `key` of the one before, soon after it or `held`, joins that step."""
        joins = key is not None and key == self._key and bool(self._past) and (held or now - self._at <= TOGETHER)
        if not joins:
            self._push(Step(label, self.graph, cost(self.graph, graph)))
        self.graph = graph
        self._future.clear()
        self._key, self._at = key, now
        if joins and same(self._past[-1].graph, graph):
            self.graph = self._pop().graph
            self._key = None

    def undo(self) -> str:
        """Put the graph before the last step back and return what was taken back, "" for nothing."""
        self.seal()
        if not self._past:
            return ""
        step = self._pop()
        self._future.append(step._replace(graph=self.graph))
        self.graph = step.graph
        return step.label

    def redo(self) -> str:
        """Do the step that was taken back last again and return what it was, "" for nothing."""
        self.seal()
        if not self._future:
            return ""
        step = self._future.pop()
        self._push(step._replace(graph=self.graph))
        self.graph = step.graph
        return step.label

    def seal(self) -> None:
        """Let no later edit join the last step."""
        self._key = None

    def _push(self, step: Step) -> None:
        self._past.append(step)
        self._bytes += step.cost
        while len(self._past) > MOST_STEPS or (self._bytes > MOST_BYTES and len(self._past) > 1):
            self._bytes -= self._past.popleft().cost

    def _pop(self) -> Step:
        step = self._past.pop()
        self._bytes -= step.cost
        return step


def cost(old: Graph, new: Graph) -> int:
    """Return about how many bytes are kept because `old` is, beside `new`: graphs share what they have in common."""
    total = 0
    for part in ("nodes", "view", "edges", "models", "extra"):
        was = getattr(old, part)
        if was is not getattr(new, part):
            total += _PER_ENTRY * (1 + len(was))
    if old.nodes is not new.nodes:
        total += sum(_size(node) for key, node in old.nodes.items() if new.nodes.get(key) is not node)
    return total + len(old.about) + len(old.title)


def same(one: Graph, other: Graph) -> bool:
    """Return whether two graphs are the same to the byte; `==` alone takes 1 for true and 1.0."""
    return one is other or (one == other and dumps(one) == dumps(other))


def _size(node: Node) -> int:
    total, waiting = 500, list(node.settings.values())
    while waiting:
        item = waiting.pop()
        total += _PER_ENTRY
        if isinstance(item, str):
            total += 2 * len(item)
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
    return total
