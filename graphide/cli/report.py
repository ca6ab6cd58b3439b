"""What a run comes to: its failures, its end, its exit code, and the one JSON object that says it all.

Pure: events go in, values come out. Where they are written is in `results`, how people see them in `render`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphide.errors import (
    EXIT_INTERRUPTED,
    EXIT_NODE_FAILED,
    EXIT_OK,
    EXIT_SOME_FAILED,
    GraphideError,
    InvalidGraph,
)
from graphide.executor.events import SCHEMA, Event, Mode, NodeFailed, NodeFinished, RunFinished, RunStarted
from graphide.values import Json, Usage, to_json

_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # JSON allows these, terminals act on them


class Answer(NamedTuple):
    """What an answer of a model cost; `cached` when it came from the cache and cost that earlier."""

    node: str
    usage: Usage
    cached: bool


@dataclass(slots=True)
class Report:
    """What was seen of a run so far."""

    seed: int = 0
    mode: Mode = "batched"
    answers: list[Answer] = field(default_factory=list)
    failures: list[NodeFailed] = field(default_factory=list)
    finished: RunFinished | None = None

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, NodeFailed):
            self.failures.append(event)
        elif isinstance(event, RunStarted):
            self.seed, self.mode = event.seed, event.mode
        elif isinstance(event, NodeFinished):
            costs = [value for value in event.values.values() if isinstance(value, Usage)]
            self.answers += [Answer(event.node, usage, event.cached) for usage in costs]
        elif isinstance(event, RunFinished):
            self.finished = event

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The named results there are."""
        return self.finished.outputs if self.finished else {}

    def exit_code(self) -> int:
        """Return the exit code of the run."""
        match self.finished.status if self.finished else "failed":
            case "ok":
                return EXIT_OK
            case "cancelled":
                return EXIT_INTERRUPTED
            case "partial":
                return EXIT_SOME_FAILED
            case _:
                codes = {failure.exit_code for failure in self.failures}
                return codes.pop() if len(codes) == 1 else EXIT_NODE_FAILED

    def to_json(self, written: Mapping[str, str]) -> dict[str, Json]:
        """Return the run as one JSON object; outputs that were `written` to files are named there instead."""
        finished = self.finished
        body = empty_json(finished.status if finished else "failed")
        body |= {"seed": self.seed, "mode": self.mode, "answers": [answer_json(answer) for answer in self.answers]}
        body["failures"] = [failure_json(failure) for failure in self.failures]
        if finished is not None:
            outputs = {name: to_json(value) for name, value in finished.outputs.items() if name not in written}
            body |= {"outputs": outputs, "usage": to_json(finished.usage), "seconds": round(finished.seconds, 6)}
            body |= {"model": the_model(finished.models), "models": to_json(finished.models)}
            body["partial"] = dict(finished.partial)
        if written:
            body["files"] = dict(written)
        return body


def answer_json(answer: Answer) -> dict[str, Json]:
    """Return an answer as JSON: its node, whether it was cached, and its usage."""
    return {"node": answer.node, "cached": answer.cached, **to_json(answer.usage)}


def promised(report: Report, seed: int | None) -> str:
    """Return a word on whether the same seed gives the same bytes again, "" where nobody asked for that.

    Asked for it has who chose the mode, or a `seed`.
    """
    if report.finished is None or "reproducible" not in report.finished.usage:
        return ""
    if report.finished.usage["reproducible"]:
        return "reproducible" if report.mode == "reproducible" else ""
    return "not reproducible" if report.mode == "reproducible" or seed is not None else ""


def failure_json(failure: NodeFailed) -> dict[str, Json]:
    """Return the failure of a node as JSON."""
    names = ("node", "type", "message", "hint", "kind", "inputs", "partial", "exit_code")
    return {name: to_json(getattr(failure, name)) for name in names}


def the_model(models: Mapping[str, Json]) -> Json:
    """Return the identity of the model where all names mean the same one, else None."""
    found = list(models.values())
    return found[0] if found and all(model == found[0] for model in found) else None


def refusal_json(error: GraphideError) -> dict[str, Json]:
    """Return the JSON object of a run that never began: the same keys, and why in `error`."""
    why: dict[str, Json] = {"message": error.message, "where": error.where, "hint": error.hint}
    if isinstance(error, InvalidGraph):
        why["problems"] = [problem_json(problem) for problem in error.problems]
    return {**empty_json("failed"), "error": why}


def problem_json(problem: Any) -> dict[str, Json]:
    """Return a finding of a check as JSON."""
    names = ("code", "severity", "message", "hint", "node", "port", "edge")
    return {name: getattr(problem, name) for name in names}


def dumps(value: Json, *, indent: bool = False) -> str:
    """Return JSON as text, on one line unless `indent`; numbers of any length are kept, control characters escaped."""
    return json.dumps(value, ensure_ascii=False, indent=2 if indent else None, allow_nan=False).translate(_CONTROLS)


def without(names: Collection[str], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs but for those named."""
    return {name: value for name, value in outputs.items() if name not in names}


def empty_json(status: str) -> dict[str, Json]:
    """Return the JSON object of a run of which nothing but its end is known."""
    return {
        "schema": SCHEMA, "status": status, "outputs": {}, "usage": {}, "model": None, "models": {}, "seed": None,
        "mode": None, "answers": [], "seconds": 0.0, "failures": [], "partial": {},
    }  # fmt: skip
