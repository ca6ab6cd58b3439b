"""Nodes as shapes: pins on the border, texts within the box, hits inside and apart, whatever the settings and the run."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.editor.faces import widget_of
from graphide.editor.layout import Place, Point, place
from graphide.editor.noderows import figures_of, fraction_of
from graphide.editor.noderun import NodeError, NodeRun
from graphide.editor.nodeshape import least_size, node_group
from graphide.editor.nodetitle import TITLE
from graphide.editor.text.metrics import icon, width
from graphide.editor.views import Disc, Group, Rect, Shape, Stroke, Text
from graphide.graph.file import load
from graphide.graph.model import STATES, Edge, Graph, Node
from graphide.graph.problems import problem
from graphide.values import Usage
from tests.editor.scenes import BUILT_IN, RULES, alone, subject

TEMPLATES = sorted((Path(__file__).parents[2] / "graphs").glob("*.json"))
REPLY = "word " * 400
kinds = st.sampled_from(sorted(BUILT_IN))
sizes = st.none() | st.builds(Point, st.floats(1, 900), st.floats(1, 900))
any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


def texts(group: Group, *, far: bool = False) -> list[str]:
    return [shape.text for shape in (group.shapes_far if far else group.shapes) if isinstance(shape, Text)]


def assert_sound(group: Group) -> None:
    """Check what is true of every node, whatever it shows."""
    assert group.width == round(group.width) and group.height == round(group.height)
    for shape in (*group.shapes, *group.shapes_far):
        _assert_within(shape, group)
    for pin in group.pins:
        assert pin.x == (group.width if pin.output else 0)
        assert 0 < pin.y < group.height
    for hit in group.hits:
        if hit.part != "pin":
            assert hit.box.x >= 0 and hit.box.x + hit.box.width <= group.width
            assert hit.box.y >= 0 and hit.box.y + hit.box.height <= group.height
    widgets = [hit.box for hit in group.hits if hit.part == "widget"]
    assert not any(one.meets(other) for number, one in enumerate(widgets) for other in widgets[:number])
    assert group.hits[-1].part == "body"


def _assert_within(shape: Shape, group: Group) -> None:
    match shape:
        case Text():
            assert shape.x >= 0 and shape.y >= 0 and shape.y + shape.size <= group.height
            assert shape.x + width(shape.text, shape.size, shape.weight) <= group.width + 1
            assert "\n" not in shape.text
        case Rect():
            assert shape.x >= 0 and shape.x + shape.width <= group.width
            assert shape.y >= 0 and shape.y + shape.height <= group.height
        case Disc():
            assert 0 <= shape.x <= group.width
        case Stroke():
            pytest.fail("a node has no strokes")


@pytest.mark.parametrize("type", sorted(BUILT_IN))
def test_every_node_type_draws_with_its_defaults(type: str) -> None:
    made = alone(type)
    group = node_group(made, Place())
    assert_sound(group)
    assert {pin.name for pin in group.pins} == {*made.ports.inputs, *made.ports.outputs}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_template_draws_all_nodes_and_pins_of_all_edges(path: Path) -> None:
    graph = load(path)
    groups = {node_id: node_group(subject(graph, node_id), place(graph, node_id)) for node_id in graph.nodes}
    for group in groups.values():
        assert_sound(group)
    for edge in graph.edges:
        assert groups[edge.source].pin(edge.output, output=True) is not None
        assert groups[edge.target].pin(edge.input, output=False) is not None


@given(kinds, st.data(), sizes, st.booleans(), st.sampled_from(STATES))
def test_any_settings_draw_in_any_size(
    type: str, data: st.DataObject, size: Point | None, collapsed: bool, state: str
) -> None:
    names = sorted(BUILT_IN[type].settings)
    settings = data.draw(st.dictionaries(st.sampled_from(names), any_json, max_size=4)) if names else {}
    exposed = tuple(data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True))) if names else ()
    node = Node("it", type, settings, title=data.draw(st.text(max_size=30)), state=state, exposed=exposed)  # type: ignore[arg-type]
    made = subject(Graph({"it": node}), "it")
    assert_sound(node_group(made, Place(Point(7, 9), size, collapsed)))


@given(st.text(min_size=1, max_size=3), st.integers(1, 10_000), sizes)
def test_a_title_of_ten_thousand_characters_fits(piece: str, times: int, size: Point | None) -> None:
    title = (piece * times)[:10_000]
    graph = Graph({"it": Node("it", "model", title=title)})
    assert_sound(node_group(subject(graph, "it"), Place(size=size)))
    assert_sound(node_group(subject(graph, "it"), Place(size=size, collapsed=True)))


def test_a_node_is_as_large_as_the_user_made_it_but_holds_what_it_needs() -> None:
    made = alone("model")
    by_itself = node_group(made, Place())
    larger = node_group(made, Place(size=Point(400, 500)))
    assert (larger.width, larger.height) == (400, 500)
    smaller = node_group(made, Place(size=Point(10, 10)))
    assert smaller.height == by_itself.height
    assert (smaller.width, smaller.height) >= least_size(made, Place())


def test_a_prompt_shows_its_first_lines_and_how_many_there_are_more() -> None:
    text = "\n".join(f"line {number}" for number in range(45))
    group = node_group(alone("system", {"text": text}), Place())
    assert "line 0" in texts(group) and "… 38 more lines" in texts(group)
    taller = node_group(alone("system", {"text": text}), Place(size=Point(260, 1100)))
    assert "line 44" in texts(taller)


def test_a_long_word_and_a_long_paragraph_are_wrapped_into_the_box() -> None:
    group = node_group(alone("system", {"text": "x" * 300 + " " + "word " * 100}), Place())
    assert_sound(group)
    assert len([text for text in texts(group) if "x" in text or "word" in text]) >= 6


def test_placeholders_stand_out_and_become_a_form_with_pins() -> None:
    text = 'Be {{ tone | choice("kind", "strict") }} about {{ topic }}.'
    made = alone("template", {"text": text, "values": {"topic": "rivers"}})
    group = node_group(made, Place())
    assert_sound(group)
    assert any(isinstance(s, Text) and s.color == "placeholder" and "tone" in s.text for s in group.shapes)
    assert {hit.name for hit in group.hits if hit.part == "widget"} == {"text", "tone", "topic"}
    assert "kind" in texts(group) and "rivers" in texts(group)
    assert all(group.pin(name, output=False) for name in ("tone", "topic"))


def test_a_connected_placeholder_is_a_pin_without_a_widget() -> None:
    nodes = {"a": Node("a", "variable", {"value": "x"}), "b": Node("b", "template", {"text": "{{ topic }}"})}
    graph = Graph(nodes, (Edge("a", "value", "b", "topic"),))
    group = node_group(subject(graph, "b"), Place())
    assert "topic" not in {hit.name for hit in group.hits if hit.part == "widget"}
    assert group.pin("topic", output=False) is not None


def test_a_placeholder_with_the_name_of_the_text_hides_no_text() -> None:
    group = node_group(alone("template", {"text": "Say {{ text }}."}), Place())
    assert [hit.name for hit in group.hits if hit.part == "widget"] == ["values.text", "text"]
    assert "Say " in texts(group) and group.pin("text", output=False) is not None


def test_an_exposed_setting_is_an_input_with_its_widget() -> None:
    graph = Graph({"it": Node("it", "parameters", exposed=("temperature",))})
    group = node_group(subject(graph, "it"), Place())
    pin = group.pin("temperature", output=False)
    assert pin is not None and pin.wire == "number"
    assert [hit.name for hit in group.hits if hit.part == "widget"].count("temperature") == 1
    assert "temperature  0.80" in texts(group)


def test_a_variable_is_edited_as_what_it_is() -> None:
    made = alone("variable", {"kind": "choice", "choices": ["a", "b"], "value": "b"})
    assert "b" in texts(node_group(made, Place()))
    graph = Graph({"it": made.node})
    widget = widget_of(graph, "it", "value", RULES)
    assert widget is not None and widget.field.kind == "choice"
    assert widget_of(graph, "it", "nothing", RULES) is None
    assert widget_of(graph, "nobody", "value", RULES) is None


def test_a_missing_type_says_so_and_keeps_its_pins() -> None:
    nodes = {"a": Node("a", "variable"), "b": Node("b", "magic.wand", {"power": 9}), "c": Node("c", "output")}
    graph = Graph(nodes, (Edge("a", "value", "b", "x"), Edge("b", "y", "c", "value")))
    group = node_group(subject(graph, "b"), Place())
    assert_sound(group)
    assert "magic.wand" in " ".join(texts(group))
    assert group.pin("x", output=False) and group.pin("y", output=True)
    assert "missing" in {hit.name for hit in group.hits if hit.part == "badge"}


# --- runs


def run(state: str, **more: object) -> NodeRun:
    return replace(NodeRun("it", "model"), state=state, **more)


@given(
    st.sampled_from(["queued", "running", "done", "cached", "failed", "skipped"]), st.text(max_size=500), st.integers(0, 9),
    st.floats(0, 10), st.floats(0, 10), sizes, kinds,
)  # fmt: skip
def test_any_run_draws(
    state: str, text: str, chunks: int, done: float, total: float, size: Point | None, type: str
) -> None:
    error = NodeError(text, text) if state == "failed" else None
    seen = run(
        state, pieces=(text,) if text else (), chunks=chunks, done=done, total=total, error=error, label=text[:20]
    )
    assert_sound(node_group(alone(type, run=seen, feed=seen, now=3.0), Place(size=size)))


def test_a_running_model_shows_progress_figures_and_the_end_of_its_text() -> None:
    seen = run("running", pieces=("old line\n" * 50, "the newest words"), chunks=256, first_chunk=1.0, last_chunk=6.0)
    made = alone("model", {"max_tokens": 512}, run=seen, now=6.1)
    group = node_group(made, Place())
    assert "running" in texts(group)
    assert "the newest words" in texts(group)
    assert "256 tokens · 50.0 tok/s" in texts(group)
    assert fraction_of(made) == 0.5
    bars = [s for s in group.shapes if isinstance(s, Rect) and s.height == 4]
    assert len(bars) == 2 and bars[1].width == pytest.approx(bars[0].width / 2, abs=1)
    assert any(isinstance(s, Rect) and s.shadow == "state_running" for s in group.shapes)


def test_an_output_is_live_while_its_model_writes() -> None:
    feed = run("running", pieces=("so far",), chunks=2)
    group = node_group(alone("output", run=NodeRun("it"), feed=feed), Place())
    assert "live" in texts(group) and "so far" in texts(group)


def test_an_output_shows_its_value_whatever_that_is() -> None:
    group = node_group(alone("output", run=run("done", values={"value": {"a": 1}})), Place())
    assert any('"a"' in text for text in texts(group))


def test_a_failure_is_told_in_red_with_what_to_do() -> None:
    error = NodeError("the model file is cut off", "Download it again")
    group = node_group(alone("model", run=run("failed", error=error)), Place())
    told = next(s for s in group.shapes if isinstance(s, Text) and s.text == "the model file is cut off")
    assert told.color == "error"
    assert "Download it again" in texts(group) and "failed" in texts(group)
    assert any(isinstance(s, Rect) and s.outline == "state_failed" for s in group.shapes)


def test_figures_of_a_finished_model_are_those_it_counted() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=634, tokens_per_second=41.7)
    seen = run("done", usage=usage, values={"usage": usage}, chunks=600)
    assert figures_of(seen, 99.0) == "634 tokens · 41.7 tok/s"
    assert figures_of(run("skipped", reason="muted"), 0) == "muted"


def test_badges_tell_of_problems_states_and_caches() -> None:
    problems = (problem("required-input", "nothing feeds it", node="it", port="prompt"), problem("bad-setting", "no"))
    graph = Graph({"it": Node("it", "model", state="muted")})
    made = subject(graph, "it", problems=problems, run=run("cached"))
    group = node_group(made, Place(size=Point(420, 100)))
    badges = {hit.name: hit.tooltip for hit in group.hits if hit.part == "badge"}
    assert set(badges) == {"problems", "muted", "cached"}
    assert "nothing feeds it" in badges["problems"] and "2" in texts(group)
    pin = next(s for s in group.shapes if isinstance(s, Disc) and s.outline == "error")
    prompt = group.pin("prompt", output=False)
    assert prompt is not None and (pin.x, pin.y) == (prompt.x, prompt.y)
    assert icon("volume-x") in texts(group)


def test_results_of_an_earlier_graph_are_called_changed() -> None:
    group = node_group(alone("model", run=run("done"), changed=True), Place())
    assert "changed" in texts(group) and "done" not in texts(group)


def test_the_line_of_the_selection_lies_above_that_of_the_state_and_below_the_pins() -> None:
    group = node_group(alone("model", run=run("failed", error=NodeError("no"))), Place())
    line, *pins = group.marks
    assert isinstance(line, Rect) and line.outline == "selection" and line.width == group.width
    assert pins == [shape for shape in group.shapes if isinstance(shape, Disc)] and len(pins) == len(group.pins)
    assert group.state == "state_failed"


def test_pins_are_known_before_the_node_is_drawn_and_lie_where_they_are_drawn() -> None:
    for type in sorted(BUILT_IN):
        for at in (Place(), Place(collapsed=True)):
            group = node_group(alone(type), at)
            discs = [(s.x, s.y) for s in group.marks if isinstance(s, Disc)]
            assert discs == [(pin.x, pin.y) for pin in group.pins]


def test_a_collapsed_node_is_a_title_with_pins_at_its_sides() -> None:
    group = node_group(alone("model"), Place(collapsed=True))
    assert group.height == TITLE
    assert {pin.y for pin in group.pins} == {TITLE / 2}
    assert not any(hit.part in ("widget", "corner") for hit in group.hits)


def test_from_far_away_only_box_title_and_pins_are_drawn() -> None:
    group = node_group(alone("model", run=run("running", pieces=(REPLY,), chunks=3)), Place())
    assert len(texts(group, far=True)) == 2
    assert len(group.shapes_far) == 4 + len(group.pins)


def test_a_colour_of_ones_own_is_in_the_title_and_an_unknown_one_is_not() -> None:
    def bar(color: str) -> str:
        return next(
            s.fill for s in node_group(alone("model"), Place(color=color)).shapes if isinstance(s, Rect) and s.top_only
        )

    assert "+pink" in bar("pink")
    assert bar("no such colour") == bar("")


@given(kinds)
def test_the_same_node_is_drawn_the_same(type: str) -> None:
    assert node_group(alone(type), Place()) == node_group(alone(type), Place())


def test_a_growing_text_keeps_its_lines_while_words_are_added() -> None:
    def lines(text: str) -> list[str]:
        seen = run("running", pieces=(text,), chunks=2)
        return [t for t in texts(node_group(alone("model", run=seen), Place())) if t.startswith("word")]

    text = REPLY * 2 + "\n" + "word " * 90
    before, after = lines(text), lines(text + "word")
    assert before[1:] == after[: len(before) - 1] or before[:-1] == after[:-1]


def test_sizes_are_whole_even_where_those_of_the_file_are_not() -> None:
    for type in BUILT_IN:
        group = node_group(alone(type), Place(size=Point(251.7, 333.3)))
        assert not math.modf(group.width)[0] and not math.modf(group.height)[0]
