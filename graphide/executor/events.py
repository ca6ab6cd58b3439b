"""What happens in a run: a closed set of frozen events, and their one JSON form.

The command line, the editor, the server and the saved run log are loops over these. `to_json` gives the same object to
all of them; `SCHEMA` changes when a field changes its meaning. They are named tuples, which are made in a third of the
time of frozen dataclasses: a run of many short steps makes three for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from graphide.values import Json, dumps, to_json as value_to_json

SCHEMA = 1
_NOTHING: Mapping[str, Any] = MappingProxyType({})

Mode = Literal["batched", "reproducible"]
"""batched: requests share batches, and the same bytes are not promised · reproducible: each is computed by itself."""

Status = Literal["ok", "failed", "partial", "cancelled"]
"""ok: every failure was caught by a fallback · failed: nothing asked for was made · partial: some of it was."""


class RunStarted(NamedTuple):
    """A run begins. `seed` is what model nodes without one of their own use.

    `mode` says how local models compute: `batched`, where the same bytes are not promised for the same seed, or
    `reproducible`, where they are, on the same machine with the same model and engine. Whether an answer can be had
    again is in its usage.
    """

    run: str
    title: str
    seed: int
    mode: Mode = "batched"


class PlanMade(NamedTuple):
    """What will happen: `steps` in order, and those whose result is `cached`."""

    steps: tuple[str, ...]
    cached: tuple[str, ...]


class NodeStarted(NamedTuple):
    """A node begins its work."""

    node: str
    type: str


class NodeChunk(NamedTuple):
    """A piece of the text that a node is making."""

    node: str
    text: str


class NodeProgress(NamedTuple):
    """How far a node is: `done` of `total` (0: unknown) of what `label` says."""

    node: str
    label: str
    done: float
    total: float


class NodeFinished(NamedTuple):
    """A node has its outputs, by port; `seconds` is the time it took (0 when `cached`)."""

    node: str
    values: Mapping[str, Any]
    cached: bool
    seconds: float


class NodeFailed(NamedTuple):
    """A node could not do its work: the error, what to do, what it was given, and the text it had made so far."""

    node: str
    type: str
    message: str
    hint: str
    kind: str
    inputs: Mapping[str, Any]
    partial: str
    exit_code: int = 1


class NodeSkipped(NamedTuple):
    """A node was not run `because` of another node (failed, cancelled, a branch that was not taken) or itself (muted)."""

    node: str
    because: str
    reason: Literal["failed", "cancelled", "not_taken", "muted"]
    partial: str = ""


class RunFinished(NamedTuple):
    """A run ends, exactly once: its status, its named outputs, and what it cost.

    `usage` sums the model nodes that ran, and says whether all of their answers are reproducible; `models` are those that were used, by the name the graph gives them;
    `partial` holds, by node, streamed text that no output has: of nodes that failed or were stopped, and, when the run
    was cancelled, of nodes that had just finished.
    """

    status: Status
    outputs: Mapping[str, Any]
    seconds: float
    usage: Mapping[str, Any] = _NOTHING
    models: Mapping[str, Json] = _NOTHING
    partial: Mapping[str, str] = _NOTHING
    seed: int = 0


Inner = NodeStarted | NodeChunk | NodeProgress | NodeFinished | NodeFailed | NodeSkipped
"""The events of one node, which is what a run inside a node passes on."""

Event = RunStarted | PlanMade | Inner | RunFinished

_NAMES: Mapping[type[Any], str] = {
    RunStarted: "run_started",
    PlanMade: "plan",
    NodeStarted: "node_started",
    NodeChunk: "node_chunk",
    NodeProgress: "node_progress",
    NodeFinished: "node_finished",
    NodeFailed: "node_failed",
    NodeSkipped: "node_skipped",
    RunFinished: "run_finished",
}


def name_of(event: Event | type[Event]) -> str:
    """Return the name of an event, or of a kind of event, as `--events` and the server spell it."""
    return _NAMES[event if isinstance(event, type) else type(event)]


def to_json(event: Event) -> dict[str, Json]:
    """Return an event as one JSON object: `schema`, `event`, then its fields."""
    body = {name: value_to_json(getattr(event, name)) for name in event._fields}
    return {"schema": SCHEMA, "event": name_of(event), **body}


def to_line(event: Event) -> bytes:
    """Return an event as one line of JSON, without the newline: the bytes of `--events`, of SSE and of the run log."""
    return dumps(to_json(event))
