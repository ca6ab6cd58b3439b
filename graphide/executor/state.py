"""Bookkeeping of a run: who waits for whom, who is ready, what can be let go, whose failure it was.

No threads, no events, no calls: `run` tells what happened and asks what may start. Everything is linear in the plan.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from graphide.executor.plan import Plan, Step

Values = Mapping[str, Any]


class State:
    """Where a run stands. `values` holds the results that somebody still needs."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._waiting = {step_id: len(step.parents) for step_id, step in plan.steps.items()}
        self._consumers = {step_id: len(children) for step_id, children in plan.children.items()}
        for result in plan.results:
            self._consumers[result.step] += 1
        self._short: deque[Step] = deque()
        self._asking: deque[Step] = deque()
        self._others: deque[Step] = deque()
        self._doomed: dict[str, str] = {}
        self._ended: set[str] = set()
        self._skipped: set[str] = set()
        self._failed: set[str] = set()
        self.values: dict[str, Values] = {}
        for step_id, count in self._waiting.items():
            if count == 0:
                self._enqueue(plan.steps[step_id])

    def take(self, *, asking: bool = True, others: bool = True) -> Step | None:
        """Return the next step whose parents have all ended, or None while there is none.

        Steps that are over at once come first, because models may wait for them; then steps that ask a model, so that
        those that are ready together are asked together; then all others. Without `asking` or `others` these stay.
        """
        if self._short:
            return self._short.popleft()
        if asking and self._asking:
            return self._asking.popleft()
        return self._others.popleft() if others and self._others else None

    def doomed_by(self, step_id: str) -> str:
        """Return the failed step that keeps this one from running, or ""."""
        return self._doomed.get(step_id, "")

    def finish(self, step: Step, values: Values) -> None:
        """Note the results of a step and let go of values that it was the last to need."""
        if self._consumers[step.node.id]:
            self.values[step.node.id] = values
        self._end(step)

    def fail(self, step: Step) -> None:
        """Note a failure; steps that need its result are doomed, others are not."""
        self._failed.add(step.node.id)
        self._doom_children(step, step.node.id)
        self._end(step)

    def skip(self, step: Step) -> None:
        """Note that a doomed step did not run; what needs it is doomed by the same failure."""
        self._skipped.add(step.node.id)
        self._doom_children(step, self._doomed[step.node.id])
        self._end(step)

    def unfinished(self) -> Iterator[Step]:
        """Return the steps that have not ended, in plan order."""
        return (step for step_id, step in self._plan.steps.items() if step_id not in self._ended)

    def unhandled(self) -> list[str]:
        """Return the failed steps whose failure was not caught by a tolerant input, in plan order."""
        asked_for = {result.step for result in self._plan.results}
        return [
            step_id for step_id in self._plan.steps if step_id in self._failed and self._reaches_end(step_id, asked_for)
        ]

    def _enqueue(self, step: Step) -> None:
        if step.spec is None or step.spec.inline or step.blocked is not None or step.node.state != "active":
            self._short.append(step)
        else:
            (self._asking if step.models else self._others).append(step)

    def _reaches_end(self, failed: str, asked_for: set[str]) -> bool:
        stack, seen = [failed], {failed}
        while stack:
            step_id = stack.pop()
            children = self._plan.children[step_id]
            if step_id in asked_for or not children:
                return True
            for child in children:
                if child in self._skipped and child not in seen:
                    seen.add(child)
                    stack.append(child)
        return False

    def _doom_children(self, step: Step, cause: str) -> None:
        for child_id in self._plan.children[step.node.id]:
            if not _tolerates(self._plan.steps[child_id], step.node.id):
                self._doomed.setdefault(child_id, cause)

    def _end(self, step: Step) -> None:
        step_id = step.node.id
        self._ended.add(step_id)
        for child in self._plan.children[step_id]:
            self._waiting[child] -= 1
            if self._waiting[child] == 0:
                self._enqueue(self._plan.steps[child])
        for parent in step.parents:
            self._consumers[parent] -= 1
            if self._consumers[parent] == 0:
                self.values.pop(parent, None)


def _tolerates(step: Step, parent: str) -> bool:
    """Whether every edge from `parent` enters `step` at an input that may stay without a value."""
    ports = [binding.port for binding in step.bindings for source in binding.sources if source.step == parent]
    return bool(ports) and all(port.tolerant for port in ports)
