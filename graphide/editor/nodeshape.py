"""A node as shapes: its box, title bar, pins, widgets, texts and badges, and where each of them answers to the mouse.

Everything is relative to the upper left corner of the node and a whole pixel at zoom 1. What is shown, row by row, is
decided in `noderows`; this module finds the size and draws the rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from graphide.editor.folds import Print, count, tail
from graphide.editor.layout import Place, Point
from graphide.editor.nodelook import icon_of, own_color
from graphide.editor.noderows import LINE, TEXT_GAP, PinRow, Row, Subject, TextRow, WidgetRow, rows_of
from graphide.editor.nodesheet import PAD, PRINT_SIZE, Sheet, pin_disc
from graphide.editor.nodetitle import TITLE, draw_title, title_needs, title_of
from graphide.editor.text.metrics import shortened, width
from graphide.editor.views import Box, Group, Hit, Rect, Shape, Text

WIDE: Final = 256.0
"""The width of a node with text or a slider in it, where nobody said otherwise; others are as wide as they need."""
NARROW: Final = 150.0
LEAST: Final = Point(120.0, TITLE)
"""No node is smaller."""
FAR: Final = 0.45
"""Below this zoom text cannot be read, and a node is drawn by its `shapes_far`."""
ROUNDING: Final = 12.0
CORNER: Final = 16.0
_TOP: Final = 10.0  # between the title bar and the first row
_BOTTOM: Final = 8.0
_LARGEST: Final = 4000.0  # of a size in a file
_LINES_FAR: Final = 22.0


def node_group(subject: Subject, place: Place) -> Group:
    """Return a node as it is drawn at its place, the origin where it has none."""
    at = place.at or Point(0, 0)
    if place.collapsed:
        return _collapsed(subject, place, at)
    rows = rows_of(subject)
    wide = _width(subject, rows, place)
    inner = wide - 2 * PAD
    lines = [_lines(row, inner) if isinstance(row, TextRow) else 0 for row in rows]
    lines, height = _fitted(rows, lines, place)
    sheet = Sheet(wide, height)
    _draw_ground(sheet, subject, place)
    y = TITLE + _TOP
    for row, shown in zip(rows, lines, strict=True):
        sheet.draw(row, y, shown)
        y += _height(row, shown)
    _draw_edge(sheet, subject)
    sheet.hits.append(Hit("corner", "", Box(wide - CORNER, height - CORNER, CORNER, CORNER), cursor="resize"))
    return _group(sheet, subject, place, at)


def least_size(subject: Subject, place: Place) -> Point:
    """Return the size below which a node cannot be made smaller by its corner."""
    rows = rows_of(subject)
    return Point(LEAST.x, TITLE + _TOP + _BOTTOM + sum(_height(row, 1) for row in rows)) if rows else LEAST


def outline_of(subject: Subject) -> tuple[str, float]:
    """Return colour and thickness of the line around a node: selected before failed before running."""
    if subject.selected:
        return "selection", 2.0
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
    glow = "state_running" if running else "shadow"
    sheet.shapes.append(Rect(0, 0, sheet.width, sheet.height, fill="card", rounding=ROUNDING, shadow=glow))
    draw_title(sheet, subject, place)


def _draw_edge(sheet: Sheet, subject: Subject) -> None:
    color, thickness = outline_of(subject)
    line = Rect(0, 0, sheet.width, sheet.height, outline=color, thickness=thickness, rounding=ROUNDING)
    sheet.shapes.append(line)


def _collapsed(subject: Subject, place: Place, at: Point) -> Group:
    """Return a node of which only the title bar is shown, with all inputs in one pin and all outputs in another."""
    wide = place.size.x if place.size is not None else min(title_needs(subject), WIDE)
    sheet = Sheet(float(math.ceil(min(max(wide, NARROW), _LARGEST))), TITLE)
    _draw_ground(sheet, subject, place)
    _draw_edge(sheet, subject)
    for row in rows_of(subject):
        pin = row if isinstance(row, PinRow) else row.pin if isinstance(row, WidgetRow) else None
        if pin is not None:
            sheet.add_pin(pin, TITLE / 2)
    return _group(sheet, subject, place, at)


def _group(sheet: Sheet, subject: Subject, place: Place, at: Point) -> Group:
    shapes = sheet.shapes + sheet.pin_shapes
    if subject.node.state != "active":
        shapes = [faded(shape) for shape in shapes]
    body = Hit("body", "", Box(0, 0, sheet.width, sheet.height))
    return Group(
        key=subject.node.id,
        x=at.x,
        y=at.y,
        width=sheet.width,
        height=sheet.height,
        shapes=tuple(shapes),
        shapes_far=_far(sheet, subject, place),
        hits=(*sheet.pin_hits, *reversed(sheet.hits), body),
        pins=tuple(sheet.pins),
        selected=subject.selected,
    )


def _far(sheet: Sheet, subject: Subject, place: Place) -> tuple[Shape, ...]:
    color, thickness = outline_of(subject)
    size, inner = _LINES_FAR, sheet.width - 2 * PAD
    title = shortened(title_of(subject.node), inner - size - 6, size, "medium")
    top = TITLE + 4 if sheet.height >= TITLE + size + 8 else (TITLE - size) / 2
    ground = Rect(0, 0, sheet.width, sheet.height, fill="card", rounding=ROUNDING)
    bar = Rect(0, 0, sheet.width, TITLE, fill=f"card+{own_color(place.color, subject.spec)}@30", rounding=ROUNDING)
    shapes: list[Shape] = [ground, bar._replace(top_only=sheet.height > TITLE)]
    shapes += [Text(PAD, top, icon_of(subject.spec), size), Text(PAD + size + 6, top, title, size, "text", "medium")]
    shapes.append(ground._replace(fill="", outline=color, thickness=2 * thickness))
    shapes += [pin_disc(pin, 7.0) for pin in sheet.pins]
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
