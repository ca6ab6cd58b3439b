"""Layered drawing: boxes and links become places, left to right, without overlaps. Numbers only, no graph and no frame.

The course is that of Sugiyama, Tagawa and Toda (1981): links that close a circle are left out, every box gets a layer
(longest path), layers are ordered by the mean place of neighbours, and heights are found by isotonic regression
(pool adjacent violators), which moves boxes as near to their neighbours as their order allows. Everything is
deterministic; the order the boxes come in breaks ties, so that those who give them from top to bottom keep that order.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

import networkx

Place = tuple[float, float]
Size = tuple[float, float]

GAP_X = 80.0
GAP_Y = 40.0
_ROUNDS = 8
_MOST_BENDS = 8_000
_WIDER = 1.6  # how much wider than high several parts lie


def layered(sizes: Mapping[str, Size], links: Iterable[tuple[str, str]], grid: float = 1.0) -> dict[str, Place]:
    """Return the upper left corners of boxes, from (0, 0) on, on a grid; links say what is left of what."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(sizes)
    graph.add_edges_from((a, b) for a, b in links if a != b and a in sizes and b in sizes)
    rank = {key: number for number, key in enumerate(sizes)}
    parts = sorted(networkx.weakly_connected_components(graph), key=lambda part: min(map(rank.__getitem__, part)))
    drawn = [_part(sorted(part, key=rank.__getitem__), graph, sizes) for part in parts]
    return {key: (_onto(x, grid), _onto(y, grid)) for key, (x, y) in _packed(drawn, sizes).items()}


def extent(places: Mapping[str, Place], sizes: Mapping[str, Size]) -> Size:
    """Return the width and height that boxes reach from (0, 0)."""
    right = max((x + sizes[key][0] for key, (x, _) in places.items()), default=0.0)
    return right, max((y + sizes[key][1] for key, (_, y) in places.items()), default=0.0)


def _onto(value: float, grid: float) -> float:
    return math.floor(value / grid + 0.5) * grid


def _part(keys: Sequence[str], graph: networkx.DiGraph[str], sizes: Mapping[str, Size]) -> dict[str, Place]:
    """Return the places of boxes that are all connected."""
    if len(keys) == 1:
        return {keys[0]: (0.0, 0.0)}
    links = _forward(keys, graph)
    layers = _Layers(keys, _depths(keys, links), links)
    layers.untangle()
    tops = layers.tops({key: sizes[key][1] for key in keys})
    lowest = min(tops.values())
    places: dict[str, Place] = {}
    left = 0.0
    for layer in layers.rows:
        boxes = [key for key in layer if isinstance(key, str)]
        wide = max((sizes[key][0] for key in boxes), default=0.0)
        places |= {key: (left, tops[key] - lowest) for key in boxes}
        left += wide + GAP_X
    return places


def _forward(keys: Sequence[str], graph: networkx.DiGraph[str]) -> list[tuple[str, str]]:
    """Return the links without those that go back in an order of the boxes; only circles have such links."""
    rank = {key: number for number, key in enumerate(keys)}
    waits = {key: graph.in_degree(key) for key in keys}
    ready = [(rank[key], key) for key in keys if not waits[key]]
    waiting = dict.fromkeys(keys)
    heapify(ready)
    place: dict[str, int] = {}
    while waiting:
        key = heappop(ready)[1] if ready else next(iter(waiting))
        if key in place:
            continue
        place[key] = len(place)
        del waiting[key]
        for after in sorted(graph.successors(key), key=rank.__getitem__):
            waits[after] -= 1
            if not waits[after] and after in waiting:
                heappush(ready, (rank[after], after))
    ordered = sorted(place, key=place.__getitem__)
    return [(a, b) for a in ordered for b in sorted(graph.successors(a), key=rank.__getitem__) if place[a] < place[b]]


