"""Preview: what a run would do, and how long its prompts are, before any model is asked.

Keys and caches are looked at as a run would. To know a prompt, the steps that lead to it are done as far as they need no
model, write nothing and ask nobody; the model node itself is called with a context that only takes its request.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

from graphide.errors import Cancelled, GraphideError
from graphide.executor.call import Values, drive, gather
from graphide.executor.context import Services
from graphide.executor.keys import Seed
from graphide.executor.plan import Plan, Step
from graphide.executor.run import foreseen_results
from graphide.graph.outline import OUTPUT_TYPE
from graphide.spec.generation import ModelRequest, Streamed, SubRun, TokenCounts
from graphide.values import Json, Reply


class PreviewStep(NamedTuple):
    """One step of a run that has not begun.

    `model` is the file that would answer it, `problem` why it cannot run, `tokens` the length of its prompt (None where
    that depends on an answer, or cannot be counted).
    """

    id: str
    type: str
    cached: bool
    model: str = ""
    problem: str = ""
    tokens: TokenCounts | None = None


class Preview(NamedTuple):
    """What a run would do, in order, and the names of its results."""

    steps: tuple[PreviewStep, ...]
    results: tuple[str, ...]


def preview(plan: Plan, services: Services, *, seed: Seed | None = None) -> Preview:
    """Return what a run of `plan` would do, as far as that can be told before it."""
    known: dict[str, Values] = dict(foreseen_results(plan, services, seed=seed))
    cached = frozenset(known)
    steps = []
    for step_id, step in plan.steps.items():
        asking = _Asking(step_id, services)
        if step_id not in cached and step.blocked is None and known.keys() >= set(step.parents):
            values = _tried(step, known, asking)
            if values is not None:
                known[step_id] = values
        steps.append(_step(step, services, step_id in cached, asking.request))
    return Preview(tuple(steps), tuple(result.name for result in plan.results))


def _tried(step: Step, known: Mapping[str, Values], asking: _Asking) -> Values | None:
    """Return the values of a step that can be done before the run, else None; a request it makes is in `asking`."""
    spec = step.spec
    if spec is None or step.node.state != "active" or step.node.type == OUTPUT_TYPE or "network" in spec.effects:
        return None
    try:
        inputs = gather(step, known)
    except GraphideError:
        return None  # the run will say it
    if inputs is None:
        return None
    stream = drive(step, inputs, asking if spec.wants_context else None, asking.stopped)
    while True:
        try:
            next(stream)
        except StopIteration as ended:
            return None if ended.value.error is not None else dict(ended.value.values)


def _step(step: Step, services: Services, cached: bool, request: ModelRequest | None) -> PreviewStep:
    model = problem = ""
    tokens = None
    if step.blocked is not None:
        problem = step.blocked.message
    elif step.spec is not None and step.spec.model_settings:
        try:
            identity = services.backend.identity(step.settings[step.spec.model_settings[0]])
            model = str(identity["file"])
            tokens = services.backend.count(request) if request is not None else None
        except GraphideError as error:
            problem = str(error)
    return PreviewStep(step.node.id, step.node.type, cached, model, problem, tokens)


class _Asking:
    """The context of a step that is done before the run: it may read files, and a request to a model ends it."""

    def __init__(self, node_id: str, services: Services) -> None:
        self.node_id = node_id
        self.request: ModelRequest | None = None
        self.stopped = threading.Event()
        self._files = services.files

    @property
    def cancelled(self) -> bool:
        return False

    def generate(self, request: ModelRequest) -> Generator[Streamed, None, Reply]:
        self.request = request
        raise Cancelled("only its request was wanted")

    def run_graph(
        self, graph: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]], *, name: str = ""
    ) -> Generator[Streamed, None, list[SubRun]]:
        raise Cancelled("graphs inside are not run before the run")

    def read_text(self, path: str, *, limit: int) -> str:
        return self._files.read_text(path, limit=limit)

    def find_files(self, pattern: str, *, limit: int) -> list[str]:
        return self._files.find(pattern, limit=limit)

    def write_text(self, path: str, text: str) -> str:
        raise Cancelled("nothing is written before the run")
