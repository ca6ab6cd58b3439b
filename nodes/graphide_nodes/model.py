"""The node type `model`."""

from collections.abc import Generator, Iterator, Mapping
from typing import Annotated, Literal

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
from graphide_nodes.shared.replies import refuse_misfit
from graphide_nodes.shared.schemas import check_schema
from graphide_nodes.shared.texts import EMPTY


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
    each `context`, with a blank line between them; then the turns of the prompt. The `messages` it gives can be fed
    back with the next turn: a system message that is the same already is not repeated. `overflow` says what happens when all
    that does not fit: an error, or turns are dropped and the usage says which.

        model: default
        response: json_schema
    """
    if response == "json_schema":
        check_schema(json_schema)
    request = ModelRequest(
        model=model, messages=_conversation(prompt, system, context), sampling=sampling, max_tokens=max_tokens,
        n_ctx=n_ctx, response=response, json_schema=json_schema if response == "json_schema" else None,
        grammar=grammar if response == "gbnf" else "", overflow=overflow,
    )  # fmt: skip
    reply = yield from ctx.generate(request)
    if response == "json_schema":
        refuse_misfit(reply, json_schema)
    return reply


def _conversation(prompt: Text | Messages, system: Text, context: tuple[Text, ...]) -> Messages:
    turns = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    lead = list(_leading_system(turns))
    own = _paragraphs(system, *context)
    whole = own if lead == [own] else _paragraphs(system, *lead, *context)
    rest = turns[len(lead) :]
    if not rest:
        raise GraphideError(
            "the prompt has no turn to answer", hint='Connect a text, or a conversation with a turn of role "user"'
        )
    return (*((Message("system", whole),) if whole else ()), *rest)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part.strip())


def _leading_system(turns: Messages) -> Iterator[str]:
    for turn in turns:
        if turn.role != "system":
            return
        yield turn.content
