"""What is marked in a prompt text: names of placeholders, their widgets, Jinja blocks, comments, and where an error is.

What a placeholder is, and what is wrong, is said by `graphide.prompt_text`; only the places are found here. A text that
is being typed is often not valid, so places are found in every text. Colours are chosen by the window.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from graphide.errors import GraphideError
from graphide.prompt_text import Placeholder, placeholders

Kind = Literal["bracket", "name", "expression", "filter", "block", "comment", "raw"]

_OPENING = re.compile(r"\{\{[-+]?|\{%[-+]?|\{#")
_STRING = r'"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\])*'"
_INSIDE = re.compile(rf"{_STRING}|[-+]?%\}}|-?\}}\}}|[\[({{]|[\])}}]", re.DOTALL)
_WORDS = re.compile(rf"{_STRING}|(?P<name>(?<![\w.])[A-Za-z_]\w*)|(?P<pipe>\|)", re.DOTALL)
_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_HEAD = re.compile(r"\{\{[-+]?\s*([A-Za-z_]\w*)")
_LINE = re.compile(r"line (\d+)")


class Segment(NamedTuple):
    """A marked part `text[start:end]`; `name` is the placeholder it is or is about, else empty."""

    start: int
    end: int
    kind: Kind
    name: str = ""


class Trouble(NamedTuple):
    """What is wrong with a text, as a sentence, and the part to underline."""

    start: int
    end: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one text: segments in order that do not overlap, its placeholders, and its first error."""

    segments: tuple[Segment, ...]
    placeholders: tuple[Placeholder, ...] = ()
    trouble: Trouble | None = None

    def at(self, index: int) -> Segment | None:
        """Return the segment that the character at an index is in; its `name` is that of the node's input."""
        number = bisect_right(self.segments, index, key=lambda segment: segment.start) - 1
        if number >= 0 and index < self.segments[number].end:
            return self.segments[number]
        return None

    def within(self, start: int, end: int) -> Iterator[Segment]:
        """Yield the segments of a line, cut to its ends."""
        number = bisect_right(self.segments, start, key=lambda segment: segment.end)
        for segment in self.segments[number:]:
            if segment.start >= end:
                return
            yield segment._replace(start=max(segment.start, start), end=min(segment.end, end))


class _Tag(NamedTuple):
    """One `{{ }}`, `{% %}`, `{# #}` or raw part, and where its inside is; `closed` says that it ends."""

    start: int
    inner: int
    inner_end: int
    end: int
    closed: bool


@lru_cache(maxsize=64)
def marks(text: str) -> Marks:
    """Return the marks of a prompt text; never raises."""
    tags = list(_tags(text))
    try:
        found, trouble = placeholders(text), None
    except GraphideError as error:
        found, trouble = (), _trouble(text, tags, error)
    names = {placeholder.name for placeholder in found} or set(_HEAD.findall(text))
    segments = tuple(segment for tag in tags for segment in _segments(text, tag, names) if segment.end > segment.start)
    return Marks(segments, found, trouble)


def _tags(text: str) -> Iterator[_Tag]:
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        tag = _comment(text, opening.start()) if opening[0] == "{#" else _tag(text, opening)
        yield tag
        at = tag.end
        if tag.closed and _RAW.fullmatch(text, tag.start, tag.end):
            closing = _END_RAW.search(text, at)
            raw = _Tag(at, at, *((closing.start(),) * 2 if closing else (len(text),) * 2), closing is not None)
            yield raw
            at = raw.end


def _comment(text: str, start: int) -> _Tag:
    end = text.find("#}", start + 2)
    return _Tag(start, start, end + 2, end + 2, True) if end >= 0 else _Tag(start, start, len(text), len(text), False)


def _tag(text: str, opening: re.Match[str]) -> _Tag:
    """Return the tag that begins with `opening`: up to its closing sign outside of texts and brackets, else of its line."""
    closing, depth = "%}" if "%" in opening[0] else "}}", 0
    for match in _INSIDE.finditer(text, opening.end()):
        sign = match[0]
        if not depth and sign.endswith(closing):
            return _Tag(opening.start(), opening.end(), match.start(), match.end(), True)
        if sign in "[({":
            depth += 1
        elif sign[-1] in "])}":
            depth = max(0, depth - sign.count("}") if sign[-1] == "}" else depth - 1)
    line_end = text.find("\n", opening.end())
    end = len(text) if line_end < 0 else line_end
    return _Tag(opening.start(), opening.end(), end, end, False)


def _segments(text: str, tag: _Tag, names: set[str]) -> Iterator[Segment]:
    if tag.inner == tag.start:
        yield Segment(tag.start, tag.end, "comment" if text.startswith("{#", tag.start) else "raw")
        return
    block = text.startswith("{%", tag.start)
    words = list(_WORDS.finditer(text, tag.inner, tag.inner_end))
    about = "" if block else next((word["name"] for word in words if word["name"] in names), "")
    yield Segment(tag.start, tag.inner, "bracket", about)
    kind: Kind = "block" if block else "expression"
    at, after_pipe = tag.inner, False
    for word in words:
        if word["pipe"]:
            yield Segment(at, word.start(), kind, about)
            at, kind = word.start(), kind if block else "filter"
        elif word["name"] in names and not after_pipe:
            yield Segment(at, word.start(), kind, about)
            yield Segment(*word.span(), "name", word["name"])
            at = word.end()
        after_pipe = bool(word["pipe"])
    yield Segment(at, tag.inner_end, kind, about)
    yield Segment(tag.inner_end, tag.end, "bracket", about)


def _trouble(text: str, tags: list[_Tag], error: GraphideError) -> Trouble:
    """Return where to underline: the tag that never ends, else the tags of the line that the error names, else the line."""
    sentence = f"{error.message}. {error.hint}" if error.hint else error.message
    for tag in tags:
        if not tag.closed:
            return Trouble(tag.start, tag.end, sentence)
    named = _LINE.fullmatch(error.where)
    if named is None:
        return Trouble(0, len(text), sentence)
    start = 0
    for _ in range(int(named[1]) - 1):
        start = text.find("\n", start) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    on_line = [tag for tag in tags if tag.start < end and tag.end > start]
    return Trouble(on_line[0].start, on_line[-1].end, sentence) if on_line else Trouble(start, end, sentence)
