"""The node type `map`."""

from collections.abc import Generator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from graphide.api import (
    Context,
    GraphideError,
    Help,
    Json,
    Line,
    More,
    Outlines,
    Port,
    Settings,
    Streamed,
    SubRun,
    node,
)
from graphide_nodes.shared.subgraphs import GraphSource, given, graph_problem, result_of, subgraph_ports

OnError = Literal["stop", "skip", "null"]


class Mapped(NamedTuple):
    """What became of the items: results in their order, and `{index, error}` for each that has none."""

    results: list[Any]
    errors: list[dict[str, Json]]


def _ports(settings: Settings, outlines: Outlines) -> tuple[Port, ...]:
    fed = [settings["item_input"], settings["index_input"]]
    return subgraph_ports(settings, outlines, fed=fed, taken=["items"])


@node("map", category="flow", cache="never", more_inputs=_ports, check=graph_problem)
def map_(
    ctx: Context,
    items: Annotated[list[Any], Help("One run for each of them")],
    more: More,
    *,
    graph: Annotated[str | Mapping[str, Json], GraphSource("Graph to run: a path, or the graph itself")] = "",
    item_input: Annotated[str, Line("Input of the graph that gets the item")] = "item",
    index_input: Annotated[str, Line("Input that gets the number of the item, from 0; empty: none")] = "",
    output: Annotated[str, Line("Output of the graph to collect; empty: its first")] = "",
    on_error: OnError = "stop",
) -> Generator[Streamed, None, Mapped]:
    """Run a graph once for each item of a list.

    The other inputs of that graph are ports here and the same for all items. When an item fails, the step fails (stop),
    or the item is left out of the results (skip), or is null in them (null); `errors` names it.

        graph: summarise_one.json
        item_input: chapter
    """
    same = given(more)
    rows = [{**same, item_input: item, **({index_input: number} if index_input else {})}
            for number, item in enumerate(items)]  # fmt: skip
    runs: list[SubRun] = []
    if rows:
        runs = yield from ctx.run_graph(graph, rows)
    results: list[Any] = []
    errors: list[dict[str, Json]] = []
    for number, run in enumerate(runs):
        try:
            results.append(result_of(run, output))
        except GraphideError as error:
            if on_error == "stop":
                raise GraphideError(
                    f"item {number + 1} of {len(rows)}: {error.message}",
                    hint=error.hint or 'Set "on_error" to skip or null to go on without it',
                ) from error
            errors.append({"index": number, "error": str(error)})
            results += [None] if on_error == "null" else []
    return Mapped(results, errors)
