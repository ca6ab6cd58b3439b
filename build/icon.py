"""Draw the icon of the window: three nodes and the wires between them, in the colours of the program.

    python build/icon.py

Output: graphide/ui/icons, a picture for each size. The drawing is our own; the same script gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

OUTPUT = Path(__file__).resolve().parent.parent / "graphide" / "ui" / "icons"
SIZES = (64, 256)
SMOOTH = 4  # pixels that are drawn for one
GROUND, EDGE = "#1c1b2e", "#7c7cf8"
NODES = (  # left, top, right, bottom as shares of the side, and a colour
    ((0.15, 0.20, 0.45, 0.42), "#fbbf24"),
    ((0.15, 0.58, 0.45, 0.80), "#a78bfa"),
    ((0.60, 0.37, 0.87, 0.63), "#34d399"),
)
WIRES = (((0.45, 0.31), (0.60, 0.46)), ((0.45, 0.69), (0.60, 0.54)))
STEPS = 200
BRUSH = 0.018


def main() -> int:
    """Write the icon in all sizes."""
    OUTPUT.mkdir(exist_ok=True)
    for size in SIZES:
        drawn(size).save(OUTPUT / f"graphide-{size}.png", "PNG", optimize=True)
    return 0


def drawn(size: int) -> Image.Image:
    """Return the icon with a side of so many pixels."""
    side = size * SMOOTH
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), side * 0.22, fill=GROUND)
    for start, end in WIRES:
        for x, y in curve(start, end):
            pen.ellipse([(x - BRUSH) * side, (y - BRUSH) * side, (x + BRUSH) * side, (y + BRUSH) * side], fill=EDGE)
    for (left, top, right, bottom), color in NODES:
        box = (left * side, top * side, right * side, bottom * side)
        pen.rounded_rectangle(box, side * 0.06, fill=color)
        pen.rectangle(
            (box[0] + side * 0.06, box[1] + side * 0.10, box[2] - side * 0.06, box[1] + side * 0.13), fill=GROUND
        )
    return image.resize((size, size), Image.Resampling.BOX)


def curve(start: tuple[float, float], end: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Yield the points of a wire that leaves and arrives level: a cubic curve."""
    bend = (end[0] - start[0]) * 0.6
    xs, ys = (start[0], start[0] + bend, end[0] - bend, end[0]), (start[1], start[1], end[1], end[1])
    for step in range(STEPS + 1):
        t = step / STEPS
        shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield sum(s * x for s, x in zip(shares, xs, strict=True)), sum(s * y for s, y in zip(shares, ys, strict=True))


if __name__ == "__main__":
    sys.exit(main())
