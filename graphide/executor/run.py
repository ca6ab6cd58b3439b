"""The run: one loop that takes ready steps, calls them, and yields what happens as events.

`run` is a lazy generator; closing it, or setting `cancel`, stops every step. Short pure steps (`inline`) run in the
caller's thread between two events, all others in threads that put what they stream into one queue. Guarantees, each
with a test: `RunStarted` first; `RunFinished` last and once; a node's started < chunks < one ending; joined chunks equal
the text; a step from the cache streams nothing; a failure stops only what needs its result; after a cancel every step
that did not finish is skipped, with the text it had made.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Literal

from graphide.errors import Cancelled, GraphideError, InferenceFault
from graphide.executor import events
from graphide.executor.call import Inputs, Outcome, call, drive, gather
from graphide.executor.context import Ledger, Services, StepContext
from graphide.executor.keys import Key, Seed, draw_seed, key_of, keys_of_values
from graphide.executor.plan import Plan, Step
from graphide.executor.state import State
from graphide.spec.generation import Chunk, Context, Progress, Streamed
from graphide.spec.nodespec import ABSENT, Port
from graphide.values import Json, Usage, accepts, to_json

CANCEL_GRACE = 1.0
"""Seconds that steps get to end after a cancel; then the run ends without them."""

_POLL = 0.1
_Item = tuple[Step, Inputs, Streamed | Outcome]


def run(
    plan: Plan,
    services: Services,
    *,
    seed: Seed | None = None,
    cancel: threading.Event | None = None,
    ledger: Ledger | None = None,
) -> Generator[events.Event, None, None]:
    """Run a plan and yield its events; see the module for what is guaranteed.

    `seed` None draws one, which `RunStarted` and `RunFinished` carry; answers to a drawn seed are not cached.
    """
    execution = _Execution(plan, services, seed or draw_seed(), cancel or threading.Event(), ledger or Ledger())
    try:
        yield from execution.stream()
    finally:
        execution.stop()


def foreseen_results(plan: Plan, services: Services, *, seed: Seed | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Return the results that are in the cache now, by step, as far as that can be told without running the plan."""
    execution = _Execution(plan, services, seed or draw_seed(), threading.Event(), Ledger())
    execution.foresee()
    return execution.foreseen


