"""The nodes that take data apart and put it together."""

from __future__ import annotations

import time
from typing import Any

import pytest

from graphide.api import ABSENT, GraphideError, Message, Registry
from graphide.spec.nodespec import NodeSpec
from graphide_nodes.filter import filter_
from graphide_nodes.join import join
from graphide_nodes.json_path import json_path
from graphide_nodes.parse_json import parse_json
from graphide_nodes.regex import regex
from graphide_nodes.score import score
from graphide_nodes.split import split
from graphide_nodes.zip import zip_
from tests.support.context import FakeContext


def check(spec: NodeSpec, **settings: Any) -> str | None:
    assert spec.check is not None
    return spec.check(spec.full(settings))


def test_join_puts_values_in_edge_order_and_lists_item_by_item() -> None:
    assert join(("a", ["b", 2, {"c": True}], ""), separator="|") == 'a|b|2|{"c": true}'
    assert join(("a", "", "b"), separator="|", drop_empty=False) == "a||b"
    assert join(()) == ""


def test_join_makes_a_transcript_of_a_conversation() -> None:
    assert join(((Message("user", "Hi"), Message("assistant", "Hello")),)) == "User: Hi\n\nAssistant: Hello"


def test_join_can_mark_its_items() -> None:
    assert join((["a", "b"],), separator="\n", marks="numbers") == "1. a\n2. b"
    assert join((["a", "b"],), separator="\n", marks="bullets") == "- a\n- b"


def test_split_takes_lines_paragraphs_separators_and_patterns() -> None:
    assert split("a\r\n\n b ") == ["a", "b"]
    assert split("a\nb\n \n\nc", by="paragraphs") == ["a\nb", "c"]
    assert split("a, b,,c", by="separator") == ["a", "b", "c"]
    assert split("a, b,", by="separator", strip=False, drop_empty=False) == ["a", " b", ""]
    assert split("a1b22c", by="regex", pattern=r"\d+") == ["a", "b", "c"]
    assert split("a\nb\nc", limit=2) == ["a", "b"]


def test_split_needs_what_it_splits_by(registry: Registry) -> None:
    assert "separator is empty" in (check(registry["split"], by="separator", separator="") or "")
    assert "pattern is empty" in (check(registry["split"], by="regex") or "")
    assert "not a regular expression" in (check(registry["split"], by="regex", pattern="(") or "")
    assert check(registry["split"]) is None


def test_regex_gives_the_group_the_match_or_the_named_groups() -> None:
    assert regex("score: 8/10", pattern=r"\d+") == {"value": "8"}
    assert regex("score: 8/10", pattern=r"(\d+)/10") == {"value": "8"}
    assert regex("8/10", pattern=r"(?P<got>\d+)/(?P<of>\d+)") == {"value": {"got": "8", "of": "10"}}
    assert regex("a1b2", pattern=r"[a-z]", mode="all") == {"value": ["a", "b"]}
    assert regex("a1b2", pattern=r"([a-z])(\d)", mode="replace", replacement=r"\2\1") == {"value": "1a2b"}
    assert regex("A", pattern="a", mode="test") == {"value": False}
    assert regex("A", pattern="a", mode="test", ignore_case=True) == {"value": True}


def test_the_output_of_regex_has_the_type_of_its_mode(registry: Registry) -> None:
    def wire(**settings: str) -> str:
        return registry["regex"].outputs_for(settings)[0].wires[0]

    assert wire(pattern="a") == "text"
    assert wire(pattern="(?P<a>a)") == "json"
    assert [wire(pattern="a", mode=mode) for mode in ("all", "replace", "test")] == ["list", "text", "boolean"]


def test_regex_without_a_match_stops_or_goes_on_as_it_is_told() -> None:
    with pytest.raises(GraphideError, match='nothing matches "x" in this text: abc'):
        regex("abc", pattern="x")
    assert regex("abc", pattern="x", missing="default", default="none") == {"value": "none"}
    assert regex("abc", pattern="x", missing="skip") == {"value": ABSENT}
    assert regex("abc", pattern="x", mode="all") == {"value": []}


def test_a_pattern_that_backtracks_for_ever_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(GraphideError, match="took longer than 2 seconds"):
        regex("a" * 60 + "!", pattern=r"(a|a)+$", mode="test")
    assert time.monotonic() - started < 10


