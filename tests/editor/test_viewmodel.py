"""The canvas builder: what did not change is the same object, what did looks as if it were made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from graphide.editor.layout import Frame, Place, Point, with_frames, with_places, with_reroutes
from graphide.editor.noderun import NodeRun
from graphide.editor.nodetitle import TITLE
from graphide.editor.planning import PlanStep, PlanView
from graphide.editor.runview import RunView
from graphide.editor.scene import Scene
from graphide.editor.selection import Selection
from graphide.editor.viewmodel import CanvasBuilder
from graphide.editor.views import Camera, CanvasView, Disc, Group, Rect, Text
from graphide.errors import UsageError
from graphide.graph.file import load
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.problems import problem
from tests.editor.editing import RULES as SMALL_RULES, commands
from tests.editor.scenes import large, moved, running, scene
from tests.graph.any_graph import graphs

TEMPLATES = sorted((Path(__file__).parents[2] / "graphs").glob("*.json"))


def changed(before: CanvasView, after: CanvasView) -> set[str]:
    """Return the nodes that are other objects than before."""
    known = {group.key: group for group in before.nodes}
    return {group.key for group in after.nodes if known.get(group.key) is not group}


def rewired(before: CanvasView, after: CanvasView) -> set[str]:
    known = {wire.edge: wire for wire in before.wires}
    return {str(wire.edge) for wire in after.wires if known.get(wire.edge) is not wire}


def group(view: CanvasView, key: str) -> Group:
    return next(group for group in view.nodes if group.key == key)


def texts(made: Group) -> list[str]:
    return [shape.text for shape in made.shapes if isinstance(shape, Text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_template_is_drawn_whole(path: Path) -> None:
    graph = load(path)
    view = CanvasBuilder().build(scene(graph))
    assert {made.key for made in view.nodes} == set(graph.nodes)
    assert {wire.edge for wire in view.wires} == set(graph.edges)
    for wire in view.wires:
        source, target = group(view, wire.edge.source), group(view, wire.edge.target)
        out, into = source.pin(wire.edge.output, output=True), target.pin(wire.edge.input, output=False)
        assert out is not None and into is not None
        assert wire.curves[0][0] == (source.x + out.x, source.y + out.y)
        assert wire.curves[-1][-1] == (target.x + into.x, target.y + into.y)


def test_the_same_scene_gives_the_same_objects() -> None:
    builder, graph = CanvasBuilder(), large(20)
    before, after = builder.build(scene(graph)), builder.build(scene(graph, camera=Camera(5, 5, 2)))
    assert after.nodes is before.nodes and after.wires is before.wires and after.frames is before.frames
    assert after.camera == Camera(5, 5, 2)


def test_moving_a_node_makes_it_and_its_wires_anew_and_nothing_else() -> None:
    builder, graph = CanvasBuilder(), large(20)
    before = builder.build(scene(graph))
    after = builder.build(scene(moved(graph, "n5", (77, 900))))
    assert changed(before, after) == {"n5"}
    assert rewired(before, after) == {"n4.text -> n5.x", "n5.text -> n6.x"}
    assert group(after, "n5").shapes is group(before, "n5").shapes
    assert (group(after, "n5").x, group(after, "n5").y) == (77, 900)


def test_editing_a_text_makes_that_node_anew() -> None:
    builder, graph = CanvasBuilder(), large(20)
    before = builder.build(scene(graph))
    after = builder.build(scene(graph.with_settings("n3", text="{{ x }} and {{ y }}")))
    assert changed(before, after) == {"n3"}
    assert group(after, "n3").pin("y", output=False) is not None


def test_a_chunk_makes_its_node_anew_and_the_output_that_shows_it() -> None:
    nodes = {"m": Node("m", "model"), "o": Node("o", "output"), "other": Node("other", "model")}
    graph = Graph(nodes, (Edge("m", "text", "o", "value"),), view={"m": [0, 0], "o": [400, 0], "other": [0, 500]})
    builder = CanvasBuilder()
    run = NodeRun("m", "model", "running", pieces=("Hello",), chunks=1)
    before = builder.build(scene(graph, run=running(run, NodeRun("o"))))
    longer = replace(run, pieces=("Hello world",), chunks=2)
    after = builder.build(scene(graph, run=running(longer, NodeRun("o"))))
    assert changed(before, after) == {"m", "o"}
    assert "live" in texts(group(after, "o")) and "Hello world" in texts(group(after, "o"))
    assert after.wires[0].state == "flowing"
    ended = builder.build(scene(graph, run=RunView()))
    assert "live" not in texts(group(ended, "o")) and ended.wires[0].state == "idle"


def test_figures_of_a_running_node_go_on_while_nothing_else_happens() -> None:
    graph = Graph({"m": Node("m", "model")}, view={"m": [0, 0]})
    builder = CanvasBuilder()
    run = running(NodeRun("m", "model", "running", started=10.0))
    early = builder.build(scene(graph, run=run, now=12.0))
    assert builder.build(scene(graph, run=run, now=12.1)).nodes is early.nodes
    assert "4.0 s" in texts(group(builder.build(scene(graph, run=run, now=14.0)), "m"))


def test_what_is_selected_lies_above_and_is_marked() -> None:
    builder, graph = CanvasBuilder(), large(20)
    before = builder.build(scene(graph))
    edge = graph.edges[0]
    after = builder.build(scene(graph, selection=Selection(("n2", "n7"), edges=(edge,))))
    assert changed(before, after) == {"n2", "n7"}
    assert [made.key for made in after.nodes[-2:]] == ["n2", "n7"]
    assert [wire.edge for wire in after.wires if wire.selected] == [edge]
    again = builder.build(scene(graph))
    assert not any(made.selected for made in again.nodes) and [made.key for made in again.nodes] == list(graph.nodes)


def test_selecting_everything_draws_no_node_anew() -> None:
    builder, graph = CanvasBuilder(), large(20)
    before = builder.build(scene(graph))
    after = builder.build(scene(graph, selection=Selection(tuple(graph.nodes))))
    assert all(made.selected for made in after.nodes)
    for old, new in zip(before.nodes, after.nodes, strict=True):
        assert (new.shapes is old.shapes) and (new.shapes_far is old.shapes_far) and (new.marks is old.marks)


def test_an_edit_does_not_take_away_what_a_run_would_do_with_the_other_nodes() -> None:
    builder, graph = CanvasBuilder(), large(4)
    steps = {node_id: PlanStep(node_id, "cached") for node_id in graph.nodes}
    before = builder.build(scene(graph, plan=PlanView(graph, steps=steps)))
    edited = graph.with_settings("n1", text="{{ x }} and {{ y }}")
    after = builder.build(scene(edited))
    assert changed(before, after) == {"n1"}
    badges = [[hit.name for hit in made.hits if hit.part == "badge"] for made in after.nodes]
    assert badges == [["cached"], [], ["cached"], ["cached"]]
    again = builder.build(scene(edited, plan=PlanView(edited, steps=steps)))
    assert changed(after, again) == {"n1"}


def test_what_looks_the_same_from_afar_stays_drawn_there() -> None:
    builder, graph = CanvasBuilder(), large(3)
    before = group(builder.build(scene(graph)), "n1")
    assert before.shapes_tiny
    after = group(builder.build(scene(graph.with_settings("n1", text="{{ x }}, said otherwise but as long"))), "n1")
    assert after.shapes != before.shapes
    assert after.height != before.height or after.shapes_tiny is before.shapes_tiny


def test_problems_show_at_their_node_and_their_wire() -> None:
    builder, graph = CanvasBuilder(), large(5)
    before = builder.build(scene(graph))
    bad = problem("type-mismatch", "does not fit", node="n1", edge=str(graph.edges[0]))
    after = builder.build(scene(graph, problems={"n1": (bad,)}))
    assert changed(before, after) == {"n1"}
    assert {str(wire.edge) for wire in after.wires if wire.state == "refused"} == {str(graph.edges[0])}


def test_a_connected_input_loses_its_widget() -> None:
    builder, graph = CanvasBuilder(), large(3)
    before = builder.build(scene(graph))
    after = builder.build(scene(replace(graph, edges=graph.edges[:1])))
    assert changed(before, after) == {"n2"}
    assert "x" in {hit.name for hit in group(after, "n2").hits if hit.part == "widget"}


def test_frames_lie_behind_and_stay_the_same_while_nodes_move() -> None:
    graph = with_frames(large(4), {"f1": Frame("One", Point(0, 0), Point(500, 500))})
    builder = CanvasBuilder()
    before = builder.build(scene(graph))
    after = builder.build(scene(moved(graph, "n1", (9, 9))))
    assert [made.key for made in before.frames] == ["$f1"] and after.frames is before.frames
    assert builder.build(scene(graph, selection=Selection(frames=("f1",)))).frames[0].selected


def test_a_wire_goes_through_its_reroute_points() -> None:
    graph = large(3)
    view = CanvasBuilder().build(scene(with_reroutes(graph, {graph.edges[0]: [(10, 20), (30, 40)]})))
    wire = next(wire for wire in view.wires if wire.edge == graph.edges[0])
    assert wire.points == ((10, 20), (30, 40)) and len(wire.curves) == 3


def test_an_edge_to_a_pin_that_is_gone_is_drawn_as_refused() -> None:
    graph = large(3).with_settings("n1", text="no placeholder any more")
    view = CanvasBuilder().build(scene(graph))
    assert {str(wire.edge): wire.state for wire in view.wires}["n0.text -> n1.x"] == "refused"


def test_nodes_without_a_place_do_not_lie_on_each_other_and_stay_where_they_are() -> None:
    graph = replace(large(12, 4), view={"n0": [0, 0]})
    builder = CanvasBuilder()
    before = builder.build(scene(graph))
    boxes = [made.box for made in before.nodes]
    assert not any(one.meets(other) for number, one in enumerate(boxes) for other in boxes[:number])
    after = builder.build(scene(moved(graph, "n0", (0, 5000))))
    assert changed(before, after) == {"n0"}


def test_pins_say_whether_the_wire_on_the_mouse_fits() -> None:
    graph = large(3)
    view = CanvasBuilder().build(scene(graph, verdicts={("n1", "x"): None, ("n2", "x"): "no"}))
    halo, hollow = view.halos
    assert isinstance(halo, Disc) and halo.fill == "wire_any@30"
    assert isinstance(hollow, Disc) and hollow.outline == "border"


def test_other_node_types_make_everything_anew() -> None:
    builder, graph = CanvasBuilder(), large(3)
    before = builder.build(scene(graph))
    after = builder.build(Scene(graph, SMALL_RULES))
    assert changed(before, after) == {"n0", "n1", "n2"}


def _fresh(found: Scene) -> dict[str, Any]:
    view = CanvasBuilder().build(found)
    return {"nodes": {made.key: made for made in view.nodes}, "wires": {wire.edge: wire for wire in view.wires},
            "frames": view.frames}  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_after_any_edits_the_canvas_is_as_if_it_were_made_anew(data: st.DataObject) -> None:
    graph = data.draw(graphs())
    graph = with_places(graph, {node_id: Place(Point(300 * n, 0)) for n, node_id in enumerate(graph.nodes)})
    builder = CanvasBuilder()
    for _ in range(data.draw(st.integers(1, 5))):
        try:
            edited = data.draw(commands(graph)).apply(graph)
        except UsageError:
            edited = graph
        placed = {key: Place(Point(0, 400)) for key in edited.nodes if key not in edited.view}
        graph = with_places(edited, placed) if placed else edited
        chosen = data.draw(st.lists(st.sampled_from(sorted(graph.nodes) or ["nobody"]), max_size=2, unique=True))
        runs = [NodeRun(key, state=data.draw(st.sampled_from(["queued", "running", "done"]))) for key in chosen]
        found = Scene(graph, SMALL_RULES, Selection(tuple(chosen)), run=running(*runs))
        view = builder.build(found)
        assert {made.key: made for made in view.nodes} == _fresh(found)["nodes"]
        assert {wire.edge: wire for wire in view.wires} == _fresh(found)["wires"]
        assert view.frames == _fresh(found)["frames"]


def test_a_chunk_gives_new_shapes_to_the_text_and_the_figures_and_to_no_other_row() -> None:
    graph = Graph({"m": Node("m", "model")}, view={"m": [0, 0]})
    builder = CanvasBuilder()
    run = NodeRun("m", "model", "running", pieces=("Hello",), chunks=1)
    before = group(builder.build(scene(graph, run=running(run))), "m")
    old = {id(shape): shape for shape in before.shapes}
    after = group(builder.build(scene(graph, run=running(replace(run, pieces=("Hello you",), chunks=2)))), "m")
    title = sum(isinstance(shape, Rect) and shape.y < TITLE for shape in after.shapes)
    rows = [shape for shape in after.shapes if not (isinstance(shape, Disc) or shape_top(shape) < TITLE)]
    fresh = [shape for shape in rows if id(shape) not in old]
    assert title and len(rows) - len(fresh) > 5
    assert {shape.text for shape in fresh if isinstance(shape, Text)} >= {"Hello you"}
    assert len([shape for shape in fresh if shape not in before.shapes]) <= 3


def shape_top(shape: Any) -> float:
    return float(shape.y)
