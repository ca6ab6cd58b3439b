"""The final prompt as it is to be seen: one text with a colour for each node that wrote a part, and how full the context is.

Values only, made from `prompt_parts`. Working them out in the background is in `prompt_preview`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from graphide.editor.prompt_parts import PromptParts, Segment
from graphide.inference.overflow import reserve
from graphide.spec.generation import ModelRequest, Overflow, TokenCounts

Level = Literal["fits", "tight", "over"]
How = Literal["working", "known", "sent"]

OWN: Final = "slate"
"""The colour of what the model node itself put between the parts."""
COLORS: Final = (
    "purple",
    "teal",
    "amber",
    "blue",
    "pink",
    "green",
    "orange",
    "cyan",
    "violet",
    "lime",
    "red",
    "indigo",
)
_LONGEST: Final = 400_000  # characters of a prompt that are shown


class Piece(NamedTuple):
    """The part `text[start:end]` of what is shown: who wrote it, and the name of its colour; `head` marks a role."""

    start: int
    end: int
    color: str
    source: str | None = None
    unknown: bool = False
    head: bool = False


class SourceRow(NamedTuple):
    """A node that wrote parts of the prompt, with their tokens together; None where they are not counted."""

    source: str | None
    title: str
    color: str
    tokens: int | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full the context is: `bars` are shares of it (0 to 1) by colour, `line` the figures, `consequence` what follows.

    Where the prompt is longer than the context, the bars are shares of the prompt.
    """

    bars: tuple[tuple[str, float], ...]
    reserved: float
    line: str
    consequence: str = ""
    level: Level = "fits"


@dataclass(frozen=True, slots=True)
class PromptView:
    """The prompt of one model node. `working` says that a newer one is on its way; `problem` why there is none."""

    node: str
    how: How = "working"
    text: str = ""
    pieces: tuple[Piece, ...] = ()
    sources: tuple[SourceRow, ...] = ()
    gauge: Gauge | None = None
    problem: str = ""
    uncounted: str = ""
    waits_for: tuple[str, ...] = ()
    dropped: str = ""
    working: bool = False

    @property
    def heading(self) -> str:
        """What is shown, in a few words."""
        if self.how == "sent":
            return "As it was sent"
        return "Being worked out …" if self.how == "working" else "As it would be sent"

    @property
    def note(self) -> str:
        """What was left out, or is not known yet, in a sentence; "" when neither."""
        if self.dropped:
            return f"Too long: the model {self.dropped}"
        if not self.waits_for:
            return ""
        names = ", ".join(f'"{name}"' for name in self.waits_for)
        return f"What {names} gives is known when it has run"

    def piece_at(self, index: int) -> Piece | None:
        """Return the part that the character at an index is in."""
        number = bisect_right(self.pieces, index, key=lambda piece: piece.start) - 1
        return self.pieces[number] if number >= 0 and index < self.pieces[number].end else None


def prompt_view(parts: PromptParts, titles: Mapping[str, str], own: Mapping[str, str], *, sent: bool) -> PromptView:
    """Return parts as they are to be seen; `titles` are those of nodes, `own` the colours that people gave to some."""
    if parts.problem or parts.request is None:
        return PromptView(parts.node, "known", problem=parts.problem)
    colors = _colors(parts, own)
    text, pieces = _text(parts, colors)
    rows = _rows(parts, colors, titles)
    gauge = gauge_of(parts.request, parts.size, rows) if parts.size is not None else None
    waits_for = tuple(titles.get(node, node) for node in parts.waits_for)
    return PromptView(
        parts.node, "sent" if sent else "known", text, pieces, rows, gauge,
        uncounted=parts.uncounted, waits_for=waits_for,
    )  # fmt: skip


