"""Draws a canvas without a window: the plain shapes of `views` become pixels. What they show is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final, assert_never

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from graphide.editor.text.metrics import Weight, face
from graphide.editor.views import Box, CanvasView, Disc, Rect, Shape, Stroke, Text
from graphide.editor.wireshape import point

Color = tuple[int, int, int, int]
Colors = Callable[[str], Color]

MARGIN: Final = 48.0
LARGEST: Final = 4096  # pixels of a side
_SMOOTH: Final = 2  # pixels that are drawn for one
_SHADOW: Final = 6.0
_STEPS: Final = 24
_SMALLEST: Final = 3  # pixels; smaller text is left out


def drawn(view: CanvasView, colors: Colors, scale: float = 1.0) -> Image.Image:
    """Return the picture of everything on a canvas, at `scale` pixels a unit or fewer, so that no side is over LARGEST."""
    area = _area(view)
    scale = min(scale, LARGEST / area.width, LARGEST / area.height)
    size = (max(1, round(area.width * scale)), max(1, round(area.height * scale)))
    image = Image.new("RGB", (size[0] * _SMOOTH, size[1] * _SMOOTH), colors("canvas")[:3])
    brush = _Brush(image, colors, scale * _SMOOTH)
    for group in view.frames:
        brush.draw(group.shapes, group.x - area.x, group.y - area.y)
    for wire in view.wires:
        brush.draw([Stroke(curve, wire.color) for curve in wire.curves], -area.x, -area.y)
    for group in view.nodes:
        brush.draw(group.shapes, group.x - area.x, group.y - area.y)
    return image.resize(size, Image.Resampling.BOX)


def _area(view: CanvasView) -> Box:
    boxes = [group.box for group in (*view.frames, *view.nodes)] or [Box(0, 0, 400, 200)]
    left, top = min(box.x for box in boxes) - MARGIN, min(box.y for box in boxes) - MARGIN
    right = max(box.x + box.width for box in boxes) + MARGIN
    return Box(left, top, right - left, max(box.y + box.height for box in boxes) + MARGIN - top)


@cache
def _font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face(weight).path, size)


class _Brush:
    """An image that is drawn on, and how large a unit is there."""

    def __init__(self, image: Image.Image, colors: Colors, zoom: float) -> None:
        self._image, self._colors, self._zoom = image, colors, zoom
        self._pen = ImageDraw.Draw(image, "RGBA")

    def draw(self, shapes: Iterable[Shape], x: float, y: float) -> None:
        """Draw shapes that are relative to a place."""
        for shape in shapes:
            match shape:
                case Rect():
                    self._rect(shape, x, y)
                case Text():
                    self._text(shape, x, y)
                case Disc():
                    self._disc(shape, x, y)
                case Stroke():
                    self._stroke(shape, x, y)
                case _:
                    assert_never(shape)

    def _rect(self, rect: Rect, x: float, y: float) -> None:
        zoom = self._zoom
        left, top = (x + rect.x) * zoom, (y + rect.y) * zoom
        box = (left, top, left + max(rect.width * zoom, 1), top + max(rect.height * zoom, 1))
        if rect.shadow:
            self._shadow(box, rect)
        if rect.fill or rect.outline:
            self._pen.rounded_rectangle(
                box, min(rect.rounding * zoom, (box[2] - box[0]) / 2, (box[3] - box[1]) / 2),
                fill=self._colors(rect.fill) if rect.fill else None,
                outline=self._colors(rect.outline) if rect.outline else None,
                width=max(1, round(rect.thickness * zoom)) if rect.outline else 0,
                corners=(True, True, not rect.top_only, not rect.top_only),
            )  # fmt: skip

    def _shadow(self, box: tuple[float, float, float, float], rect: Rect) -> None:
        """Draw a soft shadow: a blurred box, only as large as it reaches."""
        reach = round(_SHADOW * 3 * self._zoom)
        left, top = round(box[0]) - reach, round(box[1]) - reach + round(_SHADOW / 2 * self._zoom)
        mask = Image.new("L", (round(box[2] - box[0]) + 2 * reach, round(box[3] - box[1]) + 2 * reach))
        inner = (reach, reach, mask.width - reach, mask.height - reach)
        ImageDraw.Draw(mask).rounded_rectangle(inner, rect.rounding * self._zoom, fill=70)
        soft = mask.filter(ImageFilter.BoxBlur(_SHADOW * self._zoom))
        self._image.paste(self._colors(rect.shadow)[:3], (left, top), soft)

    def _text(self, text: Text, x: float, y: float) -> None:
        known = face(text.weight)
        # A font of size s is s high in a window, from the lowest to the highest point; Pillow's size is that of an em.
        size = round(text.size * self._zoom * _em(text.weight))
        if size < _SMALLEST:
            return
        at = ((x + text.x) * self._zoom, (y + text.y + text.size * known.ascent) * self._zoom)
        self._pen.text(at, text.text, fill=self._colors(text.color), font=_font(text.weight, size), anchor="ls")

    def _disc(self, disc: Disc, x: float, y: float) -> None:
        zoom, radius = self._zoom, disc.radius * self._zoom
        self._pen.circle(
            ((x + disc.x) * zoom, (y + disc.y) * zoom), radius, fill=self._colors(disc.fill) if disc.fill else None,
            outline=self._colors(disc.outline) if disc.outline else None, width=max(1, round(1.5 * zoom)),
        )  # fmt: skip

    def _stroke(self, stroke: Stroke, x: float, y: float) -> None:
        points: Sequence[tuple[float, float]] = stroke.points
        if len(points) == 4:
            points = [point(stroke.points, step / _STEPS) for step in range(_STEPS + 1)]
        path = [((x + px) * self._zoom, (y + py) * self._zoom) for px, py in points]
        color, width = self._colors(stroke.color), max(1, round(stroke.thickness * self._zoom))
        if stroke.dashed:
            for start, end in zip(path[::2], path[1::2], strict=False):
                self._pen.line([start, end], color, width)
        else:
            self._pen.line(path, color, width, joint="curve")


@cache
def _em(weight: Weight) -> float:
    """Return the em of a face as a fraction of its height."""
    ascent, descent = _font(weight, 1000).getmetrics()
    return 1000 / (ascent + descent)
