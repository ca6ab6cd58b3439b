"""Text of a model as widgets: the blocks of `graphide.editor.text.markdown`, each in its own look, code with a copy button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import dearpygui.dearpygui as dpg

from graphide.editor.text.blocks import Block, Code, Heading, Listing, Paragraph, Quote, Rule, Spans, Table
from graphide.editor.text.markdown import parse
from graphide.ui import safe
from graphide.ui.kit import Kit

_SIZES = {1: 20.0, 2: 18.0, 3: 16.5}


class Markdown:
    """Adds blocks at a width in pixels at scale 1."""

    def __init__(self, kit: Kit, width: float) -> None:
        self._kit = kit
        self._width = width

    def add(self, text: str) -> None:
        """Add a text where widgets are being added."""
        self._blocks(parse(text), self._width)

    def _blocks(self, blocks: Sequence[Block], width: float) -> None:
        for block in blocks:
            self._block(block, width)

    def _block(self, block: Block, width: float) -> None:
        kit = self._kit
        match block:
            case Paragraph(spans=spans):
                kit.text(plain(spans), wrap=width)
            case Heading(level=level, spans=spans):
                kit.text(plain(spans), size=_SIZES.get(level, 15.0), weight="semibold", wrap=width)
            case Code():
                self._code(block, width)
            case Quote(blocks=inner):
                with kit.line():
                    kit.text("│", "faint")
                    with dpg.group():
                        self._blocks(inner, width - 20)
            case Listing():
                self._listing(block, width)
            case Table(rows=rows):
                self._table(rows)
            case Rule():
                dpg.add_separator()
            case _:
                assert_never(block)

    def _code(self, block: Code, width: float) -> None:
        with self._kit.box("code", width=width, grow=True, border=True):
            with self._kit.line():
                self._kit.text(block.language or "text", "faint", size=13)
                dpg.add_spacer(width=self._kit.px(max(1.0, width - 130)))
                self._kit.button("", lambda: safe.copy(block.text), "icon", sign="copy", tip="Copy", size=14)
            self._kit.text(block.text, size=14, weight="mono", wrap=width - 26)

    def _listing(self, block: Listing, width: float) -> None:
        for item in block.items:
            sign = "•" if item.number is None else f"{item.number}."
            if item.checked is not None:
                sign = "☑" if item.checked else "☐"
            with self._kit.line():
                self._kit.text(sign, "muted")
                with dpg.group():
                    self._blocks(item.blocks, width - 24)

    def _table(self, rows: Sequence[Sequence[Spans]]) -> None:
        with dpg.table(
            header_row=False, borders_innerH=True, borders_outerH=True, policy=dpg.mvTable_SizingStretchProp
        ):
            for _ in rows[0] if rows else ():
                dpg.add_table_column()
            for number, row in enumerate(rows):
                with dpg.table_row():
                    for cell in row:
                        self._kit.text(plain(cell), size=14, weight="regular" if number else "semibold", wrap=0)


def plain(spans: Spans) -> str:
    """Return the text of spans; DearPyGui has one look for each text."""
    return "".join(
        f"{span.text} ({span.link})" if span.link and span.link != span.text else span.text for span in spans
    )
