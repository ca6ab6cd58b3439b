"""Arranging: nodes laid out from left to right, aligned, or spread evenly, each as one command; first places for nodes.

How boxes and links become places is in `layered`, what a drag snaps to in `snapping`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from graphide.editor.commands import Command, Composite
from graphide.editor.commands_view import Move, SetFrame
from graphide.editor.layered import GAP_Y, Place, Size, extent, layered
from graphide.editor.layout import Frame, Point, frames, nodes_inside, place, reroutes, with_places
from graphide.editor.snapping import GRID
from graphide.editor.views import Box
from graphide.graph.model import Graph

Side = Literal["left", "right", "top", "bottom", "middle", "center"]
"""`center` is one vertical line through the middles, `middle` a horizontal one."""
Axis = Literal["across", "down"]
FRAME_PAD = 20.0
FRAME_TITLE = 40.0
_UNKNOWN = Point(240, 120)  # a node whose size nobody says


@dataclass(frozen=True, slots=True)
class Arranged:
    """New places of nodes, and frames around them as they are then."""

    nodes: Mapping[str, Point]
    frames: Mapping[str, Frame]


def arrange(graph: Graph, boxes: Mapping[str, Box], only: Collection[str] = ()) -> Command | None:
    """Return the command that lays out a graph, or `only` some nodes, from left to right; None when nothing moves.

    `boxes` are the nodes as they are on the canvas. The upper left corner stays where it is, nodes of a frame stay in it
    (when all of them are to be arranged), reroute points between arranged nodes are taken away.
    """
    chosen = [node_id for node_id in graph.nodes if not only or node_id in only]
    inside = frozenset(chosen)
    found = arranged(graph, {node_id: boxes.get(node_id, Box(0, 0, *_UNKNOWN)) for node_id in chosen})
    moved = {node_id: at for node_id, at in found.nodes.items() if place(graph, node_id).at != at}
    lines = {edge: () for edge in reroutes(graph) if edge.source in inside and edge.target in inside}
    known = frames(graph)
    around = [SetFrame(key, frame) for key, frame in found.frames.items() if known[key] != frame]
    if not (moved or around or lines):
        return None
    return Composite("Arrange nodes" if only else "Arrange the graph", (Move(moved, reroutes=lines), *around))


def arranged(graph: Graph, boxes: Mapping[str, Box]) -> Arranged:
    """Return the layout of the nodes in `boxes`: their upper left corner, with that of their frames, stays."""
    top_down = sorted(boxes, key=lambda key: (boxes[key].y, boxes[key].x, key))
    sizes = {key: (boxes[key].width, boxes[key].height) for key in top_down}
    whole = _frames_of(graph, boxes)
    links = [(edge.source, edge.target) for edge in graph.edges]
    found = _nested(sizes, links, whole)
    old = [(box.x, box.y) for box in boxes.values()] + [tuple(frames(graph)[key].at) for key in whole]
    by = (_whole(min((x for x, _ in old), default=0.0)), _whole(min((y for _, y in old), default=0.0)))
    known = frames(graph)
    return Arranged(
        {key: Point(*found[key][0]).moved(by) for key in boxes},
        {
            key: replace(
                known[key], at=Point(*found[_frame_key(key)][0]).moved(by), size=Point(*found[_frame_key(key)][1])
            )
            for key in whole
        },
    )


def first_places(graph: Graph, sizes: Mapping[str, Size]) -> Graph:
    """Return the graph with places for the nodes that have none; the same graph when all have one.

    Without any place the whole is laid out; else what is new comes below what is there. The places are for the window:
    a document that begins with them is not changed by them, and they are written with its next save.
    """
    new = [node_id for node_id in graph.nodes if place(graph, node_id).at is None]
    if not new:
        return graph
    placed = {node_id: at for node_id in graph.nodes if (at := place(graph, node_id).at) is not None}
    bottom = max((at.y + sizes.get(key, _UNKNOWN)[1] + 2 * GAP_Y for key, at in placed.items()), default=0.0)
    left = min((at.x for at in placed.values()), default=0.0)
    links = [(edge.source, edge.target) for edge in graph.edges]
    found = layered({key: sizes.get(key, _UNKNOWN) for key in new}, links, GRID)
    by = (_whole(left), _whole(bottom))
    return with_places(graph, {key: replace(place(graph, key), at=Point(*at).moved(by)) for key, at in found.items()})


def align(boxes: Mapping[str, Box], side: Side) -> Command | None:
    """Return the command that brings one side, or the middles, of boxes into one line; None when they are in one."""
    if len(boxes) < 2:
        return None
    left, top = min(box.x for box in boxes.values()), min(box.y for box in boxes.values())
    right = max(box.x + box.width for box in boxes.values())
    bottom = max(box.y + box.height for box in boxes.values())
    lines: Mapping[Side, Callable[[Box], Place]] = {
        "left": lambda box: (left, box.y),
        "right": lambda box: (right - box.width, box.y),
        "center": lambda box: ((left + right - box.width) / 2, box.y),
        "top": lambda box: (box.x, top),
        "bottom": lambda box: (box.x, bottom - box.height),
        "middle": lambda box: (box.x, (top + bottom - box.height) / 2),
    }
    return _move(f"Align {side}", boxes, {key: lines[side](box) for key, box in boxes.items()})


def distribute(boxes: Mapping[str, Box], axis: Axis) -> Command | None:
    """Return the command that makes the gaps between boxes equal; the outer two stay. None for less than three."""
    if len(boxes) < 3:
        return None
    number = 0 if axis == "across" else 1
    ordered = sorted(boxes, key=lambda key: (boxes[key][number], boxes[key][1 - number], key))
    last = max(boxes[key][number] + boxes[key][number + 2] for key in ordered)
    first = boxes[ordered[0]][number]
    gap = (last - first - sum(boxes[key][number + 2] for key in ordered)) / (len(ordered) - 1)
    places, at = {}, first
    for key in ordered:
        places[key] = (at, boxes[key].y) if axis == "across" else (boxes[key].x, at)
        at += boxes[key][number + 2] + gap
    return _move(f"Distribute {axis}", boxes, places)


def _move(name: str, boxes: Mapping[str, Box], places: Mapping[str, Place]) -> Command | None:
    moved = {key: (float(round(x)), float(round(y))) for key, (x, y) in places.items()}
    moved = {key: at for key, at in moved.items() if at != (boxes[key].x, boxes[key].y)}
    return Composite(name, (Move(moved),)) if moved else None


def _frames_of(graph: Graph, boxes: Mapping[str, Box]) -> dict[str, frozenset[str]]:
    """Return the nodes of each frame that is arranged as a whole, small frames last; no two overlap but by nesting."""
    sizes = {key: (box.width, box.height) for key, box in boxes.items()}
    found: dict[str, frozenset[str]] = {}
    for key in frames(graph):  # the largest first
        own = frozenset(nodes_inside(graph, key, sizes))
        nested = all(own < other or not own & other for other in found.values())
        if own and own <= boxes.keys() and nested:
            found[key] = own
    return found


def _frame_key(frame_id: str) -> str:
    return f"${frame_id}"


def _nested(
    sizes: Mapping[str, Size], links: Sequence[tuple[str, str]], whole: Mapping[str, frozenset[str]]
) -> dict[str, tuple[Place, Size]]:
    """Return places and sizes of nodes and frames, from the innermost frames out: a frame that is done is one box."""
    sizes = dict(sizes)
    stands = {key: key for key in sizes}  # which box of the level above a node is in
    within: dict[str, dict[str, Place]] = {}
    for frame_id, own in sorted(whole.items(), key=lambda item: len(item[1])):
        key = _frame_key(frame_id)
        inner = dict.fromkeys(stands[each] for each in sizes if each in own)
        places = layered({each: sizes[each] for each in inner}, _lifted(links, stands), GRID)
        wide, high = extent(places, sizes)
        within[key] = {each: (x + FRAME_PAD, y + FRAME_TITLE) for each, (x, y) in places.items()}
        sizes[key] = (wide + 2 * FRAME_PAD, high + FRAME_TITLE + FRAME_PAD)
        stands |= dict.fromkeys(own, key)
    outer = dict.fromkeys(stands.values())
    found = layered({each: sizes[each] for each in outer}, _lifted(links, stands), GRID)
    for key, inner_places in reversed(within.items()):
        left, top = found[key]
        found |= {each: (left + x, top + y) for each, (x, y) in inner_places.items()}
    return {key: (at, sizes[key]) for key, at in found.items()}


def _lifted(links: Sequence[tuple[str, str]], stands: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(stands[a], stands[b]) for a, b in links if a in stands and b in stands]


def _whole(value: float) -> float:
    return round(value / GRID) * GRID
