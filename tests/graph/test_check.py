"""Checks: one graph per code, each with the whole list of problems it gives."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from graphide.errors import GraphFileError, GraphideError, UsageError
from graphide.graph.check import check
from graphide.graph.model import Edge, Graph, ModelRef, Node
from graphide.graph.ports import look, passes, ports_of
from graphide.graph.problems import CODES, Problem, blocking, in_order, left_out, problem
from graphide.graph.shape import edge_of, graph_of
from graphide.spec.nodespec import Outline, Port
from graphide.values import Json
from tests.support.nodes_for_tests import REGISTRY

seen: set[str] = set()


def graph_with(nodes: Mapping[str, Any], *edges: str, **rest: Any) -> Graph:
    return graph_of({"graphide": 1, "nodes": dict(nodes), "edges": list(edges), **rest})


def found(graph: Graph, **options: Any) -> tuple[Problem, ...]:
    problems = check(graph, REGISTRY, **options)
    seen.update(found.code for found in problems)
    return problems


VALUE = {"type": "variable", "value": "tides"}
SHOWN = {"type": "output"}


def shown(nodes: Mapping[str, Any], source: str, *edges: str, **rest: Any) -> Graph:
    return graph_with({**nodes, "shown": SHOWN}, *edges, f"{source} -> shown.value", **rest)


def test_a_graph_without_fault_has_no_problems() -> None:
    nodes = {"topic": VALUE, "task": {"type": "template", "text": "{{ topic }}"}, "memo": {"type": "note"}}
    assert found(shown(nodes, "task.text", "topic.value -> task.topic")) == ()


def test_a_cycle_names_every_node() -> None:
    nodes = {"a": {"type": "join"}, "b": {"type": "join"}}
    assert found(shown(nodes, "a.text", "a.text -> b.texts", "b.text -> a.texts")) == (
        Problem(
            "cycle",
            "error",
            "nodes a and b wait for each other: a -> b -> a",
            node="a",
            hint="Remove one of the edges between them",
        ),
    )
    alone = found(shown({"a": {"type": "join"}}, "a.text", "a.text -> a.texts"))
    assert [p.message for p in alone] == ["node a waits for itself: a -> a"]


def test_an_edge_to_a_missing_node_is_kept_and_reported() -> None:
    graph = shown({"topic": VALUE}, "topic.value", "topic.value -> gone.x", "shwn.x -> topic.y", "p.x -> q.y")
    assert len(graph.edges) == 4
    assert found(graph) == (
        Problem(
            "missing-node",
            "error",
            'the edge p.x -> q.y needs a node "p", which is not there',
            edge="p.x -> q.y",
            hint="Remove the edge or add the node",
        ),
        Problem(
            "missing-node",
            "error",
            'the edge topic.value -> gone.x needs a node "gone", which is not there',
            node="topic",
            port="value",
            edge="topic.value -> gone.x",
            hint="Remove the edge or add the node",
        ),
        Problem(
            "missing-node",
            "error",
            'the edge shwn.x -> topic.y needs a node "shwn", which is not there',
            node="topic",
            port="y",
            edge="shwn.x -> topic.y",
            hint='Did you mean "shown"?',
        ),
    )


def test_an_unknown_type_costs_only_its_branch() -> None:
    graph = shown({"topic": VALUE, "odd": {"type": "modl"}}, "odd.any", "topic.value -> odd.thing")
    problems = found(graph)
    assert problems == (
        Problem(
            "unknown-type",
            "error",
            'node "odd" (modl): no installed package brings the node type "modl"',
            node="odd",
            hint='Did you mean "model"?',
        ),
    )
    assert blocking(problems) == ()
    assert left_out(problems) == {"odd": problems[0]}
    strange = found(graph_with({"odd": {"type": "blender"}, "shown": SHOWN}, "odd.x -> shown.value"))
    assert strange[0].hint == "Install the package that brings it, or remove the node"


def test_a_newer_version_of_a_node_costs_only_its_branch_and_an_older_one_is_a_warning() -> None:
    newer = found(shown({"old": {"type": "old", "version": 9}}, "old.words"))
    assert newer == (
        Problem(
            "newer-version",
            "error",
            'node "old" (old): was saved by version 9 of its node type; this one is 3',
            node="old",
            hint="Update the package that brings it (tests)",
        ),
    )
    assert blocking(newer) == ()
    older = found(shown({"old": {"type": "old"}}, "old.words"))
    assert [(p.code, p.severity, p.node) for p in older] == [("older-version", "warning", "old")]


def test_a_bad_setting_says_what_it_needs() -> None:
    nodes = {"topic": VALUE, "m": {"type": "model", "max_tokens": 0, "model": 5}}
    assert found(shown(nodes, "m.text", "topic.value -> m.prompt")) == (
        Problem(
            "bad-setting",
            "error",
            'node "m" (model): max_tokens needs a whole number from 1 to 32768, but this is 0',
            node="m",
            port="max_tokens",
        ),
        Problem(
            "bad-setting",
            "error",
            'node "m" (model): model needs a text, but this is number: 5',
            node="m",
            port="model",
        ),
    )


def test_a_bad_setting_does_not_bring_faults_in_what_follows_from_it() -> None:
    nodes = {"topic": VALUE, "task": {"type": "template", "text": ["{{ topic }}"]}}
    problems = found(shown(nodes, "task.text", "topic.value -> task.topic"))
    assert [p.code for p in problems] == ["bad-setting"]


def test_settings_that_do_not_fit_together() -> None:
    assert found(shown({"r": {"type": "range", "low": 5, "high": 1}}, "r.list")) == (
        Problem("bad-settings", "error", 'node "r" (range): low is above high', node="r"),
    )


def test_an_unknown_setting_is_a_warning_with_the_nearest_name() -> None:
    nodes = {"topic": VALUE, "m": {"type": "model", "max_token": 5, "ünlike": 1}}
    assert found(shown(nodes, "m.text", "topic.value -> m.prompt")) == (
        Problem(
            "unknown-setting",
            "warning",
            'node "m" (model): there is no setting "max_token"',
            node="m",
            port="max_token",
            hint='Did you mean "max_tokens"?',
        ),
        Problem(
            "unknown-setting",
            "warning",
            'node "m" (model): there is no setting "ünlike"',
            node="m",
            port="ünlike",
            hint="Known are: max_tokens, model",
        ),
    )


def test_an_exposed_setting_is_an_input_and_an_unknown_one_is_an_error() -> None:
    nodes = {"topic": VALUE, "n": {"type": "variable", "kind": "number", "value": 5}}
    model = {"type": "model", "exposed": ["max_tokens"]}
    edges = ("topic.value -> m.prompt", "n.value -> m.max_tokens")
    assert found(shown({**nodes, "m": model}, "m.text", *edges)) == ()
    assert found(shown({"topic": VALUE, "m": {"type": "model", "exposed": ["tokens"]}}, "m.text", edges[0])) == (
        Problem(
            "unknown-exposed",
            "error",
            'node "m" (model): the exposed setting "tokens" does not exist',
            node="m",
            port="tokens",
            hint='Did you mean "max_tokens"?',
        ),
    )


def test_ports_that_cannot_be_told_are_a_problem_of_the_node_and_not_a_crash() -> None:
    nodes = {"topic": VALUE, "task": {"type": "template", "text": "{{ topic"}, "f": {"type": "faulty", "version": 2}}
    problems = found(shown(nodes, "task.text", "topic.value -> task.topic", "f.text -> task.x"))
    assert problems == (
        Problem(
            "ports-unknown",
            "error",
            "node \"f\" (faulty): its node type failed: KeyError: 'not what it seems'",
            node="f",
        ),
        Problem(
            "ports-unknown",
            "error",
            'node "task" (template): the placeholder in line 1 is not closed',
            node="task",
            hint="Write }} after it",
        ),
    )


def test_a_subgraph_has_the_ports_of_its_graph_and_its_faults_are_told_at_the_node() -> None:
    def outlines(name: Json) -> Outline:
        if name == "gone.json":
            raise GraphFileError("there is no such file", where="gone.json", hint="Look")
        return Outline((Port(name="topic", wires=("text",), required=True),), ("result", "two words"))

    inner = shown(
        {"topic": VALUE, "sub": {"type": "subgraph", "graph": "a.json"}}, "sub.result", "topic.value -> sub.topic"
    )
    assert found(inner, outlines=outlines) == (
        Problem(
            "bad-port-name",
            "warning",
            'node "sub" (subgraph): the port "two words" cannot be connected under this name',
            node="sub",
            port="two words",
            hint="Names are letters, digits, _ and -, start with a letter or _, and have at most 100 characters",
        ),
    )
    gone = inner.with_settings("sub", graph="gone.json")
    assert found(gone, outlines=outlines) == (
        Problem(
            "ports-unknown", "error", 'node "sub" (subgraph): gone.json: there is no such file', node="sub", hint="Look"
        ),
    )


def test_two_ports_of_one_name_clash() -> None:
    nodes = {"topic": VALUE, "task": {"type": "template", "text": "{{ text }}", "exposed": ["text"]}}
    assert found(shown(nodes, "task.text", "topic.value -> task.text")) == (
        Problem(
            "port-clash",
            "error",
            'node "task" (template): two of its ports are called "text"',
            node="task",
            port="text",
            hint="Rename the placeholder or the setting",
        ),
    )


def test_edges_to_ports_that_are_not_there_name_the_nearest() -> None:
    nodes = {"topic": VALUE, "m": {"type": "model"}}
    edges = ("topic.valu -> m.prompt", "topic.value -> m.sistem")
    assert found(shown(nodes, "m.text", *edges)) == (
        Problem(
            "unknown-input",
            "error",
            'node "m" (model): there is no input "sistem"',
            node="m",
            port="sistem",
            edge="topic.value -> m.sistem",
            hint='Did you mean "system"?',
        ),
        Problem(
            "unknown-output",
            "error",
            'node "topic" (variable): there is no output "valu"',
            node="topic",
            port="valu",
            edge="topic.valu -> m.prompt",
            hint='Did you mean "value"?',
        ),
    )


def test_a_type_that_does_not_fit_says_which_node_would_help() -> None:
    nodes = {"topic": VALUE, "c": {"type": "count"}, "p": {"type": "parameters"}, "m": {"type": "model"}}
    edges = ("topic.value -> c.texts", "c.value -> m.prompt", "p.sampling -> m.system")
    assert found(shown(nodes, "m.text", *edges)) == (
        Problem(
            "type-mismatch",
            "error",
            'node "c" (count): topic.value cannot feed "texts": a text value does not fit a list input',
            node="c",
            port="texts",
            edge="topic.value -> c.texts",
            hint='Put a "split" node between them',
        ),
        Problem(
            "type-mismatch",
            "error",
            'node "m" (model): p.sampling cannot feed "system": a sampling value does not fit a text input',
            node="m",
            port="system",
            edge="p.sampling -> m.system",
        ),
    )


def test_the_same_edge_twice_counts_once() -> None:
    graph = shown({"topic": VALUE}, "topic.value", "topic.value -> shown.value")
    assert found(graph) == (
        Problem(
            "duplicate-edge",
            "warning",
            "the edge topic.value -> shown.value is there 2 times",
            node="shown",
            port="value",
            edge="topic.value -> shown.value",
            hint="Keep one",
        ),
    )


def test_an_input_takes_one_edge_unless_it_joins_several() -> None:
    nodes = {"a": VALUE, "b": VALUE, "j": {"type": "join"}}
    assert found(shown(nodes, "j.text", "a.value -> j.texts", "b.value -> j.texts")) == ()
    assert found(
        graph_with({"a": VALUE, "b": VALUE, "shown": SHOWN}, "a.value -> shown.value", "b.value -> shown.value")
    ) == (
        Problem(
            "input-taken",
            "error",
            'node "shown" (output): the input "value" takes one edge, and a.value and b.value are connected to it',
            node="shown",
            port="value",
            edge="b.value -> shown.value",
            hint='Remove all but one, or join them with a "join" node',
        ),
    )


def test_a_required_input_without_an_edge_and_a_placeholder_without_a_value() -> None:
    nodes = {"task": {"type": "template", "text": "{{ topic }}"}, "m": {"type": "model"}}
    assert found(graph_with({**nodes, "shown": SHOWN}, "task.text -> m.system", "m.text -> shown.value")) == (
        Problem(
            "required-input",
            "error",
            'node "m" (model): the input "prompt" needs a value',
            node="m",
            port="prompt",
            hint="Connect a node that gives text or messages",
        ),
        Problem(
            "required-input",
            "error",
            'node "task" (template): nothing gives the placeholder {{ topic }} a value',
            node="task",
            port="topic",
            hint='Connect a node to the input "topic", for example a variable',
        ),
    )


def test_a_bypassed_node_hands_on_its_first_fitting_input() -> None:
    nodes = {"topic": VALUE, "who": VALUE, "m": {"type": "model", "state": "bypassed"}}
    graph = shown(nodes, "m.text", "topic.value -> m.prompt", "who.value -> m.system")
    assert found(graph) == ()
    assert passes(look(graph, REGISTRY), "m", "text") == Edge("topic", "value", "m", "prompt")
    assert passes(look(graph, REGISTRY), "m", "usage") is None
    assert passes(look(graph, REGISTRY), "m", "nothing") is None
    assert found(shown(nodes, "m.usage", "topic.value -> m.prompt", "who.value -> m.system")) == (
        Problem(
            "bypass",
            "error",
            'node "m" (model): is bypassed, but no connected input can stand in for its output "usage"',
            node="m",
            port="usage",
            edge="m.usage -> shown.value",
            hint="Connect an input of the same type, or mute the node instead",
        ),
    )


def test_what_needs_a_muted_node_is_not_run_through_bypassed_nodes_too() -> None:
    nodes = {
        "topic": {**VALUE, "state": "muted"},
        "task": {"type": "template", "text": "{{ t }}", "state": "bypassed"},
        "m": {"type": "model"},
        "j": {"type": "join"},
    }
    graph = shown(nodes, "j.text", "topic.value -> task.t", "task.text -> m.prompt", "m.text -> j.texts")
    problems = found(graph)
    assert problems == (
        Problem(
            "muted-upstream",
            "warning",
            'node "m" (model): is not run, because it needs the muted node "topic"',
            node="m",
            hint='Unmute "topic"',
        ),
    )
    assert blocking(problems) == ()


def test_faults_of_a_muted_node_are_warnings() -> None:
    graph = shown(
        {
            "topic": VALUE,
            "odd": {"type": "odd", "state": "muted"},
            "m": {"type": "model", "state": "muted", "max_tokens": 0},
        },
        "topic.value",
    )
    problems = found(graph)
    assert [(p.code, p.severity, p.node) for p in problems] == [
        ("bad-setting", "warning", "m"),
        ("unknown-type", "warning", "odd"),
    ]
    assert left_out(problems) == {}


def test_two_outputs_of_one_name() -> None:
    nodes = {"topic": VALUE, "a": SHOWN, "b": {"type": "output", "name": "result"}}
    assert found(graph_with(nodes, "topic.value -> a.value", "topic.value -> b.value")) == (
        Problem(
            "duplicate-output",
            "error",
            'node "b" (output): the output name "result" is also that of node "a"',
            node="b",
            port="name",
            hint="Give each output its own name",
        ),
    )


def test_a_graph_without_output() -> None:
    assert found(Graph()) == (
        Problem("no-outputs", "warning", "the graph has no output, so it shows nothing", hint='Add an "output" node'),
    )


def test_a_node_that_no_output_depends_on() -> None:
    nodes = {"topic": VALUE, "rest": {"type": "join"}, "memo": {"type": "note"}}
    assert found(shown(nodes, "topic.value", "topic.value -> rest.texts")) == (
        Problem(
            "unused-node",
            "warning",
            'node "rest" (join): no output depends on it, so it is not run',
            node="rest",
            hint="Connect it or remove it",
        ),
    )


def test_models_that_are_misspelt_or_there_twice_or_unused() -> None:
    nodes = {"topic": VALUE, "m": {"type": "model", "model": "smal"}, "n": {"type": "model", "model": "other.gguf"}}
    models = {"small": {"file": "a.gguf"}, "smalls": {"file": "a.gguf"}, "unused": {"file": "b.gguf"}}
    edges = ("topic.value -> m.prompt", "m.text -> n.prompt")
    assert found(shown(nodes, "n.text", *edges, models=models)) == (
        Problem(
            "duplicate-model",
            "warning",
            'the models "small" and "smalls" are the same file',
            port="smalls",
            hint="Keep one name",
        ),
        Problem(
            "unused-model", "warning", 'no node uses the model "small"', port="small", hint="Remove it from models"
        ),
        Problem(
            "unused-model", "warning", 'no node uses the model "unused"', port="unused", hint="Remove it from models"
        ),
        Problem(
            "unknown-model",
            "warning",
            'node "m" (model): the model "smal" is not one of the graph\'s models',
            node="m",
            port="model",
            hint='Did you mean "small"?',
        ),
    )
    used = replace(shown(nodes, "n.text", *edges), models={"smal": ModelRef("a"), "other.gguf": ModelRef("b")})
    assert found(used) == ()
    inside = {"topic": VALUE, "s": {"type": "join", "separator": "inner.json"}}
    assert found(shown(inside, "s.text", "topic.value -> s.texts", models=models | {"smalls": {"file": "c"}})) == ()


def test_only_what_the_targets_depend_on_is_checked() -> None:
    nodes = {"topic": VALUE, "m": {"type": "model", "max_tokens": 0}, "odd": {"type": "odd"}}
    graph = shown(nodes, "topic.value", "topic.value -> m.prompt")
    assert found(graph, targets=["shown"]) == ()
    assert [p.code for p in found(graph, targets=["m"])] == ["bad-setting"]
    with pytest.raises(UsageError, match='there is no node "mm"'):
        check(graph, REGISTRY, targets=["mm"])


def test_ports_of_an_unknown_type_are_those_that_edges_name() -> None:
    graph = graph_with({"odd": {"type": "odd"}, "a": VALUE}, "a.value -> odd.x", "odd.y -> a.z")
    ports = ports_of(graph, graph.nodes["odd"], REGISTRY)
    assert (list(ports.inputs), list(ports.outputs), ports.certain) == (["x"], ["y"], False)


def test_problems_read_as_sentences_and_come_in_a_fixed_order() -> None:
    first = problem("cycle", "x waits", node="z", hint="Stop")
    warning = problem("unused-node", "unused", node="a")
    assert str(first) == "x waits. Stop"
    assert str(warning) == "unused"
    assert in_order([warning, first]) == (first, warning)
    with pytest.raises(KeyError):
        problem("no-such-code", "x")


def test_any_setting_of_any_shape_gives_problems_and_no_crash() -> None:
    shapes: list[Json] = [None, True, -1, 1e300, 10**400, "", "{{", [], [[1]], {}, {"a": [None]}]
    for type, spec in REGISTRY.items():
        for shape in shapes:
            settings = dict.fromkeys(spec.settings, shape)
            graph = Graph(nodes={"n": Node("n", type, settings)}, edges=(edge_of("n.x -> n.y"),))
            json.dumps([str(found) for found in check(graph, REGISTRY)])


def test_a_failing_outline_of_any_kind_is_a_problem() -> None:
    def outlines(_: Json) -> Outline:
        raise GraphideError("too deep")

    graph = graph_with({"s": {"type": "subgraph", "graph": "x"}})
    assert next(p.message for p in check(graph, REGISTRY, outlines=outlines)) == 'node "s" (subgraph): too deep'


def test_1000_nodes_are_checked_in_well_under_100_ms_and_5000_in_linear_time() -> None:
    def chain(length: int) -> Graph:
        nodes: dict[str, Any] = {"n00000": VALUE}
        edges = []
        for number in range(1, length):
            nodes[f"n{number:05}"] = {"type": "template", "text": "Say {{ before }} again", "title": str(number)}
            edges.append(f"n{number - 1:05}.{'text' if number > 1 else 'value'} -> n{number:05}.before")
        return shown(nodes, f"n{length - 1:05}.text", *edges)

    def seconds(graph: Graph) -> float:
        start = time.process_time()
        assert check(graph, REGISTRY) == ()
        return time.process_time() - start

    small, large = chain(1_000), chain(5_000)
    fast = min(seconds(small) for _ in range(5))
    assert fast < 0.1
    assert seconds(large) < max(12 * fast, 0.5)


def test_every_code_is_documented_and_has_been_seen_here() -> None:
    elsewhere = {"unreadable", "migrated", "migration-failed", "broken-by-migration"}
    if len(seen) > 5:  # the tests above ran too
        assert seen | elsewhere == set(CODES)
