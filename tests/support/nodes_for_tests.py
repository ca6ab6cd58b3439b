"""Small node types for tests of graphs: one of each kind of port and setting, with no work worth mentioning."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from graphide.errors import GraphideError
from graphide.spec.declare import More, node
from graphide.spec.fields import Items, Line, LongText, ModelName, Number, field_of_kind
from graphide.spec.nodespec import Outlines, Port, Settings
from graphide.spec.registry import Registry
from graphide.values import Many, Messages, Sampling, Text, Usage


def _variable_ports(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    field = field_of_kind(
        settings["kind"],
        settings["label"],
        choices=tuple(settings["choices"]),
        low=settings["low"],
        high=settings["high"],
    )
    unset = settings["value"] is None
    return (
        Port(
            name="value", wires=(field.wire,), help=field.help, required=unset, default=settings["value"], field=field
        ),
    )


@node("variable", category="input", more_outputs=_variable_ports)
def variable(
    *,
    kind: Literal["text", "longtext", "number", "toggle", "choice", "list", "json"] = "text",
    value: Any = None,
    label: str = "",
    choices: Annotated[Sequence[str], Items("What to choose from", texts=True)] = (),
    low: float | None = None,
    high: float | None = None,
) -> None:
    """Give a value from outside."""


def _placeholder_ports(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    text = settings["text"]
    if text.count("{{") != text.count("}}"):
        raise GraphideError("the placeholder in line 1 is not closed", hint="Write }} after it")
    names = dict.fromkeys(re.findall(r"{{\s*([\w-]+)\s*}}", text))
    return tuple(Port(name=name, wires=("text", "json"), required=True) for name in names)


@node("template", category="prompt", more_inputs=_placeholder_ports)
def template(more: More, *, text: Annotated[str, LongText("Text", placeholders=True)] = "") -> Text:
    """Fill in a text."""
    return text


@node("system", category="prompt", more_inputs=_placeholder_ports)
def system(more: More, *, text: Annotated[str, LongText("Text", placeholders=True)] = "") -> Text:
    """Say who answers."""
    return text


@node("parameters", category="model")
def parameters(
    *,
    temperature: Annotated[float, Number("Temperature", low=0, high=5)] = 0.8,
    seed: Annotated[int | None, Number("Seed")] = None,
) -> Sampling:
    """Choose how tokens are drawn."""
    return Sampling(temperature=temperature, seed=seed)


_SAMPLING = Sampling()


class Answer(NamedTuple):
    text: Text
    usage: Usage


@node("model", category="model", cache="when_seeded")
def model(
    prompt: Text | Messages,
    system: Text = "",
    sampling: Sampling = _SAMPLING,
    *,
    model: Annotated[str, ModelName("Model")] = "default",
    max_tokens: Annotated[int, Number("Longest reply, in tokens", low=1, high=32768)] = 512,
) -> Answer:
    """Answer a prompt."""
    return Answer(str(prompt), Usage())


@node("join", category="data")
def join(texts: Many[Text] = (), *, separator: Annotated[str, Line("Between them")] = "\n") -> Text:
    """Join texts."""
    return separator.join(texts)


@node("count", category="data")
def count(texts: list[Any]) -> float:
    """Count the items of a list."""
    return len(texts)


def _rule(settings: Settings) -> str | None:
    return "low is above high" if settings["low"] > settings["high"] else None


@node("range", category="data", check=_rule)
def range_(*, low: int = 0, high: int = 9) -> list[Any]:
    """List the numbers from low to high."""
    return list(range(low, high + 1))


@node("output", category="output", output="value")
def output(value: Any, *, name: Annotated[str, Line("Name of the result")] = "result") -> Any:
    """Show a result."""
    return value


@node("note", category="look", alone=True)
def note(*, text: Annotated[str, LongText("Text")] = "") -> None:
    """Say something to the reader of the graph."""


def _graph_inputs(settings: Settings, outlines: Outlines) -> tuple[Port, ...]:
    return outlines(settings["graph"]).inputs if settings["graph"] else ()


def _graph_outputs(settings: Settings, outlines: Outlines) -> tuple[Port, ...]:
    names = outlines(settings["graph"]).outputs if settings["graph"] else ()
    return tuple(Port(name=name, wires=("any",)) for name in names)


@node("subgraph", category="flow", more_inputs=_graph_inputs, more_outputs=_graph_outputs)
def subgraph(more: More, *, graph: Annotated[str, Line("Graph file")] = "") -> None:
    """Run a graph as a node."""


def _two_words(settings: dict[str, Any]) -> dict[str, Any]:
    return {**{key: value for key, value in settings.items() if key != "word"}, "words": [settings.get("word", "")]}


def _no_upper(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != "upper"}


@node("old", category="data", version=3, output="words", migrations={1: _two_words, 2: _no_upper})
def old(text: Text = "", *, words: Annotated[Sequence[str], Items("Words")] = ()) -> list[Any]:
    """Show what an old node becomes: version 1 had `word` and `upper`, and an output `word`."""
    return [*words, text]


@node("gap", category="data", version=3, migrations={1: _two_words})
def gap() -> Text:
    """Lack a migration from version 2."""
    return ""


def _fails(settings: Settings, outlines: Outlines) -> tuple[Port, ...]:
    raise KeyError("not what it seems")


@node("faulty", category="data", more_inputs=_fails, version=2, migrations={1: lambda settings: settings["nothing"]})
def faulty(more: More) -> Text:
    """Fail whenever asked something."""
    return ""


ALL = (
    variable,
    template,
    system,
    parameters,
    model,
    join,
    count,
    range_,
    output,
    note,
    subgraph,
    old,
    gap,
    faulty,
)


def registry() -> Registry:
    """Return a registry of all node types of this module."""
    found = Registry()
    for function in ALL:
        found.add(function, source="tests")
    return found


REGISTRY: Mapping[str, Any] = registry()
