"""The node type `variable`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from graphide.api import (
    ABSENT,
    CacheRule,
    Context,
    Field,
    GraphideError,
    Items,
    JsonValue,
    Line,
    Number,
    Outlines,
    Port,
    Settings,
    field_of_kind,
    node,
)
from graphide_nodes.shared.placeholders import natural_value

Kind = Literal["text", "longtext", "number", "integer", "toggle", "choice", "list", "json", "file"]


def _field(settings: Settings) -> Field:
    return field_of_kind(
        settings["kind"],
        settings["help"] or settings["label"],
        choices=tuple(settings["choices"]),
        low=settings["low"],
        high=settings["high"],
    )


def _start(settings: Settings) -> Any:
    if settings["value"] is not None or settings["kind"] == "json":
        return settings["value"]
    return natural_value(_field(settings))


def _output(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    field, start = _field(settings), _start(settings)
    unset = start is ABSENT
    return (Port(name="value", wires=(field.wire,), help=field.help, required=unset, default=start, field=field),)


def _problem(settings: Settings) -> str | None:
    low, high = settings["low"], settings["high"]
    if low is not None and high is not None and low > high:
        return f"low ({low:g}) is above high ({high:g})"
    if settings["kind"] == "choice" and not settings["choices"]:
        return 'a choice needs "choices": the texts to choose from'
    sentence = None if _start(settings) is ABSENT else _field(settings).problem(_start(settings))
    return f"value {sentence}" if sentence else None


def _cache(settings: Settings) -> CacheRule:
    return "never" if settings["kind"] == "file" else "always"  # a file may have changed since


@node("variable", category="input", cache=_cache, inline=True, effects=("files",), more_outputs=_output, check=_problem)
def variable(
    ctx: Context,
    *,
    kind: Kind = "text",
    label: Annotated[str, Line("Name that people read")] = "",
    help: Annotated[str, Line("One line about what to give")] = "",
    value: Annotated[Any, JsonValue("Value where the caller gives none", optional=True)] = None,
    choices: Annotated[Sequence[str], Items("What a choice may be", texts=True)] = (),
    low: Annotated[float | None, Number("Smallest number")] = None,
    high: Annotated[float | None, Number("Largest number")] = None,
    max_bytes: Annotated[int, Number("Largest file, in bytes", low=1)] = 1_000_000,
) -> Mapping[str, Any]:
    """Make a value that the caller of the graph can give: an input of the graph.

    The id of the node is the name of the input (`graphide run g.json -i topic=tides`). `kind` says what may be given
    and which widget edits it; a value of kind file is the text of that file. Without a value a toggle is off, a choice
    is its first, a number its lowest, JSON is null; a text, list or file must be given.

        kind: choice
        choices: ["children", "students", "experts"]
    """
    settings = dict(kind=kind, label=label, help=help, value=value, choices=choices, low=low, high=high)
    if sentence := _problem(settings):
        raise GraphideError(sentence)
    start = _start(settings)
    if start is ABSENT:
        raise GraphideError(f'the input "{ctx.node_id}" has no value', hint=f"Give it with -i {ctx.node_id}=…")
    return {"value": ctx.read_text(start, limit=max_bytes) if kind == "file" else start}
