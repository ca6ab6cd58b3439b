"""The final prompt of a model node: its parts in the colours of their nodes, who wrote how much, and how full the context is.

A click on a part, or on a line of the list, selects the node that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.prompt_view import Gauge, Piece, PromptView, SourceRow
from graphide.editor.text.metrics import icon, shortened
from graphide.editor.views import Rect, Shape
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.typed_box import LiveBox
from graphide.ui.shapes import draw
from graphide.ui.textpaint import Sheet
from graphide.ui.theme import StyleName

_BAR: Final = 8.0
_LEVELS: Final[dict[str, StyleName]] = {"fits": "muted", "tight": "warn", "over": "bad"}


class Prompt(Part):
    """The prompt of the model node that is selected."""

    def __init__(self, app: Any, width: float) -> None:
        super().__init__(app, width)
        self._bar: Any = 0
        self._painted: object = None

    @property
    def view(self) -> PromptView | None:
        """The prompt as far as it is worked out; it is only asked for while it is shown."""
        node = self.shown.node
        if node is None or not self.is_open("prompt"):
            return None
        return self.session.prompts.of(self.session.tab, node.id)

    def key(self) -> object:
        node = self.shown.node
        if node is None:
            return None
        if not self.is_open("prompt"):
            return node.id, self._asks(), False
        view = self.view
        return node.id, id(view) if view is not None and not view.working else view

    def update(self) -> None:
        super().update()
        self._paint_gauge()

    def fill(self) -> None:
        self._bar, self._painted = 0, None
        if self.shown.node is None or not self._asks():
            return
        view = self.view
        note = "" if view is None else "Being worked out …" if view.working else view.heading
        if not self.section("prompt", "Prompt", note=note) or view is None:
            return
        kit = self.kit
        if view.problem:
            kit.text(view.problem, "muted", size=13, wrap=0)
            return
        if not view.pieces:
            kit.text(f"{icon('loader-circle')}  Being worked out …", "faint", size=13)
            return
        if view.gauge is not None:
            self._gauge(view.gauge)
        elif view.uncounted:
            kit.text(f"Not counted: {view.uncounted}", "faint", size=13, wrap=0)
        for row in view.sources:
            self._source(row, view)
        if view.note:
            kit.text(f"{icon('info')}  {view.note}", "muted", size=13, wrap=0)
        box = PromptBox(self, view)
        self.add(box)
        with kit.line(spacing=4):
            self.right(0.0, 30.0)
            self.copy_button(lambda: view.text, tip="Copy the prompt")

    def _asks(self) -> bool:
        from graphide.editor.prompt_preview import asks_a_model

        node = self.shown.node
        spec = self.session.workspace.registry.get(node.type) if node is not None else None
        return spec is not None and asks_a_model(spec)

    def _gauge(self, gauge: Gauge) -> None:
        kit = self.kit
        self._bar = dpg.add_drawlist(kit.px(self.width), kit.px(_BAR))
        self._shown_gauge = gauge
        kit.text(gauge.line, _LEVELS[gauge.level], size=13, wrap=0)
        if gauge.consequence:
            kit.text(f"{icon('triangle-alert')}  {gauge.consequence}", _LEVELS[gauge.level], size=13, wrap=0)

    def _paint_gauge(self) -> None:
        look = self.app.themes.look
        if not self._bar or self._painted is look or not dpg.does_item_exist(self._bar):
            return
        self._painted = look
        dpg.delete_item(self._bar, children_only=True)
        brush = self.app.canvas.brush(self.kit.fonts.scale)
        draw(gauge_shapes(self._shown_gauge, self.width, _BAR), self._bar, brush)

    def _source(self, row: SourceRow, view: PromptView) -> None:
        kit = self.kit
        tokens = "not known yet" if row.unknown else f"{row.tokens:,}" if row.tokens is not None else ""
        room = self.width - self.text_width(tokens, 13) - 16
        with kit.line(spacing=4):
            self.dot(row.color)
            title = shortened(row.title, room - 40, 13)
            go = partial(self.go_to, row.source) if row.source is not None else _nothing
            kit.button(title, go, "fold", size=13, tip="Select the node that wrote it")
            if tokens:
                self.right(30.0 + self.text_width(title, 13), self.text_width(tokens, 13) + 4)
                kit.text(tokens, "faint", size=13)


class PromptBox(LiveBox):
    """The text of a prompt, each part on a ground of its colour."""

    def __init__(self, part: Prompt, view: PromptView) -> None:
        self._part = part
        self._view = view
        super().__init__(part.app, view.text, width=part.width, most=20)
        self.edit.scroll(-1e9)
        self.colors = self._colored
        with dpg.tooltip(self._field, delay=0.3) as tooltip:
            self._tip: Any = part.kit.text("", size=13)
        part.kit.style(tooltip, "popup")

    def update(self) -> None:
        super().update()
        if self.hovered and dpg.does_item_exist(self._tip):
            piece = self._piece()
            titles = {row.source: row.title for row in self._view.sources}
            said = titles.get(piece.source, "") if piece is not None else ""
            dpg.set_value(self._tip, f"From {said}" if said else "Put in by the model node" if piece else "")

    def _released(self) -> None:
        clicked = self._held and not self.edit.selected
        super()._released()
        piece = self._piece() if clicked and self.hovered else None
        if piece is not None and piece.source is not None:
            self._part.go_to(piece.source)

    def _piece(self) -> Piece | None:
        x, y = self._inside()
        index = self.edit.layout.index_at(x, y + self.edit.top)
        piece = self._view.piece_at(index) if index is not None else None
        return piece if piece is not None and not piece.head else None

    def _colored(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        text = self.edit.text
        for piece in self._pieces(start, end):
            shown = text[max(piece.start, start) : min(piece.end, end)].rstrip("\n")
            if shown:
                yield shown, "faint" if piece.head else "muted" if piece.unknown else f"text+{piece.color}@28"

    def _pieces(self, start: int, end: int) -> Iterator[Piece]:
        return (piece for piece in self._view.pieces if piece.start < end and piece.end > start)

    def _paint_below(self, sheet: Sheet) -> None:
        lines = self.edit.visible_lines()
        if not lines:
            return
        for piece in self._pieces(lines[0][1].start, lines[-1][1].end):
            if piece.head:
                continue
            fill = sheet.look.color(f"{piece.color}@{'9' if piece.unknown else '18'}")
            for box in self.edit.visible_boxes(piece.start, piece.end):
                low = (sheet.left + box.x, sheet.top + max(0.0, box.y) + 1)
                high = (low[0] + box.width, sheet.top + min(box.y + box.height, self.edit.height) - 1)
                if high[1] > low[1]:
                    dpg.draw_rectangle(low, high, color=(0, 0, 0, 0), fill=fill, rounding=3, parent=sheet.item)


def gauge_shapes(gauge: Gauge, width: float, height: float) -> Iterator[Shape]:
    """Yield the bar of a gauge: the parts in their colours, then what is kept for the answer."""
    yield Rect(0, 0, width, height, fill="field_active", rounding=height / 2)
    at = 0.0
    for color, share in gauge.bars:
        wide = max(2.0, share * width)
        yield Rect(at, 0, min(wide, width - at), height, fill=color)
        at = min(width, at + wide)
    if gauge.reserved > 0 and at < width:
        yield Rect(at, 0, min(gauge.reserved * width, width - at), height, fill="accent@30")
    if gauge.level == "over":
        yield Rect(0, 0, width, height, outline="error", thickness=1.5, rounding=height / 2)


def _nothing() -> None:
    return None
