"""The settings that are single fields: label, help, the field itself, a way back to the default, and what is wrong with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.settings_form import SCALES
from graphide.editor.text.metrics import icon
from graphide.settings import Described
from graphide.ui import safe

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.settings import SettingsBody

_FIELD: Final = 250.0
_ADDRESS: Final = 420.0


class Entries:
    """The fields of the group that is shown, and the lines that say what does not fit."""

    def __init__(self, body: SettingsBody) -> None:
        self._body = body
        self._notes: dict[str, tuple[safe.Item, str]] = {}

    def clear(self) -> None:
        """Forget the lines: the widgets are made anew."""
        self._notes = {}

    def update(self) -> None:
        """Bring the lines to what is wrong now."""
        for name, (item, said) in self._notes.items():
            problem = self._body.form.problems.get(name, "")
            if problem != said and dpg.does_item_exist(item):
                dpg.set_value(item, f"{icon('triangle-alert')}  {problem}" if problem else "")
                dpg.configure_item(item, show=bool(problem))
                self._notes[name] = (item, problem)

    def note(self, key: str) -> None:
        """Add the line that says what is wrong with something that was typed."""
        item = self._body.kit.text("", "bad", size=13, wrap=self._body.room)
        dpg.configure_item(item, show=False)
        self._notes[key] = (item, "")

    def build(self, entry: Described) -> None:
        """Add a setting."""
        body, kit, name = self._body, self._body.kit, entry.name
        with body.title(entry.label, entry.help):
            if not body.form.is_default(name):
                kit.button(
                    "", partial(self._reset, name), "tiny_on", sign="rotate-ccw", size=12,
                    tip=f"Changed. Back to the default: {entry.said(entry.default)}",
                )  # fmt: skip
        with kit.line(spacing=8):
            body.fields[name] = self._field(entry)
            if (said := body.form.note(name) or entry.unit) and entry.kind != "address":
                kit.text(said, "faint", size=14)
        self.note(name)
        kit.space(6)

    def _field(self, entry: Described) -> safe.Item:
        kit, form, name = self._body.kit, self._body.form, entry.name
        width, typed = min(_FIELD, self._body.room), partial(self._typed, name)
        if entry.kind == "toggle":
            return kit.toggle("On", form.value(name) is True, partial(self._put, name))
        if name == "scale":
            return kit.choice(form.text(name), SCALES, typed, width=width)
        if entry.kind == "choice":
            return kit.choice(str(form.value(name)), entry.bounds.choices, partial(self._put, name), width=width)
        if entry.kind == "address":
            return kit.field(
                form.text(name), typed, width=min(_ADDRESS, self._body.room), hint=entry.said(entry.default)
            )
        return kit.field(form.text(name), typed, width=width)

    def _put(self, name: str, value: object) -> None:
        self._body.form.put(name, value)
        self._body.app.wake()

    def _typed(self, name: str, text: str) -> None:
        if not safe.reverted():
            self._body.form.type(name, text)
            self._body.app.wake()

    def _reset(self, name: str) -> None:
        self._body.form.reset(name)
        self._body.refresh()
