"""Running a document from the editor: a thread that runs it, events for the thread that draws, stop, seeds, changes.

`RunControl` touches no window: it wakes whoever waits for it, who then calls `update` and looks at `view`. However a run
goes, its view ends in a state that is over. What is seen of a run is in `runview`, what is kept of it in `run_history`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

from graphide.editor.mailbox import Clock, Mailbox, Wake
from graphide.editor.planning import Planner, PlanView, refusal_of
from graphide.editor.run_history import RunHistory, RunRecord, record_of
from graphide.editor.runview import RunRefused, RunView, Seen, StopAsked, reduce_all, starting
from graphide.errors import UsageError
from graphide.executor.events import RunFinished, RunStarted
from graphide.graph.model import Graph, Node
from graphide.graph.topology import descendants, links
from graphide.spec.nodespec import NodeSpec
from graphide.workspace import Document, Workspace

DRAIN = 1_000
"""Things that are read from a run at one time."""

_JOIN_SECONDS = 10.0
_GRACE_SECONDS = 0.5
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Seeds(NamedTuple):
    """How the seed of the next run is chosen: a new one, the same as last time, or a fixed one."""

    how: Literal["new", "same", "fixed"] = "new"
    value: int = 0

    def next(self, last: int | None) -> int | None:
        """Return the seed to run with after a run with seed `last`; None lets the run draw one."""
        return {"new": None, "same": last, "fixed": self.value}[self.how]


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was started: what was run, with what, and when. `document` is as it was then.

    `key` names the document in the history, where the run is written down if `keep`.
    """

    document: Document
    inputs: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    targets: tuple[str, ...] = ()
    seed: int | None = None
    key: str = ""
    at: str = ""
    keep: bool = True

    @property
    def graph(self) -> Graph:
        """The graph as it was run."""
        return self.document.graph


