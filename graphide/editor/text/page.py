"""Blocks of chat text laid out: plain shapes to draw, lines that can be selected, and what answers to a click. No window.

Lengths are pixels at scale 1, from the upper left corner of the part. What is one part is drawn anew as a whole, so a
text that streams in costs its last block only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, assert_never

from graphide.editor.text.blocks import Block, Code, Heading, Listing, Paragraph, Quote, Rule, Span, Spans, Table
from graphide.editor.text.metrics import face, icon, shortened, width as text_width
from graphide.editor.text.typeset import Line, Style, set_spans, shapes_of, width_of
from graphide.editor.text.wrap import Setting, wrap
from graphide.editor.views import Box, Rect, Shape, Text

BODY: Final = Style()
GAP: Final = 10.0  # below a block
_TIGHT: Final = 4.0  # between the items of a list
_HEADS: Final = {
    1: Style(20, 29, "text", "semibold"),
    2: Style(18, 27, "text", "semibold"),
    3: Style(16, 25, "text", "semibold"),
}
_SMALL_HEAD: Final = Style(15, 23, "text", "semibold")
_CODE: Final = Style(13.5, 19, "text", "mono")
_CELL: Final = Style(14, 20)
_CODE_PAD, _CODE_BAR = 13.0, 34.0
_QUOTE_INDENT: Final = 15.0
_CELL_PAD, _CELL_LEAST = 9.0, 40.0
_LEAST_WIDTH: Final = 60.0  # however deep the lists are

Act = Literal["link", "copy_text", "copy", "edit", "again", "way", "retry", "inspect", "details"]


class Spot(NamedTuple):
    """Where a part answers to a click: what is done, with what, and what is said of it before."""

    box: Box
    act: Act
    value: str = ""
    turn: int = 0
    tip: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Something that is drawn as a whole. Two parts are the same only when they are one object."""

    height: float
    shapes: tuple[Shape, ...] = ()
    lines: tuple[Line, ...] = ()
    spots: tuple[Spot, ...] = ()

    def spot_at(self, x: float, y: float) -> Spot | None:
        """Return what answers to a click at a point, None for nothing."""
        return next((spot for spot in self.spots if spot.box.has(x, y)), None)


def part_of(block: Block, width: float, style: Style = BODY) -> Part:
    """Return a block laid out at a width, with the room below it."""
    sheet = Sheet()
    sheet.block(block, 0.0, width, style)
    return sheet.part(GAP)


def with_caret(part: Part) -> Part:
    """Return a part with the sign behind its last line that more is being written."""
    if not part.lines:
        return part
    line = part.lines[-1]
    caret = Rect(line.x + line.width + 2, line.y + 3, 2, line.height - 6, fill="accent", rounding=1)
    return replace(part, shapes=(*part.shapes, caret))


