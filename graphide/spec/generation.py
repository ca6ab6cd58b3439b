"""The language between a node and whatever answers it: requests, streamed pieces, and the two protocols.

`Context` is what a node function may ask of the run it is in; `Backend` is what answers a model node. Both are
implemented elsewhere (`graphide.executor`, `graphide.backends`) and handed in, so a node is tested with a plain object.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from graphide.values import Json, Messages, Reply, Sampling

Overflow = Literal["stop", "drop_oldest", "middle_out"]


class Chunk(NamedTuple):
    """A streamed piece of the text that a node is making; the joined chunks equal that text."""

    text: str


class Progress(NamedTuple):
    """How far a node is: `done` of `total` (same unit; `total` 0 when unknown), with a word for what is going on."""

    label: str
    done: float = 0
    total: float = 0


class Nested(NamedTuple):
    """An event of a run inside a node, on its way out through that node; `event` is an executor event."""

    event: Any


Streamed = Chunk | Progress | Nested


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One conversation to be answered.

    `response` says whether the answer is free text, follows `json_schema`, or follows the GBNF rules in `grammar`; `n_ctx` is the context in
    tokens (0: the backend decides); `overflow` says what happens when the prompt does not fit.
    """

    model: str
    messages: Messages
    sampling: Sampling
    max_tokens: int
    n_ctx: int = 0
    response: Literal["text", "json_schema", "gbnf"] = "text"
    json_schema: Mapping[str, Json] | None = None
    grammar: str = ""
    overflow: Overflow = "stop"


class TokenCounts(NamedTuple):
    """How long a prompt is, in tokens: each message, the template around them, the sum, and the room there is (n_ctx)."""

    messages: tuple[int, ...]
    template: int
    total: int
    n_ctx: int


class SharedPrefix(NamedTuple):
    """How much of a prompt another request computes for it: its first `tokens` are those of request `of` (-1: none)."""

    tokens: int = 0
    of: int = -1


class Embedded(NamedTuple):
    """What texts mean, as numbers: one vector of length 1 for each text, and the tokens that were read."""

    vectors: tuple[tuple[float, ...], ...]
    tokens: int = 0


class Cancel(Protocol):
    """A flag that only ever goes up; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Return whether the work should end."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set or `timeout` seconds passed; return whether it is set."""
        ...


class Backend(Protocol):
    """Answers model requests: a local worker, a remote server, the echo of the tests."""

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Stream the answer and return it; closing the generator or setting `cancel` stops the model within a token."""
        ...

    def identity(self, model: str) -> Json:
        """Return what identifies `model` for caches and records (file, sha256, engine settings).

        Raises ModelMissing when it is not there.
        """
        ...

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return how long the prompt of a request is, by the model's own tokenizer; None where that cannot be told.

        Answers nothing and needs no weights. Raises what `generate` raises for a model that is not there.
        """
        ...

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Return, for each of several requests to one model, how much of its prompt an earlier one of them computes.

        None where nothing is shared or that cannot be told. Answers nothing and needs no weights, like `count`.
        """
        ...

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Turn texts into vectors whose scalar product says how alike they are; `cancel` stops it.

        Raises what `generate` raises.
        """
        ...

    def expect(self, model: str) -> None:
        """Get ready to be asked for `model` soon; returns at once and never raises."""
        ...


class SubRun(NamedTuple):
    """How a run inside a node ended: its named outputs, or the error of the first node that failed."""

    outputs: Mapping[str, Any]
    error: str = ""


class Context(Protocol):
    """What a node function may ask of the run it is in."""

    @property
    def node_id(self) -> str:
        """The id of the node in its graph."""
        ...

    @property
    def cancelled(self) -> bool:
        """Whether the run is being stopped; a long computation looks at it now and then."""
        ...

    def generate(self, request: ModelRequest) -> Generator[Streamed, None, Reply]:
        """Answer a conversation with the run's backend; use it with `yield from`."""
        ...

    def embed(self, model: str, texts: Sequence[str]) -> Embedded:
        """Turn texts into vectors of length 1 with the run's backend; the scalar product of two says how alike they are."""
        ...

    def run_graph(
        self, graph: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]], *, name: str = ""
    ) -> Generator[Streamed, None, list[SubRun]]:
        """Run a graph (a path beside this one, or an inline document) once per row of inputs; results in row order.

        Inner nodes are called `this/0/inner`, `this/1/inner` …, or `this/name/inner` where there is one row.
        """
        ...

    def read_text(self, path: str, *, limit: int) -> str:
        """Return the text of a file that this node may read; raises FileRefused with the rule otherwise."""
        ...

    def find_files(self, pattern: str, *, limit: int) -> list[str]:
        """Return the readable files that a glob matches, sorted, as paths relative to the graph file."""
        ...

    def write_text(self, path: str, text: str) -> str:
        """Write a result beside the graph, whole or not at all; return the path that was written."""
        ...
