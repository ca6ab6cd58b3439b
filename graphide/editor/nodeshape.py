"""A node as shapes: its box, title bar, pins, widgets, texts and badges, and where each of them answers to the mouse.

Everything is relative to the upper left corner of the node and a whole pixel at zoom 1. What is shown, row by row, is
decided in `noderows`; this module finds the size and draws the rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from graphide.editor.detail import tiny
from graphide.editor.folds import Print, count, tail
from graphide.editor.later import Later
from graphide.editor.layout import Place, Point
from graphide.editor.nodelook import icon_of, own_color
from graphide.editor.noderows import LINE, TEXT_GAP, PinRow, Row, Subject, TextRow, WidgetRow, rows_of
from graphide.editor.nodesheet import PAD, PRINT_SIZE, DrawnRows, Sheet, pin_disc, pin_of
from graphide.editor.nodetitle import TITLE, draw_title, title_needs, title_of
from graphide.editor.text.metrics import shortened, width
from graphide.editor.views import Box, Group, Hit, Pin, Rect, Shape, Text
from graphide.editor.widgets import ROW

WIDE: Final = 256.0
"""The width of a node with text or a slider in it, where nobody said otherwise; others are as wide as they need."""
NARROW: Final = 150.0
LEAST: Final = Point(120.0, TITLE)
"""No node is smaller."""
ROUNDING: Final = 12.0
CORNER: Final = 16.0
_TOP: Final = 10.0  # between the title bar and the first row
_BOTTOM: Final = 8.0
_LARGEST: Final = 4000.0  # of a size in a file
_LINES_FAR: Final = 22.0


def node_group(subject: Subject, place: Place, drawn: DrawnRows | None = None) -> Group:
    """Return a node as it is drawn at its place, the origin where it has none.

    Only its size and pins are worked out at once: shapes and hits are made when somebody looks at them. Rows that are in
    `drawn` as they are now give the same shapes as before; those that were not are put into it.
    """
    known: DrawnRows = {} if drawn is None else drawn
    at = place.at or Point(0, 0)
    if place.collapsed:
        return _collapsed(subject, place, at)
    rows = rows_of(subject)
    wide = _width(subject, rows, place)
    inner = wide - 2 * PAD
    lines = [_lines(row, inner) if isinstance(row, TextRow) else 0 for row in rows]
    lines, height = _fitted(rows, lines, place)

    def sheet() -> Sheet:
        sheet = Sheet(wide, height)
        _draw_ground(sheet, subject, place)
        y = TITLE + _TOP
        for number, (row, shown) in enumerate(zip(rows, lines, strict=True)):
            sheet.draw_again(row, y, shown, number, known)
            y += _height(row, shown)
        sheet.hits.append(Hit("corner", "", Box(wide - CORNER, height - CORNER, CORNER, CORNER), cursor="resize"))
        return sheet

    box = Box(at.x, at.y, wide, height)
    return _group(subject, place, box, tuple(_pins(rows, lines, wide)), sheet)


def least_size(subject: Subject, place: Place) -> Point:
    """Return the size below which a node cannot be made smaller by its corner."""
    rows = rows_of(subject)
    return Point(LEAST.x, TITLE + _TOP + _BOTTOM + sum(_height(row, 1) for row in rows)) if rows else LEAST


def outline_of(subject: Subject) -> tuple[str, float]:
    """Return colour and thickness of the line around a node; that of the selection is drawn above it."""
    if subject.spec is None:
        return "state_missing", 1.4
    if subject.live:
        return "border+state_done@55", 1.4
    state = subject.run.state if subject.run is not None and not (subject.changed and subject.run.ended) else ""
    if state in ("failed", "running"):
        return f"state_{state}", 1.8
    if state in ("done", "cached"):
        return f"border+state_{state}@55", 1.4
    return "border", 1.4


def _width(subject: Subject, rows: Sequence[Row], place: Place) -> float:
    if place.size is not None:
        return float(round(min(max(place.size.x, LEAST.x), _LARGEST)))
    needed = min(title_needs(subject), WIDE)
    for row in rows:
        if isinstance(row, PinRow):
            needed = max(needed, min(width(row.port.name[:100], 13.0) + 2 * PAD + 20, WIDE))
        elif isinstance(row, WidgetRow):
            needed = max(needed, 220.0)
        elif isinstance(row, TextRow):
            needed = WIDE
    return float(math.ceil(max(needed, NARROW)))


def _lines(row: TextRow, inner: float) -> int:
    """Return how many lines a text shows by itself."""
    print_ = Print(PRINT_SIZE, inner - (2 * 8 if row.label else 0))
    if row.pieces:
        return max(1, len(tail(row.pieces, print_, row.most).spans))
    return min(count(row.text, print_), row.most)


def _height(row: Row, lines: int) -> float:
    if not isinstance(row, TextRow):
        return row.height
    return lines * LINE + TEXT_GAP + (LINE + TEXT_GAP if row.label else 0.0)


def _fitted(rows: Sequence[Row], lines: list[int], place: Place) -> tuple[list[int], float]:
    """Return how many lines each text shows, and the height: as needed, else as the user made it, down to a line each.

    Room to spare goes to the last text, which is the one that grows.
    """
    height = TITLE + _TOP + _BOTTOM + sum(_height(row, shown) for row, shown in zip(rows, lines, strict=True))
    if not rows:
        height = TITLE + _TOP + _BOTTOM
    if place.size is None:
        return lines, float(math.ceil(height))
    wanted = float(round(min(max(place.size.y, TITLE + _TOP + _BOTTOM), _LARGEST)))
    spare = math.floor((wanted - height) / LINE)
    texts = [number for number, row in enumerate(rows) if isinstance(row, TextRow)]
    fitted = list(lines)
    for number in reversed(texts):
        more = max(spare, 1 - fitted[number])
        fitted[number] += more
        spare -= more
        if spare >= 0:
            break
    grown = TITLE + _TOP + _BOTTOM + sum(_height(row, shown) for row, shown in zip(rows, fitted, strict=True))
    return fitted, max(wanted, float(math.ceil(grown)))


def _draw_ground(sheet: Sheet, subject: Subject, place: Place) -> None:
    running = subject.run is not None and subject.run.state == "running"
    color, thickness = outline_of(subject)
    glow = "state_running" if running else "shadow"
    sheet.shapes.append(Rect(0, 0, sheet.width, sheet.height, "card", color, thickness, ROUNDING, shadow=glow))
    draw_title(sheet, subject, place)


def _pins(rows: Sequence[Row], lines: Sequence[int], wide: float) -> Iterator[Pin]:
    """Yield the pins of the rows of a node, where a sheet draws them."""
    y = TITLE + _TOP
    for row, shown in zip(rows, lines, strict=True):
        pin = _pin_row(row)
        if pin is not None:
            yield pin_of(pin, wide, y + (row.height if isinstance(row, PinRow) else ROW) / 2)
        y += _height(row, shown)


def _pin_row(row: Row) -> PinRow | None:
    return row if isinstance(row, PinRow) else row.pin if isinstance(row, WidgetRow) else None


def _collapsed(subject: Subject, place: Place, at: Point) -> Group:
    """Return a node of which only the title bar is shown, with all inputs in one pin and all outputs in another."""
    wide = place.size.x if place.size is not None else min(title_needs(subject), WIDE)
    wide = float(math.ceil(min(max(wide, NARROW), _LARGEST)))
    rows = [pin for row in rows_of(subject) if (pin := _pin_row(row)) is not None]

    def sheet() -> Sheet:
        sheet = Sheet(wide, TITLE)
        _draw_ground(sheet, subject, place)
        for row in rows:
            sheet.add_pin(row, TITLE / 2)
        return sheet

    pins = tuple(pin_of(row, wide, TITLE / 2) for row in rows)
    return _group(subject, place, Box(at.x, at.y, wide, TITLE), pins, sheet)


def _group(subject: Subject, place: Place, box: Box, pins: tuple[Pin, ...], draw: Callable[[], Sheet]) -> Group:
    drawn = Later(lambda: (draw(),))
    active = subject.node.state == "active"
    ring = Rect(0, 0, box.width, box.height, outline="selection", thickness=2.0, rounding=ROUNDING)
    far = Later(lambda: _far(box, pins, subject, place))

    def shapes() -> Sequence[Shape]:
        found = drawn[0].shapes + drawn[0].pin_shapes
        return tuple(found if active else map(faded, found))

    def hits() -> Sequence[Hit]:
        body = Hit("body", "", Box(0, 0, box.width, box.height))
        return (*drawn[0].pin_hits, *reversed(drawn[0].hits), body)

    return Group(
        subject.node.id,
        *box,
        shapes=Later(shapes),
        shapes_far=far,
        hits=Later(hits),
        pins=pins,
        shapes_tiny=tiny(far),
        marks=Later(lambda: (ring, *drawn[0].pin_shapes)),
        marks_far=(ring._replace(thickness=4.0),),
        state=outline_of(subject)[0],
    )


def _far(box: Box, pins: Sequence[Pin], subject: Subject, place: Place) -> tuple[Shape, ...]:
    color, thickness = outline_of(subject)
    size, inner = _LINES_FAR, box.width - 2 * PAD
    title = shortened(title_of(subject.node), inner - size - 6, size, "medium")
    top = TITLE + 4 if box.height >= TITLE + size + 8 else (TITLE - size) / 2
    ground = Rect(0, 0, box.width, box.height, "card", color, 2 * thickness, ROUNDING)
    fill = f"card+{own_color(place.color, subject.spec)}@30"
    bar = Rect(thickness, thickness, box.width - 2 * thickness, TITLE - thickness, fill, rounding=ROUNDING - thickness)
    shapes: list[Shape] = [ground, bar._replace(top_only=box.height > TITLE)]
    shapes += [Text(PAD, top, icon_of(subject.spec), size), Text(PAD + size + 6, top, title, size, "text", "medium")]
    shapes += [pin_disc(pin, 7.0, outline="") for pin in pins]
    return tuple(shapes if subject.node.state == "active" else [faded(shape) for shape in shapes])


def faded(shape: Shape) -> Shape:
    """Return a shape as one of a node that takes no part in a run is drawn."""
    if isinstance(shape, Rect):
        return shape._replace(outline=_thin(shape.outline), fill=shape.fill if shape.shadow else _thin(shape.fill))
    if isinstance(shape, Text):
        return shape._replace(color=_thin(shape.color))
    return shape


def _thin(color: str) -> str:
    return f"{color}@45" if color and "@" not in color else color
