"""Widgets in nodes under the mouse: what a press begins, sliders and figures that are dragged, lists that open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.commands import Command
from graphide.editor.commands_settings import SetSetting
from graphide.editor.faces import Widget, widget_of
from graphide.editor.gestures_base import THRESHOLD, Cursor, Gesture
from graphide.editor.gestures_input import Mouse
from graphide.editor.gestures_target import Target
from graphide.editor.sliders import dragged, value_at
from graphide.editor.widgets import Press, pressed
from graphide.errors import UsageError
from graphide.graph.model import Graph
from graphide.spec.fields import Number
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session


def press_widget(session: Session, mouse: Mouse, target: Target) -> Gesture | None:
    """Do what a press on a widget does and return the drag that it begins, None where it begins none."""
    widget = widget_of(session.graph, target.id, target.name, session.rules)
    if widget is None:
        return None
    x, _ = session.tab.camera.to_world(mouse.x, mouse.y)
    press = pressed(widget, target.box, x)
    match press.deed:
        case "set":
            session.do(SetSetting(target.id, target.name, press.value, session.rules))
        case "slide" | "drag":
            return NumberDrag(session, mouse, target, widget, press)
        case "choose":
            session.popups.open_choices(target, press.options, press.value)
        case "file":
            session.popups.ask_file(target.id, target.name)
        case "model":
            session.popups.ask_model(target.id, target.name)
        case "edit":
            session.edit_setting(target)
    return None


class NumberDrag(Gesture):
    """A slider that follows the mouse, or a figure that is pulled; a click on a figure edits it as text."""

    cursor: Cursor = "resize"

    def __init__(self, session: Session, start: Mouse, target: Target, widget: Widget, press: Press) -> None:
        super().__init__(session, start)
        self._target = target
        self._widget = widget
        self._slides = press.deed == "slide"
        self._moved = False
        self._value: Json = press.value

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse; with Shift a figure goes ten times as slowly."""
        field, start = self._widget.field, self._widget.value
        self._moved = self._moved or mouse.apart(self.start) >= THRESHOLD
        if not isinstance(field, Number) or not (self._moved or self._slides):
            return
        if self._slides:
            self._value = value_at(field, self._target.box, self.world(mouse)[0])
        else:
            known = start if isinstance(start, int | float) and not isinstance(start, bool) else field.low or 0.0
            self._value = dragged(field, known, self.by(mouse)[0], fine=mouse.shift)

    def release(self, mouse: Mouse) -> None:
        """Keep the value, or edit it as text."""
        if self._slides or self._moved:
            self.session.do(self._command())
        else:
            self.session.edit_setting(self._target)

    @property
    def graph(self) -> Graph:
        """The graph with the value."""
        try:
            return self._command().apply(self.base) if self._slides or self._moved else self.base
        except UsageError:
            return self.base

    def _command(self) -> Command:
        return SetSetting(self._target.id, self._target.name, self._value, self.session.rules)
