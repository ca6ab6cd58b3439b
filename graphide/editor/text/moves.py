"""Where a caret may stand and goes: characters as people see them, words, paragraphs; and what text may come in.

Pure functions of a text and an index. Lines on the screen are in `wrap`.
"""

from __future__ import annotations

import re
from typing import Literal
from unicodedata import category

import regex

_CLUSTER = regex.compile(r"\X")
_REACH = 64  # code points to look back for the start of a character; a longer pile of marks is several characters
_LINE_END = re.compile(r"\r\n|[\r\u2028\u2029]")
# Nothing can draw these, and a NUL or half a surrogate pair would end or refuse the text on its way to the window.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text that comes in by keyboard or clipboard with plain line ends and without control characters."""
    return _UNWANTED.sub("", _LINE_END.sub("\n", text))


def start_of(text: str, index: int) -> int:
    """Return where the character at or around an index starts: marks, joined emoji and CR LF are one character."""
    index = min(max(index, 0), len(text))
    first = max(text.rfind("\n", 0, max(index - 1, 0)) + 1, index - _REACH, 0)
    start = first
    for match in _CLUSTER.finditer(text, first, min(index + _REACH, len(text))):
        if match.start() > index:
            break
        start = match.start()
        if match.end() > index:
            return start
    return index


def before(text: str, index: int) -> int:
    """Return where the character before an index starts."""
    return start_of(text, index - 1) if index > 0 else 0


def after(text: str, index: int) -> int:
    """Return where the character at an index ends."""
    match = _CLUSTER.match(text, index)
    return match.end() if match else index


def word_before(text: str, index: int) -> int:
    """Return the start of the word before an index, over the spaces in between."""
    while index > 0 and text[index - 1].isspace():
        index -= 1
    return _run(text, index - 1)[0] if index > 0 else 0


def word_after(text: str, index: int) -> int:
    """Return the start of the word after the one at an index."""
    if index < len(text) and not text[index].isspace():
        index = _run(text, index)[1]
    while index < len(text) and text[index].isspace():
        index += 1
    return index


def word_around(text: str, index: int) -> tuple[int, int]:
    """Return the word, the spaces or the signs at an index; at the end of a line, what stands before it."""
    start, end = paragraph_around(text, index)
    if start == end:
        return index, index
    return _run(text, min(index, end - 1))


def paragraph_around(text: str, index: int) -> tuple[int, int]:
    """Return the paragraph around an index, without its line end."""
    end = text.find("\n", index)
    return text.rfind("\n", 0, index) + 1, len(text) if end < 0 else end


def _run(text: str, index: int) -> tuple[int, int]:
    """Return the run of characters of the same kind around the character at an index."""
    kind, start, end = _kind(text[index]), index, index + 1
    while start > 0 and _kind(text[start - 1]) == kind:
        start -= 1
    while end < len(text) and _kind(text[end]) == kind:
        end += 1
    return start, end


def _kind(char: str) -> Literal["word", "space", "line end", "sign"]:
    if char == "\n":
        return "line end"
    if char.isspace():
        return "space"
    return "word" if char.isalnum() or char == "_" or category(char)[0] == "M" else "sign"
