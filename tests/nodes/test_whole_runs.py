"""Built-in nodes in whole graphs, run by the executor: branches, failures, graphs in graphs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphide.executor.result import RunResult
from graphide.spec.registry import Registry
from graphide.workspace import Workspace


def run(registry: Registry, nodes: dict[str, Any], edges: list[str], **inputs: Any) -> RunResult:
    document = json.dumps({"graphide": 1, "nodes": nodes, "edges": edges})
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        return workspace.result(workspace.loads(document), inputs=inputs)


UPPER = {
    "nodes": {
        "item": {"type": "variable"},
        "mark": {"type": "variable", "value": "!"},
        "found": {"type": "regex", "pattern": "^[a-z]+$"},
        "text": {"type": "template", "text": "{{ item | upper }}{{ mark }}"},
        "out": {"type": "output", "name": "loud"},
    },
    "edges": [
        "item.value -> found.text",
        "found.value -> text.item",
        "mark.value -> text.mark",
        "text.text -> out.value",
    ],
}


@pytest.mark.parametrize(("answer", "way"), [("Yes!", "said yes"), ("Not at all", "said no")])
def test_only_the_branch_that_was_chosen_runs_and_a_fallback_joins_them(
    registry: Registry, answer: str, way: str
) -> None:
    nodes = {
        "answer": {"type": "variable"},
        "check": {"type": "if", "condition": "contains", "to": "yes"},
        "yes": {"type": "template", "text": "said yes{{ it | replace(it, '') }}"},
        "no": {"type": "template", "text": "said no{{ it | replace(it, '') }}"},
        "joined": {"type": "fallback"},
        "out": {"type": "output"},
    }
    edges = [
        "answer.value -> check.value", "check.then -> yes.it", "check.otherwise -> no.it",
        "yes.text -> joined.values", "no.text -> joined.values", "joined.value -> out.value",
    ]  # fmt: skip
    assert run(registry, nodes, edges, answer=answer).outputs == {"result": way}


def test_a_step_that_fails_is_replaced_by_the_next_value(registry: Registry) -> None:
    nodes = {
        "a_source": {"type": "variable", "value": "no json"},
        "b_parse": {"type": "parse_json"},
        "c_second": {"type": "variable", "value": "second"},
        "first": {"type": "fallback"},
        "out": {"type": "output"},
    }
    edges = [
        "a_source.value -> b_parse.text", "b_parse.value -> first.values", "c_second.value -> first.values",
        "first.value -> out.value",
    ]  # fmt: skip
    result = run(registry, nodes, edges)
    assert result.outputs == {"result": "second"}
    assert [failure.node for failure in result.failures] == ["b_parse"]


def test_a_map_collects_results_and_errors_in_order(registry: Registry) -> None:
    nodes = {
        "items": {"type": "variable", "kind": "list", "value": ["a", "7", "c"]},
        "mark": {"type": "variable", "value": "?"},
        "each": {"type": "map", "graph": UPPER, "on_error": "null"},
        "out": {"type": "output", "name": "results"},
        "bad": {"type": "output", "name": "errors"},
    }
    edges = [
        "items.value -> each.items", "mark.value -> each.mark", "each.results -> out.value", "each.errors -> bad.value",
    ]  # fmt: skip
    result = run(registry, nodes, edges)
    assert result["results"] == ["A?", None, "C?"]
    assert [error["index"] for error in result["errors"]] == [1]
    assert 'nothing matches "^[a-z]+$"' in result["errors"][0]["error"]


def test_a_map_over_a_thousand_items_gives_a_thousand_results(registry: Registry) -> None:
    nodes = {
        "items": {"type": "variable", "kind": "list"},
        "each": {"type": "map", "graph": UPPER},
        "out": {"type": "output"},
    }
    items = ["x" * (number % 7 + 1) for number in range(1000)]
    result = run(registry, nodes, ["items.value -> each.items", "each.results -> out.value"], items=items)
    assert result["result"] == [f"{item.upper()}!" for item in items]


def test_a_loop_repeats_a_graph(registry: Registry) -> None:
    inner = {
        "nodes": {
            "value": {"type": "variable"},
            "more": {"type": "template", "text": "{{ value }}a"},
            "out": {"type": "output", "name": "text"},
        },
        "edges": ["value.value -> more.value", "more.text -> out.value"],
    }
    nodes = {
        "start": {"type": "variable", "value": "b"},
        "again": {"type": "loop", "graph": inner, "until": "{{ text | length > 3 }}", "max_rounds": 50},
        "out": {"type": "output", "name": "text"},
        "count": {"type": "output", "name": "rounds"},
        "all": {"type": "output", "name": "history"},
    }
    edges = [
        "start.value -> again.start", "again.value -> out.value", "again.rounds -> count.value",
        "again.history -> all.value",
    ]  # fmt: skip
    assert run(registry, nodes, edges).outputs == {"text": "baaa", "rounds": 3, "history": ["ba", "baa", "baaa"]}


def test_a_graph_file_is_a_node(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "upper.json").write_text(json.dumps({"graphide": 1, **UPPER}))
    nodes = {
        "word": {"type": "variable", "value": "hi"},
        "part": {"type": "subgraph", "graph": "upper.json"},
        "out": {"type": "output"},
    }
    edges = ["word.value -> part.item", "part.loud -> out.value"]
    outer = tmp_path / "outer.json"
    outer.write_text(json.dumps({"graphide": 1, "nodes": nodes, "edges": edges}))
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        document = workspace.load(outer)
        assert [problem for problem in workspace.check(document) if problem.severity == "error"] == []
        assert workspace.result(document).outputs == {"result": "HI!"}


def test_a_switch_sends_data_to_the_output_of_its_case(registry: Registry) -> None:
    nodes = {
        "kind": {"type": "variable", "value": "Bug report"},
        "data": {"type": "variable", "kind": "json", "value": {"n": None}},
        "way": {"type": "switch", "cases": ["question", "bug report"]},
        "bug": {"type": "output", "name": "bug"},
        "other": {"type": "output", "name": "other"},
    }
    edges = [
        "kind.value -> way.value", "data.value -> way.data", "way.bug_report -> bug.value",
        "way.otherwise -> other.value",
    ]  # fmt: skip
    assert run(registry, nodes, edges).outputs == {"bug": {"n": None}}


def test_a_file_is_written_and_a_file_is_read_beside_the_graph(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("hello")
    nodes = {
        "source": {"type": "variable", "kind": "file", "value": "in.txt"},
        "more": {"type": "context", "files": ["*.txt"], "frame": "titled"},
        "both": {"type": "join", "separator": "|"},
        "out": {"type": "output", "to": "file", "path": "out/result.md"},
    }
    edges = ["more.text -> both.items", "source.value -> both.items", "both.text -> out.value"]
    path = tmp_path / "g.json"
    path.write_text(json.dumps({"graphide": 1, "nodes": nodes, "edges": edges}))
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        result = workspace.result(workspace.load(path))
    assert result.outputs == {"result": "in.txt:\nhello|hello"}
    assert (tmp_path / "out" / "result.md").read_text() == "in.txt:\nhello|hello"
