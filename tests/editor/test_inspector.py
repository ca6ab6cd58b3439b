"""What the inspector says of a selection: settings and placeholders, values of a run, errors, frames, the graph, the plan."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphide.editor import inspector
from graphide.editor.commands import SetGraphText
from graphide.editor.commands_edges import Disconnect
from graphide.editor.commands_settings import SetSetting
from graphide.editor.commands_view import SetFrame, moved_by
from graphide.editor.inspector_parts import NodePart, error_text
from graphide.editor.layout import Frame, Point
from graphide.editor.selection import Selection
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


def node(person: Hands, node_id: str) -> NodePart:
    person.session.select(Selection((node_id,)))
    found = person.session.inspector().node
    assert found is not None
    return found


def planned(person: Hands) -> None:
    """Let time pass until the next run is planned for the graph as it is."""
    until = time.monotonic() + 20
    person.pass_time(0)
    person.pass_time(1)
    while person.session.tab.plan is None and time.monotonic() < until:
        person.pass_time(0)
        threading.Event().wait(0.01)
    assert person.session.tab.plan is not None


def test_a_prompt_with_widgets_in_it_is_a_form(person: Hands) -> None:
    text = 'specialised in {{ area | choice("coding", "writing") }}, {{ text }} in {{ words | number(1, 9) }} words'
    person.session.do(SetSetting("task", "text", text, person.session.rules))
    rows = {row.name: row for row in node(person, "task").settings}
    assert [name for name, row in rows.items() if row.placeholder] == ["area", "values.text", "words"]
    assert (rows["area"].value, rows["words"].value, rows["values.text"].label) == ("coding", 1, "Text")
    assert "values" not in rows and rows["text"].value == text


def test_a_placeholder_named_like_a_setting_is_edited_beside_it(person: Hands) -> None:
    session = person.session
    session.do(SetSetting("task", "text", "Say {{ text }}!", session.rules))
    assert session.type_setting(("task",), "values.text", "hello") == ""
    assert session.graph.nodes["task"].settings == {"text": "Say {{ text }}!", "values": {"text": "hello"}}
    row = next(row for row in node(person, "task").settings if row.name == "values.text")
    assert row.set and row.value == "hello"


def test_the_whole_form_is_edited_on_the_node_and_runs(person: Hands) -> None:
    session = person.session
    session.do(Disconnect(tuple(session.graph.edges[index] for index in (5,))))
    text = 'Be {{ mood | choice("kind", "stern") }}. {{ text }}'
    session.do(SetSetting("task", "text", text, session.rules))
    person.click(person.part("task", "widget", "mood"))
    assert session.popups.menu is not None
    session.popups.choose_in_menu([item.label for item in session.popups.menu.items].index("stern"))
    person.click(person.part("task", "widget", "values.text"))
    assert session.typed("Write.") and person.key("escape")
    assert session.graph.nodes["task"].settings["values"] == {"mood": "stern", "text": "Write."}
    session.act("run")
    assert session.tab.runs.wait(20).state == "ok"
    assert session.tab.runs.view.nodes["task"].values["text"] == "Be stern. Write."


def test_inputs_and_outputs_have_the_values_of_the_last_run(person: Hands) -> None:
    person.session.act("run")
    assert person.session.tab.runs.wait(20).state == "ok"
    found = node(person, "answer")
    prompt = next(row for row in found.inputs if row.name == "prompt")
    text = next(row for row in found.outputs if row.name == "text")
    assert prompt.raw == "Explain volcanoes in two sentences." == text.raw
    assert dict(found.figures)["State"] == "done"


def test_wires_lead_to_the_nodes_at_their_other_ends(person: Hands) -> None:
    found = node(person, "task")
    topic = next(row for row in found.settings if row.placeholder)
    assert topic.wired and [line.id for line in topic.sources] == ["topic"]
    assert [(row.name, [line.id for line in row.ends]) for row in found.outputs] == [("text", ["answer"])]
    assert [(row.name, [line.id for line in row.ends]) for row in found.inputs] == [("topic", ["topic"])]


def test_an_input_whose_value_is_typed_is_a_setting_and_no_input(person: Hands) -> None:
    person.session.do(SetSetting("task", "text", "{{ topic }} {{ tone }}", person.session.rules))
    found = node(person, "task")
    assert [row.name for row in found.inputs] == ["topic"]
    assert [row.name for row in found.settings if row.placeholder] == ["topic", "tone"]


def test_an_error_says_what_to_do_and_can_be_copied_with_its_inputs(person: Hands) -> None:
    session = person.session
    session.do(SetSetting("task", "text", "{{ topic.missing.deep }}", session.rules))
    session.act("run")
    session.tab.runs.wait(20)
    found = node(person, "task")
    assert found.error is not None and found.error.to_do
    copied = error_text(found)
    assert copied.startswith('node "task" (template): ') and "topic: volcanoes" in copied


def test_a_frame_shows_what_is_in_it(person: Hands) -> None:
    person.session.do(SetFrame("f1", Frame("Sources", Point(0, 0), Point(330, 700))))
    person.session.select(Selection(frames=("f1",)))
    shown = person.session.inspector()
    assert shown.frame is not None and shown.frame[1].title == "Sources"
    assert {line.id for line in shown.lines} == {"audience", "topic"}


def test_several_nodes_are_listed_with_what_they_share(person: Hands) -> None:
    person.session.select(Selection(("task", "persona")))
    shown = person.session.inspector()
    assert [line.title for line in shown.lines] == ["task", "persona"]
    assert [row.name for row in shown.shared] == ["text"]


def test_nothing_selected_is_the_graph(person: Hands) -> None:
    person.session.do(SetGraphText("about", "What it does"))
    person.session.select(Selection())
    part = person.session.inspector().graph
    assert part is not None and (part.title, part.about) == ("Hello", "What it does")
    assert [(row.node.id, row.kind, row.value) for row in part.inputs] == [
        ("audience", "choice", "students"),
        ("topic", "text", "volcanoes"),
    ]
    assert [line.id for line in part.outputs] == ["result"] and part.models[0].name == "default"


def test_the_plan_says_of_each_node_what_a_run_would_do_and_why_not(person: Hands) -> None:
    session = person.session
    session.select(Selection(("persona",)))
    session.act("mute")
    session.act("plan")
    planned(person)
    part = session.inspector().graph
    assert part is not None and "1 skipped" in part.summary
    rows = {row.node.id: (row.state, row.why) for row in part.plan}
    assert rows["persona"] == ("skipped", "It is muted")
    assert rows["answer"][0] == "runs"


def test_what_needs_a_muted_node_is_skipped_because_of_it(person: Hands) -> None:
    session = person.session
    session.select(Selection(("task",)))
    session.act("mute")
    planned(person)
    assert session.tab.plan is not None
    assert session.tab.plan.steps["answer"].why == 'It needs "task", which is muted'
    assert session.tab.plan.steps["result"].state == "skipped"


def test_nodes_show_the_plan_while_it_is_switched_on(person: Hands) -> None:
    session = person.session

    def shown(node_id: str) -> str:
        group = session.surface.group(node_id)
        assert group is not None
        return " ".join(getattr(shape, "text", "") for shape in group.shapes)

    planned(person)
    assert "Next run" not in shown("answer")
    session.act("plan")
    assert "Next run: will run" in shown("answer")
    session.act("plan")
    assert "Next run" not in shown("answer")


def test_what_many_nodes_share_is_looked_for_until_nothing_is_left(person: Hands, monkeypatch: Any) -> None:
    looked: list[str] = []
    whole = inspector.settings_of

    def counted(tab: Any, node_id: str, wanted: Any = None) -> Any:
        looked.append(node_id)
        return whole(tab, node_id, wanted)

    monkeypatch.setattr(inspector, "settings_of", counted)
    person.session.select(Selection(("topic", "style", *(node_id for node_id in person.session.graph.nodes))))
    kinds = {node.type for node in person.session.graph.nodes.values()}
    assert len(kinds) > 3 and person.session.inspector().shared == ()
    assert len(looked) < len(person.session.graph.nodes)


def test_the_inputs_of_a_graph_are_not_looked_for_again_because_nodes_moved(person: Hands) -> None:
    tab = person.session.tab
    before = person.session.inspector().graph
    ports = tab.ports_seen
    person.session.do(moved_by(person.session.graph, tuple(person.session.graph.nodes), (40, 40)))
    after = person.session.inspector().graph
    assert before is not None and after is not None and after.inputs == before.inputs
    assert tab.ports_seen is ports
    person.session.do(SetSetting("topic", "value", "the sea", person.session.rules))
    person.session.inspector()
    assert tab.ports_seen is not ports
