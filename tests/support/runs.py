"""Runs for tests: node types whose moments a test controls, a builder of graphs, and readers of event lists."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Mapping
from typing import Annotated, Any, NamedTuple

from graphide.backends.echo import EchoBackend
from graphide.errors import GraphFileError, GraphideError
from graphide.executor.cache import Cache
from graphide.executor.context import Services
from graphide.executor.events import Event, NodeFinished, RunFinished
from graphide.executor.threads import Submit, Threads
from graphide.graph.model import Edge, Graph, Node
from graphide.spec.declare import Tolerant, node
from graphide.spec.fields import JsonValue, ModelName
from graphide.spec.generation import Chunk, Context, ModelRequest, Progress, Streamed
from graphide.spec.nodespec import ABSENT, Outlines, Port, Settings
from graphide.spec.registry import Registry
from graphide.values import Json, Many, Message, Reply, Sampling, Text


class Gate:
    """Two events that let a test meet a step: `entered` is set by the step, `open` by the test."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()
        self.calls: list[str] = []


class Branches(NamedTuple):
    then: Any
    otherwise: Any


def _input_port(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    return (Port(name="value", wires=("any",), default=settings["value"], field=JsonValue()),)


def registry_with(gate: Gate | None = None) -> Registry:
    """Return node types for tests; those that wait do so at `gate`."""
    gate = gate or Gate()

    @node("const", category="test", inline=True)
    def const(*, value: Any = 1) -> Any:
        """Give a value."""
        return value

    @node("add", category="test", inline=True)
    def add(numbers: Many[float], *, plus: float = 0) -> float:
        """Add numbers."""
        gate.calls.append("add")
        return sum(numbers) + plus

    @node("slow_add", category="test")
    def slow_add(numbers: Many[float]) -> float:
        """Add numbers in a thread."""
        return sum(numbers)

    @node("join", category="test", inline=True)
    def join(texts: Many[Text]) -> Text:
        """Join texts."""
        return " ".join(texts)

    @node("words", category="test")
    def words(ctx: Context, text: Text = "", *, stop_at: int = -1) -> Generator[Streamed, None, Text]:
        """Stream the words of a text; before word `stop_at` wait at the gate."""
        yield Progress("counting", 0, 2)
        pieces = [word + " " for word in text.split()]
        for number, word in enumerate(pieces):
            if number == stop_at:
                gate.entered.set()
                while not gate.open.wait(0.01) and not ctx.cancelled:
                    pass
            yield Chunk(word)
        return "".join(pieces)

    @node("block", category="test")
    def block(*, name: str = "") -> Text:
        """Wait at the gate, deaf to a cancel."""
        gate.calls.append(name)
        if len(gate.calls) == 2:
            gate.entered.set()
        gate.open.wait(10)
        return name

    @node("fail", category="test", inline=True)
    def fail(value: Any = None, *, message: str = "it broke") -> Text:
        """Fail."""
        raise GraphideError(message, hint="Mend it")

    @node("crash", category="test")
    def crash(*, kind: str = "ZeroDivisionError") -> Text:
        """Fail in a way nobody expects."""
        if kind == "SystemExit":
            raise SystemExit(3)
        return str(1 // 0)

    @node("pick", category="test", inline=True)
    def pick(value: Any, *, then: bool = True) -> Branches:
        """Send a value one of two ways."""
        return Branches(value, ABSENT) if then else Branches(ABSENT, value)

    @node("first", category="test", inline=True)
    def first(values: Annotated[Many[Any], Tolerant()]) -> Any:
        """Give the first value that is there."""
        return values[0] if values else "nothing"

    @node("sampling", category="test", inline=True)
    def sampling(*, seed: int | None = None) -> Sampling:
        """Give sampling."""
        return Sampling(seed=seed)

    @node("ask", category="test", cache="when_seeded")
    def ask(
        ctx: Context,
        prompt: Text,
        sampling: Sampling = Sampling(),  # noqa: B008
        *,
        model: Annotated[str, ModelName()] = "default",
    ) -> Generator[Streamed, None, Reply]:
        """Ask the model."""
        gate.calls.append("ask")
        request = ModelRequest(model=model, messages=(Message("user", prompt),), sampling=sampling, max_tokens=50)
        return (yield from ctx.generate(request))

    @node("counted", category="test", cache="never")
    def counted(*, value: Any = 1) -> Any:
        """Give a value, never from the cache."""
        gate.calls.append("counted")
        return value

    @node("output", category="test", inline=True, output="value")
    def output(value: Any, *, name: str = "result") -> Any:
        """Give a result."""
        return value

    @node("variable", category="test", inline=True, more_outputs=_input_port)
    def variable(*, value: Any = None) -> dict[str, Any]:
        """Be an input."""
        return {"value": value}

    @node("rows", category="test", cache="never")
    def rows(ctx: Context, items: list[Any], *, graph: Any = None) -> Generator[Streamed, None, list[Any]]:
        """Run a graph once per item."""
        ended = yield from ctx.run_graph(graph, [{"item": item} for item in items])
        return [run.outputs.get("result", run.error) for run in ended]

    registry = Registry()
    for function in (const, add, slow_add, join, words, block, fail, crash, pick, first, sampling, ask, counted, output,
                     variable, rows):  # fmt: skip
        registry.add(function)
    return registry


def graph(nodes: Mapping[str, tuple[str, dict[str, Any]] | str], edges: Iterable[str] = ()) -> Graph:
    """Return a graph of `{id: type or (type, settings)}` and edges in file form."""
    made = {}
    for node_id, given in nodes.items():
        type, settings = (given, {}) if isinstance(given, str) else given
        made[node_id] = Node(node_id, type, settings)
    return Graph(made, tuple(_edge(text) for text in edges))


def services(registry: Registry, **changes: Any) -> Services:
    """Return services with the echo backend and no cache, changed as said."""
    given: dict[str, Any] = {"registry": registry, "backend": EchoBackend(), "load_graph": _inline, "submit": Threads()}
    return Services(**{**given, **changes})


def endings(events: Iterable[Event]) -> dict[str, str]:
    """Return, by node, the name of the event that ended it."""
    ended = {"NodeFinished": "finished", "NodeFailed": "failed", "NodeSkipped": "skipped"}
    return {event.node: ended[type(event).__name__] for event in events if type(event).__name__ in ended}  # type: ignore[union-attr]


def cached(events: Iterable[Event]) -> set[str]:
    """Return the nodes that were served from the cache."""
    return {event.node for event in events if isinstance(event, NodeFinished) and event.cached}


def last(events: Iterable[Event]) -> RunFinished:
    """Return the last event, which is always RunFinished."""
    *_, end = events
    assert isinstance(end, RunFinished)
    return end


def _edge(text: str) -> Edge:
    source, _, target = text.partition(" -> ")
    return Edge(*source.split("."), *target.split("."))


def _inline(reference: Json, outside: Services) -> tuple[Graph, Services]:
    from graphide.graph.shape import graph_of

    if not isinstance(reference, dict):
        raise GraphFileError("only inline graphs here")
    return graph_of({"graphide": 1, **reference}), outside


__all__ = ["Cache", "Gate", "Submit", "cached", "endings", "graph", "last", "registry_with", "services"]
