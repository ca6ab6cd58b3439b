"""Marks of prompt texts: every placeholder is found where it stands, and the error where it is."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from graphide.editor.text.marks import Marks, Segment, marks
from graphide.errors import GraphideError
from graphide.prompt_text import placeholders

PIECES = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "name",
    " other ",
    "|",
    "choice('a', 'b')",
    '"}}"',
    "\n",
    "x",
    "if",
    "endif",
]
PIECES += ["{% raw %}", "{% endraw %}", "{{ name }}", "{{ n | number(1, 2) }}", "-", "(", ")", "{", "}", "'"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def parts(text: str) -> list[tuple[str, str, str]]:
    return [(text[part.start : part.end], part.kind, part.name) for part in marks(text).segments]


@given(TEXTS)
def test_segments_are_in_order_apart_and_inside_of_the_text(text: str) -> None:
    at = 0
    for segment in marks(text).segments:
        assert at <= segment.start < segment.end <= len(text)
        at = segment.end


@given(TEXTS)
def test_every_placeholder_is_marked_and_every_error_is_somewhere(text: str) -> None:
    found, expected, error = marks(text), (), None
    try:
        expected = placeholders(text)
    except GraphideError as raised:
        error = raised
    assert found.placeholders == expected
    if error is None:
        assert found.trouble is None
        assert {part.name for part in found.segments if part.kind == "name"} == {each.name for each in expected}
    else:
        assert found.trouble is not None and error.message in found.trouble.sentence
        assert 0 <= found.trouble.start <= found.trouble.end <= len(text)


def test_a_placeholder_with_a_widget_has_its_parts() -> None:
    assert parts('Be {{ tone | choice("kind", "}}") }}!') == [
        ("{{", "bracket", "tone"),
        (" ", "expression", "tone"),
        ("tone", "name", "tone"),
        (" ", "expression", "tone"),
        ('| choice("kind", "}}") ', "filter", "tone"),
        ("}}", "bracket", "tone"),
    ]


def test_names_in_blocks_and_filters_are_their_own() -> None:
    text = "{% for item in rows %}{{ item.rows | default(other) }}{% endfor %}{# rows #}"
    assert [part for part in parts(text) if part[1] in ("name", "comment")] == [
        ("rows", "name", "rows"),
        ("other", "name", "other"),
        ("{# rows #}", "comment", ""),
    ]


def test_raw_text_has_no_placeholders() -> None:
    text = "{% raw %}{{ no }}{% endraw %}{{ yes }}"
    assert ("{{ no }}", "raw", "") in parts(text)
    assert [part.name for part in marks(text).segments if part.kind == "name"] == ["yes"]


def test_objects_in_a_placeholder_do_not_end_it() -> None:
    assert parts('{{ {"a": {"b": name}} }}')[-1] == ("}}", "bracket", "name")


@pytest.mark.parametrize(
    ("text", "underlined"),
    [
        ("one {{ na\ntwo {{ ok }}", "{{ na"),
        ("one\n{{ a | choice() }} and\n{{ b }}", "{{ a | choice() }}"),
        ("one\n{% if a %} two", "{% if a %}"),
        ("{% include 'x' %}", "{% include 'x' %}"),
        ("a {# b", "{# b"),
    ],
)
def test_an_error_is_underlined_where_it_is(text: str, underlined: str) -> None:
    trouble = marks(text).trouble
    assert trouble is not None
    assert text[trouble.start : trouble.end] == underlined


def test_a_text_that_is_being_typed_keeps_the_colours_of_its_other_names() -> None:
    names = [part.name for part in marks("{{ a }} {{ b }} {{ ").segments if part.kind == "name"]
    assert names == ["a", "b"]


def test_the_input_under_the_mouse_is_named() -> None:
    found = marks("Hi {{ name }}.")
    assert [segment and segment.name for segment in map(found.at, (0, 3, 7, 12, 13))] == [
        None,
        "name",
        "name",
        "name",
        None,
    ]


def test_a_line_gets_its_part_of_the_marks() -> None:
    found = marks("{{ a }} and {{ b }}")
    assert list(found.within(3, 14)) == [
        Segment(3, 4, "name", "a"),
        Segment(4, 5, "expression", "a"),
        Segment(5, 7, "bracket", "a"),
        Segment(12, 14, "bracket", "b"),
    ]
    assert list(found.within(8, 11)) == []
    assert marks("plain") == Marks(())
