"""Draws the plain shapes of the editor with DearPyGui: one function for each kind. Units are world units times `zoom`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def draw(shapes: Iterable[Shape], parent: Item, brush: Brush) -> None:
    """Draw shapes into a draw node or drawlist, the first one below the others."""
    for shape in shapes:
        match shape:
            case Rect():
                _rect(shape, parent, brush)
            case Text():
                _text(shape, parent, brush)
            case Disc():
                _disc(shape, parent, brush)
            case Stroke():
                _stroke(shape, parent, brush)
            case _:
                assert_never(shape)


def draw_softness(shapes: Iterable[Shape], parent: Item, brush: Brush) -> None:
    """Draw what a brush that is not `soft` leaves out of the shadows of shapes."""
    for shape in shapes:
        if isinstance(shape, Rect) and shape.shadow == "shadow":
            rings = _SHADOW[brush.look.name]
            _rings(shape, [ring for number, ring in enumerate(rings) if number != _ALONE], parent, brush)


def _rect(rect: Rect, parent: Item, brush: Brush) -> None:
    zoom, color = brush.zoom, brush.look.color
    low = (rect.x * zoom, rect.y * zoom)
    high = ((rect.x + rect.width) * zoom, (rect.y + rect.height) * zoom)
    rounding = rect.rounding * zoom
    if rect.shadow:
        _soft(rect, parent, brush)
    if not (rect.fill or rect.outline):
        return
    dpg.draw_rectangle(
        low, high, color=color(rect.outline), fill=color(rect.fill), rounding=rounding,
        thickness=max(1.0, rect.thickness * zoom), parent=parent,
    )  # fmt: skip
    if rect.top_only and rounding and high[1] - low[1] > rounding:
        fill = color(rect.fill)
        dpg.draw_rectangle((low[0], low[1] + rounding), high, color=CLEAR, fill=fill, parent=parent)


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


def _text(text: Text, parent: Item, brush: Brush) -> None:
    size = text.size * brush.zoom
    if size < _SMALLEST_TEXT or not text.text:
        return
    item = dpg.draw_text(
        (text.x * brush.zoom, text.y * brush.zoom),
        text.text,
        size=size,
        color=brush.look.color(text.color),
        parent=parent,
    )
    dpg.bind_item_font(item, brush.fonts[text.weight])


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
