"""Show: a graph in a terminal and as Mermaid, safe whatever its texts are."""

from __future__ import annotations

import re

from hypothesis import given, settings

from graphide.graph.file import loads
from graphide.graph.model import Graph, Node
from graphide.graph.quoting import printable, quoted, shortened
from graphide.graph.shape import edge_of
from graphide.graph.show import as_mermaid, as_text, layers
from tests.graph.any_graph import EXAMPLE, graphs
from tests.support.nodes_for_tests import REGISTRY

GRAPH = loads(EXAMPLE)


def test_a_graph_reads_from_its_inputs_to_its_outputs() -> None:
    assert as_text(GRAPH, REGISTRY).splitlines()[:9] == [
        "Hello  (7 nodes, 6 edges)",
        "Explains a topic to a chosen audience.",
        "",
        "1.",
        "  audience (variable)",
        '      choices = ["children","students","experts"]',
        '      kind = "choice"',
        '      value = "students"',
        "  style (parameters)",
    ]
    assert as_text(GRAPH, REGISTRY).endswith(
        "\n3.\n  answer (model)\n      max_tokens = 200\n      system <- persona.text\n"
        "      sampling <- style.sampling\n      prompt <- task.text\n"
        '\n4.\n  result (output)\n      name = "answer"\n      value <- answer.text\n'
    )


def test_layers_are_as_deep_as_the_longest_way() -> None:
    assert layers(GRAPH) == (("audience", "style", "topic"), ("persona", "task"), ("answer",), ("result",))
    assert layers(Graph()) == ()


def test_cycles_unknown_types_states_and_missing_nodes_are_shown_as_what_they_are() -> None:
    nodes = (Node("a", "join"), Node("b", "odd", {f"s{n}": n for n in range(8)}, state="muted", title="B"))
    graph = Graph(
        nodes={node.id: node for node in nodes},
        edges=(edge_of("a.text -> b.x"), edge_of("b.y -> a.texts"), edge_of("gone.x -> a.texts")),
    )
    assert as_text(graph, REGISTRY) == (
        "(no title)  (2 nodes, 3 edges)\n\nbehind or in a cycle\n  a (join)\n      texts <- b.y\n"
        "      texts <- gone.x  (not there)\n  b (odd, unknown type, muted)  B\n      s0 = 0\n"
        "      s1 = 1\n      s2 = 2\n"
        "      s3 = 3\n      s4 = 4\n      s5 = 5\n      … 2 more settings\n      x <- a.text\n"
    )


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_no_text_of_a_graph_reaches_the_terminal_or_the_diagram_unescaped(graph: Graph) -> None:
    assert all(line.isprintable() for line in as_text(graph, REGISTRY).split("\n"))
    for line in as_mermaid(graph).splitlines()[1:]:
        assert re.fullmatch(r'    n\d+(\["[^"<>\[\]{}|]*<br/>[^"<>\[\]{}|]*"\]| -->\|"[^"<>\[\]{}|]*"\| n\d+)', line)


def test_a_diagram_escapes_what_is_syntax_to_mermaid() -> None:
    graph = Graph(
        nodes={"a": Node("a", "join", title='end"]; <b>'), "b": Node("b", "join")},
        edges=(edge_of("a.text -> b.texts"), edge_of("a.text -> gone.x")),
    )
    assert as_mermaid(graph) == (
        'flowchart LR\n    n0["end#34;#93;#59; #60;b#62;<br/>join"]\n    n1["b<br/>join"]\n'
        '    n0 -->|"text to texts"| n1\n'
    )


def test_values_are_quoted_on_one_line_of_bounded_length() -> None:
    assert printable("a\x1b[31m\u202eb\n\U000e0001") == "a\\u001b[31m\\u202eb\\n\\U000e0001"
    assert shortened("  a \n b ", 10) == "a b"
    assert quoted('say "x"\n') == '"say \\"x\\"\\n"'
    assert quoted("x" * 100, 10) == '"xxxxxxxxx…"'
    assert quoted({"a": [1, None]}) == '{"a":[1,null]}'
    assert quoted(2**70) == "1180591620717411303424"
    assert len(quoted({"a": ["x" * 10**6] * 10**5}, 40)) <= 40
