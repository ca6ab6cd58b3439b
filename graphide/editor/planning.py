"""What a run would do, for the canvas and the inspector before it: what is cached, what runs, how long prompts are.

It is worked out in a thread, because prompts are counted with the model's own vocabulary; an edit makes what is being
worked out old, and only the newest request counts. What is previewed and how is the business of the workspace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from graphide.editor.plan_skips import Skip, skips
from graphide.editor.runview import RunRefused
from graphide.errors import GraphideError, InvalidGraph
from graphide.executor.preview import Preview, PreviewStep, Shares
from graphide.graph.model import Graph
from graphide.spec.generation import TokenCounts
from graphide.workspace import Document, Workspace

PlanState = Literal["cached", "runs", "blocked", "skipped"]
_JOIN_SECONDS = 10.0
_WORDS: Mapping[str, str] = {"cached": "cached", "runs": "will run", "blocked": "cannot run", "skipped": "skipped"}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One node before a run: `tokens` are those of its prompt where they can be told, `shares` what comes for free.

    `because` says of what would be skipped which node is the reason: it itself where it is muted.
    """

    id: str
    state: PlanState
    model: str = ""
    problem: str = ""
    tokens: TokenCounts | None = None
    shares: Shares | None = None
    because: str = ""
    muted: bool = False

    @property
    def word(self) -> str:
        """What happens to it, in a word or two."""
        return _WORDS[self.state]

    @property
    def why(self) -> str:
        """Why it does not run, in a sentence; "" where it does."""
        if self.state != "skipped":
            return self.problem
        if self.because == self.id:
            return "It is muted"
        return f'It needs "{self.because}", which {"is muted" if self.muted else "cannot run"}'

    @property
    def overflows(self) -> bool:
        """Whether the prompt does not fit into the context."""
        return self.tokens is not None and self.tokens.total > self.tokens.n_ctx

    @property
    def fraction(self) -> float | None:
        """How full the context is with the prompt alone; above 1 it does not fit; None where that cannot be told."""
        return self.tokens.total / self.tokens.n_ctx if self.tokens is not None and self.tokens.n_ctx else None

    @property
    def gauge(self) -> str:
        """The tokens of the prompt in words: `812 of 4,096 tokens, 500 shared with first`."""
        shared = f"{self.shares.tokens:,} shared with {self.shares.step}" if self.shares is not None else ""
        counted = f"{self.tokens.total:,} of {self.tokens.n_ctx:,} tokens" if self.tokens is not None else ""
        return ", ".join(part for part in (counted, shared) if part)


@dataclass(frozen=True, slots=True)
class PlanView:
    """What a run of `graph` to `targets` would do, step by step in order; `refusal` says why it would not begin."""

    graph: Graph
    targets: tuple[str, ...] = ()
    steps: Mapping[str, PlanStep] = field(default_factory=lambda: _NOTHING)
    results: tuple[str, ...] = ()
    refusal: RunRefused | None = None

    @property
    def summary(self) -> str:
        """What would happen in words: `5 to run, 3 cached, 1 cannot run`."""
        states = [step.state for step in self.steps.values()]
        words = {"runs": "to run", "cached": "cached", "skipped": "skipped", "blocked": "cannot run"}
        return ", ".join(f"{states.count(state):,} {word}" for state, word in words.items() if state in states)


def plan_view(
    graph: Graph, targets: tuple[str, ...], preview: Preview, passed_by: Mapping[str, Skip] = _NOTHING
) -> PlanView:
    """Return a preview of the workspace as the editor shows it; `passed_by` are the steps that would be skipped."""
    steps = {step.id: _step(step, passed_by.get(step.id)) for step in preview.steps}
    return PlanView(graph, targets, steps, preview.results)


def refusal_of(error: BaseException) -> RunRefused:
    """Return an error that keeps a run from beginning, or that broke it, as a value."""
    if isinstance(error, GraphideError):
        problems = error.problems if isinstance(error, InvalidGraph) else ()
        return RunRefused(error.message, error.where, error.hint, problems)
    name = type(error).__name__
    return RunRefused(f"{name}: {error}" if str(error) else name, hint="This is a fault of graphide or of a node type")


class _Request(NamedTuple):
    document: Document
    inputs: Mapping[str, Any]
    targets: tuple[str, ...]
    seed: int | None


class Planner:
    """Works out plan views in a thread of its own, the newest request only; `wake` is called when one is there."""

    def __init__(self, workspace: Workspace, wake: Callable[[], None]) -> None:
        self._workspace = workspace
        self._wake = wake
        self._changed = threading.Condition()
        self._request: _Request | None = None
        self._busy = False
        self._closed = False
        self._latest: PlanView | None = None
        self._thread: threading.Thread | None = None

    def ask(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] = _NOTHING,
        targets: tuple[str, ...] = (),
        seed: int | None = None,
    ) -> None:
        """Ask for the plan of a document; what was asked before and is not ready yet is dropped."""
        with self._changed:
            if self._closed:
                return
            self._request = _Request(document, inputs, targets, seed)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="graphide-plan", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    @property
    def latest(self) -> PlanView | None:
        """The newest plan view there is; None before the first."""
        with self._changed:
            return self._latest

    @property
    def busy(self) -> bool:
        """Whether a newer plan view is on its way."""
        with self._changed:
            return self._busy or self._request is not None

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closed, self._request = True, None
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(_JOIN_SECONDS)

    def _serve(self) -> None:
        while (request := self._next()) is not None:
            view = self._view(request)
            with self._changed:
                self._busy = False
                superseded = self._closed or self._request is not None
                if not superseded:
                    self._latest = view
            if not superseded:
                self._wake()

    def _next(self) -> _Request | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._request is not None)
            request, self._request = self._request, None
            self._busy = request is not None
            return request

    def _view(self, request: _Request) -> PlanView:
        document, graph = request.document, request.document.graph
        try:
            bound = self._workspace.bind(document, request.inputs)
            preview = self._workspace.preview(bound, targets=request.targets, seed=request.seed)
            return plan_view(graph, request.targets, preview, self._skips(bound, preview))
        except Exception as error:  # noqa: BLE001  # node types look at prompts here; the next edit gets a plan all the same
            return PlanView(graph, request.targets, refusal=refusal_of(error))

    def _skips(self, bound: Document, preview: Preview) -> Mapping[str, Skip]:
        blocked = frozenset(step.id for step in preview.steps if step.problem)
        steps = [step.id for step in preview.steps]
        return skips(bound.graph, steps, blocked, self._workspace.registry, self._workspace.outlines(bound))


def _step(step: PreviewStep, skip: Skip | None) -> PlanStep:
    if skip is not None:
        return PlanStep(step.id, "skipped", because=skip.because, muted=skip.muted)
    state: PlanState = "blocked" if step.problem else "cached" if step.cached else "runs"
    return PlanStep(step.id, state, step.model, step.problem, step.tokens, step.shares)
