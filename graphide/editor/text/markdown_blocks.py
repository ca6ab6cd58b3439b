"""The Markdown of a few blocks, read by markdown-it and turned into values. Streams and long texts are in `markdown`.

Only CommonMark with tables and strike-through is read: no HTML, no addresses that stand apart from their links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from graphide.editor.text.blocks import (
    Align,
    Block,
    Code,
    Heading,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_INLINE = 5_000  # characters of one paragraph or cell; what is longer is shown as it was written
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>\"`]*[^\s<>\"`.,;:!?)\]}'*_]", re.IGNORECASE)
_BOXES = {"[ ] ": False, "[x] ": True, "[X] ": True}


class Read(NamedTuple):
    """Blocks, and the line each starts on."""

    blocks: tuple[Block, ...]
    lines: tuple[int, ...]


def read(text: str) -> Read:
    """Return the blocks of a text with plain line ends."""
    tokens = _block_parser().parse(text)
    lines = tuple(token.map[0] for token in tokens if token.level == 0 and token.nesting >= 0 and token.map)
    return Read(_blocks(iter(tokens)), lines)


@cache
def _inline_parser() -> MarkdownIt:
    """Return the parser; the library is loaded when the first chat is shown."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    return parser.enable("strikethrough").disable("html_inline")


@cache
def _block_parser() -> MarkdownIt:
    """Return a parser that leaves what is in the blocks as it is: `_spans_of` does that, and remembers it."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    parser.enable("table").disable(["reference", "html_block"])
    parser.core.ruler.disable("inline")
    return parser


def _blocks(tokens: Iterator[Token]) -> tuple[Block, ...]:
    """Return the blocks up to the end of the block that they are in."""
    found: list[Block] = []
    for token in tokens:
        if token.nesting < 0:
            break
        found.append(_block(token, tokens))
    return tuple(found)


def _block(token: Token, tokens: Iterator[Token]) -> Block:
    match token.type:
        case "heading_open":
            return Heading(int(token.tag[1]), _inline(tokens))
        case "fence" | "code_block":
            return Code(token.info.strip().partition(" ")[0], token.content.removesuffix("\n"))
        case "blockquote_open":
            return Quote(_blocks(tokens))
        case "bullet_list_open" | "ordered_list_open":
            first = cast(int, token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
            return Listing(tuple(_items(tokens, first)))
        case "table_open":
            return _table(tokens)
        case "hr":
            return Rule()
        case _:
            return Paragraph(_inline(tokens))


def _items(tokens: Iterator[Token], first: int | None) -> Iterator[Item]:
    for number, token in enumerate(tokens):
        if token.nesting < 0:
            return
        yield _item(None if first is None else first + number, _blocks(tokens))


def _item(number: int | None, blocks: tuple[Block, ...]) -> Item:
    """Return an entry of a list; a box in front of its text becomes `checked`."""
    match blocks:
        case (Paragraph((first, *others)), *rest) if first.text[:4] in _BOXES:
            left = first._replace(text=first.text[4:])
            return Item(number, (Paragraph((left, *others)), *rest), _BOXES[first.text[:4]])
    return Item(number, blocks)


def _table(tokens: Iterator[Token]) -> Table:
    rows: list[list[Spans]] = []
    aligns: list[Align] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            if len(rows) == 1:
                style = str(token.attrs.get("style", "left"))
                aligns.append(cast(Align, style.removeprefix("text-align:")))
            rows[-1].append(_inline(tokens))
    return Table(tuple(aligns), tuple(tuple(row) for row in rows))


def _inline(tokens: Iterator[Token]) -> Spans:
    """Return the spans of the inline token that comes next, and pass the end of its block."""
    inline = next(tokens)
    next(tokens)
    return _spans_of(inline.content)


@lru_cache(maxsize=4096)
def _spans_of(text: str) -> Spans:
    """Return the spans of the text of one block; while a list streams in, its earlier items are remembered."""
    if len(text) > MAX_INLINE:
        return (Span(text),)
    return tuple(_joined(_spans(_inline_parser().parseInline(text)[0].children or ())))


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    depth = {"strong": 0, "em": 0, "s": 0}
    links: list[str] = []
    for token in tokens:
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind in depth:
            depth[kind] += token.nesting
        elif kind == "link":
            if token.nesting > 0:
                links.append(_address(token.attrs.get("href", "")))
            else:
                links.pop()
        else:
            look = Span("", depth["strong"] > 0, depth["em"] > 0, depth["s"] > 0, False, links[-1] if links else "")
            yield from _leaf(token, look)


def _leaf(token: Token, look: Span) -> Iterator[Span]:
    match token.type:
        case "softbreak":
            yield look._replace(text=" ")
        case "hardbreak":
            yield look._replace(text="\n")
        case "code_inline":
            yield look._replace(text=token.content, code=True)
        case "image":
            address = _address(token.attrs.get("src", ""))
            yield look._replace(text=token.content or address or "image", link=address or look.link)
        case _ if look.link:
            yield look._replace(text=token.content)
        case _:
            yield from _with_bare_addresses(token.content, look)


def _with_bare_addresses(text: str, look: Span) -> Iterator[Span]:
    """Yield a text with the addresses that stand in it as links."""
    end = 0
    for match in _BARE.finditer(text):
        yield look._replace(text=text[end : match.start()])
        yield look._replace(text=match[0], link=match[0])
        end = match.end()
    yield look._replace(text=text[end:])


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Yield the spans, neighbours of the same look as one, none of them empty."""
    last: Span | None = None
    pieces: list[str] = []
    for span in spans:
        if not span.text:
            continue
        if last is not None and span[1:] == last[1:]:
            pieces.append(span.text)
            continue
        if last is not None:
            yield last._replace(text="".join(pieces))
        last, pieces = span, [span.text]
    if last is not None:
        yield last._replace(text="".join(pieces))


def _address(found: object) -> str:
    """Return an address that is safe to open in a browser, else nothing."""
    return str(found) if _ADDRESS.fullmatch(str(found)) else ""
