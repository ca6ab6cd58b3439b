"""Find: where a text is in a graph, in the order in which a person reads the canvas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from graphide.editor.layout import frames, places
from graphide.graph.model import Graph, Node
from graphide.graph.topology import order
from graphide.values import Json

Part = Literal["id", "title", "type", "setting", "frame"]

_ROW = 240
_AROUND = 32
_MOST = 500
_MOST_IN_ONE = 50


class Found(NamedTuple):
    """One place: the node (or frame) and which part of it, `name` the setting, `excerpt` what is around it.

    `start` and `end` are where the text is in the excerpt.
    """

    node: str
    part: Part
    name: str
    excerpt: str
    start: int
    end: int


def find(graph: Graph, text: str, *, most: int = _MOST) -> tuple[Found, ...]:
    """Return where a text is, upper and lower case alike: in ids, titles, types, texts of settings and frames.

    Rows of the canvas from top to bottom, in a row from left to right; what has no place comes last, in run order.
    """
    wanted = text.strip()
    if not wanted:
        return ()
    found: list[Found] = []
    for node_id in reading_order(graph):
        for part, name, value in _texts(graph.nodes[node_id]):
            found.extend(_within(node_id, part, name, value, wanted))
        if len(found) >= most:
            return tuple(found[:most])
    for frame_id, frame in frames(graph).items():
        found.extend(_within(frame_id, "frame", "", frame.title, wanted))
    return tuple(found[:most])


def reading_order(graph: Graph) -> list[str]:
    """Return the nodes in the order in which a person reads the canvas."""
    turn = {node_id: number for number, node_id in enumerate(order(graph))}
    own = places(graph)

    def key(node_id: str) -> tuple[bool, float, float, float, int, str]:
        at = own[node_id].at
        late = turn.get(node_id, len(turn))
        if at is None:
            return (True, 0, 0, 0, late, node_id)
        return (False, at.y // _ROW, at.x, at.y, late, node_id)

    return sorted(graph.nodes, key=key)


def _texts(node: Node) -> Iterator[tuple[Part, str, str]]:
    yield "id", "", node.id
    yield "title", "", node.title
    yield "type", "", node.type
    for name in sorted(node.settings):
        for value in _strings(node.settings[name]):
            yield "setting", name, value


def _strings(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, bool):
            continue
        elif isinstance(item, int | float):
            yield repr(item)
        elif isinstance(item, Mapping):
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, list | tuple):
            waiting.extend(reversed(item))


def _within(node_id: str, part: Part, name: str, text: str, wanted: str) -> Iterator[Found]:
    # Folding may change the length of a text; where it does, only texts of the same case are found.
    folded, sought = text.lower(), wanted.lower()
    if len(folded) != len(text) or len(sought) != len(wanted):
        folded, sought = text, wanted
    at = folded.find(sought)
    for _ in range(_MOST_IN_ONE):
        if at < 0:
            return
        start, end = max(0, at - _AROUND), min(len(text), at + len(wanted) + _AROUND)
        head, tail = "…" if start else "", "…" if end < len(text) else ""
        excerpt = (head + text[start:end] + tail).translate(_ONE_LINE)
        within = len(head) + at - start
        yield Found(node_id, part, name, excerpt, within, within + len(wanted))
        at = folded.find(sought, at + len(wanted))


_ONE_LINE = str.maketrans("\n\r\t", "   ")
