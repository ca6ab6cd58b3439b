"""A context for tests of node functions: files in a dict, prepared answers, and inner graphs as Python functions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from threading import Event
from typing import Any

from graphide.api import (
    Chunk,
    Embedded,
    FileRefused,
    GraphideError,
    Message,
    ModelRequest,
    Progress,
    Reply,
    Streamed,
    SubRun,
    Usage,
)
from graphide.backends.echo import EchoBackend
from graphide.values import Json

InnerGraph = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class FakeContext:
    """Answers model requests with `replies` in turn, and inner runs by calling `graphs[name](row)`."""

    node_id: str = "node"
    cancelled: bool = False
    files: dict[str, str] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)
    stop_reason: str = "end"
    graphs: Mapping[str, InnerGraph] = field(default_factory=dict)
    requests: list[ModelRequest] = field(default_factory=list)
    embedded: list[tuple[str, ...]] = field(default_factory=list)
    inner_runs: list[tuple[Json, list[dict[str, Any]]]] = field(default_factory=list)

    def generate(self, request: ModelRequest) -> Generator[Streamed, None, Reply]:
        """Stream the next reply word by word."""
        self.requests.append(request)
        text = self.replies.pop(0)
        for word in text.split(" "):
            yield Chunk(word)
        usage = Usage(stop_reason=self.stop_reason, completion_tokens=len(text.split()))
        return Reply(text, (*request.messages, Message("assistant", text)), usage)

    def embed(self, model: str, texts: Sequence[str]) -> Embedded:
        """Give the vectors of the echo."""
        self.embedded.append(tuple(texts))
        return EchoBackend().embed(model, texts, Event())

    def run_graph(
        self, graph: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]], *, name: str = ""
    ) -> Generator[Streamed, None, list[SubRun]]:
        """Call the inner graph once per row; a GraphideError of it becomes the error of that row."""
        self.inner_runs.append((graph, [dict(row) for row in rows]))
        inner = self.graphs[graph if isinstance(graph, str) else graph["title"]]
        runs = []
        for row in rows:
            yield Progress("rows")
            try:
                runs.append(SubRun(inner(row)))
            except GraphideError as error:
                runs.append(SubRun({}, str(error)))
        return runs

    def read_text(self, path: str, *, limit: int) -> str:
        """Give a file of `files`."""
        if path not in self.files:
            raise FileRefused(f'"{path}" does not exist', hint="Paths start at the folder of the graph file")
        text = self.files[path]
        if len(text.encode()) > limit:
            raise FileRefused(f'"{path}" has {len(text.encode()):,} bytes, more than the limit of {limit:,}')
        return text

    def find_files(self, pattern: str, *, limit: int) -> list[str]:
        """Give the names in `files` that match."""
        return sorted(path for path in self.files if fnmatch(path, pattern))[:limit]

    def write_text(self, path: str, text: str) -> str:
        """Put a file into `files`."""
        self.files[path] = text
        return path


def drive(stream: Generator[Streamed, None, Any]) -> tuple[list[Streamed], Any]:
    """Run a node that streams to its end; return what it streamed, and its result."""
    streamed: list[Streamed] = []
    while True:
        try:
            streamed.append(next(stream))
        except StopIteration as stop:
            return streamed, stop.value


def result(stream: Generator[Streamed, None, Any]) -> Any:
    """Run a node that streams to its end and return its result."""
    return drive(stream)[1]
