"""What the app and a worker say to each other: frozen values, and how they become bytes on a pipe.

A frame is a four-byte little-endian length and a JSON array `[kind, id, body]`; `id` is the number of the request that
the frame belongs to (0 for the process itself). No pipes and no processes here: `encode` and `FrameReader` are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import orjson

from graphide.errors import FaultKind, GraphideError
from graphide.values import KvType, Messages, Sampling, Usage, message_from_json, sampling_from_json, usage_from_json

MAX_FRAME = 64 * 2**20

Overflow = Literal["stop", "drop_oldest", "middle_out"]
FlashAttention = Literal["auto", "on", "off"]
StopReason = Literal["end", "stop_string", "length", "context_full"]
Phase = Literal["start", "load", "prepare", "queue", "grammar", "prefill", "generate"]
Speculation = Literal["off", "lookup", "draft"]
DeviceKind = Literal["cpu", "gpu", "igpu", "accel"]


class ProtocolError(GraphideError):
    """Bytes that are not a frame; the worker that sent them cannot be trusted any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How a model is loaded; nothing is left to the engine's own defaults.

    `n_ctx=0` takes the smaller of the trained context and 4096 tokens: the longest that one request may be.
    `n_parallel` requests are computed in one batch; `kv_bytes` bounds the KV cache that they and the kept prefixes
    share (0: `n_ctx` tokens). `n_threads=0` adapts them while running, up to the physical cores.
    `n_gpu_layers=-1` takes as many as fit into free device memory. `vocab_only` loads no weights: enough to count
    tokens, in a fraction of the time. Prefixes are kept in `prefix_folder` ("": not at all) up to `prefix_bytes`, under
    the name `model_key` (the sha256 of the file). `speculation` guesses `draft_tokens` ahead, by looking back in the
    text or with the small model at `draft_path`.
    """

    n_ctx: int = 0
    n_parallel: int = 8
    kv_bytes: int = 0
    n_batch: int = 512
    n_ubatch: int = 512
    n_threads: int = 0
    n_gpu_layers: int = -1
    kv_type: KvType = "f16"
    swa_full: bool = False
    flash_attn: FlashAttention = "auto"
    vocab_only: bool = False
    prefix_folder: str = ""
    prefix_bytes: int = 0
    model_key: str = ""
    speculation: Speculation = "off"
    draft_path: str = ""
    draft_tokens: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """One answer wanted: a conversation (`messages`) or a raw text to continue (`prompt`), and how.

    `n_ctx=0` keeps the context of the load; a larger one re-creates the context, not the weights. `json_schema` and
    `grammar` (GBNF) force the shape of the answer, at most one of them. `max_tokens=0` goes on until the context is full.
    `reproducible` forbids everything that changes the last bits of a result (sharing a batch with other requests, a
    prompt cut into other pieces). `logprobs` is how many of the likeliest tokens are reported at every place, 0 none.
    """

    messages: Messages = ()
    prompt: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int = 512
    n_ctx: int = 0
    json_schema: Mapping[str, Any] | None = None
    grammar: str = ""
    overflow: Overflow = "stop"
    reproducible: bool = False
    logprobs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a loaded model is: read from the file and from the engine, after the load."""

    path: str = ""
    name: str = ""
    architecture: str = ""
    description: str = ""
    parameters: int = 0
    size_bytes: int = 0
    n_ctx: int = 0
    n_ctx_train: int = 0
    n_vocab: int = 0
    n_layer: int = 0
    n_threads: int = 0
    n_parallel: int = 1
    kv_tokens: int = 0
    n_gpu_layers: int = 0
    gpu_reason: str = ""
    has_chat_template: bool = False
    engine: str = ""
    load_seconds: float = 0.0
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of a prompt: one number per message, the template's own tokens, the sum, and the room there is."""

    messages: tuple[int, ...] = ()
    template: int = 0
    total: int = 0
    n_ctx: int = 0


class DeviceInfo(NamedTuple):
    """A device that the engine can compute on; memory in bytes, 0 where it does not tell."""

    name: str
    description: str
    kind: DeviceKind
    free: int
    total: int


class MemoryUse(NamedTuple):
    """What a load takes on one device, in bytes; `device` is "" for the memory of the machine itself."""

    device: str
    weights: int
    kv: int
    compute: int
    output: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute + self.output


