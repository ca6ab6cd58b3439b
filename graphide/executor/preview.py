"""Preview: what a run would do, before it does anything. Keys and caches are looked at as a run would, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

from graphide.errors import GraphideError
from graphide.executor.context import Services
from graphide.executor.keys import Seed
from graphide.executor.plan import Plan, Step
from graphide.executor.run import cached_steps


class PreviewStep(NamedTuple):
    """One step of a run that has not begun; `model` is the file that would answer it, `problem` why it cannot run."""

    id: str
    type: str
    cached: bool
    model: str = ""
    problem: str = ""


class Preview(NamedTuple):
    """What a run would do, in order, and the names of its results."""

    steps: tuple[PreviewStep, ...]
    results: tuple[str, ...]


def preview(plan: Plan, services: Services, *, seed: Seed | None = None) -> Preview:
    """Return what a run of `plan` would do, as far as that can be told before it."""
    cached = cached_steps(plan, services, seed=seed)
    steps = tuple(_step(step, services, step_id in cached) for step_id, step in plan.steps.items())
    return Preview(steps, tuple(result.name for result in plan.results))


def _step(step: Step, services: Services, cached: bool) -> PreviewStep:
    model = problem = ""
    if step.blocked is not None:
        problem = step.blocked.message
    elif step.spec is not None and step.spec.model_settings:
        try:
            identity = services.backend.identity(step.settings[step.spec.model_settings[0]])
            model = str(identity["file"])
        except GraphideError as error:
            problem = str(error)
    return PreviewStep(step.node.id, step.node.type, cached, model, problem)
