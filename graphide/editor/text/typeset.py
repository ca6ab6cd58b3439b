"""Spans of several looks set into lines of at most a width: runs of one look each, at a place. No window, no blocks.

Lines break after spaces, after a hyphen or slash between letters, and around Chinese and Japanese characters; a word that
is longer than a line breaks anywhere. What blocks look like is in `page`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from graphide.editor.text.blocks import Span, Spans
from graphide.editor.text.metrics import SPACES, Weight, face
from graphide.editor.views import Rect, Shape, Stroke, Text

_SPACE: Final = re.escape(SPACES)
_WIDE: Final = r"\u2e80-\u2fff\u3001-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U00020000-\U0003ffff"
_WORD: Final = re.compile(
    rf"\n|[{_WIDE}][、。，．：；？！）］｝」』】〉》〕]*[{_SPACE}]*"
    rf"|[^{_SPACE}\n{_WIDE}\-–—/]+[\-–—/](?=[^\W\d_])"
    rf"|[^{_SPACE}\n{_WIDE}]+[{_SPACE}]*|[{_SPACE}]+"
)
_CODE_SIZE: Final = 0.88  # of the size around it: the mono face is wider
_CODE_ROOM: Final = 2.0  # beside it, for its ground
_ROUNDING: Final = 0.01


class Style(NamedTuple):
    """How a text is set where its spans say nothing else; lengths in pixels."""

    size: float = 15.0
    line_height: float = 21.0
    color: str = "text"
    weight: Weight = "regular"


class Run(NamedTuple):
    """A part of a line in one look; `x` from the start of the line."""

    x: float
    text: str
    width: float
    size: float
    weight: Weight
    color: str
    span: Span


class Line(NamedTuple):
    """One line at a place; `end` is what follows it in a copy, `lead` what comes before it (the sign of a list)."""

    x: float
    y: float
    height: float
    runs: tuple[Run, ...]
    end: str = ""
    lead: str = ""

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(run.text for run in self.runs)

    @property
    def width(self) -> float:
        """How far to the right it goes, from its start; spaces at its end hang over."""
        for run in reversed(self.runs):
            if ink := run.text.rstrip(SPACES):
                return run.x + face(run.weight).width(ink, run.size)
        return 0.0

    def moved(self, x: float, y: float) -> Line:
        """Return it at another place."""
        return self._replace(x=self.x + x, y=self.y + y)


def set_spans(spans: Spans, width: float, style: Style, end: str = "\n") -> tuple[Line, ...]:
    """Return the lines of some spans, the first one at (0, 0); `end` follows the last one in a copy."""
    rows = _Rows(width, style)
    for word in _words(spans):
        rows.add(word)
    return rows.lines(end)


def width_of(spans: Spans, style: Style) -> float:
    """Return how wide spans are on one line."""
    return sum(_measured(span, text, style)[0] for span, text in ((span, span.text) for span in spans))


def shapes_of(line: Line) -> Iterator[Shape]:
    """Yield what a line looks like."""
    for run in line.runs:
        ink = run.text.rstrip(SPACES)
        if not ink:
            continue
        x, face_of = line.x + run.x, face(run.weight)
        top = line.y + (line.height - run.size) / 2
        inked = face_of.width(ink, run.size)
        if run.span.code:
            yield Rect(x - 2, line.y + 2, inked + 4, line.height - 4, fill="field", rounding=5)
        yield Text(x, top, ink, run.size, run.color, run.weight)
        if run.span.link or run.span.struck:
            y = line.y + line.height / 2 + (run.size * 0.42 if run.span.link else 1.0)
            yield Stroke(((x, y), (x + inked, y)), f"{run.color}@70", 1.0)


class _Rows:
    """Lines while words are added to them."""

    def __init__(self, width: float, style: Style) -> None:
        self._width = max(width, style.size) + _ROUNDING
        self._style = style
        self._rows: list[list[Run]] = [[]]
        self._ends: list[str] = []
        self._x = 0.0

    def add(self, word: Sequence[tuple[Span, str]]) -> None:
        """Add a word, in as many pieces as it has looks."""
        if word[0][1] == "\n":
            self._break("\n")
            return
        inked = sum(_measured(span, text.rstrip(SPACES), self._style)[0] for span, text in word)
        room = 2 * _CODE_ROOM if any(span.code for span, _ in word) else 0.0
        if self._x and self._x + inked + room > self._width:
            self._break("")
        for span, text in word:
            if inked > self._width:
                self._anywhere(span, text)
            else:
                self._put(span, text)

    def lines(self, end: str) -> tuple[Line, ...]:
        """Return what was added."""
        height = self._style.line_height
        ends = [*self._ends, end]
        return tuple(
            Line(0.0, number * height, height, tuple(row), ends[number]) for number, row in enumerate(self._rows)
        )

    def _break(self, end: str) -> None:
        self._rows.append([])
        self._ends.append(end)
        self._x = 0.0

    def _anywhere(self, span: Span, text: str) -> None:
        """Put a piece of a word that is longer than a line, as much of it on each line as fits."""
        start, x = 0, self._x
        for at, char in enumerate(text):
            wide = _measured(span, char, self._style)[0]
            if x and wide and char not in SPACES and x + wide > self._width:
                self._put(span, text[start:at])
                self._break("")
                start, x = at, 0.0
            x += wide
        self._put(span, text[start:])

    def _put(self, span: Span, text: str) -> None:
        if not text:
            return
        row = self._rows[-1]
        wide, size, weight, color = _measured(span, text, self._style)
        if row and row[-1].span[1:] == span[1:]:
            last = row[-1]
            row[-1] = last._replace(text=last.text + text, width=last.width + wide)
        else:
            if row and span.code != row[-1].span.code:
                self._x += _CODE_ROOM
            row.append(Run(self._x, text, wide, size, weight, color, span))
        self._x += wide


def _words(spans: Spans) -> Iterator[list[tuple[Span, str]]]:
    """Yield what stays together on a line, each as pieces of one span; a line end is a word of its own."""
    text = "".join(span.text for span in spans)
    number, left = 0, len(spans[0].text) if spans else 0
    for match in _WORD.finditer(text):
        word, pieces = match[0], []
        while word:
            while not left:
                number += 1
                left = len(spans[number].text)
            taken = word[:left]
            pieces.append((spans[number], taken))
            word, left = word[len(taken) :], left - len(taken)
        yield pieces


def _measured(span: Span, text: str, style: Style) -> tuple[float, float, Weight, str]:
    """Return the width of a text in the look of a span, and that look: size, weight, colour."""
    size = style.size * _CODE_SIZE if span.code else style.size
    weight: Weight = style.weight
    if span.code:
        weight = "mono"
    elif span.bold:
        weight = "semibold"
    elif span.italic and weight == "regular":
        weight = "medium"  # there is no slanted face among the fonts
    color = "link" if span.link else style.color
    return size * face(weight).words[text][1], size, weight, color
