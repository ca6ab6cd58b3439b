"""What a graph would give away when it is shared: texts that look like keys and passwords, and paths of this machine.

Shapes of keys are those that the services publish for scanners of source code. A graph that passes may still hold a
secret: nothing here knows what a text means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from graphide.graph.model import Graph
from graphide.values import Json

Kind = Literal["secret", "path"]

_MOST = 20
_LONGEST = 200_000  # characters of one text that are looked at

_SECRETS: Final = re.compile(
    r"""
    \bsk-[A-Za-z0-9_-]{16,} | \bhf_[A-Za-z0-9]{16,} | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}
    | \bglpat-[\w-]{16,} | \bxox[abprs]-[\w-]{10,} | \bAKIA[0-9A-Z]{16}\b | \bAIza[\w-]{30,}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    | (?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+
    | \b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]+:[^\s/@]{3,}@
    | (?i:\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token)\b["']?\s*[:=]\s*["']?[^\s"'{<]{6,})
    | (?i:\bbearer\s+[\w.~+/-]{16,})
    """,
    re.VERBOSE,
)
_PATHS: Final = re.compile(
    r"""
    (?<![\w/.:])(?:/(?:home|Users|root|mnt|media|srv|var|tmp|opt|data)/[^\s"'<>|{}]+)
    | (?<!\w)~/[^\s"'<>|{}]+
    | \b[A-Za-z]:\\[^\s"'<>|{}]+
    | (?<![\\\w])\\\\[\w.-]+\\[^\s"'<>|{}]+
    """,
    re.VERBOSE,
)


class Giveaway(NamedTuple):
    """A text that gives something away: where it is, and `excerpt`, which shows a path whole and of a secret a little."""

    kind: Kind
    node: str
    setting: str
    excerpt: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        what = "looks like a key or a password" if self.kind == "secret" else "is a place on this machine"
        where = f"{self.node}, {self.setting}" if self.setting else self.node
        return f"{where}: {self.excerpt} {what}"


def giveaways(graph: Graph) -> tuple[Giveaway, ...]:
    """Return what a graph would give away, secrets first, each place once, of very many the first ones."""
    found: dict[Giveaway, None] = {}
    for node_id, setting, text in _texts(graph):
        for match in _SECRETS.finditer(text[:_LONGEST]):
            found[Giveaway("secret", node_id, setting, _masked(match[0]))] = None
        for match in _PATHS.finditer(text[:_LONGEST]):
            found[Giveaway("path", node_id, setting, match[0][:80])] = None
        if len(found) >= _MOST:
            break
    return tuple(sorted(found, key=lambda one: one.kind == "path"))[:_MOST]


def _masked(text: str) -> str:
    """Return the beginning of a secret: enough to know it by, too little to use it."""
    shown = text.split("\n", maxsplit=1)[0]
    return f"{shown[: max(4, min(10, len(shown) // 3))]}…"


def _texts(graph: Graph) -> Iterator[tuple[str, str, str]]:
    yield "the graph", "title", graph.title
    yield "the graph", "about", graph.about
    for node_id, node in graph.nodes.items():
        yield node_id, "title", node.title
        for name, value in node.settings.items():
            for text in _strings(value):
                yield node_id, name, text


def _strings(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            # A name and its value are looked at together: {"password": "…"} gives away what "…" alone does not.
            yield from (f"{key}: {inner}" for key, inner in item.items() if isinstance(inner, str))
            waiting += [inner for inner in item.values() if not isinstance(inner, str)]
        elif isinstance(item, list | tuple):
            waiting += item
