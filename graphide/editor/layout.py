"""Layout: the `view` of a graph, typed. Places, sizes, colours, frames and reroutes are read and written here.

Reading takes whatever a file holds: what has another shape counts as not there. Writing touches only what it says, so
that keys of other versions stay, and gives whole numbers, so that a file never differs by a rounding. Units are those of
the canvas: pixels at zoom 1, y down.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from graphide.errors import GraphFileError
from graphide.graph.model import Edge, Graph
from graphide.graph.shape import edge_of
from graphide.values import Json

FRAMES = "$frames"
REROUTES = "$reroutes"
FARTHEST = 1_000_000
"""No coordinate is farther from the origin than this."""


class Point(NamedTuple):
    """A place on the canvas, or a size."""

    x: float
    y: float

    def moved(self, by: tuple[float, float]) -> Point:
        """Return this place, shifted."""
        return Point(self.x + by[0], self.y + by[1])


@dataclass(frozen=True, slots=True)
class Place:
    """How one node lies on the canvas; `at` None: nowhere yet, `size` None: as large as it needs, `color` "": its own."""

    at: Point | None = None
    size: Point | None = None
    collapsed: bool = False
    color: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled box behind nodes."""

    title: str = ""
    at: Point = Point(0, 0)
    size: Point = Point(400, 300)
    color: str = ""

    def covers(self, at: tuple[float, float], size: tuple[float, float] = (0, 0)) -> bool:
        """Return whether a box lies inside."""
        inside_x = self.at.x <= at[0] and at[0] + size[0] <= self.at.x + self.size.x
        return inside_x and self.at.y <= at[1] and at[1] + size[1] <= self.at.y + self.size.y


# --- reading


def place(graph: Graph, node_id: str) -> Place:
    """Return how a node lies on the canvas."""
    return _place(graph.view.get(node_id))


def color_of(graph: Graph, node_id: str) -> str:
    """Return the colour that a person gave to a node, "" for none."""
    entry = graph.view.get(node_id)
    color = entry.get("color") if isinstance(entry, Mapping) else None
    return color if isinstance(color, str) else ""


def places(graph: Graph) -> dict[str, Place]:
    """Return how every node of a graph lies on the canvas, by its id."""
    return {node_id: _place(graph.view.get(node_id)) for node_id in graph.nodes}


def frames(graph: Graph) -> dict[str, Frame]:
    """Return the frames of a graph by their id, the largest first, which is the order they are drawn in."""
    found = {key: frame for key, value in _object(graph, FRAMES).items() if (frame := _frame(value)) is not None}
    return dict(sorted(found.items(), key=lambda item: (-item[1].size.x * item[1].size.y, item[0])))


def reroutes(graph: Graph) -> dict[Edge, tuple[Point, ...]]:
    """Return the points that edges are led through, by edge; those of edges that are not there are left out."""
    written = _object(graph, REROUTES)
    if not written:
        return {}
    edges = {str(edge): edge for edge in graph.edges}
    return {edges[key]: points for key, value in written.items() if key in edges and (points := _points(value))}


def nodes_inside(
    graph: Graph, frame_id: str, sizes: Mapping[str, tuple[float, float]] | None = None
) -> tuple[str, ...]:
    """Return the nodes that lie inside a frame; `sizes` are those on the canvas, without them the corner counts."""
    frame = frames(graph).get(frame_id)
    if frame is None:
        return ()
    found = []
    for node_id, own in places(graph).items():
        size = (sizes or {}).get(node_id, (0.0, 0.0))
        if own.at is not None and frame.covers(own.at, size):
            found.append(node_id)
    return tuple(found)


def frames_inside(graph: Graph, frame_id: str) -> tuple[str, ...]:
    """Return the other frames that lie inside a frame."""
    known = frames(graph)
    outer = known.get(frame_id)
    if outer is None:
        return ()
    return tuple(key for key, frame in known.items() if key != frame_id and outer.covers(frame.at, frame.size))


def corner(graph: Graph, nodes: Iterable[str], frame_ids: Collection[str] = ()) -> Point:
    """Return the top left corner of the box around nodes and frames; (0, 0) where none of them has a place."""
    known = frames(graph) if frame_ids else {}
    points = [at for node_id in nodes if (at := place(graph, node_id).at) is not None]
    points += [known[frame_id].at for frame_id in frame_ids if frame_id in known]
    return Point(min((at.x for at in points), default=0), min((at.y for at in points), default=0))


# --- writing


def with_places(graph: Graph, changed: Mapping[str, Place]) -> Graph:
    """Return the graph with nodes lying as said; keys that this version does not know stay."""
    view = dict(graph.view)
    for node_id, own in changed.items():
        entry = _entry(own, view.get(node_id))
        if entry:
            view[node_id] = entry
        else:
            view.pop(node_id, None)
    return replace(graph, view=view)


