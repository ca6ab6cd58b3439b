"""Graphs inside nodes: the setting that names one, its inputs as ports, and what comes out of it.

Nodes with a graph inside are never cached themselves, because their key does not know the file of that graph nor the
models in it; the steps of the inner graph are cached like any others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphide.api import (
    ABSENT,
    FilePath,
    GraphideError,
    Json,
    Outlines,
    Port,
    Settings,
    SubRun,
    UsageError,
    describe,
)
from graphide_nodes.shared.texts import listed


@dataclass(frozen=True, slots=True)
class GraphSource(FilePath):
    """A graph: the path of a graph file, relative to this one, or the whole document as a JSON object."""

    def _problem(self, value: Any) -> str | None:
        if isinstance(value, str | Mapping):
            return None
        return f"needs the path of a graph file or a graph as a JSON object, but this is {describe(value)}"

    def _parse(self, text: str) -> Any:
        if not text.lstrip().startswith("{"):
            return text
        import json

        try:
            return json.loads(text)
        except ValueError as error:
            raise UsageError(f"is not JSON: {error}") from error

    def _schema(self) -> dict[str, Json]:
        return {"type": ["string", "object"]}


def graph_problem(settings: Settings) -> str | None:
    """Say that no graph is named, or None."""
    return None if settings["graph"] else 'no graph is named: set "graph" to the path of a graph file beside this one'


def subgraph_ports(
    settings: Settings, outlines: Outlines, *, fed: Collection[str] = (), taken: Collection[str] = ()
) -> tuple[Port, ...]:
    """Return the inputs of the inner graph as ports, without those in `fed`, which the node itself gives.

    Raises GraphideError when an input has the name of a port in `taken`.
    """
    if not settings["graph"]:
        return ()
    ports = tuple(port for port in outlines(settings["graph"]).inputs if port.name not in fed)
    for port in ports:
        if port.name in taken:
            raise GraphideError(
                f'the input "{port.name}" of the inner graph has the name of a port of this node',
                hint="Rename the variable in the inner graph",
            )
    return ports


def given(more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values for the inner graph: those that were produced."""
    return {name: value for name, value in more.items() if value is not ABSENT}


def result_of(run: SubRun, output: str) -> Any:
    """Return the output named `output` of a finished inner run ("": the first).

    Raises GraphideError with the error of the run, or when that output was not produced.
    """
    if run.error:
        raise GraphideError(run.error)
    produced = {name: value for name, value in run.outputs.items() if value is not ABSENT}
    if output in produced:
        return produced[output]
    if not output and produced:
        return next(iter(produced.values()))
    wanted = f'no output "{output}"' if output else "no output"
    there = f"It gave: {listed(list(produced))}" if produced else 'Add an "output" node to it'
    raise GraphideError(f"the inner graph gave {wanted}", hint=there)
