"""Hit tests: the grid finds what a search through everything finds, also after views that changed only in part."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from graphide.editor.hittest import HitIndex, Under, hit_at, pin_at, pin_reach, wire_under, within
from graphide.editor.viewmodel import CanvasBuilder
from graphide.editor.views import Box, CanvasView, Group, Hit, Pin, Wire
from graphide.editor.wireshape import wire
from graphide.graph.model import Edge
from tests.editor.scenes import large, moved, scene

span = st.integers(-900, 900)
zooms = st.sampled_from([0.1, 0.4, 1.0, 3.0])


@st.composite
def groups(draw: st.DrawFn, key: str) -> Group:
    wide, high = draw(st.integers(30, 600)), draw(st.integers(30, 600))
    x, y = draw(span), draw(span)
    pins = [Pin(f"i{n}", False, 0, draw(st.integers(0, high)), "text") for n in range(draw(st.integers(0, 2)))]
    pins += [Pin(f"o{n}", True, wide, draw(st.integers(0, high)), "text") for n in range(draw(st.integers(0, 2)))]
    hits = (Hit("title", "", Box(0, 0, wide, 20)), Hit("body", "", Box(0, 0, wide, high)))
    return Group(key, x, y, wide, high, (), hits=hits, pins=tuple(pins))


@st.composite
def wires(draw: st.DrawFn, number: int) -> Wire:
    ends = [(draw(span), draw(span)) for _ in range(2)]
    points = draw(st.lists(st.tuples(span, span), max_size=2))
    return wire(Edge(f"a{number}", "o", f"b{number}", "i"), *ends, "text", points=points)


@st.composite
def views(draw: st.DrawFn) -> CanvasView:
    nodes = tuple(draw(groups(f"n{number}")) for number in range(draw(st.integers(0, 6))))
    frames = tuple(draw(groups(f"$f{number}")) for number in range(draw(st.integers(0, 2))))
    return CanvasView(frames, tuple(draw(wires(number)) for number in range(draw(st.integers(0, 4)))), nodes)


def naive(view: CanvasView, x: float, y: float, zoom: float) -> Under:
    """Search through everything, the topmost first."""
    for group in reversed(view.nodes):
        pin = pin_at(group, x, y, pin_reach(zoom))
        if pin is not None:
            return Under("pin", group, None, pin)
        if group.box.has(x, y):
            return Under("node", group, hit_at(group, x, y))
    found = [hit for one in reversed(view.wires) if (hit := wire_under(one, x, y, zoom)) is not None]
    if found:
        return min(found, key=lambda hit: hit[0])[1]
    for group in reversed(view.frames):
        if group.box.has(x, y):
            return Under("frame", group, hit_at(group, x, y))
    return Under()


@settings(max_examples=150)
@given(st.lists(views(), min_size=1, max_size=3), st.lists(st.tuples(span, span), min_size=1, max_size=8), zooms)
def test_what_is_under_the_mouse_is_what_a_search_through_everything_finds(
    seen: list[CanvasView], points: list[tuple[int, int]], zoom: float
) -> None:
    index = HitIndex()
    for view in seen:
        index.see(view)
        for x, y in points:
            assert index.under(x, y, zoom) == naive(view, x, y, zoom)


@settings(max_examples=100)
@given(views(), st.builds(Box, span, span, st.integers(1, 1500), st.integers(1, 1500)))
def test_a_box_holds_what_touches_it_in_the_order_it_is_drawn(view: CanvasView, box: Box) -> None:
    index = HitIndex()
    index.see(view)
    assert index.inside(box) == tuple(group for group in view.nodes if group.box.meets(box))
    assert index.inside(box, whole=True) == tuple(group for group in view.nodes if within(group.box, box))
    assert index.frames_inside(box) == tuple(group for group in view.frames if within(group.box, box))


def test_every_pin_of_a_canvas_is_hit_in_its_middle() -> None:
    view, index = CanvasBuilder().build(scene(large(60))), HitIndex()
    index.see(view)
    for group in view.nodes:
        for pin in group.pins:
            found = index.under(group.x + pin.x, group.y + pin.y)
            assert (found.kind, found.group, found.pin) == ("pin", group, pin)
            assert found.hit is not None and found.hit.name == pin.name


def test_a_wire_snaps_to_the_nearest_pin_that_fits() -> None:
    view, index = CanvasBuilder().build(scene(large(4))), HitIndex()
    index.see(view)
    target = view.nodes[1]
    pin = target.pin("x", output=False)
    assert pin is not None
    inputs = index.nearest_pin(target.x + pin.x - 20, target.y + pin.y + 5, lambda _, pin: not pin.output)
    assert inputs == (target, pin)
    anywhere_on_it = index.nearest_pin(target.x + target.width - 2, target.y + 3, lambda _, pin: not pin.output)
    assert anywhere_on_it == (target, pin)
    assert index.nearest_pin(target.x + pin.x, target.y + pin.y, lambda node, _: node == "nobody") is None
    assert index.nearest_pin(-5000, -5000, lambda *_: True) is None


def test_a_moved_node_is_found_where_it_is_and_not_where_it_was() -> None:
    builder, index, graph = CanvasBuilder(), HitIndex(), large(30)
    index.see(builder.build(scene(graph)))
    was = index.under(100, 50)
    assert was.group is not None and was.group.key == "n0"
    index.see(builder.build(scene(moved(graph, "n0", (-4000, -4000)))))
    assert index.under(100, 50).kind == "nothing"
    now = index.under(-3900, -3950)
    assert now.group is not None and now.group.key == "n0"


def test_reroute_points_come_before_their_wire() -> None:
    made = wire(Edge("a", "o", "b", "i"), (0, 0), (600, 0), "text", points=[(300, 80)])
    index = HitIndex()
    index.see(CanvasView(wires=(made,)))
    assert index.under(302, 82) == Under("point", wire=made, point=0)
    assert index.under(2, 3).kind == "wire"