class FitMeasure(NamedTuple):
    """What a load for requests of `n_ctx` tokens takes: a cache of `cells` tokens for `sequences`, and its memory."""

    n_ctx: int
    cells: int
    sequences: int
    uses: tuple[MemoryUse, ...]


class Share(NamedTuple):
    """How much of a prompt is computed for it by another: `tokens` of `total` are those of prompt `of` (-1: none)."""

    total: int
    tokens: int = 0
    of: int = -1


class TokenLogprob(NamedTuple):
    """One token of an answer, the natural logarithm of its probability, and the likeliest tokens in its place."""

    token: int
    text: str
    logprob: float
    top: tuple[tuple[int, str, float], ...] = ()


# --- from the app to the worker


class Load(NamedTuple):
    """Load the model file at `path`."""

    path: str
    options: LoadOptions


class Generate(NamedTuple):
    """Answer `request`; frames of the same id follow, ended by Completion, Stopped or Failed."""

    request: GenerateRequest


class Count(NamedTuple):
    """Count the tokens of `request` without running it; a Counts frame follows."""

    request: GenerateRequest


class Compare(NamedTuple):
    """Say how much of the requests' prompts is the same, without running them; a Shares frame follows."""

    requests: tuple[GenerateRequest, ...]


class Embed(NamedTuple):
    """Turn texts into vectors; an Embeddings frame follows."""

    texts: tuple[str, ...]


class Fit(NamedTuple):
    """Measure what a load takes for requests of each of `sizes` tokens (0: as the options say), without loading.

    A Fitted frame follows.
    """

    path: str
    options: LoadOptions
    sizes: tuple[int, ...]


class Survey(NamedTuple):
    """Say what the engine is and what it can compute on; a Surveyed frame follows."""


class Ack(NamedTuple):
    """The app has taken `tokens` more tokens of the answer; a worker that is too far ahead waits for it."""

    tokens: int


class Close(NamedTuple):
    """Keep what is worth keeping on disk and end the process."""


class Cancel(NamedTuple):
    """Stop the request of the same id, whether it waits, loads, prefills or generates."""


# --- from the worker to the app


class Hello(NamedTuple):
    """The worker runs and the engine is imported."""

    pid: int
    engine: str


class LoadProgress(NamedTuple):
    """How much of the file is loaded, 0 to 1."""

    fraction: float


class Loaded(NamedTuple):
    """The model is ready."""

    info: ModelInfo


class Entered(NamedTuple):
    """The request entered a phase; says what the worker was doing if it dies now."""

    phase: Phase


class PrefillProgress(NamedTuple):
    """Prompt tokens computed so far, and all of them."""

    done: int
    total: int


