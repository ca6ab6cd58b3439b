"""The sheet a node is drawn on: rows become shapes, hits and pins at a height. Which rows there are is in `noderows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final, assert_never

from graphide.editor.folds import Folded, Print, Span, head, tail
from graphide.editor.nodelook import wire_color
from graphide.editor.noderows import LINE, BarRow, NoteRow, PinRow, Row, TextRow, WidgetRow
from graphide.editor.text.marks import Marks, marks
from graphide.editor.text.metrics import shortened, width
from graphide.editor.views import Box, Disc, Hit, Pin, Rect, Shape, Text
from graphide.editor.widgets import ROW, widget_hit, widget_shapes

PAD: Final = 14.0
PRINT_SIZE: Final = 14.0
SMALL: Final = 13.0
PIN: Final = 5.5
PIN_HIT: Final = 16.0
_INSET: Final = 8.0  # of a text in its own box
_LONGEST_NAME: Final = 200

_COLORS: Mapping[str, str] = {"error": "error", "hint": "muted", "reply": "text", "result": "text"}
_MARKS: Mapping[str, str] = {
    "bracket": "placeholder", "name": "placeholder", "expression": "placeholder", "filter": "muted",
    "block": "purple", "comment": "faint", "raw": "muted",
}  # fmt: skip


DrawnRows = MutableMapping[int, tuple[tuple[Row, float, int, float], "Sheet"]]
"""The rows of a node as they were drawn last, by their number: what with (row, height, lines, width), and the sheet."""


class Sheet:
    """Shapes and hits of one node, as they are added from top to bottom."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.shapes: list[Shape] = []
        self.hits: list[Hit] = []
        self.pin_shapes: list[Shape] = []
        self.pin_hits: list[Hit] = []

    @property
    def inner(self) -> float:
        """The width between the margins."""
        return self.width - 2 * PAD

    def draw(self, row: Row, y: float, lines: int) -> None:
        """Add a row; `lines` is how many a text shows."""
        match row:
            case PinRow():
                self._draw_label(row, y)
                self.add_pin(row, y + row.height / 2)
            case WidgetRow():
                box = Box(PAD, y, self.inner, ROW)
                self.shapes += widget_shapes(row.widget, box)
                self.hits.append(widget_hit(row.widget, box))
                if row.pin is not None:
                    self.add_pin(row.pin, y + ROW / 2)
            case TextRow():
                self._draw_text(row, y, lines)
            case BarRow():
                track = Rect(PAD, y, self.inner, 4, fill="field", rounding=2)
                self.shapes += [track, track._replace(width=round(self.inner * row.fraction), fill="accent")]
            case NoteRow():
                self.shapes.append(Text(PAD, y, shortened(row.text, self.inner, SMALL), SMALL, row.color))
            case _:
                assert_never(row)

    def draw_again(self, row: Row, y: float, lines: int, number: int, known: DrawnRows) -> None:
        """Add a row, as it was drawn before where that was the same; rows that are drawn are put into `known`."""
        drawn = (row, y, lines, self.width)
        old = known.get(number)
        if old is None or old[0] != drawn or not _has_same_value(old[0][0], row):
            part = Sheet(self.width, self.height)
            part.draw(row, y, lines)
            old = known[number] = (drawn, part)
        self.shapes += old[1].shapes
        self.hits += old[1].hits
        self.pin_shapes += old[1].pin_shapes
        self.pin_hits += old[1].pin_hits

    def add_pin(self, row: PinRow, y: float) -> None:
        """Add a pin on the left or right border."""
        pin = pin_of(row, self.width, y)
        x = pin.x
        self.pin_shapes.append(pin_disc(pin, PIN, outline="error" if row.problem else "card"))
        box = Box(x - PIN_HIT / 2, y - PIN_HIT / 2, PIN_HIT, PIN_HIT)
        self.pin_hits.append(Hit("pin", pin.name, box, output=row.output, cursor="hand", tooltip=_about(row)))

    def _draw_label(self, row: PinRow, y: float) -> None:
        name = shortened(row.port.name[:_LONGEST_NAME].replace("_", " "), self.inner, SMALL)
        x = PAD if not row.output else self.width - PAD - width(name, SMALL)
        color = "error" if row.problem else "muted"
        self.shapes.append(Text(x, y + (row.height - SMALL) / 2, name, SMALL, color))

    def _draw_text(self, row: TextRow, y: float, lines: int) -> None:
        if row.label:
            label = shortened(row.label, self.inner, SMALL)
            self.shapes.append(Text(PAD, y, label, SMALL, "muted"))
            y += LINE
            box = Box(PAD, y, self.inner, lines * LINE + _INSET)
            outline = "state_failed" if row.problem else ""
            self.shapes.append(Rect(*box, fill="field", outline=outline, rounding=7))
            self.shapes += _lines(row, lines, PAD + _INSET, y + _INSET / 2, self.inner - 2 * _INSET)
        else:
            box = Box(PAD, y, self.inner, lines * LINE)
            self.shapes += _lines(row, lines, PAD, y, self.inner)
        part = Hit("widget", row.name, box, cursor="text", tooltip=row.problem)
        self.hits.append(part if row.name else Hit("body", row.role, box))


