"""What flows along an edge: the wire types, their Python shapes, their JSON form, and what converts to what.

A wire type is a name (`"text"`, `"messages"` …) with one Python shape. A conversion exists only where no information
is lost; everything else is refused with a sentence that says which node would do it. Fields (what a person edits) are
in `graphide.spec.fields`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, cast, get_args

import orjson

from graphide.errors import GraphideError

Wire = Literal["text", "number", "boolean", "list", "json", "message", "messages", "sampling", "usage", "any"]
WIRES: tuple[Wire, ...] = get_args(Wire)

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = get_args(Role)

KvType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
"""How a number in the KV cache of a local model is kept; quantised ones take less memory and lose a little."""

Text = str
Number = float
Json = Any  # a JSON value: None, bool, int, float, str, list, dict


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


Messages = tuple[Message, ...]

SAMPLER_ORDER = ("penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen: llama-server's samplers, their defaults and their order.

    A sampler whose value is its neutral one (for example `top_k=0`) is left out of the chain. `seed=None` takes the
    seed of the run. Source of names, defaults and order: llama.cpp's server documentation.
    """

    temperature: float = 0.8
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 1.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    top_n_sigma: float = -1.0
    typical_p: float = 1.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = -1
    dry_sequence_breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    min_keep: int = 0
    logit_bias: Mapping[str, float] = field(default_factory=dict)
    samplers: tuple[str, ...] = SAMPLER_ORDER
    stop: tuple[str, ...] = ()
    seed: int | None = None

    def seeded(self, seed: int) -> Sampling:
        """Return this with `seed` where none is set."""
        return self if self.seed is not None else replace(self, seed=seed)

    @property
    def repeatable(self) -> bool:
        """Whether the same prompt gives the same text without the seed of the run."""
        return self.seed is not None or self.temperature <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an answer cost: counts in tokens, times in seconds, speeds in tokens a second.

    `cached_tokens` of the prompt were computed before; `draft_accepted` of `draft_tokens` guessed ones were right.
    `reproducible` says whether the same request gives the same bytes again: not where requests shared a batch.
    `samplers` are those that chose the tokens, in their order.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    prompt_tokens_per_second: float = 0.0
    tokens_per_second: float = 0.0
    time_to_first_token: float = 0.0
    seed: int | None = None
    stop_reason: str = ""
    dropped: str = ""
    draft_tokens: int = 0
    draft_accepted: int = 0
    reproducible: bool = False
    samplers: tuple[str, ...] = ()


class Reply(NamedTuple):
    """The outputs of a model node: its text, the conversation including that text, and what it cost."""

    text: Text
    messages: Messages
    usage: Usage


_T = TypeVar("_T")


class ManyEdges(NamedTuple):
    """Marks an input port that takes several edges, joined in edge order."""


