"""Where the texts of a prompt come from: the steps before a model are done twice, as they are and with marked texts.

In the second way each text of a step stands between two marks that name its node. Where the marks come through a step,
they tell the parts; where a step does not let them through (it counts letters, it reads JSON), its result counts as its
own. So this knows no node type. Only steps that make text and ask nobody are done; of others the known values are taken,
or stand-ins. What becomes of the parts is in `prompt_parts`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

from graphide.errors import Cancelled, GraphideError
from graphide.executor.call import Inputs, Values, drive, gather
from graphide.executor.plan import Plan, Step
from graphide.spec.generation import Embedded, ModelRequest, Streamed, SubRun
from graphide.spec.nodespec import ABSENT, Port
from graphide.values import Json, Message, Reply, accepts

_NEVER = threading.Event()
# Two characters for private use, which texts hardly have; where one has, its parts cannot be told and it stays whole.
_OPEN, _CLOSE = "\U000ff0e0", "\U000ff0e1"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}|{_CLOSE}")

Part = tuple[str, str | None]
"""A piece of a text, and the node that wrote it (None: the model node)."""


class Traced(NamedTuple):
    """A request and, for each of its messages, the parts that join to its content; `guessed` nodes have stand-ins."""

    request: ModelRequest
    parts: tuple[tuple[Part, ...], ...]
    guessed: tuple[str, ...]


_Both = tuple[Values, Values]
"""The values of a step: as they are, and with marks."""


class Tracing:
    """Does the steps of a plan that only make text, each as it is and with marks."""

    def __init__(self, plan: Plan, known: Mapping[str, Values]) -> None:
        self._plan = plan
        self._known = known
        self._numbers = {step_id: number for number, step_id in enumerate(plan.steps)}
        self._ids = tuple(plan.steps)
        self._plain: dict[str, Values] = {}
        self._with_marks: dict[str, Values] = {}
        self._guessed: list[str] = []
        self._errors: list[GraphideError] = []

    def of(self, node: str) -> Traced:
        """Return what the model node asks; raises GraphideError when it asks nothing, with the reason."""
        for step_id, step in self._plan.steps.items():
            if step_id != node:
                self._plain[step_id], self._with_marks[step_id] = self._both(step)
        plain, marked = self._requests(self._plan.steps[node])
        if plain is None:
            raise self._no_prompt()
        told = marked.messages if marked is not None else ()
        told = told if len(told) == len(plain.messages) else plain.messages
        parts = tuple(
            self._parts(with_marks.content) if _bare(with_marks) == message else ((message.content, None),)
            for message, with_marks in zip(plain.messages, told, strict=True)
        )
        return Traced(plain, parts, tuple(self._guessed))

    def _no_prompt(self) -> GraphideError:
        if self._errors:
            return self._errors[0]
        if self._guessed:
            nodes = ", ".join(f'"{node}"' for node in self._guessed)
            return GraphideError(f"the prompt depends on {nodes}", hint="Run the graph to see it")
        return GraphideError("there is no prompt: nothing is connected, or the branch is not taken")

    def _requests(self, step: Step) -> tuple[ModelRequest | None, ModelRequest | None]:
        if step.spec is None or not step.models or not step.spec.wants_context or not step.spec.streams:
            raise GraphideError("asks no model for an answer", where=f'node "{step.node.id}" ({step.node.type})')
        plain_inputs, marked_inputs = self._inputs(step)
        if plain_inputs is None:
            return None, None
        plain, error = _asked(step, plain_inputs)
        if plain is None and error is not None:
            raise error
        marked = _asked(step, marked_inputs)[0] if marked_inputs is not None else None
        return plain, marked

    def _both(self, step: Step) -> _Both:
        """Return the values of a step: done here where it only makes text, else those known, else stand-ins."""
        if step.node.state == "muted":
            return ({}, {})
        own = self._done(step)
        if own is not None:
            return own
        known = self._known.get(step.node.id)
        if known is None and step.spec is not None:
            self._guessed.append(step.node.id)
            known = {port.name: _stand_in(port, step.node.id) for port in step.outputs}
        known = known or {}
        return (known, self._marked(step, known))

    def _done(self, step: Step) -> _Both | None:
        plain_inputs, marked_inputs = self._inputs(step)
        if plain_inputs is None:
            return ({}, {})
        if step.node.state == "bypassed":
            plain = _passed(step, plain_inputs)
            return (plain, _passed(step, marked_inputs) if marked_inputs is not None else plain)
        if not _only_makes_text(step):
            return None
        values, error = _called(step, plain_inputs)
        if isinstance(error, Cancelled):  # it wants a file, which only a run reads
            return None
        if error is not None:
            where = ", ".join(part for part in (f'node "{step.node.id}" ({step.node.type})', error.where) if part)
            self._errors.append(GraphideError(error.message, where=where, hint=error.hint))
            return ({}, {})
        marked = _called(step, marked_inputs)[0] if marked_inputs is not None else None
        if marked is None or _bare(marked) != values:
            marked = values
        return (values, self._marked(step, marked))

    def _inputs(self, step: Step) -> tuple[Inputs | None, Inputs | None]:
        if any(one.port.required and not one.sources for one in step.bindings if not one.extra and not one.promoted):
            return None, None
        plain = gather(step, self._plain)
        try:
            marked = gather(step, self._with_marks)
        except GraphideError:  # a value does not convert with marks in it
            marked = None
        return plain, marked

    def _marked(self, step: Step, values: Values) -> Values:
        number = self._numbers[step.node.id]
        return {name: _with_mark(value, number) for name, value in values.items()}

    def _parts(self, text: str) -> tuple[Part, ...]:
        """Return a marked text as parts; a mark that lost its other half counts until the text ends."""
        parts: list[Part] = []
        within: list[str] = []
        end = 0
        for mark in _MARK.finditer(text):
            _append(parts, text[end : mark.start()], within)
            end = mark.end()
            if mark[1] is not None:
                within.append(self._ids[int(mark[1])])
            elif within:
                within.pop()
        _append(parts, text[end:], within)
        return tuple(parts)


def _append(parts: list[Part], text: str, within: list[str]) -> None:
    source = within[-1] if within else None
    if parts and parts[-1][1] == source:
        parts[-1] = (parts[-1][0] + text, source)
    elif text:
        parts.append((text, source))


def _stand_in(port: Port, node: str) -> Any:
    """Return what stands for a value that is not known before the run: its node in brackets, where a text can be."""
    if port.wires[0] == "list":
        return [f"⟨{node}⟩"]
    return f"⟨{node}⟩" if port.wires[0] in ("text", "any", "json") else ABSENT


def _only_makes_text(step: Step) -> bool:
    """Whether a step may be done at every edit: it is short, gives the same every time, and asks nobody for anything."""
    spec = step.spec
    if spec is None or step.node.state != "active" or step.models or step.cache != "always":
        return False
    return "network" not in spec.effects and (spec.inline or spec.category == "prompt")


def _called(step: Step, inputs: Inputs) -> tuple[Values, GraphideError | None]:
    """Return the values of a step that only makes text, or its error."""
    assert step.spec is not None
    stream = drive(step, inputs, _Alone(step.node.id) if step.spec.wants_context else None, _NEVER)
    while True:
        try:
            next(stream)
        except StopIteration as ended:
            return ended.value.values, ended.value.error


def _asked(step: Step, inputs: Inputs) -> tuple[ModelRequest | None, GraphideError | None]:
    """Return what a step would ask a model, or the error that keeps it from asking."""
    context = _Alone(step.node.id)
    stream = drive(step, inputs, context, _NEVER)
    while True:
        try:
            next(stream)
        except StopIteration as ended:
            return context.request, ended.value.error


def _passed(step: Step, inputs: Inputs) -> Values:
    """Return what a bypassed step hands on: for each output the first input value of a type that fits it."""
    passed: dict[str, Any] = {}
    for port in step.outputs:
        for binding in step.bindings:
            value = inputs.ports.get(binding.port.name, ABSENT)
            value = next(iter(value), ABSENT) if binding.port.many and value is not ABSENT else value
            if value is not ABSENT and any(accepts(wire, port.wires[0]) is None for wire in binding.port.wires):
                passed[port.name] = value
                break
    return passed


def _with_mark(value: Any, number: int) -> Any:
    """Return a value with each text in it between marks, but for blank ones, which steps look out for."""
    if isinstance(value, str):
        bare = _bare(value)
        return f"{_OPEN}{number}{_CLOSE}{value}{_CLOSE}" if bare.strip() else bare
    if isinstance(value, Message):
        return Message(value.role, _with_mark(value.content, number))
    if isinstance(value, list):
        return [_with_mark(item, number) for item in value]
    if isinstance(value, tuple) and not hasattr(value, "_asdict"):
        return tuple(_with_mark(item, number) for item in value)
    if isinstance(value, Mapping):
        return {key: _with_mark(item, number) for key, item in value.items()}
    return value


def _bare(value: Any) -> Any:
    """Return a value without the marks in its texts."""
    if isinstance(value, str):
        return _MARK.sub("", value)
    if isinstance(value, Message):
        return Message(value.role, _bare(value.content))
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, tuple) and not hasattr(value, "_asdict"):
        return tuple(_bare(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return value


class _Alone:
    """The context of a step that is done for its text only: all it can do is say what it would ask a model."""

    def __init__(self, node_id: str) -> None:
        self.node_id = node_id
        self.request: ModelRequest | None = None

    @property
    def cancelled(self) -> bool:
        return False

    def generate(self, request: ModelRequest) -> Generator[Streamed, None, Reply]:
        self.request = request
        raise _refused()

    def embed(self, model: str, texts: Sequence[str]) -> Embedded:
        raise _refused()

    def run_graph(
        self, graph: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]], *, name: str = ""
    ) -> Generator[Streamed, None, list[SubRun]]:
        raise _refused()

    def read_text(self, path: str, *, limit: int) -> str:
        raise _refused()

    def find_files(self, pattern: str, *, limit: int) -> list[str]:
        raise _refused()

    def write_text(self, path: str, text: str) -> str:
        raise _refused()


def _refused() -> Cancelled:
    return Cancelled("only the prompt was wanted")
