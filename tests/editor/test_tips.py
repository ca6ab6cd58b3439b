"""Tips: what cannot be seen is said, and a tip lies inside the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.gestures_target import Target
from graphide.editor.tips import tip_shapes, told
from graphide.editor.views import Rect, Text
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path, "hello") as person:
        yield person


def test_a_title_is_said_only_when_it_was_cut_off(person: Hands) -> None:
    session = person.session
    target = Target("title", "task", tooltip="template: fills")
    assert told(session, target) == "template: fills"
    long = "A very long title, much longer than a node is wide"
    session.do(SetNodeTitle("task", long))
    assert told(session, target).splitlines() == [long, "template: fills"]


def test_a_pin_says_the_value_that_it_had(person: Hands) -> None:
    session = person.session
    session.act("run")
    while not session.tab.runs.view.over:
        session.tick()
    output = Target("pin", "task", "text", output=True, tooltip="text (text)")
    said = "Last run: Explain volcanoes in two sentences."
    assert told(session, output).splitlines() == ["text (text)", said]
    assert said in told(session, output._replace(id="answer", name="prompt", output=False))


def test_a_wire_says_from_where_to_where_it_leads(person: Hands) -> None:
    edge = next(edge for edge in person.session.graph.edges if edge.source == "task")
    assert told(person.session, Target("wire", edge=edge)) == "text: task.text → answer.prompt"


@given(st.text(max_size=600), st.tuples(st.floats(0, 800), st.floats(0, 600)))
def test_a_tip_is_inside_the_window_and_its_texts_inside_it(text: str, at: tuple[float, float]) -> None:
    ground, *lines = tip_shapes(text, at, (800.0, 600.0))
    assert isinstance(ground, Rect) and len(lines) <= 14
    assert ground.x >= 0 and ground.y >= 0
    assert ground.x + ground.width <= 800 and ground.y + ground.height <= 600
    for line in lines:
        assert isinstance(line, Text)
        assert ground.x < line.x and ground.y < line.y < ground.y + ground.height
