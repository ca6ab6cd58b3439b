"""Numbers under the mouse: a slider where both ends are known, else a grip that is pulled; the figure is typed beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.inspector_parts import SettingRow
from graphide.editor.sliders import position_of, stepped, value_at
from graphide.editor.text.metrics import icon
from graphide.editor.views import Box
from graphide.spec.fields import Number
from graphide.ui import safe
from graphide.ui.panels.inspector.pane import Part

_SCALE: Final = Box(0.0, 0.0, 1011.0, 26.0)  # a slider of a thousand places between the ends of its grab
_INSET: Final = 5.5
_SPEED: Final = 0.25  # steps for a pixel


class _Pulled:
    """A widget of DearPyGui that changes a number while it is held; letting go ends the step of undo."""

    def __init__(self, part: Part, item: safe.Item) -> None:
        self._part = part
        self._item = item
        self._was_held = False
        part.kit.fields.add(item)

    def update(self) -> None:
        """End the step of undo when it is let go."""
        held = safe.active(self._item)
        if held != self._was_held:
            self._was_held = held
            self._part.session.tab.document.seal()
            self.turned(held)

    def turned(self, held: bool) -> None:
        """Do what is to be done when it is taken hold of, or let go."""

    def close(self) -> None:
        """Do nothing: it goes with its part."""


class Slider(_Pulled):
    """A slider over the range of a number, stretched where that is long."""

    def __init__(self, part: Part, field: Number, row: SettingRow, put: Callable[[float], None], width: float) -> None:
        self._field = field
        item: Any = dpg.add_slider_float(
            default_value=self._place(row), min_value=0.0, max_value=1.0, format="", no_input=True, clamped=True,
            width=part.kit.px(width),
            callback=lambda _, share: put(value_at(field, _SCALE, _INSET + share * (_SCALE.width - 2 * _INSET))),
        )  # fmt: skip
        part.kit.style(item, "slider")
        super().__init__(part, item)

    def follow(self, row: SettingRow) -> None:
        """Show the value that the setting has now."""
        place = self._place(row)
        is_free = dpg.does_item_exist(self._item) and not safe.active(self._item)
        if is_free and not math.isclose(dpg.get_value(self._item), place, abs_tol=1e-4):
            dpg.set_value(self._item, place)

    def _place(self, row: SettingRow) -> float:
        fits = isinstance(row.value, int | float) and not isinstance(row.value, bool) and not row.mixed
        return position_of(self._field, float(row.value)) if fits else 0.0


class DragGrip(_Pulled):
    """A grip that changes a number by steps while it is pulled to the sides."""

    def __init__(self, part: Part, field: Number, row: SettingRow, put: Callable[[float], None], width: float) -> None:
        self._field = field
        self._put = put
        self._row = row
        self._start: float = 0.0
        item: Any = dpg.add_drag_float(
            default_value=0.0, min_value=0.0, max_value=0.0, speed=_SPEED, no_input=True, width=part.kit.px(width),
            format=icon("chevrons-left-right"), callback=lambda _, steps: self._pull(steps),
        )  # fmt: skip
        part.kit.style(item, "grip")
        super().__init__(part, item)
        part.kit.tip(item, "Pull to the sides to change it")

    def follow(self, row: SettingRow) -> None:
        """Take the value that the setting has now."""
        self._row = row

    def turned(self, held: bool) -> None:
        """Begin from the value that there is, and be ready for the next time."""
        if held:
            self._start = self._value()
        else:
            dpg.set_value(self._item, 0.0)

    def _pull(self, steps: float) -> None:
        if not self._was_held:
            self._was_held = True
            self._start = self._value()
            self._part.session.tab.document.seal()
        self._put(stepped(self._field, self._start, math.trunc(steps)))

    def _value(self) -> float:
        value = self._row.value
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if fits and not self._field.integer else int(value) if fits else self._field.low or 0
