"""A graph inside a node is under the rules of a graph by itself: which problems stop it, and which cost a branch."""

from __future__ import annotations

from typing import Any

from graphide.executor.events import Event, NodeFailed
from graphide.executor.plan import make_plan
from graphide.executor.run import run
from tests.support.runs import endings, graph, last, registry_with, services

UNKNOWN = {
    "nodes": {
        "item": {"type": "variable"}, "lost": {"type": "from_elsewhere"}, "f": {"type": "first"}, "o": {"type": "output"},
    },
    "edges": ["item.value -> lost.value", "lost.text -> f.values", "item.value -> f.values", "f.value -> o.value"],
}  # fmt: skip


def events_of(inner: dict[str, Any]) -> list[Event]:
    made = graph({"a": ("const", {"value": ["x", "y"]}), "m": ("rows", {"graph": inner})}, ["a.value -> m.items"])
    registry = registry_with()
    return list(run(make_plan(made, registry), services(registry)))


def test_an_unknown_node_type_inside_costs_only_its_branch() -> None:
    events = events_of(UNKNOWN)
    assert last(events).outputs == {"m": ["x", "y"]}
    ended = endings(events)
    assert (ended["m/0/lost"], ended["m/0/f"], ended["m/1/o"]) == ("failed", "finished", "finished")
    failed = next(event for event in events if isinstance(event, NodeFailed))
    assert failed.message == 'node "lost" (from_elsewhere): no installed package brings the node type "from_elsewhere"'
    assert failed.exit_code == 3


def test_a_graph_inside_of_which_nothing_can_run_is_refused_with_the_reason() -> None:
    edges = ["item.value -> lost.value", "lost.text -> o.value"]
    nodes = {name: node for name, node in UNKNOWN["nodes"].items() if name != "f"}  # type: ignore[attr-defined]
    (failed,) = [event for event in events_of({"nodes": nodes, "edges": edges}) if isinstance(event, NodeFailed)]
    assert (failed.node, "nothing of the graph inside it can run" in failed.message) == ("m", True)


def test_a_problem_that_stops_a_graph_stops_the_graph_inside() -> None:
    loose = {**UNKNOWN, "edges": [*UNKNOWN["edges"], "item.nothing -> f.values"]}
    (failed,) = [event for event in events_of(loose) if isinstance(event, NodeFailed)]
    assert failed.node == "m" and failed.message.startswith("the graph inside it has problems: ")
