"""Where results go: to standard output as text, JSON or lines, while they are made where that is possible, and to files.

A text is streamed only when the node that makes it feeds the one output directly, so that what was streamed is the
output; everything else is printed at the end. How a value looks as text is in `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphide.cli.render import for_terminal, value_text
from graphide.cli.report import dumps
from graphide.disk import write_atomically
from graphide.errors import GraphideError, UsageError
from graphide.executor.events import NodeChunk
from graphide.graph.model import Edge, Graph
from graphide.graph.outline import OUTPUT_TYPE, ends, output_name
from graphide.graph.problems import nearest
from graphide.graph.topology import links
from graphide.spec.registry import Registry
from graphide.values import to_json

Write = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Expected:
    """A result that a run is going to have: its name, and the node whose streamed text it is ("": it is not streamed)."""

    name: str
    streamed_by: str = ""


def expected(graph: Graph, registry: Registry, targets: Sequence[str]) -> tuple[Expected, ...]:
    """Return the results of a run to `targets` (empty: all outputs), as the plan of the run has them."""
    joined = links(graph)
    wanted = [node_id for node_id in dict.fromkeys(targets) if node_id in graph.nodes] or ends(graph)
    return tuple(_expected(graph, registry, node_id, joined.incoming(node_id)) for node_id in wanted)


def check_files(files: Mapping[str, Path], results: Sequence[Expected]) -> None:
    """Raise UsageError when a file is meant for an output that will not be there, or for a folder that is not."""
    names = [result.name for result in results]
    for name, path in files.items():
        if name not in names:
            raise UsageError(f'the graph has no output "{name}"', where="--out", hint=nearest(name, names))
        if path.is_dir():
            raise UsageError(f'"{path}" is a folder, not a file', where="--out")
        if not path.parent.is_dir():
            raise UsageError(f'there is no folder "{path.parent}"', where="--out", hint="Make it first")


def write_files(files: Mapping[str, Path], outputs: Mapping[str, Any]) -> dict[str, str]:
    """Write outputs to files, whole or not at all: text as it is, other values as JSON. Return the files by output."""
    written: dict[str, str] = {}
    for name, path in files.items():
        if name not in outputs:
            continue
        value = outputs[name]
        text = value if isinstance(value, str) else dumps(to_json(value), indent=True) + "\n"
        data = text.encode("utf-8", "backslashreplace")
        try:
            if path.exists() and not path.is_file():  # a pipe or a device cannot be replaced
                path.write_bytes(data)
            else:
                write_atomically(path, data)
        except OSError as error:
            raise GraphideError(f'"{path}" cannot be written: {error.strerror}', where=f'output "{name}"') from error
        written[name] = str(path)
    return written


class Text:
    """Results as a person or a pipe reads them. `live` streams the text of that node as it is made."""

    def __init__(self, write: Write, *, live: str = "", terminal: bool = False) -> None:
        self._write = write
        self._live = live
        self._terminal = terminal
        self._pieces: list[str] = []

    @property
    def streaming(self) -> bool:
        """Whether a text has begun."""
        return bool(self._pieces)

    def chunk(self, event: NodeChunk) -> None:
        """Print a piece of the streamed text; pieces of other nodes are not results."""
        if event.node == self._live and event.text:
            self._pieces.append(event.text)
            self._print(event.text)

    def finish(self, outputs: Mapping[str, Any], *, headed: bool) -> None:
        """Print what was not streamed; `headed` gives each output its name above it."""
        if self._pieces:
            self._end_stream(next(iter(outputs.values()), None))
            return
        for number, (name, value) in enumerate(outputs.items()):
            text = value_text(value)
            if headed:
                self._print(f"{name}:\n" if number == 0 else f"\n{name}:\n")
            self._print(text if text.endswith("\n") else f"{text}\n")

    def _end_stream(self, value: Any) -> None:
        streamed = "".join(self._pieces)
        if isinstance(value, str) and value != streamed:
            # The contract of node types rules this out; the result still has to be complete.
            rest = value[len(streamed) :] if value.startswith(streamed) else f"\n{value}"
            self._print(rest)
            streamed += rest
        if not streamed.endswith("\n"):
            self._print("\n")

    def _print(self, text: str) -> None:
        self._write(for_terminal(text) if self._terminal else text)


def as_lines(outputs: Mapping[str, Any]) -> str:
    """Return the outputs as JSON lines, each with its name and value."""
    return "".join(dumps({"name": name, "value": to_json(value)}) + "\n" for name, value in outputs.items())


def _expected(graph: Graph, registry: Registry, node_id: str, incoming: tuple[Edge, ...]) -> Expected:
    node = graph.nodes[node_id]
    if node.type == OUTPUT_TYPE:
        edges = [edge for edge in incoming if edge.input == "value"]
        live = edges[0].source if len(edges) == 1 and _streams(graph, registry, edges[0]) else ""
        return Expected(output_name(node, registry), live if node.state == "active" else "")
    spec = registry.get(node.type)
    only = spec.outputs[0].name if spec is not None and len(spec.outputs) == 1 and spec.more_outputs is None else ""
    live = node_id if only and _streams(graph, registry, Edge(node_id, only, "", "")) else ""
    return Expected(node_id, live)


def _streams(graph: Graph, registry: Registry, edge: Edge) -> bool:
    """Return whether what goes along an edge is the text that its source streams: its only text, or the one named so."""
    node = graph.nodes.get(edge.source)
    spec = registry.get(node.type) if node is not None and node.state == "active" else None
    if spec is None or not spec.streams:
        return False
    texts = [port.name for port in spec.outputs if port.wires == ("text",)]
    return edge.output in texts and (len(texts) == 1 or edge.output == "text")
