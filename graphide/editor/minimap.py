"""The minimap: all nodes and frames as small boxes, the part that is seen as a frame, and where a click leads.

Shapes are in pixels from the upper left corner of the map. Where it lies on the screen is for the window to say.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from graphide.editor.camera import around, centred, middle, seen
from graphide.editor.views import Box, Camera, CanvasView, Group, Rect

PAD: Final = 8.0
LEAST: Final = 2.0
"""No box is smaller, so that a lone node far away can be found."""


class Minimap(NamedTuple):
    """How canvas and map belong together, and the box of the camera on the map."""

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

    @property
    def window(self) -> Rect:
        """The frame around what is seen."""
        return Rect(*self.seen, fill="accent@10", outline="accent@70", rounding=2)

    def box(self, group: Group) -> Box:
        """Return where a node or frame is on the map."""
        return _on_map(self, group.box)


def minimap(
    view: CanvasView, size: tuple[float, float], viewport: tuple[float, float], content: Box | None = None
) -> Minimap:
    """Return the map of a canvas in a size; `viewport` is the size of the canvas on the screen.

    `content` is the box around all there is, for those who know it already.
    """
    camera_box = seen(view.camera, viewport)
    content = content or content_of(view)
    whole = around([camera_box, content] if content is not None else [camera_box])
    assert whole is not None
    room_x, room_y = (max(side - 2 * PAD, 1.0) for side in size)
    scale = min(room_x / max(whole.width, 1e-6), room_y / max(whole.height, 1e-6))
    x, y = middle(whole)
    blank = Minimap(Box(0, 0, 0, 0), scale, x - size[0] / 2 / scale, y - size[1] / 2 / scale)
    return blank._replace(seen=_on_map(blank, camera_box))


def content_of(view: CanvasView) -> Box | None:
    """Return the box around all nodes and frames, None without any."""
    return around([group.box for group in (*view.frames, *view.nodes)])


def led_to(map: Minimap, camera: Camera, at: tuple[float, float], viewport: tuple[float, float]) -> Camera:
    """Return the camera after a click or a drag on the map: what is there comes into the middle of the view."""
    return centred(camera, map.to_world(*at), viewport)


def color_of(group: Group) -> str:
    """Return the colour of a node or frame on the map: selected, else that of its outline where that says how it fares."""
    if group.key.startswith("$"):
        return "faint@18"
    if group.selected:
        return "selection"
    return group.state if group.state.startswith("state_") else "faint@60"


def _on_map(map: Minimap, box: Box) -> Box:
    x, y = map.to_map(box.x, box.y)
    return Box(x, y, max(box.width * map.scale, LEAST), max(box.height * map.scale, LEAST))
