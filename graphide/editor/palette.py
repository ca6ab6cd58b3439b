"""The search palette: node types, templates and actions by a few letters, the best first.

Where a wire was dropped, only node types with a pin that fits are offered, with that pin. Pure: what is chosen is made by
the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from graphide.editor.nodelook import category_color, icon_name
from graphide.graph.model import is_name
from graphide.spec.fields import LongText
from graphide.spec.nodespec import NodeSpec, Port
from graphide.values import Json, Wire, accepts

Kind = Literal["node", "template", "action"]
MOST = 60
_NOTHING: Mapping[str, Json] = MappingProxyType({})

SYNONYMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "variable": "input parameter value form field dropdown",
        "system": "persona role instructions prompt",
        "context": "file document knowledge attach rag",
        "template": "prompt text block string format",
        "message": "turn user assistant chat",
        "conversation": "chat history few shot examples messages",
        "parameters": "temperature sampling settings seed top_p",
        "model": "llm generate ask answer chat completion gguf local",
        "output": "result show save end",
        "join": "concat merge combine list text",
        "split": "lines sentences list separate",
        "regex": "match extract replace pattern",
        "parse_json": "object decode read",
        "json_path": "get field key extract",
        "filter": "where select keep list",
        "zip": "pair combine rows",
        "if": "condition branch else",
        "switch": "case route branch classify",
        "map": "for each loop list batch",
        "loop": "repeat until refine iterate",
        "fallback": "default error retry otherwise",
        "subgraph": "group function nested reuse",
        "score": "judge grade evaluate compare test",
        "note": "comment text sticky",
    }
)
"""Other words under which people look for the built-in node types."""


class Wanted(NamedTuple):
    """The loose end of a wire: the pin that it comes from, which side that is on, and the types there."""

    node: str
    port: str
    output: bool
    wires: tuple[Wire, ...]


@dataclass(frozen=True, slots=True)
class PaletteItem:
    """One offer. For a node type, `port` is the pin that a dropped wire leads to and `settings` what it needs for it."""

    kind: Kind
    id: str
    title: str
    about: str = ""
    icon: str = ""
    color: str = ""
    port: str = ""
    settings: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    words: str = field(default="", repr=False)
    shortcut: str = ""

    @property
    def key(self) -> str:
        """What it is remembered by among the recent ones."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Palette:
    """An open palette: what is typed, what is offered, which one is lit; `at` in pixels of the view, `wire` a loose end."""

    at: tuple[float, float]
    query: str = ""
    items: tuple[PaletteItem, ...] = ()
    lit: int = 0
    wire: Wanted | None = None
    offers: tuple[PaletteItem, ...] = field(default=(), repr=False)


def node_items(registry: Mapping[str, NodeSpec], wire: Wanted | None = None) -> tuple[PaletteItem, ...]:
    """Return an offer for each node type; with a wire, for those with a pin that fits."""
    items = (_node_item(spec, wire) for _, spec in sorted(registry.items()))
    return tuple(item for item in items if item is not None)


def search(
    items: Sequence[PaletteItem], query: str, recent: Sequence[str] = (), *, most: int = MOST
) -> list[PaletteItem]:
    """Return what fits a query, best first; without one everything, what was used last before the rest."""
    turns = {key: turn for turn, key in enumerate(recent)}
    scored = []
    for place, item in enumerate(items):
        score = _score(item, query)
        if score is not None:
            turn = turns.get(item.key)
            bonus = 0.0 if turn is None else (6.0 - min(turn, 5)) * (1 if query.strip() else 100)
            scored.append((-score - bonus, place, item))
    scored.sort(key=lambda entry: entry[:2])
    return [item for _, _, item in scored[:most]]


def fuzzy(text: str, query: str) -> float | None:
    """Return how well the letters of a query are in a text, in order: more for whole words and their beginnings.

    None where they are not; both in small letters.
    """
    if not query:
        return 0.0
    at = text.find(query)
    if at >= 0:
        whole = at + len(query) == len(text) or not text[at + len(query)].isalnum()
        return 60.0 + (30.0 if _begins(text, at) else 0.0) + (10.0 if at == 0 else 0.0) + (15.0 if whole else 0.0)
    score, last = 0.0, -1
    for letter in query:
        found = next((spot for spot in _spots(text, letter, last + 1) if _begins(text, spot)), -1)
        if found < 0 or found > last + 12:
            found = text.find(letter, last + 1)
        if found < 0:
            return None
        score += 6.0 if found == last + 1 else 4.0 if _begins(text, found) else -1.0
        last = found
    return score if score >= 2.0 * len(query) else None


def _score(item: PaletteItem, query: str) -> float | None:
    """Return how well an item fits: every word of the query must be found, in the title best."""
    total = 0.0
    for word in query.casefold().split():
        title = fuzzy(item.title.casefold(), word)
        words = fuzzy(item.words, word)
        about = 0.0 if word in item.about.casefold() else None
        found = [
            score
            for score in (
                None if title is None else title + 40.0, words if words is None or words >= 60 else None, about
            )
            if score is not None
        ]  # fmt: skip
        if not found:
            return None
        total += max(found)
    return total - len(item.title) / 100 - (12.0 if item.kind == "action" else 0.0)


def _node_item(spec: NodeSpec, wire: Wanted | None) -> PaletteItem | None:
    port, settings = "", _NOTHING
    if wire is not None:
        fitting = _fitting(spec, wire)
        if fitting is None:
            return None
        port, settings = fitting
    title = spec.type.rpartition(".")[2].replace("_", " ")
    words = f"{spec.type} {spec.category} {SYNONYMS.get(spec.type, '')}".casefold()
    return PaletteItem(
        "node", spec.type, title, spec.summary, icon_name(spec), category_color(spec), port, settings, words
    )  # fmt: skip


def _fitting(spec: NodeSpec, wire: Wanted) -> tuple[str, Mapping[str, Json]] | None:
    """Return the first pin of a new node that fits a loose end, and the settings that give it one."""
    if not wire.output:
        outputs = _ports(lambda: spec.outputs_for({}))
        fits = (port for port in outputs if any(accepts(port.wires[0], taken) is None for taken in wire.wires))
        found = next(fits, None)
        return (found.name, _NOTHING) if found is not None else None
    inputs = _ports(lambda: spec.inputs_for({}))
    found = next((port for port in inputs if port.refusal(wire.wires[0]) is None), None)
    if found is not None:
        return found.name, _NOTHING
    # A prompt has an input for each placeholder, so a new one is given a placeholder for the wire.
    text = next((name for name, own in spec.settings.items() if _has_placeholders(own.field)), None)
    name = wire.node if is_name(wire.node) and "-" not in wire.node else "text"
    if text is None or accepts(wire.wires[0], "text") is not None:
        return None
    return name, {text: f"{{{{ {name} }}}}"}


def _has_placeholders(field: object) -> bool:
    return isinstance(field, LongText) and field.placeholders


def _ports(ask: object) -> Iterable[Port]:
    try:
        return tuple(ask())  # type: ignore[operator]
    except Exception:  # noqa: BLE001  # code of any package; a type that fails here is not offered
        return ()


def _begins(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()


def _spots(text: str, letter: str, start: int) -> Iterator[int]:
    at = text.find(letter, start)
    while at >= 0:
        yield at
        at = text.find(letter, at + 1)