class _Execution:
    """One run under way: the plan, where it stands, and the steps in flight."""

    def __init__(self, plan: Plan, services: Services, seed: Seed, cancel: threading.Event, ledger: Ledger) -> None:
        self.plan = plan
        self.services = services
        self.seed = seed
        self.cancel = cancel
        self.ledger = ledger
        self.state = State(plan)
        self.keys: dict[str, Key] = {}
        self.foreseen: dict[str, Mapping[str, Any]] = {}
        self.partial: dict[str, str] = {}
        self._identities: dict[str, Json] = {}
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._streamed: dict[str, list[str]] = {}
        self._in_flight: dict[str, Step] = {}
        self._asking = 0
        # Steps that stand on a failure: what they make (a fallback's value) must not be kept under the key of success.
        self._tainted: set[str] = set()

    def stream(self) -> Iterator[events.Event]:
        """Yield the events of the whole run."""
        started = time.perf_counter()
        yield events.RunStarted(os.urandom(8).hex(), self.plan.title, self.seed.value, self.services.mode)
        self.foresee()
        self._expect_models()
        yield events.PlanMade(tuple(self.plan.steps), tuple(self.foreseen))
        while not self.cancel.is_set():
            step = self._next()
            if step is not None:
                yield from self._begin(step)
            elif self._in_flight:
                yield from self._receive(_POLL)
            else:
                break
        if self.cancel.is_set():
            yield from self._abandon()
        yield self._finished(time.perf_counter() - started)

    def _next(self) -> Step | None:
        """Return a step that may begin; those that ask a model and others have `parallel` places each.

        So no answer waits for a slow step of another kind, such as a map whose own answers may need that one's place.
        """
        most, others = self.services.parallel, len(self._in_flight) - self._asking
        return self.state.take(asking=self._asking < most, others=others < most)

    def stop(self) -> None:
        """Make sure that nothing goes on: cancel what is in flight and give it a moment to end."""
        if self._in_flight:
            self.cancel.set()
            for _ in self._drain():
                pass

    def foresee(self) -> None:
        """Find the keys, and the results in the cache, that follow from settings alone.

        An answer to a drawn seed will be another one next time, so what follows it has no key before the run, unless
        that answer itself is in the cache.
        """
        cache = self.services.cache
        if cache is None:
            return
        certain: dict[str, bytes] = {}
        for step_id, step in self.plan.steps.items():
            if step.cache == "never" or step.node.state != "active":
                continue
            try:
                key = key_of(step, certain, self._identity, self.seed)
            except GraphideError:  # a missing model is the failure of its step, when its turn comes
                continue
            if key is None:
                continue
            values = cache.get(key)
            self.keys[step_id] = key
            if values is not None:
                self.foreseen[step_id] = values
            if values is not None or step.cache == "always" or self.seed.chosen:
                certain[step_id] = key

    def _expect_models(self) -> None:
        for step_id, step in self.plan.steps.items():
            if step.models and step_id not in self.foreseen:
                for model in step.models:
                    self.services.backend.expect(model)

    def _begin(self, step: Step) -> Iterable[events.Event]:
        """Return what happens to a step whose parents have ended: a list where it is over at once, else a generator."""
        step_id = step.node.id
        values = self.foreseen.pop(step_id, None)
        if cause := self.state.doomed_by(step_id):
            self.state.skip(step)
            self._tainted.add(step_id)
            return [events.NodeSkipped(step_id, cause, "failed")]
        if values is not None and self._tainted.isdisjoint(step.parents):
            return [self._finish(step, values, cached=True, seconds=0.0)]
        if step.blocked is not None:
            return self._fail_early(step, step.blocked.message, step.blocked.hint, step.blocked.exit_code)
        if step.node.state == "muted":
            return [self._pass_by(step, "muted")]
        return self._look_up_or_call(step)

    def _look_up_or_call(self, step: Step) -> Iterable[events.Event]:
        if self._tainted and not self._tainted.isdisjoint(step.parents):
            self._tainted.add(step.node.id)
        try:
            values = self._look_up(step)
            inputs = gather(step, self.state.values) if values is None else None
        except GraphideError as error:
            return self._fail_early(step, error.message, error.hint, error.exit_code, error.where)
        if values is not None:
            return [self._finish(step, values, cached=True, seconds=0.0)]
        if inputs is None:
            return [self._pass_by(step, "not_taken")]
        started = events.NodeStarted(step.node.id, step.node.type)
        if step.node.state == "bypassed":
            fitting = {port.name: _first_fitting(port, step, inputs) for port in step.outputs}
            return [started, self._finish(step, fitting, cached=False, seconds=0.0)]
        assert step.spec is not None
        context = self._context(step) if step.spec.wants_context else None
        if not step.spec.inline:
            self._submit(step, inputs, context)
            return [started]
        if not step.spec.streams:
            return [started, *self._end(step, inputs, call(step, inputs, context))]
        return self._stream(step, inputs, context)

    def _stream(self, step: Step, inputs: Inputs, context: Context | None) -> Iterator[events.Event]:
        """Run a short step that streams, in this thread."""
        yield events.NodeStarted(step.node.id, step.node.type)
        stream = drive(step, inputs, context, self.cancel)
        while True:
            try:
                item = next(stream)
            except StopIteration as stop:
                yield from self._end(step, inputs, stop.value)
                return
            yield _event(step, item)

    def _submit(self, step: Step, inputs: Inputs, context: Context | None) -> None:
        """Give a step to a thread, which puts what it streams and how it ended into the queue."""
        self._in_flight[step.node.id] = step
        self._asking += bool(step.models)
        self._streamed[step.node.id] = []
        queue, stream = self._queue, drive(step, inputs, context, self.cancel)

        def work() -> None:
            try:
                while True:
                    queue.put((step, inputs, next(stream)))
            except StopIteration as stop:
                queue.put((step, inputs, stop.value))
            except BaseException as error:  # noqa: BLE001  # whatever it is, the run must not wait for ever
                queue.put((step, inputs, Outcome(error=GraphideError(f"{type(error).__name__} in the step's thread"))))

        self.services.submit(work)

    def _receive(self, timeout: float) -> list[events.Event]:
        try:
            step, inputs, item = self._queue.get(timeout=timeout)
        except Empty:
            return []
        if isinstance(item, Outcome):
            del self._in_flight[step.node.id]
            self._asking -= bool(step.models)
            return self._end(step, inputs, item)
        if isinstance(item, Chunk):
            self._streamed[step.node.id].append(item.text)
        return [_event(step, item)]

    def _end(self, step: Step, inputs: Inputs, outcome: Outcome) -> list[events.Event]:
        if outcome.error is None:
            if self.services.cache is not None:
                self._keep(step, inputs, outcome.values)
            return [self._finish(step, outcome.values, cached=False, seconds=outcome.seconds)]
        if outcome.partial:
            self.partial[step.node.id] = outcome.partial
        error = outcome.error
        if isinstance(error, Cancelled) and self.cancel.is_set():
            return []  # the run is being stopped: `_abandon` skips it
        return [self._fail(step, error.message, error.hint, _kind(error), inputs.ports, error.exit_code, error.where)]

    def _finish(self, step: Step, values: Mapping[str, Any], *, cached: bool, seconds: float) -> events.Event:
        step_id = step.node.id
        if cached:
            for value in values.values():
                if type(value) is Usage:  # that of an answer made now is in the ledger since it was made
                    self.ledger.usage(value, cached=True)
        if self.services.cache is not None and step_id not in self.keys:
            self.keys[step_id] = keys_of_values(values)
        self.state.finish(step, values)
        return events.NodeFinished(step_id, values, cached, seconds)

    def _pass_by(self, step: Step, reason: Literal["muted", "not_taken"]) -> events.Event:
        self.keys[step.node.id] = {}
        self.state.finish(step, {})
        return events.NodeSkipped(step.node.id, step.node.id, reason)

    def _fail_early(self, step: Step, message: str, hint: str, exit_code: int, where: str = "") -> list[events.Event]:
        started = events.NodeStarted(step.node.id, step.node.type)
        return [started, self._fail(step, message, hint, "", {}, exit_code, where)]

    def _fail(
        self, step: Step, message: str, hint: str, kind: str, inputs: Mapping[str, Any], exit_code: int, where: str
    ) -> events.Event:
        self.state.fail(step)
        self._tainted.add(step.node.id)
        text = f"{where}: {message}" if where else message
        partial = self.partial.get(step.node.id, "")
        return events.NodeFailed(step.node.id, step.node.type, text, hint, kind, inputs, partial, exit_code)

    def _abandon(self) -> Iterator[events.Event]:
        """Let steps in flight end, then skip everything that did not finish."""
        yield from self._drain()
        for step_id, pieces in self._streamed.items():
            if pieces and not self._is_result(step_id):
                self.partial.setdefault(step_id, "".join(pieces))
        self._in_flight.clear()
        for step in self.state.unfinished():
            yield events.NodeSkipped(step.node.id, step.node.id, "cancelled", self.partial.get(step.node.id, ""))

    def _is_result(self, step_id: str) -> bool:
        """Whether what a step streamed is among the results: it is one itself, or it feeds one that has ended."""
        results = {result.step for result in self.plan.results if result.step in self.state.values}
        return step_id in results or not results.isdisjoint(self.plan.children[step_id])

    def _drain(self) -> Iterator[events.Event]:
        deadline = time.perf_counter() + CANCEL_GRACE
        while self._in_flight and (left := deadline - time.perf_counter()) > 0:
            yield from self._receive(left)

    def _finished(self, seconds: float) -> events.Event:
        outputs = {
            result.name: _result(self.state.values[result.step], result.port)
            for result in self.plan.results
            if self.state.values.get(result.step)
        }
        unhandled = self.state.unhandled()
        if self.cancel.is_set():
            status: events.Status = "cancelled"
        elif not unhandled:
            status = "ok"
        else:
            status = "partial" if outputs else "failed"
        return events.RunFinished(
            status, outputs, seconds, self.ledger.total(), self.ledger.models, dict(self.partial), self.seed.value
        )

    def _context(self, step: Step) -> StepContext:
        return StepContext(step.node.id, self.services, self.cancel, self.seed, self.ledger, run)

    def _identity(self, model: str) -> Json:
        if model not in self._identities:
            self._identities[model] = self.services.backend.identity(model)
            self.ledger.model(model, self._identities[model])
        return self._identities[model]

    def _look_up(self, step: Step) -> Mapping[str, Any] | None:
        step_id = step.node.id
        if self.services.cache is None or step.cache == "never" or step.node.state != "active":
            return None
        if step_id in self._tainted:
            self.keys.pop(step_id, None)
            return None
        known = self.keys.get(step_id)
        if known is not None:
            return None  # it was looked up before the run
        key = key_of(step, self.keys, self._identity, self.seed)
        if key is None:
            return None
        self.keys[step_id] = key
        return self.services.cache.get(key)

    def _keep(self, step: Step, inputs: Inputs, values: Mapping[str, Any]) -> None:
        spec, step_id = step.spec, step.node.id
        assert spec is not None and self.services.cache is not None
        key = self.keys.get(step_id)
        if not isinstance(key, bytes) or not (step.cache == "always" or self.seed.chosen or inputs.repeatable()):
            # What follows is keyed by the result itself, so that it is found again when the same text comes again.
            self.keys[step_id] = keys_of_values(values)
            return
        self.services.cache.put(key, values, durable=not spec.inline)


def _event(step: Step, item: Streamed) -> events.Event:
    if isinstance(item, Chunk):
        return events.NodeChunk(step.node.id, item.text)
    if isinstance(item, Progress):
        return events.NodeProgress(step.node.id, item.label, item.done, item.total)
    inner: events.Inner = item.event
    return inner._replace(node=f"{step.node.id}/{inner.node}")


def _kind(error: GraphideError) -> str:
    return error.kind if isinstance(error, InferenceFault) else ""


def _first_fitting(output: Port, step: Step, inputs: Inputs) -> Any:
    """Return the first input value whose type the output port gives; a list of edges gives its first value."""
    for binding in step.bindings:
        value = inputs.ports.get(binding.port.name, ABSENT)
        value = next(iter(value), ABSENT) if binding.port.many and value is not ABSENT else value
        if value is not ABSENT and any(accepts(wire, output.wires[0]) is None for wire in binding.port.wires):
            return value
    return ABSENT


def _result(values: Mapping[str, Any], port: str) -> Any:
    if port:
        return values.get(port)
    return {name: to_json(value) for name, value in values.items() if value is not ABSENT}
