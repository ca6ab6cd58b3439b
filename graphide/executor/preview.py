"""Preview: what a run would do, how long its prompts are and what they share, before any model is asked.

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
from graphide.spec.generation import Embedded, ModelRequest, Streamed, SubRun, TokenCounts
from graphide.values import Json, Reply, dumps


class Shares(NamedTuple):
    """The first `tokens` of a prompt are those of the prompt of another step, which computes them for both."""

    step: str
    tokens: int


class PreviewStep(NamedTuple):
    """One step of a run that has not begun.

    `model` is the file that would answer it, `problem` why it cannot run, `tokens` the length of its prompt (None where
    that depends on an answer, or cannot be counted), `shares` what an earlier step computes of it (None: nothing).
    """

    id: str
    type: str
    cached: bool
    model: str = ""
    problem: str = ""
    tokens: TokenCounts | None = None
    shares: Shares | None = None


class Preview(NamedTuple):
    """What a run would do, in order, and the names of its results."""

    steps: tuple[PreviewStep, ...]
    results: tuple[str, ...]


class Foreseen(NamedTuple):
    """What a run would ask, by model node, and the results that are known without an answer, by name.

    `waiting` are model nodes whose prompt depends on the answer of another one.
    """

    requests: Mapping[str, ModelRequest]
    results: Mapping[str, Any]
    waiting: tuple[str, ...] = ()


def foreseen(plan: Plan, services: Services) -> Foreseen:
    """Return the prompts of a run that has not begun; caches are not looked at, so that all of them are told."""
    known: dict[str, Values] = {}
    requests: dict[str, ModelRequest] = {}
    waiting: list[str] = []
    for step_id, step in plan.steps.items():
        asking = _Asking(step_id, services)
        if step.blocked is None and known.keys() >= set(step.parents):
            values = _tried(step, known, asking)
            if values is not None:
                known[step_id] = values
        if asking.request is not None:
            requests[step_id] = asking.request
        elif step.models and step_id not in known:
            waiting.append(step_id)
    return Foreseen(requests, _known_results(plan, known), tuple(waiting))


def preview(plan: Plan, services: Services, *, seed: Seed | None = None) -> Preview:
    """Return what a run of `plan` would do, as far as that can be told before it."""
    known: dict[str, Values] = dict(foreseen_results(plan, services, seed=seed))
    cached = frozenset(known)
    steps: list[PreviewStep] = []
    requests: dict[str, ModelRequest] = {}
    for step_id, step in plan.steps.items():
        asking = _Asking(step_id, services)
        if step_id not in cached and step.blocked is None and known.keys() >= set(step.parents):
            values = _tried(step, known, asking)
            if values is not None:
                known[step_id] = values
        steps.append(_step(step, services, step_id in cached, asking.request))
        if asking.request is not None and not steps[-1].problem:
            requests[step_id] = asking.request
    shares = _shares(requests, services)
    told = tuple(step._replace(shares=shares.get(step.id)) for step in steps)
    return Preview(told, tuple(result.name for result in plan.results))


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


def _known_results(plan: Plan, known: Mapping[str, Values]) -> dict[str, Any]:
    """Return the results whose steps were done before the run; an output gives what it is given."""
    results: dict[str, Any] = {}
    for name, step_id, port in plan.results:
        step = plan.steps[step_id]
        if step_id in known:
            results[name] = known[step_id].get(port) if port else dict(known[step_id])
        elif step.node.type == OUTPUT_TYPE and step.blocked is None and known.keys() >= set(step.parents):
            try:
                inputs = gather(step, known)
            except GraphideError:
                continue  # the run will say it
            if inputs is not None:
                results[name] = inputs.ports.get("value")
    return results


def _step(step: Step, services: Services, cached: bool, request: ModelRequest | None) -> PreviewStep:
    model = problem = ""
    tokens = None
    if step.blocked is not None:
        problem = step.blocked.message
    elif step.models:
        try:
            identity = services.backend.identity(step.models[0])
            model = str(identity["file"])
            tokens = services.backend.count(request) if request is not None else None
        except GraphideError as error:
            problem = str(error)
    return PreviewStep(step.node.id, step.node.type, cached, model, problem, tokens)


def _shares(requests: Mapping[str, ModelRequest], services: Services) -> dict[str, Shares]:
    """Return, by step, what an earlier one with the same model computes of its prompt."""
    by_model: dict[bytes, list[str]] = {}
    for step_id, request in requests.items():
        by_model.setdefault(dumps(services.backend.identity(request.model)), []).append(step_id)
    shares: dict[str, Shares] = {}
    for step_ids in by_model.values():
        try:
            found = services.backend.shared([requests[step_id] for step_id in step_ids]) if step_ids[1:] else None
        except GraphideError:  # how much is shared is good to know, and no reason to show no preview
            continue
        for step_id, prefix in zip(step_ids, found or (), strict=False):
            if prefix.of >= 0 and prefix.tokens:
                shares[step_id] = Shares(step_ids[prefix.of], prefix.tokens)
    return shares


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

    def embed(self, model: str, texts: Sequence[str]) -> Embedded:
        raise Cancelled("nothing is embedded before the run")

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
