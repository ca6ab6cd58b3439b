"""Text diff: how one text became another, by words within a line and by lines in a long text, in bounded time."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, unified_diff

_MOST_WORDS = 1_000
_MOST_LINES = 4_000
_CONTEXT = 6


def text_diff(old: str, new: str) -> tuple[str, ...]:
    """Return the lines that show how `old` became `new`.

    One line with `[-removed-]{+added+}` for texts of a line each, else a unified diff without its head. Texts too long
    to compare in reasonable time are only counted.
    """
    if "\n" in old or "\n" in new:
        return _by_line(old.split("\n"), new.split("\n"))
    words = [re.findall(r"\w+|\s+|[^\w\s]", text) for text in (old, new)]
    if max(map(len, words)) > _MOST_WORDS:
        return (f"{len(old)} characters -> {len(new)} characters",)
    return (_by_word(*words),)


def _by_word(old: list[str], new: list[str]) -> str:
    pieces = []
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (kind, i, j, k, m) in enumerate(steps):
        if kind == "equal":
            pieces.append(_around(old[i:j], first=number == 0, last=number == len(steps) - 1))
            continue
        removed, added = "".join(old[i:j]), "".join(new[k:m])
        pieces.append((f"[-{removed}-]" if removed else "") + (f"{{+{added}+}}" if added else ""))
    return "".join(pieces)


def _around(words: list[str], *, first: bool, last: bool) -> str:
    if len(words) <= (1 if first or last else 2) * 2 * _CONTEXT:
        return "".join(words)
    before = "" if first else "".join(words[: 2 * _CONTEXT]).rstrip() + " "
    after = "" if last else " " + "".join(words[-2 * _CONTEXT :]).lstrip()
    return f"{before}…{after}"


def _by_line(old: list[str], new: list[str]) -> tuple[str, ...]:
    if max(len(old), len(new)) > _MOST_LINES:
        return (f"{len(old)} lines -> {len(new)} lines",)
    lines = list(unified_diff(old, new, n=1, lineterm=""))
    return tuple(line for line in lines[2:] if not line.startswith("@@")) if len(lines) > 2 else ()