def test_a_wrong_replacement_is_an_error_and_a_wrong_pattern_a_finding(registry: Registry) -> None:
    with pytest.raises(GraphideError, match="replacement"):
        regex("abc", pattern="a", mode="replace", replacement=r"\9")
    assert check(registry["regex"], pattern="(a") == (
        'the pattern "(a" is not a regular expression: missing ) at character 2. '
        "Write a backslash before a character that is meant literally, such as \\( or \\["
    )
    assert check(registry["regex"]) == "pattern is empty: give a regular expression"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("null", None),
        ('Sure! Here it is:\n```json\n{"a": [1, 2]}\n```\nAnything else?', {"a": [1, 2]}),
        ('The answer is {"a": {"b": 2}}, see [1].', {"a": {"b": 2}}),
        ("I take {x} as [1, 2, 3].", [1, 2, 3]),
    ],
)
def test_json_is_found_where_models_put_it(text: str, value: Any) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no data", "there is no JSON in the text"),
        ('{"a": 1,\n "b" 2}', "line 2, column 6.*breaks off near"),
        ('{"a": [1, 2], "b": ', "raise max_tokens"),
        ('{"a": [1, 2], "b": "cut off [3]', "raise max_tokens"),
        ("[" * 100_000, "nested too deeply|raise max_tokens"),
        ('{"a": NaN}', "NaN is no JSON number"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(GraphideError, match=message):
        parse_json(text)


def test_strict_parsing_takes_nothing_but_json() -> None:
    assert parse_json(" [1] ", tolerant=False) == [1]
    with pytest.raises(GraphideError, match="line 1, column 1"):
        parse_json("Here: [1]", tolerant=False)
    with pytest.raises(GraphideError, match="The text is empty"):
        parse_json("", tolerant=False)


def test_parsed_json_can_be_held_to_a_schema() -> None:
    with pytest.raises(GraphideError, match=r"does not fit the schema: \$: 'name' is a required property"):
        parse_json("{}", json_schema={"required": ["name"]})


DATA = {"people": [{"name": "Ann", "age": 41}, {"name": "Bo", "age": 7, "pet": None}]}


def test_a_json_path_takes_the_first_or_all() -> None:
    assert json_path(DATA, path="$.people[0].name") == {"value": "Ann"}
    assert json_path(DATA, path="$.people[?@.age < 18].name", mode="all") == {"value": ["Bo"]}
    assert json_path(DATA, path="$.nobody", mode="all") == {"value": []}
    assert json_path((Message("user", "Hi"),), path="$[0].content") == {"value": "Hi"}


def test_a_null_that_is_there_is_not_missing() -> None:
    assert json_path(DATA, path="$.people[1].pet", missing="default", default="none") == {"value": None}
    assert json_path(DATA, path="$.people[0].pet", missing="default", default="none") == {"value": "none"}
    assert json_path(DATA, path="$.people[0].pet", missing="skip") == {"value": ABSENT}
    with pytest.raises(GraphideError, match=r'"\$\.people\[0\]\.pet" finds nothing'):
        json_path(DATA, path="$.people[0].pet")


def test_a_json_path_does_not_look_into_text_and_follows_the_standard(registry: Registry) -> None:
    with pytest.raises(GraphideError, match='Put a "parse_json" node before it'):
        json_path('{"a": 1}', path="$.a")
    assert "is not a JSON path" in (check(registry["json_path"], path="people.name") or "")
    assert check(registry["json_path"]) is None


def test_filter_keeps_what_meets_the_condition() -> None:
    assert filter_([1, 5, 9], condition="greater", to="4") == ([5, 9], [1])
    assert filter_(["Yes", "no"], condition="equals", to="yes") == (["Yes"], ["no"])
    assert filter_([{"n": 1}, {}], key="n", condition="empty", negate=True) == ([{"n": 1}], [{}])


def test_zip_puts_lists_side_by_side() -> None:
    assert zip_(([1, 2], ["a", "b"])) == [[1, "a"], [2, "b"]]
    assert zip_(([1], ["a"]), names=["n", "c"]) == [{"n": 1, "c": "a"}]
    assert zip_(([1, 2], ["a"]), uneven="longest") == [[1, "a"], [2, None]]
    assert zip_(([1, 2], ["a"]), uneven="shortest") == [[1, "a"]]
    assert zip_(()) == []
    with pytest.raises(GraphideError, match=r"different lengths \(1, 2\)"):
        zip_(([1, 2], ["a"]))
    with pytest.raises(GraphideError, match="1 names for 2 lists"):
        zip_(([1], ["a"]), names=["n"])


@pytest.mark.parametrize(
    ("settings", "points"),
    [
        ({"how": "equals", "to": " Paris"}, 1.0),
        ({"how": "contains", "to": "par"}, 1.0),
        ({"how": "contains", "expected": ["par", "rome"]}, 0.5),
        ({"how": "regex", "to": "^p.r"}, 1.0),
        ({"how": "similarity", "to": "paris"}, 1.0),
        ({"how": "similarity", "to": "xyz"}, 0.0),
        ({"how": "json_schema", "json_schema": {"type": "integer"}}, 0.0),
    ],
)
def test_a_score_is_a_number_from_0_to_1(settings: dict[str, Any], points: float) -> None:
    assert score(FakeContext(), "Paris ", **settings) == (points, points >= 1)


def test_meanings_are_compared_by_the_vectors_of_a_model() -> None:
    ctx = FakeContext()
    near = score(ctx, " the deep sea ", to="the sea is deep", how="meaning", model="echo", threshold=0.8)
    far = score(ctx, "bread", to="the sea is deep", how="meaning", model="echo", threshold=0.8)
    assert 0.8 < near.score < 1 and near.passed
    assert 0 <= far.score < 0.5 and not far.passed
    assert ctx.embedded[0] == ("the deep sea", "the sea is deep")
    assert score(ctx, " ", to="", how="meaning", model="echo").score == 1
    assert score(ctx, " ", to="sea", how="meaning", model="echo").score == 0
    assert score(ctx, {"a": 1}, expected={"a": 1}, how="meaning", model="echo").passed


def test_meanings_need_a_model_and_nothing_else_does(registry: Registry) -> None:
    assert 'how is meaning, but "model" is empty' in str(check(registry["score"], how="meaning"))
    assert check(registry["score"], how="meaning", model="default") is None
    assert check(registry["score"], how="similarity") is None


def test_long_texts_are_compared_word_by_word_and_very_long_ones_refused() -> None:
    assert score(FakeContext(), "same words " * 300, expected="same words " * 300, how="similarity").score == 1
    with pytest.raises(GraphideError, match="60,000 characters is too long"):
        score(FakeContext(), "x" * 60_000, how="similarity")


def test_a_score_passes_from_its_threshold() -> None:
    assert score(FakeContext(), "a b", expected=["a", "x"], how="contains", threshold=0.5).passed
    assert score(FakeContext(), '{"n": 1}', how="json_schema", json_schema={"type": "object"}).passed
