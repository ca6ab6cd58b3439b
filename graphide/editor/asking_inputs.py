"""The form of a run: a field for every input, with what it had the last time, checked as it is typed.

What is typed is text or, for ticks and choices, a value; the field of the input decides what fits and says why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphide.editor.run_history import RunRecord
from graphide.editor.widgets import text_of
from graphide.errors import UsageError
from graphide.spec.fields import Field, field_of_kind
from graphide.spec.nodespec import ABSENT, Port
from graphide.values import Json

_EMPTY = "is still empty"


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input: what its field shows (`text`) and stands for (`value`); `touched` once a person changed it.

    `problem` says why the value does not fit, "" when it does. One that is not `required` has its `default` without it.
    """

    name: str
    field: Field
    text: str
    value: Json
    problem: str = ""
    touched: bool = False
    required: bool = True
    default: Json = None

    @property
    def label(self) -> str:
        """What the input is called for people."""
        return self.name.replace("_", " ").capitalize()

    @property
    def shown_problem(self) -> str:
        """The problem, where it says more than that nothing was typed yet."""
        return self.problem if self.touched else ""


class InputForm:
    """The inputs of one run, those that are required first; `known` are values to propose."""

    def __init__(self, ports: Iterable[Port], known: Mapping[str, Any]) -> None:
        ordered = sorted(ports, key=lambda port: not port.required)
        self.rows: tuple[InputRow, ...] = tuple(_proposed(port, known) for port in ordered)

    def __getitem__(self, name: str) -> InputRow:
        """Return the row of an input; raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def type(self, name: str, text: str) -> str:
        """Take a typed text and return "", or why it does not fit."""
        row = self[name]
        try:
            value, problem = row.field.parse(text), ""
        except UsageError as error:
            value, problem = row.value, str(error)
        return self._put(replace(row, text=text, value=value, problem=problem, touched=True))

    def put(self, name: str, value: Json) -> str:
        """Take a value (of a tick, a choice, a file) and return "", or why it does not fit."""
        row = self[name]
        problem = row.field.problem(value) or ""
        return self._put(replace(row, text=text_of(row.field, value), value=value, problem=problem, touched=True))

    @property
    def ready(self) -> bool:
        """Whether every value fits."""
        return not any(row.problem for row in self.rows)

    @property
    def values(self) -> dict[str, Json]:
        """The values to run with: of every input that is required or has another value than its default."""
        return {row.name: row.value for row in self.rows if row.required or row.value != row.default}

    def insist(self) -> str:
        """Show every problem and return the name of the first input that has one, "" when the run can begin."""
        self.rows = tuple(replace(row, touched=True) for row in self.rows)
        return next((row.name for row in self.rows if row.problem), "")

    def _put(self, changed: InputRow) -> str:
        self.rows = tuple(changed if row.name == changed.name else row for row in self.rows)
        return changed.problem


def last_values(given: Mapping[str, Any], runs: Iterable[RunRecord]) -> dict[str, Any]:
    """Return the values to propose: those of the last runs that were kept whole, and over them those given last."""
    found: dict[str, Any] = {}
    for run in reversed(list(runs)):
        found |= {name: kept.value for name, kept in run.inputs.items() if not kept.cut}
    return {**found, **given}


def _proposed(port: Port, known: Mapping[str, Any]) -> InputRow:
    own = port.field or _field_of(port)
    empty = InputRow(port.name, own, "", None, required=port.required, default=port.default)
    for value in (known.get(port.name, ABSENT), port.default):
        if value is not ABSENT and own.problem(value) is None and not (value is None and port.required):
            return replace(empty, text=text_of(own, value), value=value)
    if own.kind == "toggle":
        return replace(empty, value=False)
    if own.kind == "choice" and (choices := getattr(own, "choices", ())):
        return replace(empty, text=choices[0], value=choices[0])
    return replace(empty, problem=_EMPTY)


def _field_of(port: Port) -> Field:
    """Return the field for a port that brings none: by what flows there, JSON where nothing is simpler."""
    kinds = {"text": "longtext", "number": "number", "boolean": "toggle", "list": "list"}
    kind = next((kinds[wire] for wire in port.wires if wire in kinds), "json")
    return field_of_kind(kind, port.help)
