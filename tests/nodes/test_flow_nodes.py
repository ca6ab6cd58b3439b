"""The nodes that decide what runs: branches, maps, loops, fallbacks, graphs inside graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from graphide.api import ABSENT, GraphideError, Outline, Port, Registry
from graphide.spec.nodespec import NodeSpec
from graphide_nodes.fallback import fallback
from graphide_nodes.if_ import if_
from graphide_nodes.loop import loop
from graphide_nodes.map import map_
from graphide_nodes.note import note
from graphide_nodes.shared.subgraphs import GraphSource
from graphide_nodes.subgraph import subgraph
from graphide_nodes.switch import switch
from tests.support.context import FakeContext, result

INNER = Outline(
    inputs=(Port(name="item", wires=("text",), required=True), Port(name="tone", wires=("text",), default="kind")),
    outputs=("short", "long"),
)


def check(spec: NodeSpec, **settings: Any) -> str | None:
    assert spec.check is not None
    return spec.check(spec.full(settings))


def shout(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if row["item"] == "bad":
        raise GraphideError("cannot shout that")
    return {"loud": row["item"].upper(), "count": len(row["item"])}


@pytest.mark.parametrize(
    ("value", "settings", "met"),
    [
        ("x", {}, True),
        (" No ", {}, False),
        (0, {}, False),
        (None, {}, False),
        ("Yes.", {"condition": "contains", "to": "yes"}, True),
        ("Yes.", {"condition": "contains", "to": "yes", "ignore_case": False}, False),
        (["a", "b"], {"condition": "contains", "to": "b"}, True),
        ({"a": 1}, {"condition": "contains", "to": "a"}, True),
        (7.0, {"condition": "equals", "to": "7"}, True),
        (True, {"condition": "equals", "to": "true"}, True),
        (True, {"condition": "equals", "to": "1"}, False),
        ("8 / 10", {"condition": "matches", "to": r"\d+ ?/ ?10"}, True),
        ("9", {"condition": "greater", "to": "8.5"}, True),
        (9, {"condition": "less", "to": "8.5"}, False),
        (0, {"condition": "empty"}, False),
        (" ", {"condition": "empty"}, True),
        ([], {"condition": "empty"}, True),
        (None, {"condition": "empty", "negate": True}, False),
    ],
)
def test_if_sends_a_value_one_of_two_ways(value: Any, settings: dict[str, Any], met: bool) -> None:
    assert if_(value, **settings) == ((value, ABSENT) if met else (ABSENT, value))


def test_if_can_send_something_else_than_what_it_tests() -> None:
    assert if_("no", "the data") == (ABSENT, "the data")
    assert if_("yes", None) == (None, ABSENT)


def test_only_numbers_are_greater_or_less(registry: Registry) -> None:
    with pytest.raises(GraphideError, match="only numbers are greater or less, but this is text: many"):
        if_("many", condition="greater", to="3")
    assert 'needs a number in "to"' in (check(registry["if"], condition="less", to="few") or "")
    assert 'needs "to"' in (check(registry["if"], condition="contains") or "")
    assert check(registry["if"]) is None


def test_switch_has_an_output_for_each_case_and_one_for_the_rest(registry: Registry) -> None:
    ports = registry["switch"].outputs_for({"cases": ["Bug report", "2nd", "idée"]})
    assert [port.name for port in ports] == ["bug_report", "case_2nd", "id_e", "otherwise"]


def test_switch_takes_the_first_case_that_fits() -> None:
    assert switch("A refund, please", cases=["complaint", "refund"], compare="contains") == {
        "refund": "A refund, please"
    }
    assert switch(" Refund", "data", cases=["refund"]) == {"refund": "data"}
    assert switch("hello", cases=["refund"]) == {"otherwise": "hello"}


def test_cases_with_the_same_output_are_a_finding(registry: Registry) -> None:
    assert check(registry["switch"], cases=["a b", "a_b"]) == (
        'case "a_b" would have the output "a_b", as has case "a b": give it another text'
    )
    assert "the output for everything else" in (check(registry["switch"], cases=["Otherwise"]) or "")
    assert "a case is empty" in (check(registry["switch"], cases=[" "]) or "")


def test_fallback_takes_the_first_value_that_is_there(registry: Registry) -> None:
    assert registry["fallback"].inputs[0].tolerant
    assert registry["fallback"].inputs[0].many
    assert fallback((ABSENT, "b", "c")) == "b"
    assert fallback((ABSENT, None, "c")) is None
    assert fallback(("", None, "c"), skip_empty=True) == "c"
    assert fallback((ABSENT,), missing="skip") is ABSENT
    assert fallback((), missing="default", default=0) == 0
    with pytest.raises(GraphideError, match="none of the connected values is there"):
        fallback((ABSENT,))


def test_map_runs_all_items_together_and_keeps_their_order() -> None:
    ctx = FakeContext(graphs={"shout.json": shout})
    mapped = result(map_(ctx, ["a", "bb"], {"tone": "loud"}, graph="shout.json", index_input="n"))
    assert mapped == (["A", "BB"], [])
    assert ctx.inner_runs == [
        ("shout.json", [{"tone": "loud", "item": "a", "n": 0}, {"tone": "loud", "item": "bb", "n": 1}])
    ]


def test_map_collects_the_output_that_is_named() -> None:
    ctx = FakeContext(graphs={"g": shout})
    assert result(map_(ctx, ["a", "bb"], {}, graph="g", output="count")).results == [1, 2]
    with pytest.raises(GraphideError, match=r'item 1 of 1: the inner graph gave no output "x"\. It gave: "loud"'):
        result(map_(ctx, ["a"], {}, graph="g", output="x"))


def test_map_over_nothing_runs_nothing() -> None:
    ctx = FakeContext()
    assert result(map_(ctx, [], {}, graph="g")) == ([], [])
    assert ctx.inner_runs == []


def test_an_item_that_fails_stops_the_map_or_is_left_out_or_is_null() -> None:
    ctx = FakeContext(graphs={"g": shout})
    items = ["a", "bad", "c"]
    with pytest.raises(GraphideError, match=r'item 2 of 3: cannot shout that\. Set "on_error"'):
        result(map_(ctx, items, {}, graph="g"))
    errors = [{"index": 1, "error": "cannot shout that"}]
    assert result(map_(ctx, items, {}, graph="g", on_error="skip")) == (["A", "C"], errors)
    assert result(map_(ctx, items, {}, graph="g", on_error="null")) == (["A", None, "C"], errors)


def test_an_output_on_a_branch_that_was_not_taken_is_an_error_of_that_item() -> None:
    ctx = FakeContext(graphs={"g": lambda row: {} if row["item"] == "b" else {"out": None}})
    mapped = result(map_(ctx, ["a", "b"], {}, graph="g", on_error="skip"))
    assert mapped.results == [None]
    assert mapped.errors[0]["index"] == 1


def test_the_other_inputs_of_the_inner_graph_are_ports(registry: Registry) -> None:
    spec = registry["map"]
    assert [port.name for port in spec.inputs_for({"graph": "g.json"}, lambda _: INNER)] == ["items", "tone"]
    assert [port.name for port in spec.inputs_for({}, lambda _: INNER)] == ["items"]
    clash = Outline(inputs=(Port(name="items", wires=("list",)),))
    with pytest.raises(GraphideError, match='the input "items" of the inner graph has the name of a port'):
        spec.inputs_for({"graph": "g.json"}, lambda _: clash)
    assert "no graph is named" in (check(spec) or "")


def test_a_loop_feeds_its_output_back_until_the_condition_is_true() -> None:
    ctx = FakeContext(graphs={"g": lambda row: {"next": row["value"] + row["step"], "note": "x"}})
    looped = result(loop(ctx, 0, {"step": 2}, graph="g", until="{{ value >= 4 }}", max_rounds=9))
    assert looped == (4, 2, [2, 4], True)


def test_a_loop_ends_after_its_rounds() -> None:
    ctx = FakeContext(graphs={"g": lambda row: {"value": f"{row['value']}{row['n']}"}})
    assert result(loop(ctx, "x", {}, graph="g", round_input="n", max_rounds=3)) == (
        "x123", 3, ["x1", "x12", "x123"], False
    )  # fmt: skip


def test_a_loop_sees_the_value_before_and_the_other_outputs() -> None:
    ctx = FakeContext(graphs={"g": lambda row: {"text": row["value"], "score": 9}})
    until = "{{ value == previous and score > 8 and round == 1 }}"
    assert result(loop(ctx, "same", {}, graph="g", until=until)).done


def test_an_error_in_a_loop_names_the_round() -> None:
    ctx = FakeContext(graphs={"g": lambda row: {} if row["value"] else {"value": 1}})
    with pytest.raises(GraphideError, match="round 2: the inner graph gave no output"):
        result(loop(ctx, 0, {}, graph="g"))
    with pytest.raises(GraphideError, match="round 1"):
        result(loop(ctx, 0, {}, graph="g", until="{{ nothing_like_this }}"))


def test_a_broken_condition_of_a_loop_is_a_finding(registry: Registry) -> None:
    assert "until is not a valid template" in (check(registry["loop"], graph="g", until="{% if %}") or "")
    assert registry["loop"].settings["max_rounds"].field.problem(101)


def test_a_subgraph_has_the_ports_of_its_graph_and_gives_its_outputs(registry: Registry) -> None:
    spec = registry["subgraph"]
    assert [port.name for port in spec.inputs_for({"graph": "g"}, lambda _: INNER)] == ["item", "tone"]
    assert [port.name for port in spec.outputs_for({"graph": "g"}, lambda _: INNER)] == ["short", "long"]
    assert spec.outputs_for({}) == ()
    ctx = FakeContext(graphs={"g": shout})
    assert result(subgraph(ctx, {"item": "a"}, graph="g")) == {"loud": "A", "count": 1}
    with pytest.raises(GraphideError, match="cannot shout that"):
        result(subgraph(ctx, {"item": "bad"}, graph="g"))


def test_a_graph_inside_a_node_is_a_path_or_a_document() -> None:
    source = GraphSource()
    assert source.parse("parts/a.json") == "parts/a.json"
    assert source.parse('{"nodes": {}}') == {"nodes": {}}
    assert source.problem(["a"]) == (
        "needs the path of a graph file or a graph as a JSON object, but this is list: ['a']"
    )
    with pytest.raises(GraphideError, match="is not JSON"):
        source.parse("{oops")


def test_a_note_stands_alone_and_does_nothing(registry: Registry) -> None:
    spec = registry["note"]
    assert (spec.alone, spec.inputs, spec.outputs) == (True, (), ())
    assert note(text="Remember") is None  # type: ignore[func-returns-value]
