"""What a reply has to be when a JSON Schema was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphide.api import GraphideError, Json, Reply
from graphide_nodes.shared.schemas import misfit

_CUT = {
    "length": ("max_tokens", "Raise max_tokens, or ask for less in the schema (maxItems, maxLength)"),
    "context_full": ("the end of the context", "Raise n_ctx, or give the model less to read"),
}


def refuse_misfit(reply: Reply, schema: Mapping[str, Json]) -> None:
    """Raise GraphideError when the text of a reply is not JSON that fits `schema`, and say so when it was cut off."""
    sentence = _misfit_of(reply.text, schema)
    if sentence is None:
        return
    if reply.usage.stop_reason in _CUT:
        limit, hint = _CUT[reply.usage.stop_reason]
        count = f"{reply.usage.completion_tokens:,} tokens"
        raise GraphideError(f"the reply was cut off by {limit}, after {count}, before its JSON was complete", hint=hint)
    raise GraphideError(
        f"the reply does not fit the JSON schema: {sentence}",
        hint="Say in the prompt what each field means, lower the temperature, or use a larger model",
    )


def _misfit_of(text: str, schema: Mapping[str, Json]) -> str | None:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"it is not JSON ({error})"
    return misfit(value, schema)
