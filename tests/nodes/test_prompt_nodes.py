"""The nodes that make prompts: placeholders become ports, and values come from edges, settings or widgets."""

from __future__ import annotations

from typing import Any

import pytest

from graphide.api import ABSENT, FileRefused, GraphideError, Message, Registry
from graphide.spec.nodespec import NodeSpec
from graphide_nodes.context import context
from graphide_nodes.conversation import conversation
from graphide_nodes.message import message
from graphide_nodes.system import system
from graphide_nodes.template import template
from tests.support.context import FakeContext


def check(spec: NodeSpec, **settings: Any) -> str | None:
    assert spec.check is not None
    return spec.check(spec.full(settings))


FORM = 'Be {{ tone | choice("kind", "strict") }} in {{ n | number(1, 9) }} steps about {{ topic }}, {{ x | toggle }}.'


def test_each_placeholder_is_a_port_with_the_widget_of_the_text(registry: Registry) -> None:
    ports = registry["template"].inputs_for({"text": FORM})
    assert [(port.name, port.field.kind if port.field else "") for port in ports] == [
        ("tone", "choice"),
        ("n", "number"),
        ("topic", "text"),
        ("x", "toggle"),
    ]


def test_a_placeholder_is_required_only_where_neither_values_nor_its_widget_give_one(registry: Registry) -> None:
    ports = registry["template"].inputs_for({"text": FORM})
    assert [(port.name, port.required, port.default) for port in ports] == [
        ("tone", False, "kind"),
        ("n", False, 1),
        ("topic", True, ABSENT),
        ("x", False, False),
    ]
    with_value = registry["template"].inputs_for({"text": FORM, "values": {"topic": "tides"}})
    assert not any(port.required for port in with_value)


def test_an_optional_placeholder_keeps_the_value_of_its_text(registry: Registry) -> None:
    text = 'To {{ whom | default("all") }}.'
    (port,) = registry["template"].inputs_for({"text": text})
    assert not port.required
    assert template(more={}, text=text) == "To all."


def test_a_wire_wins_over_values_and_values_win_over_the_widget() -> None:
    text = '{{ a | choice("x", "y") }}{{ b | choice("x", "y") }}{{ c | choice("x", "y") }}'
    assert template(more={"a": "wired"}, text=text, values={"a": "y", "b": "y"}) == "wiredyx"


def test_a_wired_null_is_a_value_and_not_a_missing_one() -> None:
    assert template(more={"a": None}, text="[{{ a }}]", values={"a": "other"}) == "[]"


def test_lists_can_be_looped_over_and_conversations_too() -> None:
    text = "{% for turn in turns %}{{ turn.role }}:{{ turn.content }};{% endfor %}"
    assert template(more={"turns": (Message("user", "a"), Message("assistant", "b"))}, text=text) == (
        "user:a;assistant:b;"
    )


def test_a_missing_value_is_an_error_that_names_the_placeholder() -> None:
    with pytest.raises(GraphideError, match=r'placeholder "topic" has no value'):
        template(more={}, text="About {{ topic }}")


def test_a_broken_text_is_a_finding_and_has_no_ports(registry: Registry) -> None:
    broken = {"text": "{% if x %} never closed"}
    assert registry["system"].inputs_for(broken) == ()
    assert "text is not a valid template" in (check(registry["system"], **broken) or "")


def test_a_value_that_its_widget_refuses_is_a_finding(registry: Registry) -> None:
    settings = {"text": FORM, "values": {"tone": "rude"}}
    assert check(registry["template"], **settings) == (
        'placeholder "tone" needs one of kind, strict, but this is text: rude'
    )


def test_a_file_placeholder_is_read_by_a_context_and_by_nothing_else(registry: Registry) -> None:
    settings = {"text": "{{ essay | file }}", "values": {"essay": "essay.txt"}}
    assert 'connect a "variable"' in (check(registry["template"], **settings) or "")
    assert check(registry["context"], **settings) is None
    ctx = FakeContext(files={"essay.txt": "Once."})
    assert context(ctx=ctx, more={}, **settings) == "Once."
    assert context(ctx=ctx, more={"essay": "essay.txt"}, **settings) == "essay.txt"


def test_system_and_message_fill_in_their_text() -> None:
    assert system(more={"who": "cook"}, text="You are a {{ who }}.") == "You are a cook."
    assert message(more={}, role="assistant", text="Yes.") == Message("assistant", "Yes.")


def test_context_frames_text_and_files_under_a_heading() -> None:
    ctx = FakeContext(files={"a.md": "# A\n", "b.md": "has ``` in it"})
    assert context(ctx=ctx, more={}, text="Read this.", files=["*.md", "a.md"], heading="Notes") == (
        "# Notes\n\nRead this.\n\na.md:\n```\n# A\n```\n\nb.md:\n````\nhas ``` in it\n````"
    )
    assert context(ctx=ctx, more={}, files=["a.md"], frame="titled") == "a.md:\n# A\n"
    assert context(ctx=ctx, more={}, files=["a.md"], frame="plain") == "# A\n"


def test_a_file_above_the_limit_is_an_error_that_names_file_size_limit_and_setting() -> None:
    ctx = FakeContext(files={"big.txt": "x" * 2000})
    with pytest.raises(FileRefused) as caught:
        context(ctx=ctx, more={}, files=["big.txt"], max_bytes=1000)
    assert str(caught.value) == (
        '"big.txt" has 2,000 bytes, more than the limit of 1,000. '
        "Raise max_bytes of this node (now 1,000), or use a smaller file"
    )


def test_files_above_the_limit_for_all_name_the_file_that_was_too_much() -> None:
    ctx = FakeContext(files={"a.txt": "x" * 60, "b.txt": "x" * 60})
    with pytest.raises(GraphideError) as caught:
        context(ctx=ctx, more={}, files=["a.txt", "b.txt"], max_total_bytes=100)
    assert str(caught.value) == (
        'with "b.txt" (60 bytes) the files have 120 bytes together, more than the limit of 100. '
        "Raise max_total_bytes of this node, or list fewer files"
    )


def test_a_glob_without_a_match_is_an_error() -> None:
    with pytest.raises(GraphideError, match=r'no file matches "docs/\*\.md"'):
        context(ctx=FakeContext(), more={}, files=["docs/*.md"])


def test_a_conversation_has_system_then_examples_then_turns_in_edge_order() -> None:
    turns = ("Hi", Message("assistant", "Hello"), (Message("user", "a"),), [{"role": "assistant", "content": "b"}])
    assert conversation(turns=turns, system="Be brief.", examples=[{"user": "2+2", "assistant": "4"}]) == (
        Message("system", "Be brief."),
        Message("user", "2+2"),
        Message("assistant", "4"),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
        Message("user", "a"),
        Message("assistant", "b"),
    )


def test_a_turn_of_another_shape_is_refused_with_the_shape_that_is_needed() -> None:
    with pytest.raises(GraphideError, match=r"a turn is \{role, content\}"):
        conversation(turns=([{"role": "robot", "content": "x"}],))


def test_an_example_without_an_answer_is_a_finding(registry: Registry) -> None:
    assert check(registry["conversation"], examples=[{"user": "2+2"}]) == (
        'example 1 needs the form {"user": "…", "assistant": "…"}, but this is json: {\'user\': \'2+2\'}'
    )
