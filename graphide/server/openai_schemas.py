"""The bodies of OpenAI's API, as far as they mean something here: their fields, types and bounds.

Names and bounds are OpenAI's; those that llama-server adds (top_k, min_p, repeat_penalty, grammar) are known too. Fields
that nobody here knows are left alone, as OpenAI does; a field of a wrong type is refused by name. What a body asks for is
worked out in `openai_wanted`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_CHOICES = 16
"""Answers that one request may ask for."""

MOST_TEXTS = 2048
"""Texts that one request for embeddings may hold."""

LONGEST_NAME = 512
_SEED = 2**63


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


Length = Annotated[int, Field(ge=-1, le=10_485_760)]
"""Tokens of an answer; 0 and -1 are how clients say that there is no limit."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Stop = str | Annotated[list[str], Field(max_length=16)]


class ContentPart(_Body):
    """A part of a message; only those of the type `text` can be read."""

    type: str
    text: str | None = None


class ChatMessage(_Body):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None
    tool_calls: list[Any] | None = None


class StreamOptions(_Body):
    """What a stream says beside the text."""

    include_usage: bool | None = None


class SchemaFormat(_Body):
    """A JSON schema with a name."""

    name: str | None = None
    schema_: dict[str, Any] | bool | None = Field(None, alias="schema")
    strict: bool | None = None


class ResponseFormat(_Body):
    """The form of an answer: free text, any JSON object, or what a JSON schema describes."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema", description="llama-server's form of json_schema")


class _Generation(_Body):
    """What chats and texts have in common."""

    model: Name
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Length | None = None
    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=-1, le=1_000_000)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    typical_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-_SEED, lt=_SEED)] | None = None
    stop: Stop | None = None
    presence_penalty: Annotated[float, Field(ge=-10, le=10)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-10, le=10)] | None = None
    repeat_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    n: Annotated[int, Field(ge=1, le=MOST_CHOICES)] | None = None
    response_format: ResponseFormat | None = None
    grammar: str | None = None


class ChatBody(_Generation):
    """A request for the next turn of a conversation."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=100_000)]
    max_completion_tokens: Length | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    functions: list[Any] | None = None


class TextBody(_Generation):
    """A request to go on with a text."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=MOST_CHOICES)]
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    echo: bool | None = None
    suffix: str | None = None
    best_of: Annotated[int, Field(ge=1, le=MOST_CHOICES)] | None = None


class EmbeddingsBody(_Body):
    """A request for the vectors of texts."""

    model: Name
    input: str | Annotated[list[str], Field(min_length=1, max_length=MOST_TEXTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
