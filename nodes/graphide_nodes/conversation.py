"""The node type `conversation`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, get_args

from graphide.api import (
    GraphideError,
    Help,
    Items,
    Json,
    Many,
    Message,
    Messages,
    Role,
    Settings,
    Text,
    describe,
    node,
)


def _problem(settings: Settings) -> str | None:
    for number, example in enumerate(settings["examples"], 1):
        parts = [example.get(role) for role in ("user", "assistant")] if isinstance(example, Mapping) else []
        if not parts or not all(isinstance(part, str) for part in parts):
            return f'example {number} needs the form {{"user": "…", "assistant": "…"}}, but this is {describe(example)}'
    return None


@node("conversation", category="prompt", inline=True, check=_problem)
def conversation(
    turns: Annotated[
        Many[Text | Message | Messages | list[Any]], Help("Texts, messages and conversations, in edge order")
    ] = (),
    system: Annotated[Text, Help("Instructions to the model")] = "",
    *,
    examples: Annotated[Sequence[Mapping[str, Json]], Items("Questions with the answers you would like")] = (),
) -> Messages:
    """Join turns to a conversation, with examples of good answers before it.

    A text becomes a turn of the user; a list holds turns as JSON, `{"role": "user", "content": "…"}`, as a chat keeps
    them. Connect the result to `prompt` of a model.

        examples: [{"user": "2 + 2", "assistant": "4"}]
    """
    head = [Message("system", system)] if system.strip() else []
    pairs = [Message(role, pair[role]) for pair in examples for role in ("user", "assistant")]
    return (*head, *pairs, *(turn for value in turns for turn in _turns(value)))


def _turns(value: Any) -> Iterator[Message]:
    if isinstance(value, str):
        yield Message("user", value)
    elif isinstance(value, Message):
        yield value
    else:
        for item in value:
            yield item if isinstance(item, Message) else _from_json(item)


def _from_json(data: Json) -> Message:
    roles = get_args(Role)
    if isinstance(data, Mapping) and data.get("role") in roles and isinstance(data.get("content"), str):
        return Message(data["role"], data["content"])
    raise GraphideError(
        f"a turn is {{role, content}} with a role of {', '.join(roles)}, but this is {describe(data)}",
        hint='Give a list such as [{"role": "user", "content": "Hello"}]',
    )