class RunControl:
    """Runs the documents of one tab, one run at a time, and plans the next. Close it: it may hold threads.

    `wake` is called from any thread when there is something to read; all other methods are for one thread.
    """

    def __init__(
        self,
        workspace: Workspace,
        wake: Wake,
        *,
        clock: Clock = time.monotonic,
        history: RunHistory | None = None,
    ) -> None:
        self._workspace = workspace
        self._wake = wake
        self._clock = clock
        self.history = history or RunHistory()
        self._planner = Planner(workspace, wake)
        self._mailbox = Mailbox(wake, clock)
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.run: Run | None = None
        self.view = RunView()
        self._compared: tuple[Graph, Graph, frozenset[str]] | None = None

    # --- runs

    def start(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] = _NOTHING,
        targets: Collection[str] = (),
        seed: int | None = None,
        key: str = "",
        keep: bool = True,
    ) -> Run:
        """Start a run to `targets` (none: all outputs) and return it; raises UsageError while another is under way.

        `key` names the document in the history (its path by itself); without `keep` the run is left out of it, and nothing
        of it goes to the disk. A graph that cannot run gives a view that is refused, not an error here.
        """
        if self._closed or self.view.active:
            raise UsageError("a run is under way", hint="Stop it first")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        run = Run(document, dict(inputs), tuple(targets), seed, key or str(document.path or ""), at, keep)
        self.run, self._cancel = run, threading.Event()
        self._mailbox = Mailbox(self._wake, self._clock)
        self.view = starting(document.graph.title, targets=run.targets, at=self._clock())
        work = (run, self._mailbox, self._cancel)
        self._thread = threading.Thread(target=self._work, args=work, name="graphide-run", daemon=True)
        self._thread.start()
        return run

    def stop(self) -> None:
        """Ask the run to stop; its view is `stopping` from the next update on, and over a moment later."""
        if self.view.active and not self._cancel.is_set():
            self._cancel.set()
            self.view = reduce_all(self.view, (Seen(StopAsked(), self._clock()),))
            self._wake()

    def drain(self, limit: int = DRAIN) -> list[Seen]:
        """Take in what happened since the last time and return it, oldest first, chunks of a node joined."""
        if seen := self._mailbox.drain(limit):
            self.view = reduce_all(self.view, seen)
        return seen

    def update(self, limit: int = DRAIN) -> RunView:
        """Take in what happened and return the view, the same object when nothing did."""
        self.drain(limit)
        return self.view

    def wait(self, timeout: float) -> RunView:
        """Return the view when the run is over, or after `timeout` seconds; for scripts and tests, which have no loop."""
        until = time.monotonic() + timeout
        while not self.update().over and self.view.active and (left := until - time.monotonic()) > 0:
            if self._thread is not None:
                self._thread.join(min(left, 0.01))
        return self.view

    def changed(self, graph: Graph) -> frozenset[str]:
        """Return the nodes of `graph` whose results in the view are those of an earlier graph."""
        if self.run is None or self.run.graph is graph:
            return frozenset()
        known, ran = self._compared, self.run.graph
        if known is None or known[0] is not ran or known[1] is not graph:
            known = self._compared = (ran, graph, changed_since(ran, graph, self._workspace.registry))
        return known[2]

    def again(self, record: RunRecord, document: Document) -> Run:
        """Run a document with the inputs, targets and seed of an earlier run; raises UsageError."""
        targets = [target for target in record.targets if target in document.graph.nodes]
        return self.start(
            document, inputs=record.whole_inputs(), targets=targets, seed=record.seed, key=record.document
        )

    # --- plans

    def plan(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] = _NOTHING,
        targets: Collection[str] = (),
        seed: int | None = None,
    ) -> None:
        """Ask for the plan of a document; `planned` has it after a wake. A newer request replaces an older one."""
        self._planner.ask(document, inputs=inputs, targets=tuple(targets), seed=seed)

    @property
    def planned(self) -> PlanView | None:
        """The newest plan there is; its `graph` says what it is the plan of."""
        return self._planner.latest

    @property
    def planning(self) -> bool:
        """Whether a newer plan is on its way."""
        return self._planner.busy

    def close(self) -> None:
        """Stop whatever goes on and wait for it to end."""
        self._closed = True
        self.stop()
        self._planner.close()
        self.wait(_JOIN_SECONDS)
        self._mailbox.close()  # lets go of a thread that did not hear the stop
        if self._thread is not None:
            self._thread.join(_GRACE_SECONDS)
        if self.view.active:
            gone = RunRefused("the run was given up", hint="A step did not hear that it was to stop")
            self.view = reduce_all(self.view, (Seen(gone, self._clock()),))

    def _work(self, run: Run, mailbox: Mailbox, cancel: threading.Event) -> None:
        """Run a graph and put what happens into the mailbox: the whole life of a run's thread."""
        try:
            self._events_of(run, mailbox, cancel)
        except BaseException as error:  # noqa: BLE001  # whatever it was, nobody must wait for the end of this run
            mailbox.put(refusal_of(error))

    def _events_of(self, run: Run, mailbox: Mailbox, cancel: threading.Event) -> None:
        started: RunStarted | None = None
        events = self._workspace.run(
            run.document, inputs=run.inputs, targets=run.targets, seed=run.seed, cancel=cancel, keep=run.keep
        )  # fmt: skip
        with closing(cast(Any, events)):
            for event in events:
                if isinstance(event, RunStarted):
                    started = event
                elif isinstance(event, RunFinished) and started is not None and run.keep:
                    self._keep(run, started.run, event)
                if not mailbox.put(event):
                    cancel.set()
                    return
                if isinstance(event, RunFinished):
                    return
        mailbox.put(RunRefused("the run ended without a result"))

    def _keep(self, run: Run, run_id: str, end: RunFinished) -> None:
        self.history.add(
            record_of(
                end, run.graph, self._workspace.registry, id=run_id, document=run.key, at=run.at, inputs=run.inputs,
                targets=run.targets,
            )
        )  # fmt: skip


def changed_since(ran: Graph, now: Graph, registry: Mapping[str, NodeSpec]) -> frozenset[str]:
    """Return the nodes of `now` whose results would be others than in a run of `ran`: changed ones, and what follows.

    Titles and places do not count.
    """
    if ran is now:
        return frozenset()
    before, after = links(ran), links(now)
    models = {name for name in ran.models.keys() | now.models.keys() if ran.models.get(name) != now.models.get(name)}
    changed = [
        node_id
        for node_id, node in now.nodes.items()
        if not _same(ran.nodes.get(node_id), node)
        or before.incoming(node_id) != after.incoming(node_id)
        or (models and not models.isdisjoint(_models(node, registry)))
    ]
    return descendants(now, changed) if changed else frozenset()


def _same(before: Node | None, now: Node) -> bool:
    return before is now or (
        before is not None
        and (before.type, before.version, before.state, before.exposed) == (now.type, now.version, now.state, now.exposed)
        and before.settings == now.settings
    )  # fmt: skip


def _models(node: Node, registry: Mapping[str, NodeSpec]) -> set[str]:
    spec = registry.get(node.type)
    if spec is None:
        return set()
    return {str(node.settings.get(name, spec.settings[name].default)) for name in spec.model_settings}
