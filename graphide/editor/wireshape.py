"""Wires as curves: from pin to pin through reroute points, how far a point is from one, and how one looks in a run.

A wire leaves an output to the right and enters an input from the left. Lengths are world units.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final, Literal

from graphide.editor.nodelook import wire_color
from graphide.editor.noderun import NodeRun
from graphide.editor.views import Box, Disc, Shape, Stroke, Wire
from graphide.graph.model import Edge

At = tuple[float, float]
Curve = tuple[At, At, At, At]
State = Literal["idle", "flowing", "done", "failed", "refused"]

PIECES: Final = 16
"""A curve is measured as this many straight lines."""
_SHARE: Final = 0.5  # of the way across, for the control points
_LEAST: Final = 30.0
_MOST: Final = 220.0


def curves(start: At, end: At, points: Sequence[At] = ()) -> tuple[Curve, ...]:
    """Return the path of a wire: one cubic curve from place to place, smooth at the reroute points."""
    if not points:
        swing = _swing(start, end)
        return ((start, (start[0] + swing, start[1]), (end[0] - swing, end[1]), end),)
    stops = [start, *((float(x), float(y)) for x, y in points), end]
    return tuple(_stretch(stops, number) for number in range(len(stops) - 1))


def wire(
    edge: Edge, start: At, end: At, type: str, *, points: Sequence[At] = (), state: State = "idle",
    selected: bool = False, dimmed: bool = False,
) -> Wire:  # fmt: skip
    """Return an edge as it is drawn, in the colour of what flows through it."""
    color = "state_failed" if state == "refused" else wire_color(type)
    path = curves(start, end, points)
    return Wire(edge, path, color, state, selected, dimmed, tuple((float(x), float(y)) for x, y in points))


def state_of(source: NodeRun | None, target: NodeRun | None) -> State:
    """Return how a wire fares in a run: something flows while one of its ends is at work with it."""
    if source is None:
        return "idle"
    if source.state == "failed":
        return "failed"
    if source.state == "running":
        return "flowing" if source.chunks else "idle"
    if source.state not in ("done", "cached"):
        return "idle"
    return "flowing" if target is not None and target.state == "running" else "done"


def dragged_wire(start: At, end: At, type: str, *, output: bool, refused: bool = False) -> tuple[Shape, ...]:
    """Return the wire that is being drawn from a pin to the mouse; `output` says which side the pin is on."""
    path = curves(start, end) if output else curves(end, start)
    color = "state_failed" if refused else wire_color(type)
    return (*(Stroke(curve, color, 2.6, dashed=refused) for curve in path), Disc(*end, 4.0, color))


def point(curve: Sequence[At], t: float) -> At:
    """Return the place on a cubic curve at `t` from 0 to 1."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def polyline(path: Sequence[Sequence[At]]) -> Iterator[tuple[At, At]]:
    """Yield the straight lines that the curves of a wire are measured by."""
    for curve in path:
        stops = [point(curve, number / PIECES) for number in range(PIECES + 1)]
        yield from pairwise(stops)


def distance(path: Sequence[Sequence[At]], x: float, y: float) -> float:
    """Return how far a point is from the path of a wire."""
    return min((distance_to_line(first, second, x, y) for first, second in polyline(path)), default=math.inf)


def distance_to_line(first: At, second: At, x: float, y: float) -> float:
    """Return how far a point is from a straight line between two others."""
    (ax, ay), (bx, by) = first, second
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = ((x - ax) * dx + (y - ay) * dy) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(ax + share * dx - x, ay + share * dy - y)


def nearest_stretch(path: Sequence[Sequence[At]], x: float, y: float) -> int:
    """Return which stretch of a wire is nearest to a point: a new reroute point there comes before that many others."""
    return min(range(len(path)), key=lambda number: distance([path[number]], x, y), default=0)


def bounds(path: Sequence[Sequence[At]]) -> Box:
    """Return a box that the path of a wire does not leave."""
    xs, ys = zip(*chain.from_iterable(path), strict=True)
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _swing(start: At, end: At) -> float:
    """Return how far the control points are from the pins: a wire that goes back to the left swings out wider."""
    across, down = abs(end[0] - start[0]), abs(end[1] - start[1])
    least = min(_LEAST, math.hypot(across, down) / 2)
    return min(max(across * _SHARE, min(down, 2 * _LEAST) * _SHARE, least), _MOST)


def _stretch(stops: Sequence[At], number: int) -> Curve:
    """Return the curve between two places of a wire with reroute points."""
    start, end = stops[number], stops[number + 1]
    (ax, ay), (bx, by) = _heading(stops, number), _heading(stops, number + 1)
    length = math.dist(start, end) / 3
    return start, (start[0] + ax * length, start[1] + ay * length), (end[0] - bx * length, end[1] - by * length), end


def _heading(stops: Sequence[At], number: int) -> At:
    """Return the direction of a wire at one of its places: from the one before to the one after, level at the pins."""
    if number in (0, len(stops) - 1):
        return 1.0, 0.0
    dx, dy = (after - before for before, after in zip(stops[number - 1], stops[number + 1], strict=True))
    length = math.hypot(dx, dy)
    return (dx / length, dy / length) if length else (1.0, 0.0)
