"""Tips: what is said of the thing under the mouse while it rests there, as text and as shapes. When to show one is not here.

A tip says what cannot be seen: a title that was cut off, the type and help of a pin with the value it last had, why a
node failed and with which inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from graphide.editor.detail import FAR
from graphide.editor.gestures_target import Target
from graphide.editor.nodetitle import title_of
from graphide.editor.short import short
from graphide.editor.text.metrics import face, shortened
from graphide.editor.text.wrap import Setting, wrap
from graphide.editor.views import Rect, Shape, Text
from graphide.graph.model import Edge
from graphide.graph.topology import links

if TYPE_CHECKING:
    from graphide.editor.session import Session

WIDEST: Final = 340.0
_SIZE, _LINE, _PAD = 13.0, 18.0, 10.0
_MOST_LINES: Final = 14
_LONGEST_VALUE: Final = 160
_BELOW: Final = 20.0  # from the tip of the mouse pointer
_GAP: Final = 6.0


def told(session: Session, target: Target) -> str:
    """Return what is said of a target, "" for nothing."""
    if target.edge is not None:
        return _of_wire(session, target.edge)
    if target.node not in session.graph.nodes:
        return target.tooltip
    if target.kind == "pin":
        return "\n".join([target.tooltip, *_value(session, target)])
    if target.kind in ("title", "body"):
        return "\n".join(_of_node(session, target))
    return target.tooltip


def tip_shapes(text: str, at: tuple[float, float], room: tuple[float, float]) -> tuple[Shape, ...]:
    """Return a tip below a place, moved so that it is inside `room`; all in pixels at scale 1."""
    layout = wrap(text, Setting(face("regular"), _SIZE, _LINE, WIDEST))
    lines = [text[line.start : line.end].rstrip() for _, line in layout.lines(0, _MOST_LINES)]
    if layout.line_count > _MOST_LINES:
        lines[-1] = "…"
    widest = max(face("regular").width(line, _SIZE) for line in lines)
    width, height = widest + 2 * _PAD, len(lines) * _LINE + 2 * _PAD - (_LINE - _SIZE)
    x = max(_GAP, min(at[0] + _GAP, room[0] - width - _GAP))
    y = at[1] + _BELOW
    if y + height > room[1] - _GAP:
        y = max(_GAP, at[1] - height - _GAP)
    ground = Rect(x, y, width, height, fill="raised", outline="border", rounding=8, shadow="shadow")
    texts = (Text(x + _PAD, y + _PAD + n * _LINE, line, _SIZE) for n, line in enumerate(lines))
    return (ground, *texts)


def _of_wire(session: Session, edge: Edge) -> str:
    known = session.rules.ports(session.graph, edge.source).outputs if edge.source in session.graph.nodes else {}
    wires = known[edge.output].wires if edge.output in known else ()
    kind = f"{' or '.join(wires)}: " if wires else ""
    lines = [f"{kind}{edge.source}.{edge.output} → {edge.target}.{edge.input}"]
    return "\n".join([*lines, *_last_value(session, edge.source, edge.output)])


def _of_node(session: Session, target: Target) -> Iterator[str]:
    node, group = session.graph.nodes[target.node], session.surface.group(target.node)
    far = session.tab.camera.zoom < FAR
    title = title_of(node)
    shapes = () if group is None else group.shapes_far if far else group.shapes
    if not any(isinstance(shape, Text) and shape.text == title for shape in shapes):
        yield title
    if target.kind == "title" or far:
        spec = session.workspace.registry.get(node.type)
        yield target.tooltip or (f"{spec.type}: {spec.summary}" if spec is not None else f"{node.type}: not installed")
    run = session.tab.runs.view.nodes.get(node.id)
    if run is not None and run.error is not None:
        yield run.error.message
        yield run.error.to_do
        yield from (f"{name}: {shortened(value, WIDEST, _SIZE)}" for name, value in run.error.inputs)


def _value(session: Session, pin: Target) -> Iterator[str]:
    """Yield the value that a pin had in the last run; an input has that of what leads to it."""
    if pin.output:
        yield from _last_value(session, pin.id, pin.name)
        return
    for edge in links(session.graph).incoming(pin.id):
        if edge.input == pin.name:
            yield from _last_value(session, edge.source, edge.output)


def _last_value(session: Session, node_id: str, output: str) -> Iterator[str]:
    run = session.tab.runs.view.nodes.get(node_id)
    if run is not None and output in run.values:
        yield f"Last run: {short(run.values[output])[:_LONGEST_VALUE]}"