def gauge_of(request: ModelRequest, size: TokenCounts, rows: tuple[SourceRow, ...]) -> Gauge:
    """Return how full the context is with a prompt, and what the overflow policy of its node makes of that."""
    n_ctx, total = max(size.n_ctx, 1), size.total
    policy = policy_of(request)
    kept = reserve(request.max_tokens, n_ctx) if policy != "stop" else 0
    over = total >= n_ctx if policy == "stop" else total > n_ctx - kept
    room = max(0, n_ctx - total)
    tight = not over and request.max_tokens > room
    whole = max(n_ctx, total)
    counted = [(row.color, row.tokens / whole) for row in rows if row.tokens]
    rest = max(0, total - sum(row.tokens or 0 for row in rows))
    bars = (*counted, (OWN, rest / whole)) if rest else tuple(counted)
    reserved = min(request.max_tokens or room, room) / whole
    line = f"{total:,} of {n_ctx:,} tokens"
    if not over:
        line = f"{line} · {min(request.max_tokens or room, room):,} for the answer"
    level: Level = "over" if over else "tight" if tight else "fits"
    return Gauge(bars, reserved, line, _consequence(request, total, n_ctx, kept, level), level)


def policy_of(request: ModelRequest) -> Overflow:
    """Return what happens to a prompt that is too long: where no turn may be dropped, it cannot be sent."""
    droppable = any(message.role != "system" for message in request.messages[:-1])
    return "stop" if request.overflow == "drop_oldest" and not droppable else request.overflow


def _consequence(request: ModelRequest, total: int, n_ctx: int, kept: int, level: Level) -> str:
    if level == "fits":
        return ""
    if level == "tight":
        return f"The answer ends after {n_ctx - total:,} tokens, before its {request.max_tokens:,}: the context is full then"
    if policy_of(request) == "stop":
        nothing = ", since no turn can be left out" if request.overflow == "drop_oldest" else ""
        return (
            f"Too long by {total - n_ctx + 1:,} tokens: the run ends here with an error{nothing}. "
            "Shorten it, or raise n_ctx"
        )
    room = f"to leave {kept:,} tokens for the answer"
    if request.overflow == "drop_oldest":
        return f"Too long by {total - (n_ctx - kept):,} tokens: the oldest turns are left out, {room}"
    return f"Too long by {total - (n_ctx - kept):,} tokens: the middle of the longest message is cut out, {room}"


def _colors(parts: PromptParts, own: Mapping[str, str]) -> dict[str | None, str]:
    """Return a colour for each source: the one a person gave to the node where it is free, else the next of the table."""
    found: dict[str | None, str] = {None: OWN}
    for source in parts.sources:
        free = [color for color in COLORS if color not in found.values()] or list(COLORS)
        wanted = own.get(source, "")
        found[source] = wanted if wanted in free else free[0]
    return found


def _text(parts: PromptParts, colors: Mapping[str | None, str]) -> tuple[str, tuple[Piece, ...]]:
    texts: list[str] = []
    pieces: list[Piece] = []
    at = 0

    def add(text: str, color: str, segment: Segment | None = None) -> None:
        nonlocal at
        texts.append(text)
        source, unknown = (segment.source, segment.unknown) if segment is not None else (None, False)
        pieces.append(Piece(at, at + len(text), color, source, unknown, segment is None))
        at += len(text)

    for number, message in enumerate(parts.messages):
        gap = "\n\n" if number else ""
        add(f"{gap}{message.role}\n", "faint")
        for segment in message.segments:
            add(segment.text, colors[segment.source], segment)
        if at > _LONGEST:
            add("\n… the rest is not shown", "faint")
            break
    return "".join(texts), tuple(pieces)


def _rows(parts: PromptParts, colors: Mapping[str | None, str], titles: Mapping[str, str]) -> tuple[SourceRow, ...]:
    tokens: dict[str | None, int | None] = {}
    unknown: set[str | None] = set()
    for message in parts.messages:
        for segment in message.segments:
            before = tokens.get(segment.source, 0)
            tokens[segment.source] = (
                None if before is None or segment.tokens is None else before + segment.tokens
            )  # fmt: skip
            if segment.unknown:
                unknown.add(segment.source)
    named = [source for source in tokens if source is not None]
    return tuple(
        SourceRow(source, titles.get(source, source), colors[source], tokens[source], source in unknown)
        for source in named
    )
