"""One step: collect its inputs, call its function, and turn whatever happens into an outcome.

This is the fence around node code: an exception of a node, even one that would end the program, becomes the failure of
that node. Which step comes next is `state`'s business.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from graphide.errors import Cancelled, GraphideError, InferenceFault
from graphide.executor.plan import Binding, Source, Step
from graphide.spec.generation import Cancel, Chunk, Context, Streamed
from graphide.spec.nodespec import ABSENT
from graphide.values import Sampling, accepts, convert, wire_of

Values = Mapping[str, Any]
_NOTHING: Values = MappingProxyType({})


class Inputs(NamedTuple):
    """What a step is given: `ports` by name; `call` is the same plus settings, as keyword arguments."""

    ports: Mapping[str, Any]
    call: dict[str, Any]

    def repeatable(self) -> bool:
        """Whether a step that draws random numbers gives the same result again without the seed of the run."""
        sampling = next((value for value in self.ports.values() if isinstance(value, Sampling)), None)
        return sampling is not None and sampling.repeatable


class Outcome(NamedTuple):
    """How a step ended: its values, or an error; `partial` is the text made before an error or a cancel."""

    values: Values = _NOTHING
    error: GraphideError | None = None
    partial: str = ""
    seconds: float = 0.0


def gather(step: Step, done: Mapping[str, Values]) -> Inputs | None:
    """Return the inputs of a step, or None when it stands on a branch that was not taken.

    Raises GraphideError when a value does not fit its port.
    """
    ports: dict[str, Any] = {}
    arguments: dict[str, Any] = dict(step.settings)
    more: dict[str, Any] = {}
    something = tolerant = False
    for binding in step.bindings:
        port, sources, extra, promoted = binding
        name = port.name
        if not sources:
            if not extra and not promoted:
                arguments[name] = () if port.many else port.default
            continue
        present = [value for source in sources if (value := _value(binding, source, done)) is not ABSENT]
        something = something or bool(present)
        tolerant = tolerant or port.tolerant
        if port.many:
            value = tuple(present)
        elif present:
            value = present[0]
        elif port.tolerant:
            value = ABSENT
        elif port.required:
            return None
        else:
            value = port.default
        ports[name] = value
        (more if extra else arguments)[name] = value
    if ports and not something and not tolerant:
        return None
    if step.spec is not None and step.spec.more_parameter:
        arguments[step.spec.more_parameter] = more
    return Inputs(ports, arguments)


def call(step: Step, inputs: Inputs, context: Context | None) -> Outcome:
    """Call the function of a step that does not stream, and return how it ended; never raises what node code raises."""
    assert step.spec is not None
    started = time.perf_counter()
    try:
        values = _values(step, step.spec.function(**_arguments(step, inputs, context)))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the fence around node code
        return _failed(error, "", started)
    return Outcome(values, seconds=time.perf_counter() - started)


def drive(step: Step, inputs: Inputs, context: Context | None, cancel: Cancel) -> Generator[Streamed, None, Outcome]:
    """Do the same as `call` for any step, passing on what it streams, until `cancel` is set."""
    assert step.spec is not None
    if not step.spec.streams:
        return call(step, inputs, context)
    started = time.perf_counter()
    pieces: list[str] = []
    try:
        result = yield from _stream(step.spec.function(**_arguments(step, inputs, context)), pieces, cancel)
        values = _values(step, result)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the fence around node code
        return _failed(error, "".join(pieces), started)
    return Outcome(values, seconds=time.perf_counter() - started)


def _arguments(step: Step, inputs: Inputs, context: Context | None) -> dict[str, Any]:
    return inputs.call if context is None else {"ctx": context, **inputs.call}


def _failed(error: BaseException, partial: str, started: float) -> Outcome:
    return Outcome(error=_as_error(error), partial=partial, seconds=time.perf_counter() - started)


def _stream(
    stream: Generator[Streamed, None, Any], pieces: list[str], cancel: Cancel
) -> Generator[Streamed, None, Any]:
    try:
        while True:
            try:
                item = next(stream)
            except StopIteration as stop:
                return stop.value
            if isinstance(item, Chunk):
                pieces.append(item.text)
            yield item
            if cancel.is_set():
                raise Cancelled("stopped")
    finally:
        stream.close()


def _values(step: Step, result: Any) -> dict[str, Any]:
    spec = step.spec
    assert spec is not None
    if spec.tuple_result:
        return dict(zip((port.name for port in spec.outputs), result, strict=True))
    if spec.more_outputs is not None:
        if not isinstance(result, Mapping):
            raise GraphideError("returned no mapping of its computed outputs", hint=f"Tell the author of {spec.source}")
        return {port.name: result.get(port.name, ABSENT) for port in step.outputs}
    if not step.outputs:
        return {}
    return {step.outputs[0].name: result}


def _value(binding: Binding, source: Source, done: Mapping[str, Values]) -> Any:
    value = done.get(source.step, {}).get(source.output, ABSENT)
    if source.convert_to is None or value is ABSENT:
        return value
    wire = wire_of(value)
    if wire in source.convert_to:
        return value
    target = next((to for to in source.convert_to if accepts(wire, to) is None), source.convert_to[0])
    try:
        return convert(value, target)
    except GraphideError as error:
        raise error.at(f'input "{binding.port.name}", from {source.step}.{source.output}') from None


def _as_error(error: BaseException) -> GraphideError:
    if isinstance(error, GraphideError):
        return error
    if isinstance(error, RecursionError):
        return GraphideError("goes too deep: its data or its graphs are nested without end")
    if isinstance(error, MemoryError):
        return InferenceFault("oom", "the machine has no memory left for this step")
    return GraphideError(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
