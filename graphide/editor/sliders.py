"""Numbers under the mouse: where a value lies on its slider, which value is at a place, and how a drag changes one.

A range of more than a thousand steps is stretched, so that small values have room too, and gives values of two figures.
Pure functions over `Number` fields; what a slider looks like is in `widgets`.
"""

from __future__ import annotations

import math
from typing import Final

from graphide.editor.views import Box
from graphide.spec.fields import Number

_INSET: Final = 5.5
"""How far the ends of the scale are inside the box: half of the grab."""
_MOST_STEPS: Final = 1000
_PIXELS: Final = 4.0
"""World units of a drag for one step, where there is no slider."""
_LARGEST: Final = 10**12


def is_slider(field: Number) -> bool:
    """Return whether a number has both bounds, and a value always: then it is a slider, else a figure to be typed."""
    return field.low is not None and field.high is not None and field.high > field.low and not field.optional


def value_at(field: Number, box: Box, x: float) -> float:
    """Return the value at a place of the slider in a box; outside of it that of the nearer end."""
    low, high = _bounds(field)
    share = (x - box.x - _INSET) / max(box.width - 2 * _INSET, 1.0)
    share = min(max(share, 0.0), 1.0)
    if share in (0.0, 1.0):
        return _whole(field, high if share else low)
    if _stretched(field):
        return _fitting(field, _two_figures(low + math.expm1(share * math.log1p(high - low))))
    return _fitting(field, low + share * (high - low))


def position_of(field: Number, value: float) -> float:
    """Return where a value lies on its slider, from 0 to 1; values outside are at the ends."""
    low, high = _bounds(field)
    inside = min(max(value, low), high) - low
    return math.log1p(inside) / math.log1p(high - low) if _stretched(field) else inside / (high - low)


def dragged(field: Number, start: float, dx: float, *, fine: bool = False) -> float:
    """Return what a value becomes when the mouse is moved by `dx` world units; `fine` takes ten times as far."""
    steps = dx / _PIXELS / (10 if fine else 1)
    return stepped(field, start, math.trunc(steps))


def stepped(field: Number, value: float, steps: int) -> float:
    """Return a value some steps farther, within its bounds, as a wheel or an arrow key moves it."""
    if not steps:
        return value
    if _stretched(field) and field.low is not None:
        return _fitting(field, value + steps * max(_magnitude(value - field.low) / 10, 1 if field.integer else 0.1))
    return _fitting(field, value + steps * step_of(field, value))


def step_of(field: Number, value: float = 0.0) -> float:
    """Return by how much one step changes a value."""
    if field.step:
        return field.step
    if field.integer:
        return 1.0
    if field.low is not None and field.high is not None:
        return _magnitude((field.high - field.low) / 100)
    return _magnitude(value) / 10


def figure(field: Number, value: float) -> str:
    """Return a number as it is written: `512`, `0.70` where it goes in steps of 0.05."""
    if field.integer and math.isfinite(value) and value == int(value):
        return str(int(value))
    if not math.isfinite(value):
        return str(value)
    written = f"{value:.{_decimals(field.step)}f}" if field.step else ""
    return written if written and math.isclose(float(written), value, abs_tol=1e-12) else f"{value:.12g}"


def _bounds(field: Number) -> tuple[float, float]:
    """Return the ends of a slider; those of a whole number are whole."""
    low = field.low if field.low is not None else 0.0
    high = field.high if field.high is not None and field.high > low else low + 1.0
    return (math.ceil(low), math.floor(high)) if field.integer and math.ceil(low) < math.floor(high) else (low, high)


def _stretched(field: Number) -> bool:
    if field.low is None or field.high is None:
        return False
    step = field.step or (1.0 if field.integer else (field.high - field.low) / 100)
    return (field.high - field.low) / step > _MOST_STEPS


def _fitting(field: Number, value: float) -> float:
    """Return the value nearest to `value` that a slider gives: on a step from the lowest, within the bounds."""
    low, high = field.low, field.high
    if field.integer:
        low = math.ceil(low) if low is not None else None
        high = math.floor(high) if high is not None else None
    if not _stretched(field):
        step, origin = step_of(field, value), low or 0.0
        value = origin + round((value - origin) / step) * step
        value = round(value, _decimals(step))
    value = max(value, low) if low is not None else max(value, -_LARGEST)
    value = min(value, high) if high is not None else min(value, _LARGEST)
    return _whole(field, value)


def _whole(field: Number, value: float) -> float:
    return round(value) if field.integer else float(value)


def _decimals(step: float | None) -> int:
    for digits in range(10):
        if step is None or math.isclose(step, round(step, digits), rel_tol=1e-9, abs_tol=0.0):
            return digits
    return 10


def _magnitude(value: float) -> float:
    """Return the power of ten of a number: 1 for 7, 10 for 42."""
    return 10.0 ** math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 1.0


def _two_figures(value: float) -> float:
    step = _magnitude(value) / 10
    return round(value / step) * step
