"""`-i`: what an item is split into, what a graph takes, and what is said when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from graphide.cli.inputs import Item, missing, read, split
from graphide.errors import UsageError
from graphide.spec.fields import Choice, Field, Items, JsonValue, Line, LongText, Number, Toggle
from graphide.spec.nodespec import Port

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def port(name: str, field: Field | None = None, **rest: Any) -> Port:
    field = field or LongText("")
    return Port(name=name, wires=(field.wire,), field=field, **rest)


def value(item: str, field: Field | None = None) -> Any:
    return read([item], [port(split(item).name, field)], bytes).values[split(item).name]


@given(NAMES, TEXTS.filter(lambda text: not text.startswith("@")))
def test_any_text_comes_through_exactly(name: str, text: str) -> None:
    assert split(f"{name}={text}") == Item(name, "text", text)
    assert read([f"{name}={text}"], [port(name)], bytes).values == {name: text}


@given(NAMES, JSON)
def test_any_json_comes_through_exactly(name: str, item: Any) -> None:
    assert read([f"{name}:={json.dumps(item)}"], [port(name, JsonValue())], bytes).values == {name: item}


@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_an_object_on_standard_input_comes_through_exactly(values: dict[str, Any]) -> None:
    ports = [port(name, JsonValue()) for name in values]
    assert read(["-"], ports, lambda: json.dumps(values).encode()).values == values


@given(st.text())
def test_an_item_is_split_or_refused(text: str) -> None:
    try:
        item = split(text)
    except UsageError:
        return
    sign = {"text": "=", "file": "=@", "json": ":="}[item.form]
    assert f"{item.name}{sign}{item.text}" == text


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("q=a=b", "a=b"),
        ("q=", ""),
        ("q= ", " "),
        ("q=a\nb", "a\nb"),
        ("q==@x", "=@x"),
        ("q=:=1", ":=1"),
        ('q:="@x"', "@x"),
        ('q:=""', ""),
    ],
)
def test_values_are_exact(item: str, expected: str) -> None:
    assert value(item) == expected


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        (Number(), "3", 3),
        (Number(), "0.5", 0.5),
        (Toggle(), "yes", True),
        (Items(), "a, b", ["a", "b"]),
        (Items(), '["a", 1]', ["a", 1]),
        (JsonValue(), '{"a": null}', {"a": None}),
        (Choice(choices=("a", "b")), "b", "b"),
    ],
)
def test_the_field_decides_what_a_text_means(field: Field, text: str, expected: Any) -> None:
    assert value(f"q={text}", field) == expected


@pytest.mark.parametrize("data", [b"no newline", b"crlf\r\nin it\r\n", "\ufeffmark".encode(), b"", "ä\u2028".encode()])
def test_a_file_gives_its_content_exactly(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "essay").write_bytes(data)
    assert value(f"q=@{tmp_path / 'essay'}").encode() == data


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(UsageError) as caught:
        call()
    return str(caught.value)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "essay"
    path.write_bytes(b"one\ntwo \xff\n")
    expected = f'input "q": the file "{path}" is not UTF-8 text: byte 0xff in line 2. Convert it to UTF-8 first'
    assert refused(lambda: value(f"q=@{path}")) == expected


def test_a_file_that_is_not_there_is_named() -> None:
    assert refused(lambda: value("q=@nowhere.txt")).startswith(
        'input "q": the file "nowhere.txt" cannot be read: No such file'
    )


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        (["topic"], 'input "topic" has no "="'),
        (["=x"], 'input "=x" has no name before the "="'),
        ([":=1"], 'input ":=1" has no name before the "="'),
        (["topik=x"], 'the graph has no input "topik". Did you mean "topic"? Its inputs are: topic, count'),
        (["topic=a", "topic=b"], 'input "topic": is given twice'),
        (["count=many"], 'input "count": needs a whole number from 1 to 9, but this is text: many'),
        (["count=10"], 'input "count": needs a whole number from 1 to 9, but this is 10'),
        (["count:={"], 'input "count": is not JSON:'),
        (["topic=@-"], 'input "topic": names no file. Inputs on standard input are one JSON object: -i -'),
        (["topic=\udcff"], 'input "topic=\\udcff" is not UTF-8 text'),
    ],
)
def test_what_is_wrong_is_said(items: list[str], sentence: str) -> None:
    ports = [port("topic", Line()), port("count", Number(low=1, high=9, integer=True))]
    assert refused(lambda: read(items, ports, bytes)).startswith(sentence)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "standard input (-i -): is empty"),
        (b"[1]", "standard input (-i -): is not a JSON object"),
        (b'{"q": NaN}', "standard input (-i -), line 1, column 7: is not JSON"),
        (b'{"q": 1, "q": 2}', 'standard input (-i -): has the key "q" twice'),
        (b"\xff", "standard input (-i -), line 1: is not UTF-8 text"),
        (b'{"r": 1}', 'the graph has no input "r"'),
    ],
)
def test_standard_input_is_one_strict_object(data: bytes, sentence: str) -> None:
    assert refused(lambda: read(["-"], [port("q")], lambda: data)).startswith(sentence)


def test_what_is_typed_goes_before_standard_input() -> None:
    ports = [port("a"), port("b")]
    assert read(["a=typed", "-"], ports, lambda: b'{"a": "piped", "b": "piped"}').values == {"a": "typed", "b": "piped"}


def test_all_inputs_without_a_value_are_named_at_once() -> None:
    ports = [port("a", required=True), port("b", required=True), port("c"), port("d", required=True)]
    error = missing(ports, {"b": 1}, frozenset(["a", "b", "c", "d"]))
    assert str(error) == 'the inputs "a", "d" have no value. Give it with -i a=… -i d=…'
    assert missing(ports, {"a": 1, "b": 1}, frozenset(["a", "b", "c"])) is None
