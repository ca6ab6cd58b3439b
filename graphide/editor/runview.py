"""What is to be seen of a run: `reduce` folds its events into one frozen value, node by node and as a whole.

Pure: no clock, no threads; times are those that come with the events (seconds of one steady clock). A run inside a node
is under that node, row by row. How a run is started and its events get here is in `runs`, how it looks in `views`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from graphide.editor.noderun import ROUNDS, ROWS, NestedRun, NodeError, NodeRun
from graphide.editor.pieces import appended
from graphide.editor.short import short
from graphide.executor import events
from graphide.graph.problems import Problem
from graphide.values import Json, Usage

RunState = Literal["idle", "starting", "running", "stopping", "ok", "partial", "failed", "cancelled", "refused"]
"""refused: it never began, or it broke outside its nodes; `RunView.refusal` says why."""

OVER: frozenset[str] = frozenset(["ok", "partial", "failed", "cancelled", "refused"])

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class RunRefused(NamedTuple):
    """Why a run never began or broke outside its nodes: the error, and the problems of the graph where it has some."""

    message: str
    where: str = ""
    hint: str = ""
    problems: tuple[Problem, ...] = ()


class StopAsked(NamedTuple):
    """The user asked the run to stop."""


Happening = events.Event | StopAsked | RunRefused


class Seen(NamedTuple):
    """Something that happened, and when; a chunk may be several, which came one after the other."""

    event: Happening
    at: float = 0.0
    chunks: int = 1


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: its nodes by id, in plan order, and what is known of the whole.

    `outputs`, `usage`, `models` and `partial` are those of `RunFinished`; `targets` are the nodes it runs to (none: all
    outputs).
    """

    state: RunState = "idle"
    run: str = ""
    title: str = ""
    targets: tuple[str, ...] = ()
    seed: int = 0
    mode: events.Mode = "batched"
    nodes: Mapping[str, NodeRun] = field(default_factory=lambda: _NOTHING)
    started: float = 0.0
    seconds: float = 0.0
    outputs: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    usage: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    models: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    partial: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    refusal: RunRefused | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in OVER

    @property
    def active(self) -> bool:
        """Whether it is under way."""
        return self.state in ("starting", "running", "stopping")

    @property
    def ended(self) -> int:
        """How many of its nodes have ended."""
        return sum(node.ended for node in self.nodes.values())

    @property
    def failures(self) -> tuple[NodeRun, ...]:
        """The nodes that failed, in plan order."""
        return tuple(node for node in self.nodes.values() if node.state == "failed")

    @property
    def summary(self) -> str:
        """How far it is: `3 of 7 steps`."""
        return f"{self.ended} of {len(self.nodes)} steps" if self.nodes else ""

    def elapsed(self, now: float) -> float:
        """Return the seconds since it began, or that it took."""
        return max(0.0, now - self.started) if self.active else self.seconds

    def tokens(self) -> int:
        """Return the tokens written by all its nodes, inner ones too."""
        return sum(_tokens(node) for node in self.nodes.values())


def starting(title: str = "", *, targets: Iterable[str] = (), at: float = 0.0) -> RunView:
    """Return the view of a run that was asked for and has not begun."""
    return RunView(state="starting", title=title, targets=tuple(targets), started=at)


def reduce(view: RunView, event: Happening, *, at: float = 0.0, chunks: int = 1) -> RunView:
    """Return the view after something happened `at` a time.

    What cannot be, such as a node that starts before its run or after its end, changes nothing.
    """
    return reduce_all(view, (Seen(event, at, chunks),))


def reduce_all(view: RunView, seen: Iterable[Seen]) -> RunView:
    """Return the view after several things happened, in their order; cheaper than one by one."""
    nodes: dict[str, NodeRun] | None = None
    for item in seen:
        if isinstance(item.event, events.Inner):
            if view.state in ("running", "stopping"):
                nodes = dict(view.nodes) if nodes is None else nodes
                _put(nodes, item.event.node.split("/"), item)
            continue
        if nodes is not None:
            view, nodes = replace(view, nodes=nodes), None
        view = _whole(view, item.event, item.at)
    return view if nodes is None else replace(view, nodes=nodes)


