"""Texts that are typed into settings and do not fit there yet, so that they are no edits; a journal keeps them as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from graphide.graph.model import Graph
from graphide.values import Json


class Unfinished(NamedTuple):
    """A text that is being typed into a setting of a node and that does not fit there as it is."""

    node: str
    name: str
    text: str


class UnfinishedTexts:
    """The unfinished texts of one document; `note` writes all of them down whenever they change."""

    def __init__(self, note: Callable[[tuple[Unfinished, ...]], None]) -> None:
        self._note = note
        self._texts: dict[tuple[str, str], str] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._texts)

    def keep(self, node: str, name: str, text: str) -> None:
        """Keep what is typed into a setting, in the place of what was typed there before."""
        self._texts[node, name] = text
        self.write()

    def drop(self, node: str, name: str) -> None:
        """Forget what was typed into a setting: now it fits, or it is not wanted."""
        if self._texts.pop((node, name), None) is not None:
            self.write()

    def follow(self, before: Graph, now: Graph) -> None:
        """Forget what was typed into settings that say something else now: that is what their fields show."""
        for node, name in list(self._texts):
            if _setting(before, node, name) != _setting(now, node, name):
                self.drop(node, name)

    def write(self) -> None:
        """Have all of them written down."""
        self._note(tuple(Unfinished(*key, text) for key, text in self._texts.items()))


def _setting(graph: Graph, node: str, name: str) -> Json:
    return graph.nodes[node].settings.get(name) if node in graph.nodes else None
