"""What a canvas shows, as plain values: shapes to draw, and boxes that answer to the mouse. No window and no behaviour.

Lengths are world units (pixels at zoom 1, y down); the shapes of a group are relative to its place. Colours and icons
are names: `graphide.ui` knows what they look like in each theme. A painter may compare groups by identity: one that did
not change is the same object as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from graphide.graph.model import Edge

Weight = Literal["regular", "medium", "semibold", "mono"]


class Rect(NamedTuple):
    """A box; `fill` and `outline` are colour names, "" for none. `shadow` asks for a soft one around it."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    outline: str = ""
    thickness: float = 1.0
    rounding: float = 0.0
    top_only: bool = False  # round only the upper corners
    shadow: str = ""


class Text(NamedTuple):
    """One line of text, an icon included as its character; `y` is the top of the line."""

    x: float
    y: float
    text: str
    size: float
    color: str = "text"
    weight: Weight = "regular"


class Disc(NamedTuple):
    """A filled circle, with a ring where `outline` is not ""."""

    x: float
    y: float
    radius: float
    fill: str
    outline: str = ""


class Stroke(NamedTuple):
    """A line through two points, or a smooth curve through four (cubic Bézier)."""

    points: tuple[tuple[float, float], ...]
    color: str
    thickness: float = 2.0
    dashed: bool = False


Shape = Rect | Text | Disc | Stroke


class Box(NamedTuple):
    """A rectangle in the same units as the shapes beside it."""

    x: float
    y: float
    width: float
    height: float

    def has(self, x: float, y: float) -> bool:
        """Return whether a point lies inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def meets(self, other: Box) -> bool:
        """Return whether two boxes have a point in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


Part = Literal["title", "body", "pin", "widget", "corner", "fold", "badge", "frame_title", "frame_corner"]


class Hit(NamedTuple):
    """Something in a group that answers to the mouse: what it is, its name (a port, a setting), and where."""

    part: Part
    name: str
    box: Box
    output: bool = False  # of a pin: the side it is on
    cursor: Literal["arrow", "text", "hand", "resize"] = "arrow"
    tooltip: str = ""


class Pin(NamedTuple):
    """Where wires meet a node: the middle of the pin, relative to the group, and the type of what flows there."""

    name: str
    output: bool
    x: float
    y: float
    wire: str


class Group(NamedTuple):
    """A node, a frame or a note as it is drawn. `shapes_far` are drawn below the zoom where text cannot be read.

    `shapes_tiny` are drawn from farther still, `marks` above the others where it is selected. Shapes and hits may be
    made only when they are looked at. `state` is the colour of a node that says how it fares.
    """

    key: str
    x: float
    y: float
    width: float
    height: float
    shapes: Sequence[Shape]
    shapes_far: Sequence[Shape] = ()
    hits: Sequence[Hit] = ()
    pins: tuple[Pin, ...] = ()
    selected: bool = False
    shapes_tiny: Sequence[Shape] = ()
    marks: Sequence[Shape] = ()
    marks_far: Sequence[Shape] = ()
    state: str = ""

    @property
    def box(self) -> Box:
        """The whole of it, on the canvas."""
        return Box(self.x, self.y, self.width, self.height)

    def pin(self, name: str, *, output: bool) -> Pin | None:
        """Return the pin of a port, None when it shows none."""
        for pin in self.pins:
            if pin.name == name and pin.output == output:
                return pin
        return None


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge as it is drawn: a path of cubic curves on the canvas, from pin to pin through its reroute points."""

    edge: Edge
    curves: tuple[tuple[tuple[float, float], ...], ...]
    color: str
    state: Literal["idle", "flowing", "done", "failed", "refused"] = "idle"
    selected: bool = False
    dimmed: bool = False
    points: tuple[tuple[float, float], ...] = ()  # reroute points, to be dragged


class Camera(NamedTuple):
    """Which part of the canvas is seen: the world point at the upper left of the view, and the zoom."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the canvas is in the view."""
        return (x - self.x) * self.zoom, (y - self.y) * self.zoom

    def to_world(self, x: float, y: float) -> tuple[float, float]:
        """Return which place of the canvas is at a point of the view."""
        return x / self.zoom + self.x, y / self.zoom + self.y


@dataclass(frozen=True, slots=True)
class CanvasView:
    """Everything on the canvas, in the order it is drawn: frames, wires, nodes, `halos`, then `overlay` above all.

    `halos` say which pins a wire that is dragged can reach. `overlay` is in world units too: the wire being dragged, the
    selection box, lines that say what snaps.
    """

    frames: tuple[Group, ...] = ()
    wires: tuple[Wire, ...] = ()
    nodes: tuple[Group, ...] = ()
    overlay: tuple[Shape, ...] = ()
    camera: Camera = Camera()
    cursor: Literal["arrow", "text", "hand", "resize", "move"] = "arrow"
    tooltip: str = ""
    halos: tuple[Shape, ...] = ()
