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
    call: dict[str, Any] = dict(step.settings)
    more: dict[str, Any] = {}
    wired = absent = 0
    for binding in step.bindings:
        port = binding.port
        values = [_value(binding, source, done) for source in binding.sources]
        present = [value for value in values if value is not ABSENT]
        wired += len(values)
        absent += len(values) - len(present)
        if not values and (binding.extra or binding.promoted):
            continue
        if port.many:
            value: Any = tuple(present)
        elif present:
            value = present[0]
        elif values and port.tolerant:
            value = ABSENT
        elif values and port.required:
            return None
        else:
            value = port.default
        if values:
            ports[port.name] = value
        (more if binding.extra else call)[port.name] = value
    if wired and wired == absent and not any(binding.port.tolerant for binding in step.bindings):
        return None
    if step.spec is not None and step.spec.more_parameter:
        call[step.spec.more_parameter] = more
    return Inputs(ports, call)


def drive(step: Step, inputs: Inputs, context: Context | None, cancel: Cancel) -> Generator[Streamed, None, Outcome]:
    """Call a step's function, pass on what it streams, and return how it ended; never raises what node code raises."""
    spec = step.spec
    assert spec is not None
    call = {"ctx": context, **inputs.call} if spec.wants_context else inputs.call
    started = time.perf_counter()
    pieces: list[str] = []
    try:
        if spec.streams:
            result = yield from _stream(spec.function(**call), pieces, cancel)
        else:
            result = spec.function(**call)
        values = _values(step, result)
    except GeneratorExit:
        raise
    except Cancelled as error:
        return Outcome(error=error, partial="".join(pieces), seconds=time.perf_counter() - started)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the fence around node code
        return Outcome(error=_as_error(error), partial="".join(pieces), seconds=time.perf_counter() - started)
    return Outcome(values, seconds=time.perf_counter() - started)


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