class Sheet:
    """A part while blocks are added to it, from top to bottom."""

    def __init__(self) -> None:
        self.y = 0.0
        self.back: list[Shape] = []
        self.lines: list[Line] = []
        self.spots: list[Spot] = []

    def part(self, gap: float = 0.0) -> Part:
        """Return what was added, with some room below it."""
        text = [shape for line in self.lines for shape in shapes_of(line)]
        return Part(self.y + gap, (*self.back, *text), tuple(self.lines), tuple(self.spots))

    def block(self, block: Block, x: float, width: float, style: Style) -> None:
        """Add a block without the room below it."""
        width = max(width, _LEAST_WIDTH)
        match block:
            case Paragraph(spans=spans):
                self.text(spans, x, width, style)
            case Heading(level=level, spans=spans):
                self.text(spans, x, width, _HEADS.get(level, _SMALL_HEAD))
            case Code():
                self._code(block, x, width)
            case Quote(blocks=inner):
                top = self.y
                self._several(inner, x + _QUOTE_INDENT, width - _QUOTE_INDENT, style._replace(color="muted"), GAP)
                self.back.append(Rect(x, top, 3, self.y - top, fill="border", rounding=1.5))
            case Listing():
                self._listing(block, x, width, style)
            case Table():
                self._table(block, x, width, style)
            case Rule():
                self.back.append(Rect(x, self.y + 8, width, 1, fill="border"))
                self.y += 17
            case _:
                assert_never(block)

    def text(self, spans: Spans, x: float, width: float, style: Style, end: str = "\n") -> None:
        """Add running text with its links."""
        lines = [line.moved(x, self.y) for line in set_spans(spans, width, style, end)]
        self.lines += lines
        self.y += len(lines) * style.line_height
        for line in lines:
            for run in line.runs:
                if run.span.link:
                    box = Box(line.x + run.x, line.y, run.width, line.height)
                    self.spots.append(Spot(box, "link", run.span.link, tip=run.span.link))

    def _several(self, blocks: Sequence[Block], x: float, width: float, style: Style, gap: float) -> None:
        for number, block in enumerate(blocks):
            self.y += gap if number else 0.0
            self.block(block, x, width, style)

    def _code(self, block: Code, x: float, width: float) -> None:
        top, inner = self.y, width - 2 * _CODE_PAD
        lines = _code_lines(block.text, inner)
        height = _CODE_BAR + len(lines) * _CODE.line_height + _CODE_PAD
        self.back.append(Rect(x, top, width, height, fill="code", outline="border", rounding=10))
        label = shortened(block.language or "text", max(20.0, width - 110), 13)
        self.back.append(Text(x + _CODE_PAD, top + 11, label, 13, "faint"))
        self._copy_button(x + width - _CODE_PAD, top + 4, block.text)
        self.lines += [line.moved(x + _CODE_PAD, top + _CODE_BAR) for line in lines]
        self.y = top + height

    def _copy_button(self, right: float, top: float, text: str) -> None:
        label = f"{icon('copy')}  Copy"
        wide = text_width(label, 13)
        self.back.append(Text(right - wide, top + 7, label, 13, "muted"))
        self.spots.append(Spot(Box(right - wide - 7, top, wide + 14, 27), "copy_text", text, tip="Copy the code"))

    def _listing(self, block: Listing, x: float, width: float, style: Style) -> None:
        signs = [_sign(item.number, item.checked) for item in block.items]
        indent = max(text_width(sign, style.size) for sign in signs) + 9 if signs else 0.0
        for number, (sign, item) in enumerate(zip(signs, block.items, strict=True)):
            self.y += _TIGHT if number else 0.0
            first, top = len(self.lines), self.y
            self.back.append(Text(x, top + (style.line_height - style.size) / 2, sign, style.size, "muted"))
            self._several(item.blocks, x + indent, width - indent, style, _TIGHT)
            if len(self.lines) > first:
                self.lines[first] = self.lines[first]._replace(lead=f"{sign} {self.lines[first].lead}")
            self.y = max(self.y, top + style.line_height)

    def _table(self, block: Table, x: float, width: float, style: Style) -> None:
        columns = _columns(block, width)
        if columns is None:  # too many for the width: one line for each row
            for row in block.rows:
                self.text(_in_a_row(row), x, width, _CELL._replace(color=style.color))
            return
        top, right = self.y, x + sum(columns)
        for number, row in enumerate(block.rows):
            if number:
                self.back.append(Rect(x, self.y, right - x, 1, fill="border"))
            self._cells(row, block, columns, x, head=not number)
        self.back.insert(0, Rect(x, top, right - x, self.y - top, outline="border", rounding=8))

    def _cells(self, row: Sequence[Spans], block: Table, columns: Sequence[float], x: float, *, head: bool) -> None:
        top, lowest = self.y, self.y
        look = _CELL._replace(weight="semibold") if head else _CELL
        for number, cell in enumerate(row[: len(columns)]):
            inner = columns[number] - 2 * _CELL_PAD
            first, first_spot = len(self.lines), len(self.spots)
            self.y = top + 6
            self.text(cell, x + _CELL_PAD, inner, look, "\n" if number == len(row) - 1 else "\t")
            self._align(first, first_spot, inner, {"left": 0.0, "center": 0.5, "right": 1.0}[block.aligns[number]])
            x += columns[number]
            lowest = max(lowest, self.y + 6)
        self.y = lowest

    def _align(self, first: int, first_spot: int, width: float, share: float) -> None:
        """Move the lines from `first` on, and what can be clicked in them, by a share of the room beside them."""
        for at in range(first, len(self.lines)):
            line = self.lines[at]
            by = max(0.0, width - line.width) * share
            self.lines[at] = line.moved(by, 0)
            for number in range(first_spot, len(self.spots)):
                box = self.spots[number].box
                if box.y == line.y:
                    self.spots[number] = self.spots[number]._replace(box=box._replace(x=box.x + by))


def _sign(number: int | None, checked: bool | None) -> str:
    if checked is not None:
        return "☑" if checked else "☐"
    return "•" if number is None else f"{number}."


def _code_lines(text: str, width: float) -> list[Line]:
    """Return code wrapped in the mono face; a copy of it has the line ends of the writer only."""
    layout = wrap(text.replace("\t", "    "), Setting(face("mono"), _CODE.size, _CODE.line_height, width))
    lines = []
    for number, line in layout.lines():
        said = layout.text[line.start : line.end]
        lines += [
            row._replace(y=number * _CODE.line_height, end="\n" if line.hard else "")
            for row in set_spans((Span(said),), float("inf"), _CODE)[:1]
        ]
    return lines


def _columns(block: Table, width: float) -> list[float] | None:
    """Return the width of each column; as wide as their text where there is room, None where there is hardly any."""
    count = len(block.aligns)
    if not count or count * _CELL_LEAST > width:
        return None
    wanted = [
        max((width_of(row[at], _CELL._replace(weight="semibold")) for row in block.rows if at < len(row)), default=0.0)
        + 2 * _CELL_PAD + 1
        for at in range(count)
    ]  # fmt: skip
    wanted = [max(_CELL_LEAST, column) for column in wanted]
    if sum(wanted) <= width:
        return wanted
    # Narrow columns keep what they want; the others share what is left evenly.
    left, fair = width, width / count
    for number, at in enumerate(sorted(range(count), key=wanted.__getitem__)):
        fair = left / (count - number)
        wanted[at] = min(wanted[at], fair)
        left -= wanted[at]
    return wanted


def _in_a_row(row: Sequence[Spans]) -> Spans:
    spans: list[Span] = []
    for number, cell in enumerate(row):
        spans += [Span("  ·  ")] if number else []
        spans += cell
    return tuple(spans)