def _has_same_value(old: Row, row: Row) -> bool:
    """Return whether the values of two equal widgets are written alike, which 1 and 1.0 are not."""
    return not (isinstance(old, WidgetRow) and isinstance(row, WidgetRow)) or old.widget.value is row.widget.value


def pin_of(row: PinRow, width: float, y: float) -> Pin:
    """Return the pin of a row of a node `width` wide."""
    return Pin(row.port.name, row.output, width if row.output else 0.0, y, row.wire)


def pin_disc(pin: Pin, radius: float, *, outline: str = "card") -> Disc:
    """Return a pin as it is drawn."""
    return Disc(pin.x, pin.y, radius, wire_color(pin.wire), outline)


def _about(row: PinRow) -> str:
    port = row.port
    takes = " or ".join(port.wires)
    many = ", several" if port.many else ""
    said = f". {port.help}" if port.help else ""
    problem = f". {row.problem}" if row.problem else ""
    return f"{port.name[:_LONGEST_NAME]} ({takes}{many}){said}{problem}"


def _lines(row: TextRow, lines: int, x: float, y: float, room: float) -> Iterator[Shape]:
    """Yield the lines of a text, the last one saying how many more there are."""
    print_ = Print(PRINT_SIZE, room)
    top = y + (LINE - PRINT_SIZE) / 2
    if not row.text and not row.pieces:
        yield Text(x, top, shortened("Empty", room, PRINT_SIZE), PRINT_SIZE, "faint")
        return
    folded = tail(row.pieces, print_, lines) if row.pieces else head(row.text, print_, lines)
    color = _COLORS.get(row.role, "text")
    marked = marks(row.text) if row.marked and "{" in row.text else None
    for number, span in enumerate(folded.spans):
        at = top + number * LINE
        if marked is None:
            yield Text(x, at, folded.text[span.start : span.end], PRINT_SIZE, color)
        else:
            yield from _marked(folded, span, marked, x, at)
    if folded.hidden and len(folded.spans) < lines:
        more = f"… {folded.hidden:,} more line{'' if folded.hidden == 1 else 's'}"
        yield Text(x, top + len(folded.spans) * LINE, more, PRINT_SIZE, "faint")


def _marked(folded: Folded, span: Span, found: Marks, x: float, y: float) -> Iterator[Text]:
    """Yield the parts of a line, those that stand for something in their own colour."""
    at = span.start
    parts: list[tuple[int, int, str]] = []
    for segment in found.within(span.start, span.end):
        parts += [(at, segment.start, "text"), (segment.start, segment.end, _MARKS[segment.kind])]
        at = segment.end
    for start, end, color in (*parts, (at, span.end, "text")):
        if start < end:
            yield Text(
                x + width(folded.text[span.start : start], PRINT_SIZE), y, folded.text[start:end], PRINT_SIZE, color
            )
