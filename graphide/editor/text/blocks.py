"""The blocks that a chat text is made of, as values: paragraphs, headings, lists, quotes, tables, code, rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Align = Literal["left", "center", "right"]


class Span(NamedTuple):
    """A run of text in one look; `link` is an http, https or mailto address, else empty."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    link: str = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; a line end in a span is one that the writer wanted."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Code:
    """A code block; `language` is what the writer put behind the fence, often empty."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted blocks."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list; `number` is None in a list with bullets, `checked` is None without a box to tick."""

    number: int | None
    blocks: tuple[Block, ...]
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, with numbers or bullets."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first row being the head; `aligns` has one entry for each column."""

    aligns: tuple[Align, ...]
    rows: tuple[tuple[Spans, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block = Paragraph | Heading | Code | Quote | Listing | Table | Rule
