"""Sharing: a graph as a picture that people see and that graphide opens. Nothing but the graph's own JSON goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from graphide.editor.arrange import first_places
from graphide.editor.connect import Rules
from graphide.editor.frameshape import frame_group, is_note, note_group
from graphide.editor.layout import frames, place, reroutes
from graphide.editor.noderows import Subject
from graphide.editor.nodeshape import node_group
from graphide.editor.picture import Colors, drawn
from graphide.editor.views import CanvasView, Group, Wire
from graphide.editor.wireshape import wire
from graphide.graph.file import dumps
from graphide.graph.model import Edge, Graph
from graphide.graph.picture import with_graph


def shared(graph: Graph, rules: Rules, colors: Colors, scale: float = 1.0) -> bytes:
    """Return a PNG of a graph with the graph in it; nodes without a place get one in the picture only.

    Raises GraphFileError for a graph that cannot be written.
    """
    image = BytesIO()
    drawn(canvas_of(graph, rules), colors, scale).save(image, "PNG", optimize=True)
    return with_graph(image.getvalue(), dumps(graph, rules.registry))


def canvas_of(graph: Graph, rules: Rules) -> CanvasView:
    """Return a graph as it looks before any run, with nothing selected."""
    wired: dict[str, set[str]] = {}
    for edge in graph.edges:
        wired.setdefault(edge.target, set()).add(edge.input)
    subjects = {
        node_id: Subject(
            node, rules.registry.get(node.type), rules.ports(graph, node_id), frozenset(wired.get(node_id, ()))
        )
        for node_id, node in graph.nodes.items()
    }
    sizes = {key: _group(graph, subject) for key, subject in subjects.items()}
    graph = first_places(graph, {key: (group.width, group.height) for key, group in sizes.items()})
    groups = {key: _group(graph, subject) for key, subject in subjects.items()}
    lines = reroutes(graph)
    wires = [_wire(edge, groups, lines.get(edge, ())) for edge in graph.edges]
    return CanvasView(
        frames=tuple(frame_group(f"${key}", frame) for key, frame in frames(graph).items()),
        wires=tuple(found for found in wires if found is not None),
        nodes=tuple(groups.values()),
    )


def _group(graph: Graph, subject: Subject) -> Group:
    draw = note_group if is_note(subject) else node_group
    return draw(subject, place(graph, subject.node.id))


def _wire(edge: Edge, groups: Mapping[str, Group], points: tuple[tuple[float, float], ...]) -> Wire | None:
    source, target = groups.get(edge.source), groups.get(edge.target)
    if source is None or target is None:
        return None
    start = source.pin(edge.output, output=True) or next((pin for pin in source.pins if pin.output), None)
    end = target.pin(edge.input, output=False) or next((pin for pin in target.pins if not pin.output), None)
    if start is None or end is None:
        return None
    first, last = (source.x + start.x, source.y + start.y), (target.x + end.x, target.y + end.y)
    return wire(edge, first, last, start.wire, points=points)
