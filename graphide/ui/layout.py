"""Where the parts of the window are: sidebar, run bar, canvas, side panel, status bar. Pure arithmetic, pixels of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

BAR: Final = 54
STATUS: Final = 30
GRIP: Final = 5
_LEFT, _RIGHT = (200, 248, 420), (280, 372, 720)  # least, first and most width
_CANVAS_LEAST: Final = 320


class Area(NamedTuple):
    """A rectangle of the window."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Panels:
    """How wide the panels beside the canvas are, at scale 1, and whether they are open."""

    left: int = _LEFT[1]
    right: int = _RIGHT[1]
    left_open: bool = True
    right_open: bool = True


class Areas(NamedTuple):
    """The parts of a window; a panel that is closed has no width."""

    sidebar: Area
    bar: Area
    canvas: Area
    side: Area
    status: Area


def panels_from(remembered: Mapping[str, Any]) -> Panels:
    """Return the panels as they were; what has another shape is as on the first start."""
    first = Panels()
    return Panels(
        _width(remembered.get("left_width"), _LEFT) or first.left,
        _width(remembered.get("right_width"), _RIGHT) or first.right,
        remembered.get("left", True) is True,
        remembered.get("right", True) is True,
    )


def dragged(side: str, width: float) -> tuple[int, bool]:
    """Return how wide a panel becomes whose edge is dragged to a width, and whether it stays open."""
    limits = _LEFT if side == "left" else _RIGHT
    return round(min(max(width, limits[0]), limits[2])), width >= limits[0] / 2


def _width(value: object, limits: tuple[int, int, int]) -> int:
    return min(max(value, limits[0]), limits[2]) if isinstance(value, int) and not isinstance(value, bool) else 0


def areas(size: tuple[int, int], panels: Panels, scale: float, *, alone: bool = False) -> Areas:
    """Return where everything is in a window of `size` pixels; on a small one the panels give way.

    Where a chat is shown `alone`, the panel at the right has the place of the canvas.
    """
    width, height = size
    left, right = _widths(width, replace(panels, right_open=False) if alone else panels, scale)
    bar, status = round(BAR * scale), round(STATUS * scale)
    middle = max(1, width - left - right)
    if alone:
        inner = Area(left, bar, middle, max(1, height - bar - status))
        return Areas(
            Area(0, 0, left, height), Area(left, 0, middle, bar), inner, inner, Area(left, height - status, middle, status)
        )  # fmt: skip
    return Areas(
        Area(0, 0, left, height),
        Area(left, 0, middle, bar),
        Area(left, bar, middle, max(1, height - bar - status)),
        Area(left + middle, 0, right, height),
        Area(left, height - status, middle, status),
    )


def _widths(width: int, panels: Panels, scale: float) -> tuple[int, int]:
    """Return how wide the panels are: as they were made, else as little as they can do with, else the left one goes first.

    What is given way here is not remembered: in a larger window the panels are as they were.
    """
    room = width - round(_CANVAS_LEAST * scale)
    left = round(panels.left * scale) if panels.left_open else 0
    right = wanted = round(panels.right * scale) if panels.right_open else 0
    least = (round(_LEFT[0] * scale), round(_RIGHT[0] * scale))
    right -= min(max(0, left + right - room), max(0, right - least[1]))
    left -= min(max(0, left + right - room), max(0, left - least[0]))
    if left + right > room and right:
        left, right = 0, min(wanted, room)
    return left if left <= room else 0, right if right >= least[1] else 0
