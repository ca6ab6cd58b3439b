"""Migrations: every old format has a fixture that opens, and nodes of old versions are brought up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.errors import GraphFileError
from graphide.graph.file import load
from graphide.graph.migrate import FORMAT, current_format, migrate_nodes
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.problems import Problem
from graphide.graph.shape import edge_of
from tests.support.nodes_for_tests import REGISTRY

FIXTURES = Path(__file__).parent / "fixtures"


def test_there_is_a_fixture_of_every_format() -> None:
    assert [path.name for path in sorted(FIXTURES.glob("format_*.json"))] == [
        f"format_{number}.json" for number in range(FORMAT + 1)
    ]


def test_format_0_opens_with_every_edge() -> None:
    assert load(FIXTURES / "format_0.json") == Graph(
        title="Hello",
        about="Explains a topic to a chosen audience.",
        nodes={
            "topic": Node("topic", "variable", {"value": "volcanoes"}),
            "task": Node("task", "template", {"text": "Explain {{ topic }} in two sentences."}),
            "answer": Node("answer", "model", {"max_tokens": 200}),
            "result": Node("result", "output", {"name": "answer"}, title="Answer", state="muted"),
        },
        edges=(
            Edge("answer", "text", "result", "value"),
            Edge("task", "text", "answer", "prompt"),
            Edge("topic", "value", "task", "topic"),
        ),
        view={"answer": [640, 120]},
        extra={"license": "CC0"},
    )


def test_a_document_is_not_changed_by_its_migration() -> None:
    document = {"graphide": 0, "nodes": [{"id": "a", "type": "t"}]}
    assert current_format(document) == {"graphide": 1, "nodes": {"a": {"type": "t"}}, "edges": []}
    assert document == {"graphide": 0, "nodes": [{"id": "a", "type": "t"}]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"graphide": 0, "nodes": {}}, "g.json, nodes: nodes are a list in format 0"),
        ({"graphide": 0, "edges": 1}, "g.json, edges: edges are a list in format 0"),
        ({"graphide": 0, "nodes": [1]}, "g.json, nodes[0]: a node is an object with an id in format 0"),
        ({"graphide": 0, "nodes": [{"id": 1}]}, "g.json, nodes[0]: a node is an object with an id in format 0"),
        (
            {"graphide": 0, "nodes": [{"id": "a"}, {"id": "a"}]},
            'g.json, nodes[1]: the node id "a" is taken in format 0',
        ),
        (
            {"graphide": 0, "nodes": [{"id": "a", "settings": 1}]},
            "g.json, nodes[0]: settings are an object in format 0",
        ),
        (
            {"graphide": 0, "edges": [{"from": 1}]},
            "g.json, edges[0]: an edge is an object with from and to in format 0",
        ),
    ],
)
def test_a_wrong_shape_of_format_0_is_refused_with_its_place(document: dict[str, object], message: str) -> None:
    with pytest.raises(GraphFileError) as caught:
        current_format(document, name="g.json")
    assert str(caught.value) == message


def test_nodes_are_migrated_and_the_edges_that_break_are_listed_and_kept() -> None:
    graph = Graph(
        nodes={
            "a": Node("a", "old", {"word": "hi", "upper": True}),
            "b": Node("b", "old", {"words": ["x"], "upper": False}, version=2),
            "new": Node("new", "old", version=3),
            "odd": Node("odd", "unknown"),
        },
        edges=(edge_of("a.word -> b.text"), edge_of("b.words -> a.texts")),
    )
    migrated, notes = migrate_nodes(graph, REGISTRY)
    assert migrated == Graph(
        nodes={
            "a": Node("a", "old", {"words": ["hi"]}, version=3),
            "b": Node("b", "old", {"words": ["x"]}, version=3),
            "new": graph.nodes["new"],
            "odd": graph.nodes["odd"],
        },
        edges=graph.edges,
    )
    assert notes == (
        Problem(
            "broken-by-migration",
            "error",
            'node "a" (old): version 3 has no input "texts"',
            node="a",
            port="texts",
            edge="b.words -> a.texts",
            hint="Connect the edge elsewhere or remove it",
        ),
        Problem(
            "broken-by-migration",
            "error",
            'node "a" (old): version 3 has no output "word"',
            node="a",
            port="word",
            edge="a.word -> b.text",
            hint="Connect the edge elsewhere or remove it",
        ),
        Problem("migrated", "warning", 'node "a" (old): migrated from version 1 to 3', node="a"),
        Problem("migrated", "warning", 'node "b" (old): migrated from version 2 to 3', node="b"),
    )


def test_a_node_that_cannot_be_migrated_stays_as_it_was() -> None:
    graph = Graph(nodes={"f": Node("f", "faulty"), "g": Node("g", "gap", {"word": "x"})})
    same, notes = migrate_nodes(graph, REGISTRY)
    assert same is graph
    assert notes == (
        Problem(
            "migration-failed",
            "error",
            "node \"f\" (faulty): cannot be migrated from version 1: its node type failed: KeyError: 'nothing'",
            node="f",
        ),
        Problem(
            "migration-failed",
            "error",
            'node "g" (gap): cannot be migrated from version 1: its node type has no migration from version 2',
            node="g",
        ),
    )


def test_a_migration_cannot_change_the_graph_it_was_given() -> None:
    settings = {"word": ["deep"]}
    graph = Graph(nodes={"a": Node("a", "old", settings)})
    migrated, _ = migrate_nodes(graph, REGISTRY)
    assert settings == {"word": ["deep"]}
    assert migrated.nodes["a"].settings["words"][0] is not settings["word"]
