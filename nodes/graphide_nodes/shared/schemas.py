"""JSON Schemas from graphs: is it one, and does a value fit. Nothing is ever fetched for a `$ref`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphide.api import GraphideError, Json

_HINT = "See json-schema.org for what a schema may say"


def misfit(value: Json, schema: Mapping[str, Json]) -> str | None:
    """Return the sentence that says where and why `value` does not fit `schema`, or None when it does.

    Raises GraphideError when the schema itself is wrong.
    """
    from jsonschema.exceptions import best_match

    try:
        worst = best_match(_validator(schema).iter_errors(value))
    except RecursionError as error:
        raise GraphideError("the JSON schema refers to itself without end", hint=_HINT) from error
    except Exception as error:  # a $ref that leads nowhere is raised as a private class of `referencing`
        raise GraphideError(f"the JSON schema cannot be used: {error}", hint=_HINT) from error
    return None if worst is None else f"{worst.json_path}: {_short(worst.message)}"


def check_schema(schema: Mapping[str, Json]) -> None:
    """Raise GraphideError with the place when `schema` is not a JSON Schema."""
    _validator(schema)


def _validator(schema: Mapping[str, Json]) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except SchemaError as error:
        message = f"the JSON schema is wrong at {error.json_path}: {_short(error.message)}"
        raise GraphideError(message, hint=_HINT) from error
    return kind(dict(schema), registry=Registry())


def _short(message: str, limit: int = 200) -> str:
    return message if len(message) <= limit else message[: limit - 1] + "…"