class Piece(NamedTuple):
    """A streamed piece of the answer and the number of tokens sampled for it."""

    text: str
    tokens: int = 1


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer: its whole text, why it ended, what it cost, and the samplers in the order they ran.

    `finish_reason` is `"stop"` when the model or a stop string ended it, `"length"` when it was cut off.
    """

    text: str
    finish_reason: Literal["stop", "length"] = "stop"
    usage: Usage = field(default_factory=Usage)
    counts: Counts = field(default_factory=Counts)
    samplers: tuple[str, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


class Shares(NamedTuple):
    """What Compare asked for, in the order of its requests."""

    shares: tuple[Share, ...]


class Embeddings(NamedTuple):
    """One vector of length 1 for each text, and the tokens that were read."""

    vectors: tuple[tuple[float, ...], ...]
    tokens: int


class Fitted(NamedTuple):
    """What Fit asked for, in the order of its sizes; `gpu_reason` says why it is so many layers on the GPU."""

    measures: tuple[FitMeasure, ...]
    devices: tuple[DeviceInfo, ...]
    n_ctx_train: int
    n_layer: int
    n_gpu_layers: int
    gpu_reason: str = ""


class Surveyed(NamedTuple):
    """The engine: its version, its build and processor flags, whether it can use a GPU, and its devices."""

    engine: str
    flags: str
    gpu_support: bool
    devices: tuple[DeviceInfo, ...]


class Notice(NamedTuple):
    """Something the user should know that stops nothing, said once."""

    text: str


class Stopped(NamedTuple):
    """The request was cancelled and the worker is quiet."""


class Failed(NamedTuple):
    """The request failed and the worker lives on."""

    kind: FaultKind
    message: str
    hint: str = ""
    engine_lines: tuple[str, ...] = ()
    where: str = ""


class Heartbeat(NamedTuple):
    """The worker process still gets processor time; sent about once a second while a request runs."""


Command = Load | Generate | Count | Compare | Embed | Fit | Survey | Ack | Cancel | Close
Report = (
    Hello
    | LoadProgress
    | Loaded
    | Entered
    | PrefillProgress
    | Piece
    | Completion
    | Counts
    | Shares
    | Embeddings
    | Fitted
    | Surveyed
    | Notice
    | Stopped
    | Failed
    | Heartbeat
)
Frame = Command | Report

_KINDS: Mapping[str, type] = {kind.__name__: kind for kind in (*get_args(Command), *get_args(Report))}


def encode(frame: Frame, request: int = 0) -> bytes:
    """Return the bytes of a frame.

    Raises ProtocolError when a text holds lone surrogates or the frame is larger than MAX_FRAME.
    """
    try:
        fields = frame._asdict() if isinstance(frame, tuple) else frame
        body = orjson.dumps([type(frame).__name__, request, fields], default=tuple)  # named tuples inside
    except TypeError as error:
        raise ProtocolError(
            f"the request cannot be sent: {error}",
            hint="Check its texts for broken characters and its numbers for size",
        ) from error
    if len(body) > MAX_FRAME:
        raise ProtocolError(f"a message of {len(body):,} bytes is too large", hint=f"At most {MAX_FRAME:,} are sent")
    return len(body).to_bytes(4, "little") + body


def decode(body: bytes) -> tuple[Frame, int]:
    """Return the frame of a body and its request's id; raises ProtocolError when it is not one."""
    try:
        name, request, fields = orjson.loads(body)
        kind = _KINDS[name]
        frame: Frame = kind(**{key: _CONVERT.get(key, _plain)(value) for key, value in fields.items()})
        return frame, int(request)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProtocolError(f"this is not a frame: {body[:60]!r} ({error})") from error


class FrameReader:
    """Cuts a stream of bytes, fed in any pieces, into frames."""

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> Iterator[tuple[Frame, int]]:
        """Yield the frames that `data` completes; raises ProtocolError on a frame over the limit."""
        self._buffer += data
        while len(self._buffer) >= 4:
            size = int.from_bytes(self._buffer[:4], "little")
            if size > self._limit:
                raise ProtocolError(f"a frame of {size:,} bytes is over the limit of {self._limit:,}")
            if len(self._buffer) < 4 + size:
                return
            body = bytes(self._buffer[4 : 4 + size])
            del self._buffer[: 4 + size]
            yield decode(body)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _request(value: Any) -> GenerateRequest:
    return GenerateRequest(**{key: _CONVERT.get(key, _plain)(item) for key, item in value.items()})


def _measure(n_ctx: int, cells: int, sequences: int, uses: Any) -> FitMeasure:
    return FitMeasure(n_ctx, cells, sequences, tuple(MemoryUse(*use) for use in uses))


def _logprob(value: Any) -> TokenLogprob:
    token, text, logprob, top = value
    return TokenLogprob(token, text, logprob, tuple(tuple(one) for one in top))


def _messages(value: Any) -> Any:
    # Counts.messages holds numbers, GenerateRequest.messages holds turns.
    return tuple(item if isinstance(item, int) else message_from_json(item) for item in value)


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "options": lambda value: LoadOptions(**value),
    "info": lambda value: ModelInfo(**value),
    "request": _request,
    "messages": _messages,
    "sampling": sampling_from_json,
    "usage": usage_from_json,
    "counts": lambda value: Counts(**{key: _plain(item) for key, item in value.items()}),
    "json_schema": lambda value: value,
    "requests": lambda value: tuple(_request(item) for item in value),
    "shares": lambda value: tuple(Share(*item) for item in value),
    "measures": lambda value: tuple(_measure(*item) for item in value),
    "devices": lambda value: tuple(DeviceInfo(*item) for item in value),
    "vectors": lambda value: tuple(tuple(item) for item in value),
    "logprobs": lambda value: tuple(map(_logprob, value)) if isinstance(value, list) else value,
}
