"""Fields of the inspector: what is typed and what of it is in the document, lists item by item, values as whole texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from graphide.editor.commands import SetGraphText
from graphide.editor.commands_settings import SetSetting
from graphide.editor.lists import added, is_rows, moved, removed, rows_of, with_item
from graphide.editor.selection import Selection
from graphide.editor.typed_text import Typed, command_text, setting_text
from graphide.editor.whole_values import whole
from graphide.errors import UsageError
from graphide.spec.nodespec import ABSENT
from graphide.spec.registry import Registry
from graphide.values import Message, Usage
from tests.editor.hands import Hands, hands

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


def setting(person: Hands, node: str, name: str) -> Any:
    return person.session.graph.nodes[node].settings.get(name)


def typed(person: Hands, node: str, name: str) -> Typed:
    return setting_text(person.session, (node,), name)


def test_what_fits_is_in_the_document_at_each_keystroke_and_what_does_not_stays_in_the_field(person: Hands) -> None:
    field = typed(person, "answer", "max_tokens")
    assert field.text == "200"
    for text in ("6", "64"):
        field.type(text)
    assert setting(person, "answer", "max_tokens") == 64
    field.type("64x")
    assert (field.text, setting(person, "answer", "max_tokens")) == ("64x", 64)
    assert "needs a whole number" in field.problem.sentence
    field.type("641")
    assert not field.problem.sentence and setting(person, "answer", "max_tokens") == 641


def test_keystrokes_of_one_visit_are_one_step_however_long_it_takes(person: Hands) -> None:
    field = typed(person, "task", "text")
    for visit in ("one", "two"):
        field.enter()
        for end in range(1, len(visit) + 1):
            person.clock.now += 60
            field.type(visit[:end])
        field.leave()
    session = person.session
    session.act("undo")
    assert setting(person, "task", "text") == "one"
    session.act("undo")
    assert setting(person, "task", "text") == "Explain {{ topic }} in two sentences."


def test_a_field_follows_what_happens_elsewhere(person: Hands) -> None:
    field = typed(person, "task", "text")
    assert not field.follow()
    person.session.do(SetSetting("task", "text", "Other", person.session.rules))
    assert field.follow() and field.text == "Other"


def test_what_does_not_fit_is_there_again_until_the_document_says_something_else(person: Hands) -> None:
    typed(person, "answer", "max_tokens").type("many")
    again = typed(person, "answer", "max_tokens")
    assert again.text == "many" and again.problem.sentence
    person.session.do(SetSetting("answer", "max_tokens", 8, person.session.rules))
    assert typed(person, "answer", "max_tokens").text == "8"


def test_json_says_where_it_goes_wrong(person: Hands) -> None:
    session = person.session
    session.do(SetSetting("topic", "kind", "json", session.rules))
    field = typed(person, "topic", "value")
    field.type('{"a": 1,\n "b" 2}')
    assert field.problem.at == 14 and "line 2" in field.problem.sentence
    field.type('{"a": 1, "b": 2}')
    assert not field.problem.sentence and setting(person, "topic", "value") == {"a": 1, "b": 2}
    assert field.text == '{"a": 1, "b": 2}', "what was typed is not rewritten under the caret"
    assert typed(person, "topic", "value").text == json.dumps({"a": 1, "b": 2}, indent=2)


def test_what_does_not_fit_yet_is_in_the_journal_until_it_does(person: Hands) -> None:
    unfinished = person.session.tab.document.unfinished
    field = typed(person, "answer", "max_tokens")
    field.type("many")
    assert bool(unfinished)
    field.type("12")
    assert not unfinished


def test_several_nodes_are_changed_in_one_step(person: Hands) -> None:
    session = person.session
    both = ("task", "persona")
    field = setting_text(session, both, "text")
    assert field.text == ""
    field.enter()
    for text in ("s", "sa", "same"):
        field.type(text)
    field.leave()
    assert {setting(person, node, "text") for node in both} == {"same"}
    session.act("undo")
    assert setting(person, "task", "text").startswith("Explain")
    assert setting(person, "persona", "text").startswith("You are")


def test_a_text_that_a_command_sets_is_typed_the_same_way(person: Hands) -> None:
    session = person.session
    field = command_text(
        session, "about", lambda: session.graph.about, lambda text: SetGraphText("about", text)
    )  # fmt: skip
    field.enter()
    for text in ("N", "Ne", "New"):
        field.type(text)
    assert session.graph.about == "New"
    session.act("undo")
    assert session.graph.about == "Explains a topic to a chosen audience." and field.follow()


def test_a_field_of_a_node_that_is_gone_says_so(person: Hands) -> None:
    field = typed(person, "task", "text")
    person.session.select(Selection(("task",)))
    person.session.act("delete")
    field.type("more")
    assert field.problem.sentence == "There is no such setting any more"


def test_what_people_look_for_first_comes_before_the_rest(person: Hands) -> None:
    person.session.select(Selection(("answer",)))
    node = person.session.inspector().node
    assert node is not None
    assert [row.name for row in node.settings if row.main] == ["model", "max_tokens"]
    person.session.select(Selection(("topic",)))
    node = person.session.inspector().node
    assert node is not None and {"kind", "value"} <= {row.name for row in node.settings if row.main}


@given(st.lists(json_values, max_size=6))
def test_items_are_read_back_as_they_were(items: list[Any]) -> None:
    assert is_rows(items)
    for number, text in enumerate(rows_of(items)):
        again = with_item(items, number, text)
        assert json.dumps(again) == json.dumps(items)


@given(st.lists(json_values, min_size=1, max_size=6), st.data())
def test_items_move_and_go_and_come_back(items: list[Any], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(items) - 1))
    assert moved(moved(items, at, 1), at + 1, -1) == items or at == len(items) - 1
    assert moved(items, 0, -1) == items and moved(items, len(items) - 1, 1) == items
    assert removed(added(items), len(items)) == items
    assert len(removed(items, at)) == len(items) - 1


def test_an_item_that_is_json_has_to_be_json() -> None:
    assert with_item([1, "a"], 0, "2") == [2, "a"] and with_item([1, "a"], 1, "2") == [1, "2"]
    with pytest.raises(UsageError):
        with_item([1], 0, "{")
    with pytest.raises(UsageError):
        with_item([], 0, "x")
    assert added(["a"]) == ["a", ""] and added([1]) == [1, None] and added(None) == [""]


def test_values_are_whole_texts_and_json_keeps_its_columns() -> None:
    assert whole("plain\ntext") == ("plain\ntext", False, False)
    assert whole('{"a": [1]}').mono and not whole("{not json").mono
    assert whole({"a": [1]}) == ('{\n  "a": [\n    1\n  ]\n}', True, False)
    assert whole((Message("user", "a"), Message("assistant", "b"))).text == "user\na\n\nassistant\nb"
    assert whole(ABSENT).text == "no value"
    assert whole(Usage(prompt_tokens=3)).text.startswith("3 tokens read")
    assert whole("x" * 50, 10) == ("x" * 10, False, True)
    assert whole(list(range(100_000))).cut
