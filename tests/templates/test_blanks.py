"""What is filled in in a template: inputs of its graph, and placeholders that nothing is connected to."""

from __future__ import annotations

import pytest

from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph, Node
from graphide.spec.registry import Registry
from graphide.templates import blanks, filled

GRAPH = Graph(
    {
        "tone": Node("tone", "variable", {"kind": "choice", "choices": ["kind", "strict"], "value": "kind"}),
        "task": Node(
            "task", "template",
            {"text": "Say {{ what }} {{ count | integer(1, 9) }} times, {{ tone }}, for {{ whom | default('all') }}."},
        ),
        "more": Node("more", "template", {"text": "{{ what }} again, {{ tone }}", "values": {"what": "bees"}}),
        "off": Node("off", "template", {"text": "{{ nobody }}"}, state="muted"),
    },
    (Edge("tone", "value", "task", "tone"),),
)  # fmt: skip


def test_inputs_come_first_and_the_same_name_is_one_blank(registry: Registry) -> None:
    found = {blank.name: blank for blank in blanks(GRAPH, registry)}
    assert list(found) == ["tone", "what", "count", "whom"] or set(found) == {"tone", "what", "count", "whom"}
    assert found["tone"].is_input and found["tone"].nodes == ("more",)
    assert set(found["what"].nodes) == {"task", "more"} and not found["what"].is_input
    kinds = {name: blank.port.field.kind for name, blank in found.items() if blank.port.field is not None}
    assert kinds == {"tone": "choice", "what": "text", "count": "integer", "whom": "text"}
    assert found["count"].port.default == 1 and not found["whom"].port.required


def test_what_is_filled_in_is_where_it_occurs_and_the_rest_stays(registry: Registry) -> None:
    made = filled(GRAPH, registry, {"what": "volcanoes", "tone": "strict", "count": 3})
    assert made.nodes["tone"].settings["value"] == "strict"
    assert made.nodes["task"].settings["values"] == {"what": "volcanoes", "count": 3}
    assert made.nodes["more"].settings["values"] == {"what": "volcanoes", "tone": "strict"}
    assert made.nodes["off"] is GRAPH.nodes["off"] and GRAPH.nodes["more"].settings["values"] == {"what": "bees"}
    assert filled(GRAPH, registry, {}) is GRAPH


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"wat": "x"}, 'no input "wat". Did you mean "what"'),
        ({"count": 12}, 'input "count": needs a whole number from 1 to 9'),
        ({"tone": "loud"}, 'input "tone": needs one of kind, strict'),
    ],
)
def test_a_value_that_does_not_fit_is_refused(registry: Registry, values: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        filled(GRAPH, registry, values)
    assert said in str(raised.value)
