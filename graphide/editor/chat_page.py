"""A chat laid out: one list of parts from the first message to the last answer. No window, and nothing is done here.

What did not change stays the same object, so that a window draws only what is new: while an answer is written that is its
last block and the line above it. Lengths are pixels at scale 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from operator import is_

from graphide.editor.chat_parts import Place, head_part, message_part, tail_part
from graphide.editor.text.blocks import Block
from graphide.editor.text.markdown import Stream
from graphide.editor.text.page import Act, Part, Spot, part_of, with_caret
from graphide.editor.views import Box
from graphide.store.turns import ROOT, Answer, Turn, Turns


class _Body:
    """The text of an answer as parts, of which only the last ones are made anew while it grows."""

    def __init__(self) -> None:
        self._text = ""
        self._stream = Stream()
        self._set: list[tuple[Block, Part]] = []

    def parts(self, text: str, width: float) -> tuple[Part, ...]:
        """Return the blocks of a text as parts."""
        if not text.startswith(self._text):
            self._text, self._stream, self._set = "", Stream(), []
        first = self._stream.feed(text[len(self._text) :])
        self._text = text
        blocks = self._stream.blocks
        kept = self._set[: len(blocks)]
        for number in range(min(first, len(kept)), len(blocks)):
            block = blocks[number]
            if number == len(kept):
                kept.append((block, part_of(block, width)))
            elif kept[number][0] != block:
                kept[number] = (block, part_of(block, width))
        self._set = kept
        return tuple(part for _, part in kept)


@dataclass(slots=True)
class _Set:
    """A turn as it was laid out last."""

    turn: Turn
    place: Place
    edited: bool
    parts: tuple[Part, ...] = ()
    body: _Body = field(default_factory=_Body)


class ChatPage:
    """One chat at one width; `parts` are laid one below the other, `tops` is where each begins.

    `name` is that of the model as far as it is known before an answer says which it was.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.parts: tuple[Part, ...] = ()
        self.tops: tuple[float, ...] = (0.0,)
        self._made_of: tuple[Turns, float, int] | None = None
        self._path: tuple[Turn, ...] = ()
        self._total = 0
        self._before: tuple[Part, ...] = ()  # those of all turns but the last, and where each begins
        self._tops: tuple[float, ...] = (0.0,)
        self._width = 0.0
        self._sets: dict[int, _Set] = {}

    @property
    def height(self) -> float:
        """The height of all parts."""
        return self.tops[-1]

    def show(self, turns: Turns, width: float, edited: int = ROOT) -> bool:
        """Lay the chosen way out at a width, the turn being `edited` marked; return whether anything is new."""
        before, self._made_of = self._made_of, (turns, width, edited)
        if before is not None and before[0] is turns and before[1:] == (width, edited):
            return False
        if before is None or width != before[1]:
            self._width, self._sets = width, {}
        path = turns.path
        if not (before is not None and before[2] == edited and self._only_the_last(path, turns)):
            places = _places(turns)
            self._sets = {turn.id: self._turn(turn, places[turn.id], turn.id == edited) for turn in path}
            self._before = tuple(part for turn in path[:-1] for part in self._sets[turn.id].parts)
            self._tops = tuple(accumulate((part.height for part in self._before), initial=0.0))
        self._path, self._total = path, len(turns.turns)
        last = self._sets[path[-1].id].parts if path else ()
        heights = accumulate((part.height for part in last), initial=self._tops[-1])
        self.parts, self.tops = (*self._before, *last), (*self._tops[:-1], *heights)
        return True

    def _only_the_last(self, path: tuple[Turn, ...], turns: Turns) -> bool:
        """Lay the last turn out anew where no other one is new, which is so while it is written; return whether it is."""
        known = self._path
        if not known or len(path) != len(known) or path[-1].id != known[-1].id or len(turns.turns) != self._total:
            return False
        if not all(map(is_, path[:-1], known)) or path[-1].id not in self._sets:
            return False
        own = self._sets[path[-1].id]
        self._sets[path[-1].id] = self._turn(path[-1], own.place, own.edited)
        return True

    def top_of(self, turn_id: int) -> float | None:
        """Return where a turn of the chosen way begins, None for another one."""
        before = 0
        for turn in self._path:
            if turn.id == turn_id:
                return self.tops[before]
            before += len(self._sets[turn.id].parts)
        return None

    def seen(self, top: float, height: float) -> range:
        """Return the numbers of the parts of which something is between two heights."""
        first = max(0, bisect_right(self.tops, top) - 1)
        last = bisect_right(self.tops, top + height)
        return range(min(first, len(self.parts)), min(last, len(self.parts)))

    def number_at(self, y: float) -> int:
        """Return the number of the part at a height, the first or last one beyond the ends; -1 where there is none."""
        return min(max(0, bisect_right(self.tops, y) - 1), len(self.parts) - 1)

    def spot_at(self, x: float, y: float) -> tuple[int, Spot] | None:
        """Return the part and what in it answers to a click at a point."""
        number = self.number_at(y)
        if number < 0:
            return None
        spot = self.parts[number].spot_at(x, y - self.tops[number])
        return (number, spot) if spot is not None else None

    def spots(self, act: Act) -> Iterator[tuple[Box, Spot]]:
        """Yield all that does one thing, each with where it is on the page."""
        for top, part in zip(self.tops, self.parts, strict=False):
            for spot in part.spots:
                if spot.act == act:
                    yield spot.box._replace(y=spot.box.y + top), spot

    def _turn(self, turn: Turn, place: Place, edited: bool) -> _Set:
        known = self._sets.get(turn.id)
        if known is not None and known.turn is turn and known.place == place and known.edited == edited:
            return known
        made = known or _Set(turn, place, edited)
        made.turn, made.place, made.edited = turn, place, edited
        if turn.role == "user":
            made.parts = (message_part(turn, place, self._width, edited=edited),)
        else:
            made.parts = _answer_parts(made, self._width, self.name)
        return made


def _places(turns: Turns) -> dict[int, Place]:
    """Return the place of every turn among its siblings."""
    siblings: dict[int, list[int]] = {}
    for turn in turns.turns.values():
        siblings.setdefault(turn.parent, []).append(turn.id)
    found = {}
    for family in siblings.values():
        for number, turn_id in enumerate(family):
            before = family[number - 1] if number else ROOT
            after = family[number + 1] if number + 1 < len(family) else ROOT
            found[turn_id] = Place(number + 1, len(family), before, after)
    return found


def _answer_parts(made: _Set, width: float, name: str) -> tuple[Part, ...]:
    turn = made.turn
    answer = turn.answer or Answer()
    body = made.body.parts(turn.text, width)
    writing = answer.state in ("waiting", "writing")
    if writing and body:
        body = (*body[:-1], with_caret(body[-1]))
    tail = () if writing else (tail_part(turn, made.place, width),)
    return (head_part(answer, width, name), *body, *tail)
