"""How much of a group is drawn at which zoom: all of it, what can be made out from afar, or a box with bars for its text.

A zoom is in world units to pixels. Painters draw one of the three and never decide which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from graphide.editor.later import Later
from graphide.editor.text.metrics import width
from graphide.editor.views import Group, Rect, Shape, Text

Level = Literal["near", "far", "tiny"]

FAR: Final = 0.45
"""Below this zoom text cannot be read, and groups show their `shapes_far`."""
TINY: Final = 0.22
"""Below this zoom not even the large titles of `shapes_far` can be read; bars stand for them, and pins are no more."""
SOFT: Final = 0.7
"""Below this zoom one ring of a shadow looks like all of them."""
_BAR: Final = 0.45  # of the size of a text


def level_at(zoom: float) -> Level:
    """Return how much is drawn at a zoom."""
    return "near" if zoom >= FAR else "far" if zoom >= TINY else "tiny"


def shapes_at(group: Group, level: Level) -> Sequence[Shape]:
    """Return what is drawn of a group; one that has no shapes for a level is drawn as it is nearer by."""
    if level == "tiny" and _has(group.shapes_tiny):
        return group.shapes_tiny
    return group.shapes_far if level != "near" and _has(group.shapes_far) else group.shapes


def marks_at(group: Group, level: Level) -> Sequence[Shape]:
    """Return what is drawn above a group because it is selected."""
    return group.marks if level == "near" else group.marks_far


def tiny(shapes: Sequence[Shape]) -> Sequence[Shape]:
    """Return shapes for afar as they are drawn where nothing can be read: boxes, and a bar for each text but icons."""
    return Later(lambda: tuple(_bars(shapes)))


def _has(shapes: Sequence[Shape]) -> bool:
    return isinstance(shapes, Later) or bool(shapes)


def _bars(shapes: Sequence[Shape]) -> list[Shape]:
    found: list[Shape] = []
    for shape in shapes:
        if isinstance(shape, Rect):
            found.append(shape._replace(top_only=False))  # corners cannot be made out either, and it is one item less
        elif isinstance(shape, Text) and len(shape.text) > 1:
            long, high = width(shape.text, shape.size, shape.weight), shape.size * _BAR
            color = shape.color if "@" in shape.color else f"{shape.color}@45"
            found.append(Rect(shape.x, shape.y + (shape.size - high) / 2, long, high, color))
    return found
