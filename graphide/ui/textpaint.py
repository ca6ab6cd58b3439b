"""Paints a text under edit on a drawlist: lines with their marks, the selection, the caret. Which text is not known here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import dearpygui.dearpygui as dpg

from graphide.editor.text.edit import TextEdit
from graphide.editor.text.marks import marks
from graphide.ui.colors import CLEAR, Look

BLINK: Final = 1.06
_LIT: Final = 0.6  # of a blink
_COLORS: Final = {
    "bracket": "placeholder@70", "name": "placeholder", "expression": "placeholder@85", "filter": "teal",
    "block": "purple", "comment": "faint", "raw": "muted",
}  # fmt: skip


Colored = Callable[[int, int], Iterable[tuple[str, str]]]
"""Gives the parts of a line, from one character to another, each with the name of its colour."""


class Sheet(NamedTuple):
    """Where a text is painted: the drawlist, the upper left corner in it, how many pixels a unit is, and how it looks."""

    item: int | str
    left: float
    top: float
    zoom: float
    look: Look
    font: Any


def paint(edit: TextEdit, sheet: Sheet, *, caret: bool, prompt: bool = True, colors: Colored | None = None) -> None:
    """Paint what is seen of a text; with `prompt` its placeholders are coloured, with `colors` as that says."""
    for box in edit.visible_boxes(*edit.selection):
        low = (sheet.left + box.x * sheet.zoom, sheet.top + box.y * sheet.zoom)
        high = (low[0] + max(box.width, 3.0) * sheet.zoom, low[1] + box.height * sheet.zoom)
        dpg.draw_rectangle(low, high, color=CLEAR, fill=sheet.look.color("accent@35"), rounding=3, parent=sheet.item)
    for y, line in edit.visible_lines():
        pieces = colors(line.start, line.end) if colors is not None else None
        if pieces is None:
            pieces = _pieces(edit.text, line.start, line.end, prompt=prompt)
        _line(edit, sheet, y, list(pieces))
    if caret:
        box = edit.caret_box()
        x, top = sheet.left + box.x * sheet.zoom, sheet.top + box.y * sheet.zoom
        bottom = top + box.height * sheet.zoom
        dpg.draw_line((x, top + 2), (x, bottom - 2), color=sheet.look.color("caret"), thickness=1.6, parent=sheet.item)


def paint_trouble(edit: TextEdit, sheet: Sheet, at: int) -> None:
    """Paint the place where a text goes wrong: a line below its character, or behind the last one."""
    last = len(edit.text)
    start = min(at, max(last - 1, 0))
    for box in edit.visible_boxes(start, min(start + 1, last)):
        low = (sheet.left + box.x * sheet.zoom, sheet.top + (box.y + box.height - 3) * sheet.zoom)
        high = (low[0] + max(box.width, 6.0) * sheet.zoom, low[1] + 2 * sheet.zoom)
        dpg.draw_rectangle(low, high, color=CLEAR, fill=sheet.look.color("error"), parent=sheet.item)


def _line(edit: TextEdit, sheet: Sheet, y: float, pieces: list[tuple[str, str]]) -> None:
    setting = edit.layout.setting
    top = sheet.top + (y + (setting.line_height - setting.size) / 2) * sheet.zoom
    x = 0.0
    for piece, color in pieces:
        at = (sheet.left + x * sheet.zoom, top)
        item = dpg.draw_text(
            at, piece, size=setting.size * sheet.zoom, color=sheet.look.color(color), parent=sheet.item
        )
        dpg.bind_item_font(item, sheet.font)
        x += setting.face.width(piece, setting.size)


def _pieces(text: str, start: int, end: int, *, prompt: bool) -> Iterator[tuple[str, str]]:
    """Yield the parts of a line, each with the name of its colour."""
    at = start
    for segment in marks(text).within(start, end) if prompt and "{" in text else ():
        if segment.start > at:
            yield text[at : segment.start], "text"
        yield text[segment.start : segment.end].rstrip("\n"), _COLORS[segment.kind]
        at = segment.end
    rest = text[at:end].rstrip("\n")
    if rest:
        yield rest, "text"


def is_lit(now: float) -> bool:
    """Return whether carets are seen at a time in seconds."""
    return now % BLINK < BLINK * _LIT


def until_blink(now: float) -> float:
    """Return in how many seconds carets come or go."""
    phase = now % BLINK
    return (BLINK * _LIT if phase < BLINK * _LIT else BLINK) - phase


def added_text(before: str, after: str) -> str:
    """Return the characters that were put into a text, wherever in it."""
    most = min(len(before), len(after))
    start = next((at for at in range(most) if before[at] != after[at]), most)
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return after[start : len(after) - end]