def _depths(keys: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each box: right of all that leads to it, and what nothing leads to beside what it leads to."""
    depth = dict.fromkeys(keys, 0)
    for a, b in links:  # sorted by where they start, so that depth[a] is final
        depth[b] = max(depth[b], depth[a] + 1)
    led_to = {b for _, b in links}
    nearest: dict[str, int] = {}
    for a, b in links:
        nearest[a] = min(nearest.get(a, depth[b]), depth[b])
    return {key: depth[key] if key in led_to else nearest.get(key, 1) - 1 for key in keys}


_Key = str | tuple[int, int]  # a box, or a bend: the number of the link and of the layer


class _Layers:
    """Boxes in layers, with a bend wherever a link passes a layer, so that links count for the order all along."""

    def __init__(self, keys: Sequence[str], depth: Mapping[str, int], links: Sequence[tuple[str, str]]) -> None:
        self.rows: list[list[_Key]] = [[] for _ in range(max(depth.values()) + 1)]
        self._before: dict[_Key, list[_Key]] = defaultdict(list)
        self._after: dict[_Key, list[_Key]] = defaultdict(list)
        for key in keys:
            self.rows[depth[key]].append(key)
        bends = sum(depth[b] - depth[a] - 1 for a, b in links)
        for number, (a, b) in enumerate(links):
            last: _Key = a
            for layer in range(depth[a] + 1, depth[b]) if bends <= _MOST_BENDS else ():
                bend = (number, layer)
                self.rows[layer].append(bend)
                self._link(last, bend)
                last = bend
            self._link(last, b)

    def _link(self, a: _Key, b: _Key) -> None:
        self._after[a].append(b)
        self._before[b].append(a)

    def untangle(self) -> None:
        """Order each layer so that few links cross; an order is given up only for one with fewer crossings."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for number in range(_ROUNDS):
            if not fewest:
                break
            forward = number % 2 == 0
            linked = self._before if forward else self._after
            rows = self.rows[1:] if forward else self.rows[-2::-1]
            beside = self.rows[:-1] if forward else self.rows[:0:-1]
            for row, other in zip(rows, beside, strict=True):
                place = {key: at for at, key in enumerate(other)}
                own = {
                    key: _mean([place[each] for each in linked[key] if each in place], at) for at, key in enumerate(row)
                }
                row.sort(key=own.__getitem__)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _crossings(self) -> int:
        total = 0
        for row, following in zip(self.rows, self.rows[1:], strict=False):
            place = {key: at for at, key in enumerate(following)}
            seen: list[int] = []
            for key in row:
                ends = [place[each] for each in self._after[key] if each in place]
                total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    def tops(self, heights: Mapping[str, float]) -> dict[_Key, float]:
        """Return the upper edge of every box and bend: near their neighbours, in order, and apart from each other."""
        high: dict[_Key, float] = {
            key: heights[key] if isinstance(key, str) else 0.0 for row in self.rows for key in row
        }
        middle: dict[_Key, float] = {}
        for row in self.rows:
            top = 0.0
            for key in row:
                middle[key] = top + high[key] / 2
                top += high[key] + _gap(key)
        for number in range(_ROUNDS):
            forward = number % 2 == 0
            for row in self.rows if forward else reversed(self.rows):
                linked = (self._before, self._after) if forward else (self._after, self._before)
                wanted = [self._wanted(key, middle, linked) for key in row]
                middle.update(zip(row, _apart(wanted, [(high[key], _gap(key)) for key in row]), strict=True))
        return {key: at - high[key] / 2 for key, at in middle.items()}

    def _wanted(self, key: _Key, middle: Mapping[_Key, float], linked: tuple[Mapping[_Key, list[_Key]], ...]) -> float:
        beside = next((side[key] for side in linked if side.get(key)), [])
        return _mean([middle[each] for each in beside], middle[key])


def _gap(key: _Key) -> float:
    return GAP_Y if isinstance(key, str) else GAP_Y / 2


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _apart(wanted: Sequence[float], boxes: Sequence[tuple[float, float]]) -> list[float]:
    """Return middles in order and without overlap whose squared distances from the wanted ones are the least.

    `boxes` are heights, and the gaps below. Isotonic regression of the wanted middles less what lies above each.
    """
    offsets, offset = [], 0.0
    for (high, gap), (next_high, _) in zip(boxes, [*boxes[1:], (0.0, 0.0)], strict=True):
        offsets.append(offset)
        offset += high / 2 + gap + next_high / 2
    pools: list[tuple[float, int]] = []  # sum and count of boxes that touch
    for want, above in zip(wanted, offsets, strict=True):
        total, count = want - above, 1
        while pools and pools[-1][0] * count >= total * pools[-1][1]:
            more, others = pools.pop()
            total, count = total + more, count + others
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    return [level + above for level, above in zip(levels, offsets, strict=True)]


def _packed(parts: Sequence[Mapping[str, Place]], sizes: Mapping[str, Size]) -> dict[str, Place]:
    """Return parts side by side, in rows that make a picture somewhat wider than high."""
    extents = [extent(part, sizes) for part in parts]
    area = sum((wide + GAP_X) * (high + GAP_Y) for wide, high in extents)
    widest = max([math.sqrt(area) * _WIDER, *(wide for wide, _ in extents)], default=0.0)
    places: dict[str, Place] = {}
    left = top = below = 0.0
    for part, (wide, high) in zip(parts, extents, strict=True):
        if left and left + wide > widest:
            left, top, below = 0.0, top + below + GAP_Y, 0.0
        places |= {key: (x + left, y + top) for key, (x, y) in part.items()}
        left, below = left + wide + GAP_X, max(below, high)
    return places
