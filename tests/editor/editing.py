"""Editing for tests: graphs to begin with, and commands that Hypothesis draws for the graph there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from hypothesis import strategies as st

from graphide.editor.commands import Command, SetGraphText, SetModel
from graphide.editor.commands_edges import Connect, Disconnect, InsertIntoEdge, MoveInput, Reconnect, SetReroute
from graphide.editor.commands_nodes import AddNodes, RemoveNodes, RenameNode, SetNodeTitle, SetState
from graphide.editor.commands_paste import Duplicate, Paste
from graphide.editor.commands_settings import ResetSetting, SetExposed, SetSetting
from graphide.editor.commands_types import ReplaceType
from graphide.editor.commands_view import Move, RemoveFrames, ResizeNode, SetCollapsed, SetColor, SetFrame, moved_by
from graphide.editor.connect import Rules, inputs_for, why_not
from graphide.editor.layout import Frame, Place, Point, frames
from graphide.editor.names import new_frame_id, new_node
from graphide.editor.subgraphs import Group
from graphide.graph.model import STATES, Edge, Graph, ModelRef, Node
from graphide.graph.shape import edge_of
from graphide.graph.topology import in_file_order
from tests.graph.any_graph import graphs, names, texts, values
from tests.support.nodes_for_tests import REGISTRY

RULES = Rules(REGISTRY)
points = st.builds(Point, st.floats(-5000, 5000), st.floats(-5000, 5000))
TYPES = sorted(REGISTRY)
SETTINGS = sorted({name for spec in REGISTRY.values() for name in spec.settings})
PORTS = ["value", "text", "prompt", "system", "sampling", "texts", "topic", "x"]


def a_node(graph: Graph, type: str, at: Point | None = None, **settings: object) -> AddNodes:
    node = new_node(graph, type, REGISTRY, settings)
    return AddNodes((node,), {node.id: Place(at=at)} if at is not None else {})


def fitting_edges(graph: Graph) -> list[Edge]:
    """Return every edge that could be made."""
    return [
        edge
        for node_id in graph.nodes
        for output in RULES.ports(graph, node_id).outputs
        for (target, name), reason in inputs_for(graph, node_id, output, RULES).items()
        if reason is None and why_not(graph, edge := Edge(node_id, output, target, name), RULES) is None
    ]


def fitting_values(graph: Graph) -> list[tuple[str, str, object]]:
    """Return (node, setting, value) that can be set: defaults, and some values that most fields take."""
    settings = [
        (node_id, name, setting)
        for node_id, node in graph.nodes.items()
        if node.type in REGISTRY
        for name, setting in REGISTRY[node.type].settings.items()
    ]
    tried = ("{{ topic }} and {{ x }}", "", 3, 0.5, True, ["a"], None)
    return [
        (node_id, name, value)
        for node_id, name, setting in settings
        for value in (setting.default, *tried)
        if setting.field.problem(value) is None
    ]


@st.composite
def commands(draw: st.DrawFn, graph: Graph) -> Command:
    """Draw a command that means something, or nearly, for a graph."""
    ids = sorted(graph.nodes)
    some = st.lists(st.sampled_from(ids or ["nobody"]), min_size=1, max_size=3, unique=True).map(tuple)
    one = st.sampled_from(ids or ["nobody"])
    any_edge = st.builds(Edge, one, st.sampled_from(PORTS), one, st.sampled_from(PORTS))
    made_edge = st.sampled_from(sorted(graph.edges)) if graph.edges else any_edge
    edge = made_edge | any_edge
    fitting = st.deferred(lambda: st.sampled_from(fitting_edges(graph) or [Edge("no", "such", "edge", "there")]))
    fitting_value = st.deferred(lambda: st.sampled_from(fitting_values(graph) or [("nobody", "text", "")]))
    frame = st.sampled_from(sorted(frames(graph)) or [new_frame_id(graph)])
    frame_values = st.builds(Frame, texts, points, st.builds(Point, st.floats(1, 900), st.floats(1, 900)), texts)
    setting = st.sampled_from(SETTINGS)
    exposed = st.sampled_from(
        [(key, name) for key, node in graph.nodes.items() for name in node.exposed] or [("no", "x")]
    )
    value = values | st.sampled_from(["{{ topic }} and {{ x }}", "", 0.8, 512, True])
    rules = st.just(RULES)
    # Only the strategy that is drawn from is made: some look at every pin.
    made: list[Callable[[], st.SearchStrategy[Command]]] = [
        lambda: st.builds(a_node, st.just(graph), st.sampled_from(TYPES), points | st.none()),
        lambda: st.builds(RemoveNodes, some),
        lambda: st.builds(RenameNode, one, names),
        lambda: st.builds(SetNodeTitle, one, texts),
        lambda: st.builds(SetState, some, st.sampled_from(STATES)),
        lambda: st.builds(SetSetting, one, setting, value, rules),
        lambda: st.builds(ResetSetting, one, setting, rules),
        lambda: st.builds(SetExposed, one, setting, st.booleans(), rules),
        lambda: fitting_value.map(lambda found: SetSetting(*found, RULES)),
        lambda: fitting_value.map(lambda found: ResetSetting(*found[:2], RULES)),
        lambda: fitting_value.map(lambda found: SetExposed(*found[:2], True, RULES)),
        lambda: exposed.map(lambda found: SetExposed(*found, False, RULES)),
        lambda: st.builds(Connect, any_edge, rules),
        lambda: st.builds(Connect, fitting, rules),
        lambda: st.builds(Connect, fitting, rules),
        lambda: st.builds(Disconnect, edge.map(lambda found: (found,))),
        lambda: st.builds(Reconnect, made_edge, fitting, rules),
        lambda: st.builds(Reconnect, edge, any_edge, rules),
        lambda: st.builds(MoveInput, edge, st.integers(0, 3)),
        lambda: st.builds(SetReroute, edge, st.lists(points, max_size=3).map(tuple)),
        lambda: st.builds(InsertIntoEdge, made_edge, one, rules),
        lambda: st.builds(Move, st.dictionaries(one, points, max_size=3)),
        lambda: st.builds(moved_by, st.just(graph), some, points, frame.map(lambda found: (found,))),
        lambda: st.builds(ResizeNode, one, points | st.none(), points | st.none()),
        lambda: st.builds(SetCollapsed, some, st.booleans()),
        lambda: st.builds(SetColor, some, texts),
        lambda: st.builds(SetFrame, frame, frame_values),
        lambda: st.builds(RemoveFrames, frame.map(lambda found: (found,))),
        lambda: st.builds(SetGraphText, st.sampled_from(["title", "about"]), texts),
        lambda: st.builds(SetModel, texts, st.none() | st.builds(ModelRef, texts, texts, texts, st.integers(0, 9))),
        lambda: st.builds(Paste, graphs(), points | st.none()),
        lambda: st.builds(Duplicate, some, wired=st.booleans()),
        lambda: st.builds(ReplaceType, one, st.sampled_from(TYPES), rules),
        lambda: st.builds(Group, some, rules),
    ]
    return draw(draw(st.sampled_from(made))())


def chain(length: int) -> Graph:
    """Return a graph of templates, each feeding the next, with places."""
    ids = [f"n{number}" for number in range(length)]
    nodes = tuple(new_node(Graph(), "template", REGISTRY, {"text": "{{ x }}"}) for _ in ids)
    return AddNodes(
        tuple(replace(node, id=node_id) for node, node_id in zip(nodes, ids, strict=True)),
        {node_id: Place(at=Point(number * 10, 0)) for number, node_id in enumerate(ids)},
        tuple(Edge(a, "text", b, "x") for a, b in pairwise(ids)),
    ).apply(Graph())


def begun() -> Graph:
    """Return a graph in which most commands have something to do."""
    return graph_of_types(
        {"topic": "variable", "task": "template", "who": "system", "reply": "model", "style": "parameters", "all": "join",
         "free": "template", "result": "output"},
        "topic.value -> task.topic", "task.text -> reply.prompt", "style.sampling -> reply.sampling",
        "reply.text -> all.texts", "topic.value -> all.texts", "all.text -> result.value",
        task={"text": "{{ topic }} {{ x }}"}, free={"text": "{{ x }}"},
    )  # fmt: skip


def graph_of_types(types: dict[str, str], *edges: str, **settings: dict[str, object]) -> Graph:
    """Return a graph of `{id: type}` and edges in file form, without a place for anything."""
    nodes = {node_id: Node(node_id, type, settings.get(node_id, {})) for node_id, type in types.items()}
    return Graph(nodes, tuple(in_file_order(map(edge_of, edges))))
