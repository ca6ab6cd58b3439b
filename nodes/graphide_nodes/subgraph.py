"""The node type `subgraph`."""

from collections.abc import Generator, Mapping
from typing import Annotated, Any

from graphide.api import Context, GraphideError, Json, More, Outlines, Port, Settings, Streamed, node
from graphide_nodes.shared.subgraphs import GraphSource, given, graph_problem, subgraph_ports


def _outputs(settings: Settings, outlines: Outlines) -> tuple[Port, ...]:
    if not settings["graph"]:
        return ()
    return tuple(Port(name=name, wires=("any",)) for name in outlines(settings["graph"]).outputs)


@node(
    "subgraph", category="flow", cache="never", more_inputs=subgraph_ports, more_outputs=_outputs, check=graph_problem
)
def subgraph(
    ctx: Context,
    more: More,
    *,
    graph: Annotated[str | Mapping[str, Json], GraphSource("Graph to run: a path, or the graph itself")] = "",
) -> Generator[Streamed, None, Mapping[str, Any]]:
    """Run another graph as one step of this one.

    The inputs of that graph are the inputs here, its outputs the outputs.

        graph: parts/summarise.json
        topic.value -> part.topic
    """
    (run,) = yield from ctx.run_graph(graph, [given(more)])
    if run.error:
        raise GraphideError(run.error)
    return run.outputs