def with_frames(graph: Graph, changed: Mapping[str, Frame | None]) -> Graph:
    """Return the graph with frames as said, None takes one away; keys that this version does not know stay."""
    written = dict(_object(graph, FRAMES))
    for frame_id, frame in changed.items():
        old = written.pop(frame_id, None)
        if frame is not None:
            known = {
                "title": frame.title, "at": _written(frame.at), "size": _written(frame.size), "color": frame.color
            }  # fmt: skip
            rest = old if isinstance(old, Mapping) else {}
            written[frame_id] = _without_empty({**rest, **known})
    return _with_object(graph, FRAMES, written)


def with_reroutes(graph: Graph, changed: Mapping[Edge, Collection[tuple[float, float]]]) -> Graph:
    """Return the graph with edges led through points; no points: straight to their end."""
    written = dict(_object(graph, REROUTES))
    for edge, points in changed.items():
        written.pop(str(edge), None)
        if points:
            written[str(edge)] = [_written(point) for point in points]
    return _with_object(graph, REROUTES, written)


def without_nodes(graph: Graph, ids: Collection[str]) -> Graph:
    """Return the graph without the places of nodes."""
    if not any(node_id in graph.view for node_id in ids):
        return graph
    gone = set(ids)
    return replace(graph, view={key: value for key, value in graph.view.items() if key not in gone})


def with_names(graph: Graph, names: Mapping[str, str], edges: Mapping[Edge, Edge]) -> Graph:
    """Return the graph with the places of renamed nodes and the reroutes of renamed edges under their new names."""
    view = {key: value for key, value in graph.view.items() if key not in names.values() or key in names}
    graph = replace(graph, view={names.get(key, key): value for key, value in view.items()})
    written = _object(graph, REROUTES)
    keys = {str(old): str(new) for old, new in edges.items() if str(old) in written}
    if not keys:
        return graph
    return _with_object(graph, REROUTES, {keys.get(key, key): value for key, value in written.items()})


def written_edges(graph: Graph) -> dict[str, Edge]:
    """Return the edges that reroutes are written for, whether they are in the graph or not, by their written form."""
    found = {}
    for key in _object(graph, REROUTES):
        try:
            found[key] = edge_of(key)
        except GraphFileError:
            continue
    return found


def _object(graph: Graph, key: str) -> Mapping[str, Json]:
    value = graph.view.get(key)
    return value if isinstance(value, Mapping) else {}


def _with_object(graph: Graph, key: str, value: Mapping[str, Json]) -> Graph:
    rest = {other: entry for other, entry in graph.view.items() if other != key}
    return replace(graph, view={**rest, key: dict(value)} if value else rest)


def _place(value: Json) -> Place:
    if isinstance(value, list) or not isinstance(value, Mapping):  # a list is by far the most frequent
        return Place(at=_point(value))
    color = value.get("color")
    return Place(
        at=_point(value.get("at")),
        size=_size(value.get("size")),
        collapsed=value.get("collapsed") is True,
        color=color if isinstance(color, str) else "",
    )


def _frame(value: Json) -> Frame | None:
    if not isinstance(value, Mapping):
        return None
    at, size = _point(value.get("at")), _size(value.get("size"))
    if at is None or size is None:
        return None
    title, color = (part if isinstance(part := value.get(key), str) else "" for key in ("title", "color"))
    return Frame(title, at, size, color)


def _points(value: Json) -> tuple[Point, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(point for item in value if (point := _point(item)) is not None)


def _point(value: Json) -> Point | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    x, y = _coordinate(value[0]), _coordinate(value[1])
    return Point(x, y) if x is not None and y is not None else None


def _size(value: Json) -> Point | None:
    size = _point(value)
    return size if size is not None and size.x > 0 and size.y > 0 else None


def _coordinate(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -FARTHEST <= value <= FARTHEST else None


def _entry(own: Place, old: Json) -> Json:
    rest = old if isinstance(old, Mapping) else {}
    known: dict[str, Json] = {
        "at": _written(own.at) if own.at is not None else "",
        "size": _written(own.size) if own.size is not None else "",
        "collapsed": own.collapsed,
        "color": own.color,
    }
    entry = _without_empty({**rest, **known})
    return entry["at"] if set(entry) == {"at"} else entry


def _without_empty(entry: Mapping[str, Json]) -> dict[str, Json]:
    known = ("title", "at", "size", "collapsed", "color")
    return {key: value for key, value in entry.items() if key not in known or (value != "" and value is not False)}


def _written(point: tuple[float, float]) -> list[int]:
    return [_whole(point[0]), _whole(point[1])]


def _whole(value: float) -> int:
    if not math.isfinite(value):
        return 0
    return round(min(max(value, -FARTHEST), FARTHEST))
