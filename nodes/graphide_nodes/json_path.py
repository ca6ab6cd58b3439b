"""The node type `json_path`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from graphide.api import (
    ABSENT,
    GraphideError,
    Help,
    Json,
    JsonValue,
    Line,
    Outlines,
    Port,
    Settings,
    describe,
    node,
    to_json,
)


def _problem(settings: Settings) -> str | None:
    try:
        _compiled(settings["path"])
    except GraphideError as error:
        return str(error)
    return None


def _output(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    return (Port(name="value", wires=("list" if settings["mode"] == "all" else "json",)),)


@node("json_path", category="data", more_outputs=_output, check=_problem)
def json_path(
    value: Annotated[Any, Help("An object or a list")],
    *,
    path: Annotated[str, Line("JSON path, as RFC 9535 has it")] = "$",
    mode: Literal["first", "all"] = "first",
    missing: Literal["stop", "default", "skip"] = "stop",
    default: Annotated[Json, JsonValue("Value when nothing is there and missing is default")] = None,
) -> Mapping[str, Any]:
    """Take a part out of JSON by its path.

    `first` gives the first value that the path finds (a JSON null counts as found), `all` the list of all. When `first`
    finds nothing, that is an error, `default`, or no value at all (skip), so that what follows is skipped.

        path: $.people[?@.age > 30].name
        mode: all
    """
    if isinstance(value, str):
        raise GraphideError(
            f"a JSON path looks into an object or a list, but this is {describe(value)}",
            hint='Put a "parse_json" node before it',
        )
    found = _compiled(path).findall(to_json(value))
    if mode == "all":
        return {"value": list(found)}
    return {"value": found[0] if found else _missing(missing, default, path, value)}


def _compiled(path: str) -> Any:
    from jsonpath import JSONPathEnvironment, JSONPathError

    try:
        return JSONPathEnvironment(strict=True).compile(path)
    except JSONPathError as error:
        reason = str(error).splitlines()[0]
        hint = "A path starts at $, such as $.name, $.items[0], $..price or $[?@.age > 30]"
        raise GraphideError(f'"{path}" is not a JSON path: {reason}', hint=hint) from error


def _missing(missing: str, default: Json, path: str, value: Any) -> Any:
    if missing == "skip":
        return ABSENT
    if missing == "default":
        return default
    raise GraphideError(f'"{path}" finds nothing in this {describe(value)}', hint='Set "missing" to default or skip')
