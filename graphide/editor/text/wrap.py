"""Word wrap: a text as lines of at most a width, and the way between a place in the text and a point on the screen.

Lines break after spaces, after a hyphen or slash between letters, and around Chinese and Japanese characters; a word
longer than a line breaks anywhere. Spaces at the end of a line hang over its edge. Nothing is drawn here, and the
caret and its moves are in `edit`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from graphide.editor.text.metrics import SPACES, Face

_SPACE = re.escape(SPACES)
_WIDE = (
    r"\u1100-\u115f\u2e80-\u2fff\u3001-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U00020000-\U0003ffff"
)
_CLOSING = r"、。，．：；？！）］｝」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々"  # these do not begin a line
_OPENING = r"（［｛「『【〈《〔"  # and these do not end one
_HYPHEN = r"\-‐–—/"
_PIECE = re.compile(
    rf"[{_HYPHEN}]*[^{_SPACE}{_WIDE}{_HYPHEN}]+[{_HYPHEN}](?=[^\W\d_])"
    rf"|[{_OPENING}]*[{_WIDE}][{_CLOSING}]*[{_SPACE}]*"
    rf"|[^{_SPACE}{_WIDE}]+[{_CLOSING}]*[{_SPACE}]*"
    rf"|[{_SPACE}]+"
)
_ROUNDING = 1e-9  # of a font size: sums of the same widths in another order are not quite the same


class Line(NamedTuple):
    """One line on the screen: `text[start:end]`; `hard` says that a line end or the end of the text follows."""

    start: int
    end: int
    hard: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A caret place; at the index where a paragraph wraps, `trailing` is the end of the upper line."""

    index: int
    trailing: bool = False


class Box(NamedTuple):
    """A rectangle in pixels from the top left corner of the text."""

    x: float
    y: float
    width: float
    height: float


