"""Neighbours: which node comes next in a direction, for going from node to node with the keyboard. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot
from typing import Literal

from graphide.editor.views import Box

Direction = Literal["left", "right", "up", "down"]
_ASIDE = 2.0  # a way aside counts as much as twice that way ahead


def neighbour(boxes: Mapping[str, Box], start: str, direction: Direction) -> str | None:
    """Return the nearest box that lies in a direction of another one, None where there is none.

    One that begins before the middle of `start` stands beside it, not ahead. Ahead is measured between the middles,
    aside between the nearest sides, so that what stands in the same row or column wins.
    """
    own = boxes[start]
    found = (
        (score, key)
        for key, box in boxes.items()
        if key != start and (score := _score(own, box, direction)) is not None
    )
    return min(found, default=(0.0, None))[1]


def nearest(boxes: Mapping[str, Box], at: tuple[float, float]) -> str | None:
    """Return the box whose middle is nearest to a place, None without any."""
    found = ((hypot(x - at[0], y - at[1]), key) for key, (x, y) in ((k, _middle(b)) for k, b in boxes.items()))
    return min(found, default=(0.0, None))[1]


def _score(own: Box, other: Box, direction: Direction) -> float | None:
    (x, y), (own_x, own_y) = _middle(other), _middle(own)
    across, forward = direction in ("left", "right"), direction in ("right", "down")
    ahead = (x - own_x if across else y - own_y) * (1 if forward else -1)
    if ahead <= (other.width if across else other.height) / 2:
        return None
    first, second = (own.y, own.height), (other.y, other.height)
    if not across:
        first, second = (own.x, own.width), (other.x, other.width)
    aside = max(0.0, second[0] - first[0] - first[1], first[0] - second[0] - second[1])
    if aside > ahead * _ASIDE:
        return None  # it lies rather above or below than beside
    return ahead + _ASIDE * aside


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2
