"""Moving the camera: zoom about a point, pan, fit boxes into the view, centre on one. Pure functions over `Camera`.

Zoom goes in steps of about a tenth, so that as many steps out as in lead back to the same figure. `view` is always the
size of the canvas on the screen, in pixels; what is seen at which zoom is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from graphide.editor.views import Box, Camera

NEAREST: Final = 3.0
FARTHEST: Final = 0.1
STEP: Final = 1.1
MARGIN: Final = 60.0
"""Pixels that stay free around what is fitted into the view."""

Size = tuple[float, float]


def zoomed(camera: Camera, steps: float, at: tuple[float, float]) -> Camera:
    """Return the camera some steps nearer (negative: farther); what is at the point `at` of the view stays there."""
    return zoomed_to(camera, stepped(camera.zoom, steps), at)


def zoomed_to(camera: Camera, zoom: float, at: tuple[float, float]) -> Camera:
    """Return the camera at a zoom, which is brought into range; what is at the point `at` of the view stays there."""
    zoom = clamped(zoom)
    x, y = camera.to_world(*at)
    return Camera(x - at[0] / zoom, y - at[1] / zoom, zoom)


def stepped(zoom: float, steps: float) -> float:
    """Return a zoom some steps farther up the scale: whole steps land on whole powers of `STEP`, and so on 100 %."""
    if not steps:
        return clamped(zoom)
    wanted = math.log(zoom, STEP) + steps
    near = round(wanted)
    on_scale = near if abs(wanted - near) < 0.5 and float(steps).is_integer() else wanted
    return clamped(STEP**on_scale)


def clamped(zoom: float) -> float:
    """Return a zoom brought into range; what is not a number is 100 %."""
    return min(max(zoom, FARTHEST), NEAREST) if math.isfinite(zoom) else 1.0


def panned(camera: Camera, dx: float, dy: float) -> Camera:
    """Return the camera after the canvas was pulled by pixels of the view."""
    return camera._replace(x=camera.x - dx / camera.zoom, y=camera.y - dy / camera.zoom)


def centred(camera: Camera, at: tuple[float, float], view: Size) -> Camera:
    """Return the camera with a place of the canvas in the middle of the view."""
    return camera._replace(x=at[0] - view[0] / 2 / camera.zoom, y=at[1] - view[1] / 2 / camera.zoom)


def fitted(boxes: Iterable[Box], view: Size, *, margin: float = MARGIN, nearest: float = 1.0) -> Camera:
    """Return the camera that shows all boxes, no nearer than `nearest`; without any, the origin at 100 %."""
    whole = around(boxes)
    if whole is None:
        return Camera()
    room_x, room_y = (max(side - 2 * margin, side / 2, 1.0) for side in view)
    zoom = min(room_x / max(whole.width, 1e-6), room_y / max(whole.height, 1e-6), nearest)
    return centred(Camera(zoom=clamped(zoom)), middle(whole), view)


def revealed(camera: Camera, box: Box, view: Size, *, margin: float = MARGIN) -> Camera:
    """Return the camera moved just as far as it takes to see a box; one too large is shown from its upper left."""
    x = _moved(camera.x, box.x, box.width, view[0] / camera.zoom, margin / camera.zoom)
    y = _moved(camera.y, box.y, box.height, view[1] / camera.zoom, margin / camera.zoom)
    return camera._replace(x=x, y=y)


def seen(camera: Camera, view: Size) -> Box:
    """Return the part of the canvas that is in the view."""
    return Box(camera.x, camera.y, view[0] / camera.zoom, view[1] / camera.zoom)


def around(boxes: Iterable[Box]) -> Box | None:
    """Return the smallest box around all boxes, None without any."""
    known = list(boxes)
    if not known:
        return None
    left, top = min(box.x for box in known), min(box.y for box in known)
    right, bottom = max(box.x + box.width for box in known), max(box.y + box.height for box in known)
    return Box(left, top, right - left, bottom - top)


def middle(box: Box) -> tuple[float, float]:
    """Return the middle of a box."""
    return box.x + box.width / 2, box.y + box.height / 2


def _moved(start: float, low: float, length: float, room: float, margin: float) -> float:
    margin = min(margin, max(0.0, (room - length) / 2))
    if length > room or low - margin < start:
        return low - margin
    return max(start, low + length + margin - room)
