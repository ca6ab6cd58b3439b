"""The node type `fallback`."""

from typing import Annotated, Any, Literal

from graphide.api import ABSENT, GraphideError, Help, Json, JsonValue, Many, Tolerant, node
from graphide_nodes.shared.conditions import is_empty


@node("fallback", category="flow", inline=True, output="value")
def fallback(
    values: Annotated[Many[Any], Tolerant(), Help("Values in edge order, the preferred one first")] = (),
    *,
    skip_empty: bool = False,
    missing: Literal["stop", "default", "skip"] = "stop",
    default: Annotated[Json, JsonValue("Value when none is there and missing is default")] = None,
) -> Any:
    """Take the first value that is there: when a step failed, or to bring branches together again.

    A value is missing when the step that gives it failed or was skipped; with `skip_empty` also when it is null, blank
    or has no items. When all are missing, that is an error, `default`, or no value at all (skip).

        large_model.text -> answer.values
        small_model.text -> answer.values
    """
    for value in values:
        if value is not ABSENT and not (skip_empty and is_empty(value)):
            return value
    if missing == "skip":
        return ABSENT
    if missing == "default":
        return default
    raise GraphideError(
        "none of the connected values is there: all were skipped, failed or are empty",
        hint='Set "missing" to default or skip to go on',
    )
