"""The result of a run as one value, for code that does not look at events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphide.errors import GraphideError
from graphide.executor.events import Event, Mode, NodeFailed, RunFinished, RunStarted, Status
from graphide.values import Json


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, for code that does not look at events."""

    status: Status
    outputs: Mapping[str, Any]
    usage: Mapping[str, Any]
    models: Mapping[str, Json]
    seed: int
    failures: tuple[Any, ...] = ()
    mode: Mode = "batched"

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


def collect(events: Iterable[Event]) -> RunResult:
    """Run to the end and return the result."""
    failures: list[NodeFailed] = []
    mode: Mode = "batched"
    for event in events:
        if isinstance(event, RunStarted):
            mode = event.mode
        elif isinstance(event, NodeFailed):
            failures.append(event)
        elif isinstance(event, RunFinished):
            return RunResult(event.status, event.outputs, event.usage, event.models, event.seed, tuple(failures), mode)
    raise GraphideError("the run ended without a result")
