"""A graph as an SVG picture: the shapes of the desktop's canvas, with colours that follow the theme of who looks at it.

What is drawn is decided in `graphide.editor`. Colours are CSS variables: the file brings the page's own table of them, and a
page that takes its elements gives them its own. A node is a group with its id, a wire a path with the ids of both ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final, assert_never
from xml.etree import ElementTree as Xml

from graphide.editor.connect import Rules
from graphide.editor.share import canvas_of
from graphide.editor.text.metrics import face
from graphide.editor.views import CanvasView, Disc, Group, Rect, Shape, Stroke, Text, Weight
from graphide.graph.model import Graph

MARGIN: Final = 32.0
MANY: Final = 300
"""Of more nodes than these only the title is drawn, as from far away: a browser takes seconds for all their texts."""
_FACES: Final[dict[Weight, tuple[str, str, float]]] = {
    "regular": ("400", "sans", 2048 / 2478),
    "medium": ("500", "sans", 2048 / 2478),
    "semibold": ("600", "sans", 2048 / 2478),
    "mono": ("400", "mono", 2048 / 2703),
}
"""The weight, the family, and the em as a fraction of the height from the lowest to the highest point, in units of the fonts."""
_NAME: Final = re.compile(r"[a-z_]+")
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STYLE: Final = """
text { white-space: pre; font-kerning: none; font-variant-ligatures: none; }
.sans { font-family: "Graphide Sans", Inter, system-ui, sans-serif; }
.glyph { display: none; }
.mono { font-family: "Graphide Mono", ui-monospace, monospace; }
"""


def svg_of(graph: Graph, rules: Rules, *, styled: bool = True) -> bytes:
    """Return an SVG file of a graph; nodes without a place get one in the picture only.

    Without `styled`, the colours and fonts are left to the page that takes its elements.
    """
    view = canvas_of(graph, rules)
    x, y, width, height = _area(view)
    root = Xml.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"{x:g} {y:g} {width:g} {height:g}")
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    Xml.SubElement(root, "title").text = graph.title or "Graph"
    if styled:
        Xml.SubElement(root, "style").text = _palette() + _STYLE
    ground = Xml.SubElement(root, "rect", {"class": "canvas", "fill": color("canvas")})
    _place(ground, x, y, width, height)
    for group in view.frames:
        _draw_group(root, group, "frame", group.shapes)
    for wire in view.wires:
        path = Xml.SubElement(root, "path", {"class": "wire", "d": " ".join(map(_curve, wire.curves)), "fill": "none"})
        path.set("stroke", color(wire.color))
        path.set("stroke-width", "2")
        path.set("data-source", wire.edge.source)
        path.set("data-target", wire.edge.target)
    for group in view.nodes:
        _draw_group(root, group, "node", group.shapes if len(view.nodes) <= MANY else group.shapes_far)
    return _NOT_IN_XML.sub(" ", Xml.tostring(root, encoding="unicode")).encode()


def color(name: str) -> str:
    """Return the CSS of a colour name; a mixture (`card+model@16`) and a thinned one (`accent@40`) stay what they are."""
    below, mixed, above = name.rpartition("+")
    if mixed:
        top, _, percent = above.partition("@")
        return f"color-mix(in srgb, {color(below)}, {color(top)} {float(percent or 50):g}%)"
    plain, thinned, percent = name.partition("@")
    return (
        f"color-mix(in srgb, {color(plain)} {float(percent):g}%, transparent)"
        if thinned
        else f"var(--{plain if _NAME.fullmatch(plain) else 'grey'})"
    )


@cache
def _palette() -> str:
    return (files("graphide.server") / "page" / "palette.css").read_text("utf-8")


def _area(view: CanvasView) -> tuple[float, float, float, float]:
    boxes = [group.box for group in (*view.frames, *view.nodes)]
    if not boxes:
        return 0, 0, 400, 200
    left, top = min(box.x for box in boxes) - MARGIN, min(box.y for box in boxes) - MARGIN
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    return left, top, right + MARGIN - left, bottom + MARGIN - top


def _draw_group(root: Xml.Element, group: Group, kind: str, shapes: Iterable[Shape]) -> None:
    made = Xml.SubElement(root, "g", {"class": kind, "transform": f"translate({group.x:g} {group.y:g})"})
    made.set("data-node", group.key)
    made.set("data-width", f"{group.width:g}")
    made.set("data-height", f"{group.height:g}")
    _draw(made, shapes)
    made[0].set("class", "ground")


def _draw(parent: Xml.Element, shapes: Iterable[Shape]) -> None:
    for shape in shapes:
        match shape:
            case Rect():
                _draw_rect(parent, shape)
            case Text():
                _draw_text(parent, shape)
            case Disc():
                at = {"cx": f"{shape.x:g}", "cy": f"{shape.y:g}", "r": f"{shape.radius:g}"}
                _paint(Xml.SubElement(parent, "circle", at), shape.fill, shape.outline, 1.5)
            case Stroke():
                _draw_stroke(parent, shape)
            case _:
                assert_never(shape)


def _draw_rect(parent: Xml.Element, rect: Rect) -> None:
    if not rect.top_only:
        made = Xml.SubElement(parent, "rect")
        _place(made, rect.x, rect.y, rect.width, rect.height)
        if rounding := min(rect.rounding, rect.width / 2, rect.height / 2):
            made.set("rx", f"{rounding:g}")
    else:
        made = Xml.SubElement(parent, "path", {"d": _tab(rect)})
    _paint(made, rect.fill, rect.outline, rect.thickness)


def _tab(rect: Rect) -> str:
    """Return the path of a box of which only the upper corners are round."""
    x, y, wide, high, turn = rect.x, rect.y, rect.width, rect.height, rect.rounding
    arc = f"a{turn:g} {turn:g} 0 0 1"
    return (
        f"M{x:g} {y + high:g}v{turn - high:g}{arc} {turn:g} {-turn:g}h{wide - 2 * turn:g}{arc} {turn:g} {turn:g}"
        f"v{high - turn:g}z"
    )


def _draw_text(parent: Xml.Element, text: Text) -> None:
    known = face(text.weight)
    weight, family, em = _FACES[text.weight]
    # A text of size s is s high here, as in the window; the size in CSS is that of an em.
    size = f"{text.size * em:.3f}"
    family = "glyph" if "\ue000" <= text.text[:1] <= "\uf8ff" else family
    made = Xml.SubElement(parent, "text", {"class": family, "font-size": size, "font-weight": weight})
    made.set("x", f"{text.x:g}")
    made.set("y", f"{text.y + text.size * known.ascent:.2f}")
    made.set("fill", color(text.color))
    made.text = text.text


def _draw_stroke(parent: Xml.Element, stroke: Stroke) -> None:
    if len(stroke.points) == 4:
        path = _curve(stroke.points)
    else:
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in stroke.points)
    made = Xml.SubElement(parent, "path", {"d": path})
    _paint(made, "", stroke.color, stroke.thickness)
    if stroke.dashed:
        made.set("stroke-dasharray", "6 5")


def _curve(points: Iterable[tuple[float, float]]) -> str:
    first, *rest = (f"{x:g} {y:g}" for x, y in points)
    return f"M{first}C{' '.join(rest)}"


def _paint(made: Xml.Element, fill: str, outline: str, thickness: float) -> None:
    made.set("fill", color(fill) if fill else "none")
    if outline:
        made.set("stroke", color(outline))
        made.set("stroke-width", f"{thickness:g}")


def _place(made: Xml.Element, x: float, y: float, width: float, height: float) -> None:
    for name, number in (("x", x), ("y", y), ("width", width), ("height", height)):
        made.set(name, f"{number:g}")
