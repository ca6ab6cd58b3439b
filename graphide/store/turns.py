"""The turns of a chat as a tree: an edited message and an answer made again are siblings, and one way is chosen.

Frozen values and pure functions. What a turn costs is in its `answer`; how an answer is made is in `chat`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from graphide.errors import GraphideError, UsageError
from graphide.values import Json, describe

Speaker = Literal["user", "assistant"]
AnswerState = Literal["waiting", "writing", "done", "stopped", "failed"]

ROOT = 0
_NOTHING: Mapping[int, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How an answer came about. `seconds` from the question to its end; `problem` says why it failed, `hint` what to do.

    `cached_tokens` of the prompt were computed before, `dropped` says what of the conversation did not fit, `stop_reason`
    why the model ended; `node` is the one that failed, and `doing` what goes on before the first word.
    """

    state: AnswerState = "done"
    model: str = ""
    seed: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    cached_tokens: int = 0
    stop_reason: str = ""
    dropped: str = ""
    problem: str = ""
    hint: str = ""
    node: str = ""
    doing: str = ""


class Turn(NamedTuple):
    """Something that was said: after which turn (`ROOT`: the first), by whom, when (ISO, UTC)."""

    id: int
    parent: int
    role: Speaker
    text: str
    at: str = ""
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Turns:
    """All turns by id, in the order in which they were made, and which of several is the way on, by their parent."""

    turns: Mapping[int, Turn] = field(default_factory=lambda: _NOTHING)
    chosen: Mapping[int, int] = field(default_factory=lambda: _NOTHING)

    def __getitem__(self, turn_id: int) -> Turn:
        """Return a turn; raises UsageError when there is none."""
        try:
            return self.turns[turn_id]
        except KeyError:
            raise UsageError(f"there is no turn {turn_id} in this chat") from None

    @property
    def path(self) -> tuple[Turn, ...]:
        """The turns of the chosen way, first to last."""
        return self.upto(self.leaf)

    @property
    def leaf(self) -> int:
        """The last turn of the chosen way; `ROOT` while nothing was said."""
        at = ROOT
        while at in self.chosen:
            at = self.chosen[at]
        return at

    def upto(self, turn_id: int) -> tuple[Turn, ...]:
        """Return the turns from the first to a turn, that one included."""
        way: list[Turn] = []
        while turn_id != ROOT:
            way.append(self[turn_id])
            turn_id = way[-1].parent
        return tuple(reversed(way))

    def siblings(self, turn_id: int) -> tuple[int, ...]:
        """Return the turns that stand at the same place, oldest first, this one among them."""
        parent = self[turn_id].parent
        return tuple(turn.id for turn in self.turns.values() if turn.parent == parent)

    def added(self, parent: int, role: Speaker, text: str, *, at: str = "", answer: Answer | None = None) -> Turns:
        """Return the tree with a turn after `parent`, which is the end of the chosen way and the `last` of all."""
        if parent != ROOT and self[parent].role == role:
            raise UsageError(f"two turns of the {role} cannot follow each other")
        turn = Turn(max(self.turns, default=ROOT) + 1, parent, role, text, at, answer)
        return self.with_turn(turn).switched(turn.id)

    def with_turn(self, turn: Turn) -> Turns:
        """Return the tree with a turn replaced by another state of it."""
        return replace(self, turns={**self.turns, turn.id: turn})

    def without(self, turn_id: int) -> Turns:
        """Return the tree without a turn that nothing follows; raises UsageError for another one."""
        if any(turn.parent == turn_id for turn in self.turns.values()):
            raise UsageError("what was said after it would be lost", hint="Have the answer made again instead")
        turns = {key: turn for key, turn in self.turns.items() if key != turn_id}
        return replace(self, turns=turns, chosen={key: way for key, way in self.chosen.items() if way != turn_id})

    def switched(self, turn_id: int) -> Turns:
        """Return the tree with the way through a turn chosen."""
        way = self.upto(turn_id)
        return replace(self, chosen={**self.chosen, **{turn.parent: turn.id for turn in way}})

    def ended_at(self, turn_id: int) -> Turns:
        """Return the tree with the chosen way ending at a turn (`ROOT`: before all); what followed stays beside it."""
        way = self if turn_id == ROOT else self.switched(turn_id)
        return replace(way, chosen={parent: child for parent, child in way.chosen.items() if parent != turn_id})

    @property
    def last(self) -> Turn:
        """The turn that was made last; raises UsageError while nothing was said."""
        return self[max(self.turns, default=ROOT)]


def to_json(turns: Turns) -> dict[str, Json]:
    """Return the tree as a JSON object; what is still being written counts as stopped."""
    return {
        "turns": [_turn_json(turn) for turn in turns.turns.values()],
        "chosen": {str(parent): child for parent, child in turns.chosen.items()},
    }


def from_json(data: Json) -> Turns:
    """Return the tree that `to_json` gave as `data`; raises GraphideError for another shape."""
    try:
        made = [_turn(item) for item in data["turns"]]
        turns = Turns({turn.id: turn for turn in made}, {int(key): int(item) for key, item in data["chosen"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GraphideError(f"turns of a chat have another shape than {describe(data)}") from error
    _check(turns)
    return turns


def _check(turns: Turns) -> None:
    """Raise GraphideError where following the turns would lead nowhere or round in circles."""
    for turn in turns.turns.values():
        if turn.id <= turn.parent or (turn.parent != ROOT and turn.parent not in turns.turns):
            raise GraphideError(f"turn {turn.id} of the chat follows a turn that is not before it")
    for parent, child in turns.chosen.items():
        if child not in turns.turns or turns.turns[child].parent != parent:
            raise GraphideError(f"turn {child} of the chat does not follow turn {parent}")


def _turn_json(turn: Turn) -> dict[str, Json]:
    body: dict[str, Json] = {"id": turn.id, "parent": turn.parent, "role": turn.role, "text": turn.text, "at": turn.at}
    if turn.answer is not None:
        state = "stopped" if turn.answer.state in ("waiting", "writing") else turn.answer.state
        usual = Answer()
        facts = {name: getattr(turn.answer, name) for name in Answer.__slots__}
        kept = {name: fact for name, fact in facts.items() if fact != getattr(usual, name) and name != "doing"}
        body["answer"] = kept | {"state": state}
    return body


def _turn(data: Mapping[str, Any]) -> Turn:
    if data["role"] not in ("user", "assistant"):
        raise ValueError(data["role"])
    answer = Answer(**data["answer"]) if "answer" in data else None
    return Turn(int(data["id"]), int(data["parent"]), data["role"], str(data["text"]), str(data.get("at", "")), answer)
