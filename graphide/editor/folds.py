"""The few lines of a long text that a node has room for: the first ones and how many are left, or the last ones.

Lines are found per paragraph and kept, so that typing into a long text wraps one paragraph again, and a text that grows
at its end is looked at only near its end. Word wrap itself is in `text.wrap`.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Final, NamedTuple

from graphide.editor.pieces import Pieces
from graphide.editor.text.metrics import Weight, face
from graphide.editor.text.wrap import Layout, Setting, wrap

_TAIL: Final = 2048
"""Characters at the end of a growing text that are wrapped; its start moves on in halves of this."""
_WHOLE: Final = 200_000
"""Characters of a text that are wrapped to count its lines; how many a longer one has is told from these."""
_STREAMS: Final = 32
"""Texts that grow at the same time and are each wrapped from where they were."""
_SHORT: Final = 1000  # characters of a paragraph; longer ones are kept less long, because they are large


class Span(NamedTuple):
    """One line: `text[start:end]` without the spaces that hang over its end."""

    start: int
    end: int


class Folded(NamedTuple):
    """Some lines of a text; `hidden` is how many more there are."""

    text: str
    spans: tuple[Span, ...]
    hidden: int = 0

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they are written."""
        return tuple(self.text[start:end] for start, end in self.spans)


class Print(NamedTuple):
    """How text is set: font size and width to wrap at, in world units."""

    size: float
    width: float
    weight: Weight = "regular"


@lru_cache(maxsize=256)
def head(text: str, print_: Print, most: int) -> Folded:
    """Return the first lines of a text, `most` at the most; where there are more, one fewer, for a line that says so."""
    return _folded(text, print_, most)


def tail(pieces: Pieces, print_: Print, most: int) -> Folded:
    """Return the last lines of a text that grows at its end; how many are above them is not counted."""
    layout = _laid_out(pieces, print_)
    lines = layout.lines(max(0, layout.line_count - most)) if most > 0 else ()
    return Folded(layout.text, tuple(_span(layout.text, line.start, line.end) for _, line in lines))


def count(text: str, print_: Print) -> int:
    """Return how many lines a text has, about how many where it is very long."""
    known = text[:_WHOLE]
    return _in_all(sum(len(_breaks(paragraph, print_)) for paragraph in known.split("\n")), known, text)


def _folded(text: str, print_: Print, most: int) -> Folded:
    known = text[:_WHOLE]
    paragraphs = known.split("\n")
    breaks = [_breaks(paragraph, print_) for paragraph in paragraphs]
    total = _in_all(sum(map(len, breaks)), known, text)
    room = total if total <= most else max(most - 1, min(most, 1))
    spans: list[Span] = []
    start = 0
    for paragraph, starts in zip(paragraphs, breaks, strict=True):
        if len(spans) >= room:
            break
        spans += _spans(text, start, starts, start + len(paragraph))
        start += len(paragraph) + 1
    return Folded(text, tuple(spans[:room]), total - room)


def _in_all(lines: int, known: str, text: str) -> int:
    """Return the lines of a text of which the beginning has `lines`."""
    return lines if len(known) == len(text) else max(lines, round(lines * len(text) / len(known)))


def _spans(text: str, start: int, breaks: tuple[int, ...], end: int) -> list[Span]:
    """Return the lines of one paragraph, which goes from `start` to `end`, by where they start in it."""
    ends = (*(start + number for number in breaks[1:]), end)
    return [_span(text, start + low, high) for low, high in zip(breaks, ends, strict=True)]


def _span(text: str, start: int, end: int) -> Span:
    return Span(start, start + len(text[start:end].rstrip(" \t\r\u3000")))


def _breaks(paragraph: str, print_: Print) -> tuple[int, ...]:
    return _breaks_short(paragraph, print_) if len(paragraph) <= _SHORT else _breaks_long(paragraph, print_)


def _wrapped(paragraph: str, print_: Print) -> tuple[int, ...]:
    return wrap(paragraph, _setting(print_)).breaks[0]


def _setting(print_: Print) -> Setting:
    return Setting(face(print_.weight), print_.size, print_.size, print_.width)


@lru_cache(maxsize=_STREAMS)
def _laid_out(pieces: Pieces, print_: Print) -> Layout:
    """Return the end of a text that grows, wrapped on from how it was before where that is known."""
    text, setting = _end_of(pieces), _setting(print_)
    known = (layout for layout in tuple(_growing) if layout.setting == setting and text.startswith(layout.text))
    before = max(known, key=lambda layout: len(layout.text), default=None)
    layout = wrap(text, setting, before)
    if layout is not before:
        if before is not None and before in _growing:
            _growing.remove(before)
        _growing.append(layout)
    return layout


_growing: deque[Layout] = deque(maxlen=_STREAMS)


_breaks_short = lru_cache(maxsize=16_384)(_wrapped)
_breaks_long = lru_cache(maxsize=64)(_wrapped)


def _end_of(pieces: Pieces) -> str:
    """Return the end of a text, from the start of a line if there is one; the place moves rarely while the text grows."""
    total = sum(map(len, pieces))
    begin = max(0, (total - _TAIL) // (_TAIL // 2) * (_TAIL // 2))
    wanted, kept = total - begin, []
    for piece in reversed(pieces):
        kept.append(piece[-wanted:])
        wanted -= len(kept[-1])
        if wanted <= 0:
            break
    text = "".join(reversed(kept))
    if begin == 0:
        return text
    line = text.find("\n", 0, _TAIL // 2)
    return text[line + 1 :] if line >= 0 else text