def _whole(view: RunView, event: Happening, at: float) -> RunView:
    match event:
        case events.RunStarted() if not view.run and not view.over:
            state: RunState = "stopping" if view.state == "stopping" else "running"
            begun = view.started or at
            return replace(
                view, state=state, run=event.run, title=event.title, seed=event.seed, mode=event.mode, started=begun
            )
        case events.PlanMade() if view.run and not view.over:
            cached = frozenset(event.cached)
            return replace(view, nodes={step: NodeRun(step, foreseen=step in cached) for step in event.steps})
        case StopAsked() if view.active:
            return replace(view, state="stopping")
        case events.RunFinished() if view.run and not view.over:
            # An event that brings all that is known of the end; what has not ended by now never will.
            return replace(
                view, state=event.status, nodes=_settled(view.nodes), seconds=event.seconds, seed=event.seed,
                outputs=event.outputs, usage=event.usage, models=event.models, partial=event.partial,
            )  # fmt: skip
        case RunRefused() if not view.over:
            seconds = max(0.0, at - view.started) if view.active else 0.0
            return replace(view, state="refused", refusal=event, nodes=_settled(view.nodes), seconds=seconds)
        case _:
            return view


def _put(nodes: dict[str, NodeRun], path: list[str], item: Seen) -> None:
    """Put what happened to the node at `path` (`outer`, `row`, `inner` …) into `nodes`."""
    node = nodes.get(path[0]) or NodeRun(path[0])
    if len(path) == 1:
        nodes[path[0]] = _node(node, item)
    elif len(path) > 2:
        row = node.rows.get(path[1]) or NestedRun(path[1])
        inner = dict(row.nodes)
        _put(inner, path[2:], item)
        own = inner[path[2]]
        last = path[2] if len(path) == 3 and own.ended else node.last_ended
        nodes[path[0]] = replace(node, rows={**node.rows, path[1]: replace(row, nodes=inner)}, last_ended=last)


def _node(node: NodeRun, item: Seen) -> NodeRun:
    event, at = item.event, item.at
    match event:
        case events.NodeStarted():
            return replace(node, type=event.type, state="running", started=at)
        case events.NodeChunk():
            pieces, first = appended(node.pieces, event.text), node.first_chunk or at
            return replace(
                node, pieces=pieces, chunks=node.chunks + item.chunks, first_chunk=first, last_chunk=at,
                partial=True, state="running", label="writing", done=0.0, total=0.0,
            )  # fmt: skip
        case events.NodeProgress():
            return _progressed(node, event)
        case events.NodeFinished():
            usage = next((value for value in event.values.values() if isinstance(value, Usage)), None)
            return replace(
                _over(node), state="cached" if event.cached else "done", values=event.values, usage=usage,
                seconds=event.seconds, partial=False,
            )  # fmt: skip
        case events.NodeFailed():
            inputs = tuple((name, short(value)) for name, value in event.inputs.items())
            error = NodeError(event.message, event.hint, event.kind, inputs, event.exit_code)
            failed = _with_partial(_over(node), event.partial)
            return replace(failed, type=event.type, state="failed", error=error, seconds=_since(node, at))
        case events.NodeSkipped():
            skipped = _with_partial(_over(node), event.partial)
            because = event.because.rpartition("/")[2]  # inside a row the row is known
            return replace(skipped, state="skipped", because=because, reason=event.reason, seconds=_since(node, at))
        case _:
            return node


def _progressed(node: NodeRun, event: events.NodeProgress) -> NodeRun:
    # The end of a row is told right after the event of the node that it ended with.
    ends = node.ends | {node.last_ended} if event.label == ROWS and node.last_ended else node.ends
    if node.label == ROUNDS and event.label == ROWS:  # the rows of a round: of the loop, the rounds count
        return replace(node, ends=ends)
    return replace(node, state="running", label=event.label, done=event.done, total=event.total, ends=ends)


def _with_partial(node: NodeRun, text: str) -> NodeRun:
    return replace(node, pieces=(text,), partial=True) if text else node


def _since(node: NodeRun, at: float) -> float:
    return max(0.0, at - node.started) if node.state == "running" else node.seconds


def _over(node: NodeRun) -> NodeRun:
    """Return a node that has ended, with its text in one piece and the runs inside it ended too."""
    rows = {label: NestedRun(label, _settled(row.nodes), over=True) for label, row in node.rows.items()}
    return replace(node, pieces=("".join(node.pieces),) if node.pieces else (), rows=rows or _NOTHING)


def _settled(nodes: Mapping[str, NodeRun]) -> Mapping[str, NodeRun]:
    """Return nodes of which those that have not ended were stopped."""
    return {
        node_id: node if node.ended else replace(_over(node), state="skipped", because=node_id, reason="cancelled")
        for node_id, node in nodes.items()
    }


def _tokens(node: NodeRun) -> int:
    return node.tokens + sum(_tokens(inner) for row in node.rows.values() for inner in row.nodes.values())
