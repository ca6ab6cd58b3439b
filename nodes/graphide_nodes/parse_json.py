"""The node type `parse_json`."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

from graphide.api import GraphideError, Json, JsonValue, Text, node
from graphide_nodes.shared.schemas import misfit
from graphide_nodes.shared.texts import EMPTY, JsonOutput

_FENCE = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\r?\n(.*?)```", re.DOTALL)
_MOST_STARTS = 200
_UNTERMINATED = "Unterminated"


@node("parse_json", category="data")
def parse_json(
    text: Text,
    *,
    tolerant: bool = True,
    json_schema: Annotated[Mapping[str, Json], JsonValue("JSON Schema that it must fit", shape="object")] = EMPTY,
) -> JsonOutput:
    """Read the JSON in a text, as models write it.

    `tolerant` also finds it in a code fence or between sentences; there it takes the longest object or list. The error
    shows the line where the JSON breaks off.

        tolerant: true
        json_schema: {"type": "object", "required": ["name"]}
    """
    value = _tolerant(text) if tolerant else _strict(text)
    if json_schema and (sentence := misfit(value, json_schema)):
        raise GraphideError(f"the JSON does not fit the schema: {sentence}", hint="Ask for that field in the prompt")
    return value


def _strict(text: str) -> Json:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise _refusal(text, 0, error) from error


def _tolerant(text: str) -> Json:
    fenced = [match[1] for match in _FENCE.finditer(text)]
    for candidate in (text, *fenced):
        try:
            return _DECODER.decode(candidate)
        except (ValueError, RecursionError):
            continue
    return _longest(text)


def _longest(text: str) -> Json:
    best: tuple[int, Any] = (0, None)
    furthest: tuple[int, int, Exception | None] = (-1, 0, None)
    position = 0
    for _ in range(_MOST_STARTS):
        start = min((at for at in (text.find("{", position), text.find("[", position)) if at >= 0), default=-1)
        if start < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            reached = _reached(error, text)
            furthest = max(furthest, (reached, start, error), key=lambda each: each[0])
            position = max(start + 1, reached)  # a whole list inside a broken object is not what was meant
        else:
            best = max(best, (end - start, value), key=lambda each: each[0])
            position = end
    if best[0]:
        return best[1]
    if furthest[2] is None:
        hint = "Ask for JSON in the prompt, or set response of the model to json_schema"
        raise GraphideError("there is no JSON in the text", hint=hint)
    raise _refusal(text, furthest[1], furthest[2]) from furthest[2]


def _reached(error: Exception, text: str) -> int:
    if isinstance(error, json.JSONDecodeError) and not error.msg.startswith(_UNTERMINATED):
        return error.pos
    return len(text)


def _refusal(text: str, start: int, error: Exception) -> GraphideError:
    if isinstance(error, RecursionError):
        return GraphideError("the JSON is nested too deeply to be read")
    if not isinstance(error, json.JSONDecodeError):
        return GraphideError(f"the text is not JSON: {error}")
    line = text.split("\n")[error.lineno - 1]
    near = line[max(0, error.colno - 21) : error.colno + 19].strip()
    if not text[start:].strip():
        hint = "The text is empty; is the right output connected?"
    elif not text[_reached(error, text) :].strip():
        hint = "It ends too early; raise max_tokens of the model that wrote it"
    else:
        hint = f'It breaks off near "{near}"'
    reason = error.msg[:1].lower() + error.msg[1:]
    return GraphideError(f"the text is not JSON: {reason} at line {error.lineno}, column {error.colno}", hint=hint)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
