"""One node in a run, as it is to be seen: its state, its text so far, what it made, what it cost, the runs inside it.

Values only; how they come about from events is in `runview`. Times are seconds of the clock that the events came with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from graphide.editor.pieces import Pieces
from graphide.editor.short import short
from graphide.values import Usage

NodeState = Literal["queued", "running", "done", "cached", "failed", "skipped"]
RowState = Literal["running", "done", "failed", "skipped"]

ENDED: frozenset[str] = frozenset(["done", "cached", "failed", "skipped"])
ROWS, ROUNDS = "rows", "rounds"  # what nodes with a graph inside call their progress

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_TO_DO: Mapping[str, str] = {
    "oom": "Close other models, choose a smaller one, or lower its context (n_ctx)",
    "corrupt_file": "Download the model again, or choose another one",
    "unsupported_arch": "Choose another model, or install a newer engine",
    "context_overflow": "Shorten the prompt, raise n_ctx, or let overflow drop turns",
    "killed": "Run it again; if it happens again, choose a smaller model",
    "engine_abort": "Run it again; if it happens again, choose another model",
    "stalled": "Stop and run it again, or give the machine less to do",
    "bad_request": "Look at the settings of this node",
}


@dataclass(frozen=True, slots=True)
class NodeError:
    """Why a node failed, what to do about it, and what it was given, each input in its short form."""

    message: str
    hint: str = ""
    kind: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    exit_code: int = 1

    @property
    def to_do(self) -> str:
        """What to do next: what the error itself says, else what helps against its kind."""
        return self.hint or _TO_DO.get(self.kind, "Look at the inputs below, then run it again")


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One node in a run. Times are on the clock of the events; `total` of a progress is 0 where it is not known.

    `partial` says that the text is not, or not yet, the whole one. `ends` are the inner nodes that a row ends with, as
    far as they have shown themselves; `rows` the runs inside, by the label of the row.
    """

    id: str
    type: str = ""
    state: NodeState = "queued"
    foreseen: bool = False
    pieces: Pieces = ()
    chunks: int = 0
    partial: bool = False
    label: str = ""
    done: float = 0.0
    total: float = 0.0
    started: float = 0.0
    first_chunk: float = 0.0
    last_chunk: float = 0.0
    seconds: float = 0.0
    values: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    usage: Usage | None = None
    error: NodeError | None = None
    because: str = ""
    reason: str = ""
    rows: Mapping[str, NestedRun] = field(default_factory=lambda: _NOTHING)
    ends: frozenset[str] = frozenset()
    last_ended: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDED

    @property
    def text(self) -> str:
        """The text streamed so far, else the first text among its values."""
        if self.pieces:
            return "".join(self.pieces)
        return next((value for value in self.values.values() if isinstance(value, str)), "")

    @property
    def fraction(self) -> float | None:
        """How far it is, from 0 to 1; None where that is not known or it is writing."""
        return min(1.0, self.done / self.total) if self.total > 0 and self.state == "running" else None

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """Its outputs, each in its short form."""
        return tuple((name, short(value)) for name, value in self.values.items())

    @property
    def tokens(self) -> int:
        """The tokens written: as the model counted them, before that as many as pieces came."""
        return self.usage.completion_tokens if self.usage is not None else self.chunks

    def tokens_per_second(self, now: float) -> float:
        """Return the speed of writing: the model's own figure at the end, before that since the first piece."""
        if self.usage is not None:
            return self.usage.tokens_per_second
        until = now if self.state == "running" else self.last_chunk
        return (self.chunks - 1) / (until - self.first_chunk) if self.chunks > 1 and until > self.first_chunk else 0.0

    def elapsed(self, now: float) -> float:
        """Return the seconds it has been at work, or took."""
        return max(0.0, now - self.started) if self.state == "running" else self.seconds

    @property
    def why_skipped(self) -> str:
        """Why it did not run, in a few words; "" when it did."""
        if self.state != "skipped":
            return ""
        words = {"muted": "muted", "not_taken": "its branch was not taken", "cancelled": "stopped"}
        return words.get(self.reason, f'"{self.because}" failed')

    @property
    def summary(self) -> str:
        """How far the runs inside are: `7 of 32, 1 failed`, `round 2 of 4`; "" without any, or with a single one."""
        if self.label == ROUNDS:
            return f"round {len(self.rows)} of {self.total:g}" if self.rows else ""
        if len(self.rows) < 2 and self.total < 2:
            return ""
        states = [row.state(self.ends) for row in self.rows.values()]
        failed = f", {states.count('failed')} failed" if "failed" in states else ""
        whole = int(self.total) if self.label == ROWS else len(states)
        return f"{len(states) - states.count('running')} of {whole}{failed}"


@dataclass(frozen=True, slots=True)
class NestedRun:
    """One run inside a node: a row of a map, a round of a loop, the graph of a subgraph node."""

    label: str
    nodes: Mapping[str, NodeRun] = field(default_factory=lambda: _NOTHING)
    over: bool = False

    def state(self, ends: frozenset[str] = frozenset()) -> RowState:
        """Return how it stands; `ends` are the nodes that it ends with, which tell before the outer node has ended."""
        last = [self.nodes[end] for end in ends if end in self.nodes]
        if self.over and len(last) < len(ends):
            return "skipped"
        if not self.over and (not ends or len(last) < len(ends) or not all(node.ended for node in last)):
            return "running"
        told = last or list(self.nodes.values())
        if any(node.state == "failed" or node.reason == "failed" for node in told):
            return "failed"
        return "skipped" if any(node.reason == "cancelled" for node in told) else "done"
