"""Draws the plain shapes of the editor with DearPyGui: one function for each kind. Units are world units times `zoom`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Any, Final, assert_never

import dearpygui.dearpygui as dpg

from graphide.editor.text.metrics import Weight
from graphide.editor.views import Disc, Rect, Shape, Stroke, Text
from graphide.ui.colors import CLEAR, Look

Item = int | str
Point = tuple[float, float]

# Rings of a soft shadow: how far each reaches beyond the box (in pixels at zoom 1), and how dense it is (of 255).
_SHADOW: Final[Mapping[str, tuple[tuple[float, int], ...]]] = {
    "dark": ((9, 10), (6, 16), (3, 24)),
    "light": ((8, 5), (5, 7), (2, 10)),
}
_GLOW: Final = ((9.0, 16), (6.0, 24), (3.0, 38))
_SHADOW_DROP: Final = 4.0
_SMALLEST_TEXT: Final = 3.0
_ALONE: Final = 1  # the ring of a shadow that is drawn where one will do
_RING: Final = 1.5  # pixels at any zoom: how thick the ring around a disc is
_DASH: Final = 6.0


@dataclass(frozen=True, slots=True)
class Brush:
    """What drawing needs beside the shapes: the look, the font items of the weights, and the zoom.

    Where it is not `soft`, shadows have one ring.
    """

    look: Look
    fonts: Mapping[Weight, Any]
    zoom: float = 1.0
    soft: bool = True


def draw(shapes: Iterable[Shape], parent: Item, brush: Brush) -> tuple[Item, ...]:
    """Draw shapes into a draw node or drawlist, the first one below the others.

    Return the item of each text and plain box, which `follow` can change, and 0 for each other shape.
    """
    items: list[Item] = []
    for shape in shapes:
        item: Item = 0
        match shape:
            case Rect():
                item = _rect(shape, parent, brush)
            case Text():
                item = _text(shape, parent, brush)
            case Disc():
                _disc(shape, parent, brush)
            case Stroke():
                _stroke(shape, parent, brush)
            case _:
                assert_never(shape)
        items.append(item)
    return tuple(items)


def follow(items: Sequence[Item], old: Sequence[Shape], new: Sequence[Shape], brush: Brush) -> bool:
    """Change what was drawn of `old` to `new` in place; return whether that could be done, otherwise nothing is changed."""
    if not len(items) == len(old) == len(new):
        return False
    changed = [
        (item, was, shape)
        for item, was, shape in zip(items, old, new, strict=True)
        if was is not shape and was != shape
    ]
    if not all(item and _is_alike(was, shape, brush) for item, was, shape in changed):
        return False
    for item, _, shape in changed:
        dpg.configure_item(item, **_told(shape, brush))
    return True


def _is_alike(was: Shape, shape: Shape, brush: Brush) -> bool:
    """Return whether both are one item of the same kind and font."""
    if isinstance(was, Text) and isinstance(shape, Text):
        return bool(shape.text) and was.weight == shape.weight and shape.size * brush.zoom >= _SMALLEST_TEXT
    return isinstance(was, Rect) and isinstance(shape, Rect) and _is_plain(shape)


def _told(shape: Shape, brush: Brush) -> dict[str, Any]:
    return (
        _of_text(shape, brush) if isinstance(shape, Text) else _of_box(shape, brush) if isinstance(shape, Rect) else {}
    )


def _is_plain(rect: Rect) -> bool:
    return bool(rect.fill or rect.outline) and not rect.shadow and not rect.top_only


def draw_softness(shapes: Iterable[Shape], parent: Item, brush: Brush) -> None:
    """Draw what a brush that is not `soft` leaves out of the shadows of shapes."""
    for shape in shapes:
        if isinstance(shape, Rect) and shape.shadow == "shadow":
            rings = _SHADOW[brush.look.name]
            _rings(shape, [ring for number, ring in enumerate(rings) if number != _ALONE], parent, brush)


def _rect(rect: Rect, parent: Item, brush: Brush) -> Item:
    if rect.shadow:
        _soft(rect, parent, brush)
    if not (rect.fill or rect.outline):
        return 0
    box = _of_box(rect, brush)
    item: Item = dpg.draw_rectangle(**box, parent=parent)
    low, high, rounding = box["pmin"], box["pmax"], box["rounding"]
    if rect.top_only and rounding and high[1] - low[1] > rounding:
        dpg.draw_rectangle((low[0], low[1] + rounding), high, color=CLEAR, fill=box["fill"], parent=parent)
    return item if _is_plain(rect) else 0


def _of_box(rect: Rect, brush: Brush) -> dict[str, Any]:
    """Return what DearPyGui is told of a box."""
    zoom, color = brush.zoom, brush.look.color
    return {
        "pmin": (rect.x * zoom, rect.y * zoom), "pmax": ((rect.x + rect.width) * zoom, (rect.y + rect.height) * zoom),
        "color": color(rect.outline), "fill": color(rect.fill), "rounding": rect.rounding * zoom,
        "thickness": max(1.0, rect.thickness * zoom),
    }  # fmt: skip


def _soft(rect: Rect, parent: Item, brush: Brush) -> None:
    """Draw a shadow below a box, or a glow around it when it has another colour."""
    if rect.shadow != "shadow":
        _rings(rect, _GLOW, parent, brush)
        return
    rings = _SHADOW[brush.look.name]
    _rings(rect, rings if brush.soft else rings[_ALONE : _ALONE + 1], parent, brush)


def _rings(rect: Rect, rings: Iterable[tuple[float, int]], parent: Item, brush: Brush) -> None:
    zoom = brush.zoom
    red, green, blue, _ = brush.look.color(rect.shadow)
    drop = _SHADOW_DROP if rect.shadow == "shadow" else 0.0
    for reach, density in rings:
        low = ((rect.x - reach) * zoom, (rect.y - reach + drop) * zoom)
        high = ((rect.x + rect.width + reach) * zoom, (rect.y + rect.height + reach + drop) * zoom)
        dpg.draw_rectangle(
            low, high, color=CLEAR, fill=(red, green, blue, density), rounding=(rect.rounding + reach) * zoom,
            parent=parent,
        )  # fmt: skip


def _text(text: Text, parent: Item, brush: Brush) -> Item:
    if text.size * brush.zoom < _SMALLEST_TEXT or not text.text:
        return 0
    item: Item = dpg.draw_text(**_of_text(text, brush), parent=parent)
    dpg.bind_item_font(item, brush.fonts[text.weight])
    return item


def _of_text(text: Text, brush: Brush) -> dict[str, Any]:
    """Return what DearPyGui is told of a text."""
    zoom = brush.zoom
    return {
        "pos": (text.x * zoom, text.y * zoom), "text": text.text, "size": text.size * zoom,
        "color": brush.look.color(text.color),
    }  # fmt: skip


def _disc(disc: Disc, parent: Item, brush: Brush) -> None:
    dpg.draw_circle(
        (disc.x * brush.zoom, disc.y * brush.zoom), disc.radius * brush.zoom, color=brush.look.color(disc.outline),
        fill=brush.look.color(disc.fill), thickness=_RING, parent=parent,
    )  # fmt: skip


def _stroke(stroke: Stroke, parent: Item, brush: Brush) -> None:
    points = [(x * brush.zoom, y * brush.zoom) for x, y in stroke.points]
    color, thickness = brush.look.color(stroke.color), max(1.0, stroke.thickness * brush.zoom)
    if stroke.dashed:
        for start, end in dashes(points if len(points) != 4 else [bezier(points, step / 24) for step in range(25)]):
            dpg.draw_line(start, end, color=color, thickness=thickness, parent=parent)
    elif len(points) == 4:
        dpg.draw_bezier_cubic(*points, color=color, thickness=thickness, parent=parent)
    else:
        dpg.draw_polyline(points, color=color, thickness=thickness, parent=parent)


def dashes(points: list[Point]) -> Iterator[tuple[Point, Point]]:
    """Yield the dashes along a line through points."""
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        count = max(1, round(length / (2 * _DASH)))
        for number in range(count):
            first, last = number / count, (number + 0.5) / count
            yield (x0 + (x1 - x0) * first, y0 + (y1 - y0) * first), (x0 + (x1 - x0) * last, y0 + (y1 - y0) * last)


def bezier(points: list[Point] | tuple[Point, ...], share: float) -> Point:
    """Return the point of a cubic Bézier curve at a share (0 to 1) of it."""
    rest = 1 - share
    weights = (rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3)
    x = sum(weight * point[0] for weight, point in zip(weights, points, strict=True))
    return x, sum(weight * point[1] for weight, point in zip(weights, points, strict=True))
