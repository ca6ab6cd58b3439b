"""The node type `loop`."""

from collections.abc import Generator, Mapping
from typing import Annotated, Any, NamedTuple

from graphide.api import (
    Context,
    GraphideError,
    Help,
    Json,
    Line,
    LongText,
    More,
    Number,
    Outlines,
    Port,
    Progress,
    Settings,
    Streamed,
    node,
    placeholders,
    render,
)
from graphide_nodes.shared.subgraphs import GraphSource, given, graph_problem, result_of, subgraph_ports


class Looped(NamedTuple):
    """The last value, how many rounds it took, the value of each round, and whether `until` came true."""

    value: Any
    rounds: int
    history: list[Any]
    done: bool


def _ports(settings: Settings, outlines: Outlines) -> tuple[Port, ...]:
    fed = [settings["input"], settings["round_input"]]
    return subgraph_ports(settings, outlines, fed=fed, taken=["start"])


def _problem(settings: Settings) -> str | None:
    try:
        placeholders(settings["until"])
    except GraphideError as error:
        return f"until is not a valid template: {error}"
    return graph_problem(settings)


@node("loop", category="flow", cache="never", more_inputs=_ports, check=_problem)
def loop(
    ctx: Context,
    start: Annotated[Any, Help("Value of the first round")],
    more: More,
    *,
    graph: Annotated[str | Mapping[str, Json], GraphSource("Graph to repeat: a path, or the graph itself")] = "",
    input: Annotated[str, Line("Input of the graph that gets the value")] = "value",
    output: Annotated[str, Line("Output that is the value of the next round; empty: the first")] = "",
    round_input: Annotated[str, Line("Input that gets the number of the round, from 1; empty: none")] = "",
    until: Annotated[str, LongText("Condition on the outputs: a template that gives true")] = "",
    max_rounds: Annotated[int, Number("Most rounds", low=1, high=100)] = 3,
) -> Generator[Streamed, None, Looped]:
    """Repeat a graph, feeding its output back into its input, until a condition is true.

    `until` is a template over the outputs of the round by name, with `value`, `previous` and `round`; it ends the loop
    when it gives the text true. Without it, or when it never does, the loop ends after `max_rounds`; `done` says which.

        graph: improve.json
        until: {{ score >= 8 or value == previous }}
    """
    same, value, history = given(more), start, []
    for number in range(1, max_rounds + 1):
        yield Progress("rounds", number - 1, max_rounds)
        row = {**same, input: value, **({round_input: number} if round_input else {})}
        (run,) = yield from ctx.run_graph(graph, [row], name=f"round-{number}")
        previous = value
        try:
            value = result_of(run, output)
            facts = {**run.outputs, "value": value, "previous": previous, "round": number}
            history.append(value)
            if until and render(until, facts).strip().lower() == "true":
                return Looped(value, number, history, True)
        except GraphideError as error:
            place = f"{error.where}: " if error.where else ""
            raise GraphideError(f"round {number}: {place}{error.message}", hint=error.hint) from error
    return Looped(value, max_rounds, history, False)