class Setting(NamedTuple):
    """How a text is set: its face, and in pixels the font size, the line height and the width to wrap at."""

    face: Face
    size: float
    line_height: float
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A wrapped text. Paragraphs that did not change share their line breaks with the layout before.

    `breaks` has for each paragraph where its lines start, from the start of the paragraph.
    """

    text: str
    setting: Setting
    paragraphs: tuple[str, ...]
    breaks: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    first_lines: tuple[int, ...]

    @property
    def line_count(self) -> int:
        """The number of lines, at least one."""
        return self.first_lines[-1] + len(self.breaks[-1])

    @property
    def height(self) -> float:
        """The height of all lines in pixels."""
        return self.line_count * self.setting.line_height

    def line(self, number: int) -> Line:
        """Return a line by its number, which is brought into range."""
        number = min(max(number, 0), self.line_count - 1)
        paragraph = bisect_right(self.first_lines, number) - 1
        breaks, offset = self.breaks[paragraph], self.starts[paragraph]
        row = number - self.first_lines[paragraph]
        if row + 1 < len(breaks):
            return Line(offset + breaks[row], offset + breaks[row + 1], False)
        return Line(offset + breaks[row], offset + len(self.paragraphs[paragraph]), True)

    def lines(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, Line]]:
        """Yield the numbers and lines from `first` up to `last`, which is left out."""
        end = self.line_count if last is None else min(last, self.line_count)
        for number in range(max(first, 0), end):
            yield number, self.line(number)

    def visible(self, top: float, height: float) -> Iterator[tuple[int, Line]]:
        """Yield the numbers and lines that a window of `height` pixels shows when it is scrolled down by `top`."""
        step = self.setting.line_height
        return self.lines(int(top // step), int(-(-(top + height) // step)))

    def line_of(self, place: Place) -> int:
        """Return the number of the line that a place is on."""
        index = min(max(place.index, 0), len(self.text))
        paragraph = bisect_right(self.starts, index) - 1
        breaks, inside = self.breaks[paragraph], index - self.starts[paragraph]
        row = bisect_right(breaks, inside) - 1
        upper = place.trailing and row > 0 and breaks[row] == inside
        return self.first_lines[paragraph] + row - upper

    def x_of(self, place: Place) -> float:
        """Return how far right a place is; behind hanging spaces that is beyond the width."""
        start = self.line(self.line_of(place)).start
        return self._width(start, place.index)

    def point(self, place: Place) -> tuple[float, float]:
        """Return the top of the caret at a place."""
        number = self.line_of(place)
        return self._width(self.line(number).start, place.index), number * self.setting.line_height

    def place_at(self, x: float, y: float) -> Place:
        """Return the place nearest to a point, which may be outside of the text."""
        return self.place_in(int(y // self.setting.line_height), x)

    def place_in(self, number: int, x: float) -> Place:
        """Return the place in a line that is nearest to x."""
        start, end, hard = self.line(number)
        advances, left = self.setting.face.advances, x / self.setting.size
        for index in range(start, end):
            advance = advances[self.text[index]]
            if left < advance / 2:
                return Place(index)
            left -= advance
        return Place(end, trailing=not hard)

    def index_at(self, x: float, y: float) -> int | None:
        """Return the index of the character under a point, None where there is none."""
        if not 0 <= y < self.height or x < 0:
            return None
        start, end, _ = self.line(int(y // self.setting.line_height))
        right = 0.0
        for index in range(start, end):
            right += self.setting.size * self.setting.face.advances[self.text[index]]
            if x < right:
                return index
        return None

    def boxes(self, start: int, end: int, first: int = 0, last: int | None = None) -> list[Box]:
        """Return a rectangle per line for the characters from `start` up to `end`, on the lines `first` up to `last`.

        A selected line end is as wide as a space.
        """
        if start >= end:
            return []
        from_line, to_line = self.line_of(Place(start)), self.line_of(Place(end, trailing=True))
        step, space = self.setting.line_height, self.setting.size * self.setting.face.advances[" "]
        boxes = []
        for number, line in self.lines(max(first, from_line), to_line + 1 if last is None else min(last, to_line + 1)):
            left = self._width(line.start, max(start, line.start))
            right = self._width(line.start, min(end, line.end)) + (space if line.hard and end > line.end else 0)
            if right > left:
                boxes.append(Box(left, number * step, right - left, step))
        return boxes

    def _width(self, start: int, end: int) -> float:
        return self.setting.face.width(self.text[start:end], self.setting.size)


def wrap(text: str, setting: Setting, before: Layout | None = None) -> Layout:
    """Return the text wrapped; with the layout `before` an edit, only paragraphs that it lacks are wrapped anew.

    The last one is wrapped from near its end where it has only grown there.
    """
    paragraphs = tuple(text.split("\n"))
    known: dict[str, tuple[int, ...]] = {}
    grown: tuple[str, tuple[int, ...]] = ("", (0,))
    if before is not None and before.setting == setting:
        if before.text == text:
            return before
        known = dict(zip(before.paragraphs, before.breaks, strict=True))
        grown = before.paragraphs[-1], before.breaks[-1]
    breaks = []
    for paragraph in paragraphs:
        found = known.get(paragraph)
        if found is None:
            found = known[paragraph] = _breaks(paragraph, setting, _kept(paragraph, *grown))
        breaks.append(found)
    starts = accumulate((len(paragraph) + 1 for paragraph in paragraphs[:-1]), initial=0)
    first_lines = accumulate(map(len, breaks[:-1]), initial=0)
    return Layout(text, setting, paragraphs, tuple(breaks), tuple(starts), tuple(first_lines))


def _kept(paragraph: str, old: str, breaks: tuple[int, ...]) -> tuple[int, ...]:
    """Return the line starts of `old` that hold for a paragraph which begins with it too, always the first one.

    The last one of them is where a word begins, so that wrapping can go on there; the last line of all may change.
    """
    if len(breaks) > 2 and paragraph.startswith(old):
        for count in range(len(breaks) - 1, 1, -1):
            if paragraph[breaks[count - 1] - 1] in SPACES:
                return breaks[:count]
    return (0,)


def _breaks(paragraph: str, setting: Setting, kept: tuple[int, ...] = (0,)) -> tuple[int, ...]:
    """Return where the lines of a paragraph start, of which the first ones are known."""
    limit = setting.width / setting.size + _ROUNDING
    pieces = setting.face.words
    starts, x, at = list(kept), 0.0, kept[-1]
    for piece in _PIECE.findall(paragraph, at):
        inked, whole = pieces[piece]
        if x + inked > limit and (inked or _after_space(paragraph, at, piece)):
            if at > starts[-1]:
                starts.append(at)
                x = 0.0
            if inked > limit:
                x = _break_anywhere(piece.rstrip(SPACES), at, setting, starts) - inked
        x += whole
        at += len(piece)
    return tuple(starts)


def _after_space(paragraph: str, at: int, piece: str) -> bool:
    """Say whether a piece without a width is more than spaces, and stands on its own: other marks stay with a letter."""
    return at > 0 and paragraph[at - 1] in SPACES and not piece.isspace()


def _break_anywhere(word: str, at: int, setting: Setting, starts: list[int]) -> float:
    """Add the breaks of a word that starts a line and is longer than one; return how wide its last line is."""
    advances, limit, x = setting.face.advances, setting.width / setting.size + _ROUNDING, 0.0
    for index, char in enumerate(word, at):
        advance = advances[char]
        if advance and x and x + advance > limit:  # marks stay with their letter, and every line has a character
            starts.append(index)
            x = 0.0
        x += advance
    return x
