"""The minimap: all nodes and frames as small boxes, the part that is seen as a frame, and where a click leads.

Shapes are in pixels from the upper left corner of the map. Where it lies on the screen is for the window to say.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from graphide.editor.camera import around, centred, middle, seen
from graphide.editor.views import Box, Camera, CanvasView, Group, Rect, Shape

PAD: Final = 8.0
_LEAST: Final = 2.0  # no box is smaller, so that a lone node far away can be found


class Minimap(NamedTuple):
    """A map of the canvas: its shapes, the box of the camera on it, and how map and canvas belong together."""

    shapes: tuple[Shape, ...]
    seen: Box
    scale: float
    left: float
    top: float

    def to_world(self, x: float, y: float) -> tuple[float, float]:
        """Return which place of the canvas is at a point of the map."""
        return x / self.scale + self.left, y / self.scale + self.top

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the canvas is on the map."""
        return (x - self.left) * self.scale, (y - self.top) * self.scale


def minimap(view: CanvasView, size: tuple[float, float], viewport: tuple[float, float]) -> Minimap:
    """Return the map of a canvas in a size; `viewport` is the size of the canvas on the screen."""
    camera_box = seen(view.camera, viewport)
    whole = around([*(group.box for group in (*view.frames, *view.nodes)), camera_box])
    assert whole is not None
    room_x, room_y = (max(side - 2 * PAD, 1.0) for side in size)
    scale = min(room_x / max(whole.width, 1e-6), room_y / max(whole.height, 1e-6))
    x, y = middle(whole)
    left, top = x - size[0] / 2 / scale, y - size[1] / 2 / scale
    blank = Minimap((), Box(0, 0, 0, 0), scale, left, top)
    shapes: list[Shape] = [Rect(0, 0, *size, fill="panel@90", outline="border", rounding=8)]
    shapes += [_box(blank, group, "faint@18") for group in view.frames]
    shapes += [_box(blank, group, _color(group)) for group in view.nodes]
    window = _on_map(blank, camera_box)
    shapes.append(Rect(*window, fill="accent@10", outline="accent@70", rounding=2))
    return blank._replace(shapes=tuple(shapes), seen=window)


def led_to(map: Minimap, camera: Camera, at: tuple[float, float], viewport: tuple[float, float]) -> Camera:
    """Return the camera after a click or a drag on the map: what is there comes into the middle of the view."""
    return centred(camera, map.to_world(*at), viewport)


def _on_map(map: Minimap, box: Box) -> Box:
    x, y = map.to_map(box.x, box.y)
    return Box(x, y, max(box.width * map.scale, _LEAST), max(box.height * map.scale, _LEAST))


def _box(map: Minimap, group: Group, fill: str) -> Rect:
    return Rect(*_on_map(map, group.box), fill=fill, rounding=1.5)


def _color(group: Group) -> str:
    """Return the colour of a node on the map: selected, else that of its outline where that says how it fares."""
    if group.selected:
        return "selection"
    lines = (shape.outline for shape in group.shapes_far if isinstance(shape, Rect) and shape.outline)
    outline = next(lines, "")
    return outline if outline.startswith("state_") else "faint@60"
