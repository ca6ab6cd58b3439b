"""The README of a repository as a page to scroll: its Markdown laid out, without the HTML that the hub would draw."""

from __future__ import annotations

import math
import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from graphide.editor.text.blocks import Block
from graphide.editor.text.markdown import parse
from graphide.editor.text.page import Part, Spot, part_of

_MOST: Final = 20_000  # characters; what is behind them is read on the hub
_PLAIN: Final = re.compile(
    r"</?(?:a|b|br|center|div|em|figure|h[1-6]|hr|i|img|li|ol|p|picture|small|source|span|strong|sub|sup|table|"
    r"tbody|td|th|thead|tr|u|ul|video|details|summary)\b[^<>]{0,2000}>",
    re.IGNORECASE | re.DOTALL,
)
_BADGES: Final = re.compile(r"\[?!\[[^\]\n]{0,200}\]\([^)\n]{0,2000}\)(?:\]\([^)\n]{0,2000}\))?")
_GAPS: Final = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def readable(markdown: str) -> str:
    """Return a README without tags, comments and pictures, which would be noise here, cut to a length that is read."""
    cut = markdown[:_MOST]
    pieces = re.split(r"(```.*?(?:```|\Z))", cut, flags=re.DOTALL)
    plain = [piece if piece.startswith("```") else _plain(piece) for piece in pieces]
    text = _GAPS.sub("\n\n", "".join(plain)).strip()
    return f"{text}\n\n…" if len(markdown) > _MOST else text


def _plain(text: str) -> str:
    return _BADGES.sub("", _PLAIN.sub("", "".join(_without_comments(text))))


def _without_comments(text: str) -> Iterator[str]:
    """Yield what stands outside of comments; a pattern would take the square of their number where none is closed."""
    at = 0
    while (begin := text.find("<!--", at)) >= 0:
        yield text[at:begin]
        end = text.find("-->", begin)
        if end < 0:
            return
        at = end + 3
    yield text[at:]


class ReadmePage:
    """A README laid out at a width; `parts` from top to bottom, `tops` where each begins and the last one ends.

    It is laid out piece by piece, by `grow`, so that no window waits for a long one.
    """

    def __init__(self, markdown: str, width: float) -> None:
        self._width = width
        self._left: list[Block] = list(reversed(parse(readable(markdown))))
        self.parts: tuple[Part, ...] = ()
        self.tops: tuple[float, ...] = (0.0,)

    def grow(self, seconds: float = math.inf) -> bool:
        """Lay out some more, for so long at the most, and return whether there is more."""
        end, made = time.monotonic() + seconds, list[Part]()
        while self._left and (not made or time.monotonic() < end):
            made.append(part_of(self._left.pop(), self._width))
        if made:
            self.parts = (*self.parts, *made)
            self.tops = (*self.tops[:-1], *accumulate((part.height for part in made), initial=self.tops[-1]))
        return bool(self._left)

    @property
    def height(self) -> float:
        """The height of the whole page."""
        return self.tops[-1]

    def seen(self, top: float, height: float) -> range:
        """Return the numbers of the parts of which something is between two heights."""
        first = max(0, bisect_right(self.tops, top) - 1)
        last = bisect_left(self.tops, top + height)
        return range(min(first, len(self.parts)), min(last, len(self.parts)))

    def spot_at(self, x: float, y: float) -> Spot | None:
        """Return what answers to a click at a point."""
        number = bisect_right(self.tops, y) - 1
        return self.parts[number].spot_at(x, y - self.tops[number]) if 0 <= number < len(self.parts) else None
