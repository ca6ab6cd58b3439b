"""Outline: the inputs of a graph as ports with fields, and the names of its outputs."""

from __future__ import annotations

import pytest

from graphide.errors import GraphideError
from graphide.graph.model import Graph, Node
from graphide.graph.outline import outline, output_name
from graphide.spec.fields import Choice, Line, Number
from graphide.spec.nodespec import Outline, Port
from tests.support.nodes_for_tests import REGISTRY


def graph_of_nodes(*nodes: Node) -> Graph:
    return Graph(nodes={node.id: node for node in nodes})


def test_variables_are_inputs_and_output_nodes_are_outputs() -> None:
    graph = graph_of_nodes(
        Node("z", "output", {"name": "summary"}),
        Node("y", "output"),
        Node("x", "output"),
        Node("topic", "variable", title="What about"),
        Node("rows", "variable", {"kind": "number", "value": 3, "low": 1, "high": 9, "label": "Rows"}),
        Node("audience", "variable", {"kind": "choice", "choices": ["a", "b"], "value": "a"}),
        Node("off", "variable", state="muted"),
        Node("gone", "output", {"name": "gone"}, state="bypassed"),
        Node("odd", "unknown"),
    )
    assert outline(graph, REGISTRY) == Outline(
        inputs=(
            Port(name="audience", wires=("text",), default="a", field=Choice(choices=("a", "b"))),
            Port(name="rows", wires=("number",), help="Rows", default=3, field=Number("Rows", low=1, high=9)),
            Port(name="topic", wires=("text",), help="What about", required=True, field=Line()),
        ),
        outputs=("result", "summary"),
    )


def test_a_graph_whose_types_nobody_knows_has_no_inputs_and_still_its_outputs() -> None:
    graph = graph_of_nodes(Node("topic", "variable"), Node("end", "output", {"name": 5}))
    assert outline(graph, {}) == Outline(outputs=("result",))
    assert output_name(Node("end", "output", {"name": "x"}), {}) == "x"


def test_bad_settings_of_a_variable_count_as_their_defaults() -> None:
    graph = graph_of_nodes(Node("topic", "variable", {"kind": 5, "low": "x", "choices": 1}))
    assert outline(graph, REGISTRY).inputs == (Port(name="topic", wires=("text",), required=True, field=Line()),)


def test_a_variable_that_makes_no_input_is_an_error_at_its_node() -> None:
    from dataclasses import replace

    def fails(*_: object) -> tuple[Port, ...]:
        raise GraphideError("has no kind")

    broken = {"variable": replace(REGISTRY["variable"], more_outputs=fails)}
    with pytest.raises(GraphideError) as caught:
        outline(graph_of_nodes(Node("topic", "variable")), broken)
    assert str(caught.value) == 'node "topic" (variable): has no kind'
