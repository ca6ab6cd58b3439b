"""The node type `model`."""

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Annotated, Any, Literal

from graphide.api import (
    Context,
    GraphideError,
    Help,
    Json,
    JsonValue,
    LongText,
    Many,
    Message,
    Messages,
    ModelName,
    ModelRequest,
    Number,
    Reply,
    Sampling,
    Settings,
    Streamed,
    Text,
    node,
)
from graphide_nodes.shared.schemas import check_schema, misfit
from graphide_nodes.shared.texts import EMPTY

_CUT = {
    "length": ("max_tokens", "Raise max_tokens, or ask for less in the schema (maxItems, maxLength)"),
    "context_full": ("the end of the context", "Raise n_ctx, or give the model less to read"),
}


def _problem(settings: Settings) -> str | None:
    if settings["response"] == "json_schema" and not settings["json_schema"]:
        return 'response is json_schema, but "json_schema" is empty: give the schema that the reply has to fit'
    if settings["response"] == "gbnf" and not settings["grammar"].strip():
        return 'response is gbnf, but "grammar" is empty: give a grammar with a rule named root'
    return None


@node("model", category="model", cache="when_seeded", check=_problem)
def model(
    ctx: Context,
    prompt: Annotated[Text | Messages, Help("What to answer: a text, or a conversation")],
    system: Annotated[Text, Help("Instructions to the model")] = "",
    context: Annotated[Many[Text], Help("What the model should know, in edge order")] = (),
    sampling: Annotated[Sampling, Help("How words are chosen")] = Sampling(),  # noqa: B008  # frozen
    *,
    model: Annotated[str, ModelName("Model file or alias")] = "default",
    max_tokens: Annotated[int, Number("Longest reply, in tokens", low=1, high=131_072)] = 512,
    n_ctx: Annotated[int, Number("Context, in tokens; 0 takes what fits", low=0, high=10_485_760)] = 0,
    response: Literal["text", "json_schema", "gbnf"] = "text",
    json_schema: Annotated[Mapping[str, Json], JsonValue("JSON Schema of the reply", shape="object")] = EMPTY,
    grammar: Annotated[str, LongText("GBNF grammar of the reply")] = "",
    overflow: Literal["stop", "drop_oldest", "middle_out"] = "stop",
) -> Generator[Streamed, None, Reply]:
    """Send a conversation to a language model and stream its reply.

    The model gets one system message, made of `system`, the system message that the prompt itself begins with, and
    each `context`, with a blank line between them; then the turns of the prompt. `overflow` says what happens when all
    that does not fit: an error, or turns are dropped and the usage says which.

        model: default
        response: json_schema
    """
    if response == "json_schema":
        check_schema(json_schema)
    messages = _conversation(prompt, system, context)
    reply = yield from ctx.generate(
        ModelRequest(
            model=model,
            messages=messages,
            sampling=sampling,
            max_tokens=max_tokens,
            n_ctx=n_ctx,
            response=response,
            json_schema=json_schema if response == "json_schema" else None,
            grammar=grammar if response == "gbnf" else "",
            overflow=overflow,
        )
    )
    if response == "json_schema":
        _refuse_misfit(reply, json_schema)
    return reply


def _conversation(prompt: Text | Messages, system: Text, context: tuple[Text, ...]) -> Messages:
    turns = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    lead = list(_leading_system(turns))
    parts = [part for part in (system, *lead, *context) if part.strip()]
    rest = turns[len(lead) :]
    if not rest:
        raise GraphideError(
            "the prompt has no turn to answer", hint='Connect a text, or a conversation with a turn of role "user"'
        )
    head = (Message("system", "\n\n".join(parts)),) if parts else ()
    return (*head, *rest)


def _leading_system(turns: Messages) -> Iterator[str]:
    for turn in turns:
        if turn.role != "system":
            return
        yield turn.content


def _refuse_misfit(reply: Reply, schema: Mapping[str, Json]) -> None:
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
