"""How wide text is in the packaged fonts, and which character is an icon; no window and no font file is opened.

Dear ImGui adds up unrounded advances without kerning and makes a font of size s exactly s high, from its lowest to its
highest point. So every width here is a fraction of the size, and a text in a window is at most one pixel wider, because
only its sum is rounded up. The widths come from `build/fonts.py`, which writes them beside the fonts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from graphide.errors import GraphideError

Weight = Literal["regular", "medium", "semibold", "mono"]

FONTS: Final = Path(__file__).resolve().parents[2] / "ui" / "fonts"
TAB: Final = 4  # spaces in a tab, which Dear ImGui does not let anyone change
SPACES: Final = " \t\r\u3000"  # what may hang over the end of a line
_KEPT_WORDS: Final = 50_000
_LONG_WORD: Final = 100  # characters; a longer one is hardly met again

_KEYS: Mapping[Weight, str] = {
    "regular": "sans-regular",
    "medium": "sans-medium",
    "semibold": "sans-semibold",
    "mono": "mono-regular",
}


class Advances(dict[str, float]):
    """The advance of each character as a fraction of the font size; characters that a font lacks have that of U+FFFD.

    A character is looked up in `runs` (a first code point and the advances from it on, in units) when it is first met.
    """

    def __init__(self, runs: Sequence[Sequence[int]], height: int) -> None:
        super().__init__()
        self._runs, self._height = runs, height
        self.update({"\t": TAB * self[" "], "\n": 0.0, "\r": 0.0})

    def __missing__(self, char: str) -> float:
        code = ord(char)
        run = self._runs[max(0, bisect_right(self._runs, code, key=_first) - 1)]
        at = code - run[0] + 1
        found = run[at] / self._height if 0 < at < len(run) else self["\N{REPLACEMENT CHARACTER}"]
        self[char] = found
        return found

    def has(self, char: str) -> bool:
        """Say whether the font has a character."""
        code = ord(char)
        return any(run[0] <= code < run[0] + len(run) - 1 for run in self._runs)


def _first(run: Sequence[int]) -> int:
    return run[0]


class Words(dict[str, tuple[float, float]]):
    """The widths of words as fractions of the font size: without the spaces behind them, and with them."""

    def __init__(self, advances: Advances) -> None:
        super().__init__()
        self._advance = advances.__getitem__

    def __missing__(self, word: str) -> tuple[float, float]:
        solid = word.rstrip(SPACES)
        inked = sum(map(self._advance, solid))
        widths = inked, inked + sum(map(self._advance, word[len(solid) :]))
        if len(self) >= _KEPT_WORDS:
            self.clear()
        if len(word) <= _LONG_WORD:
            self[word] = widths
        return widths


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One font file: where it is, its baseline below the top as a fraction of its size, its widths.

    There is one object for each face, so two are equal when they are the same.
    """

    path: Path
    ascent: float
    advances: Advances
    words: Words

    def width(self, text: str, size: float) -> float:
        """Return the width in pixels of one line of text; line ends have none."""
        return size * sum(map(self.advances.__getitem__, text))


@cache
def face(weight: Weight = "regular") -> Face:
    """Return the face of a weight; the first call reads the widths of all faces once, in a few milliseconds."""
    entry = _all_metrics()[_KEYS[weight]]
    height = entry["ascent"] + entry["descent"]
    advances = Advances(entry["runs"], height)
    return Face(FONTS / entry["file"], entry["ascent"] / height, advances, Words(advances))


def width(text: str, size: float, weight: Weight = "regular") -> float:
    """Return the width in pixels of one line of text at a font size."""
    return face(weight).width(text, size)


def shortened(text: str, limit: float, size: float, weight: Weight = "regular") -> str:
    """Return the text, or as much of it with "…" behind as fits into `limit` pixels; at least the "…"."""
    chosen = face(weight)
    if chosen.width(text, size) <= limit:
        return text
    room = limit / size - chosen.advances["…"]
    for kept, char in enumerate(text):
        room -= chosen.advances[char]
        if room < 0:
            return text[:kept].rstrip() + "…"
    return text


@cache
def icons() -> Mapping[str, str]:
    """Return the character of every icon by its Lucide name."""
    codes: dict[str, int] = orjson.loads((FONTS / "icons.json").read_bytes())
    return {name: chr(code) for name, code in codes.items()}


def icon(name: str) -> str:
    """Return the character that is an icon in the proportional faces; raises GraphideError for an unknown name."""
    known = icons()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else "The names are those of lucide.dev"
        raise GraphideError(f'there is no icon "{name}"', hint=hint)
    return known[name]


@cache
def _all_metrics() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = orjson.loads((FONTS / "metrics.json").read_bytes())
    return loaded