Many = Annotated[tuple[_T, ...], ManyEdges()]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value of one wire type cannot feed a port of another, and what to do."""

    reason: str


# (source, target) pairs that convert without loss, beside equal types and "any". "json" as a source is narrowed at run
# time: the value itself decides, and a value of another shape is an error at the node that receives it.
_CONVERSIONS: frozenset[tuple[Wire, Wire]] = frozenset(
    [
        ("text", "messages"),
        ("text", "message"),
        ("message", "messages"),
        ("number", "text"),
        ("boolean", "text"),
        ("json", "text"),
        ("list", "text"),
        ("json", "list"),
        ("json", "number"),
        ("json", "boolean"),
        *((source, "json") for source in WIRES if source not in ("json", "any")),
        *((source, "list") for source in ("messages",)),
    ]
)

_ADVICE: Mapping[tuple[Wire, Wire], str] = {
    ("text", "list"): 'put a "split" node between them',
    ("text", "number"): 'put a "parse_json" node between them',
    ("text", "boolean"): 'put a "parse_json" node between them',
    ("messages", "text"): 'put a "join" node between them',
    ("text", "sampling"): 'connect a "parameters" node instead',
}


def accepts(source: Wire, target: Wire) -> Refusal | None:
    """Return None when a `source` value can feed a `target` port, else why not."""
    if source == target or "any" in (source, target) or (source, target) in _CONVERSIONS:
        return None
    advice = _ADVICE.get((source, target))
    reason = f"a {source} value does not fit a {target} input"
    return Refusal(f"{reason}; {advice}" if advice else reason)


def convert(value: Any, target: Wire) -> Any:
    """Return `value` as the Python shape of `target`.

    Raises GraphideError when the value (not only its type) does not fit; the message says which shape was found.
    """
    if target == "any" or wire_of(value) == target:
        return value
    match target:
        case "text":
            return _as_text(value)
        case "messages":
            return _as_messages(value)
        case "message" if isinstance(value, str):
            return Message("user", value)
        case "json":
            return to_json(value)
        case "list" if isinstance(value, tuple | list):
            return list(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case _:
            raise GraphideError(f"a {target} value is needed, but this is {describe(value)}")


def _as_text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict | list):
        return dumps(value).decode()
    raise GraphideError(f"a text value is needed, but this is {describe(value)}")


def _as_messages(value: Any) -> Messages:
    if isinstance(value, str):
        return (Message("user", value),)
    if isinstance(value, Message):
        return (value,)
    raise GraphideError(f"a messages value is needed, but this is {describe(value)}")


def wire_of(value: Any) -> Wire:
    """Return the most specific wire type of a Python value."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    if isinstance(value, Message):
        return "message"
    if isinstance(value, Sampling):
        return "sampling"
    if isinstance(value, Usage):
        return "usage"
    if isinstance(value, tuple) and all(isinstance(item, Message) for item in value):
        return "messages"
    if value is None or isinstance(value, dict):
        return "json"
    return "any"


def describe(value: Any, limit: int = 60) -> str:
    """Return a short description of a value for an error message: its wire type and its start."""
    text = value if isinstance(value, str) else repr(to_json(value))
    return f"{wire_of(value)}: {text[: limit - 1]}…" if len(text) > limit else f"{wire_of(value)}: {text}"


def to_json(value: Any) -> Json:
    """Return the JSON form of any wire value; values of unknown classes become their `repr`."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sampling):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Message | Usage):
        return asdict(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: to_json(item) for key, item in value._asdict().items()}
    if isinstance(value, Sequence | set | frozenset):
        return [to_json(item) for item in value]
    return repr(value)


def from_json(data: Json, wire: Wire) -> Any:
    """Return the value of type `wire` that `to_json` gave as `data`.

    Raises GraphideError when the data has another shape.
    """
    match wire:
        case "message":
            return message_from_json(data)
        case "messages":
            if not isinstance(data, list):
                raise GraphideError(f"messages are a list of {{role, content}}, but this is {describe(data)}")
            return tuple(message_from_json(item) for item in data)
        case "sampling":
            return sampling_from_json(data)
        case "usage":
            return usage_from_json(data)
        case _:
            return convert(data, wire)


def message_from_json(data: Json) -> Message:
    """Return the message of a `{"role": …, "content": …}` object; raises GraphideError on any other shape."""
    if isinstance(data, Message):
        return data
    if isinstance(data, dict) and data.get("role") in ROLES and isinstance(data.get("content"), str):
        return Message(cast(Role, data["role"]), data["content"])
    raise GraphideError(
        f"a message is {{role, content}} with a role of {', '.join(ROLES)}, but this is {describe(data)}"
    )


def sampling_from_json(data: Json) -> Sampling:
    """Return the sampling of a JSON object whose keys are sampler names; raises GraphideError on an unknown key."""
    if not isinstance(data, dict):
        raise GraphideError(f"sampling is an object of sampler values, but this is {describe(data)}")
    known = {f.name for f in fields(Sampling)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise GraphideError(f"unknown sampler {unknown[0]!r}", hint=f"Known are: {', '.join(sorted(known))}")
    values: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in data.items()}
    return Sampling(**values)


def usage_from_json(data: Mapping[str, Json]) -> Usage:
    """Return the usage that `to_json` gave as `data`."""
    values: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in data.items()}
    return Usage(**values)


def dumps(value: Any) -> bytes:
    """Return the compact, key-sorted JSON of a value: the bytes that are hashed, stored and sent."""
    data = to_json(value)
    try:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # whole numbers of more than 64 bits, and texts with half a character
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
