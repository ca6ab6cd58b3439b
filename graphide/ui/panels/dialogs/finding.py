"""The dialog that finds: a field at the upper edge with the places below it, while the canvas shows the one that is lit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.finding import Finding, where
from graphide.editor.gestures_input import Key
from graphide.editor.text.metrics import shortened, width as text_width
from graphide.editor.views import Rect, Shape, Text
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.lists import DrawnList

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_ROW: Final = 46.0
_BUTTONS: Final = (DialogButton("ok", "Stay here", "main"), DialogButton("cancel", "Back"))


class Find(Body):
    """Places of a text in the graph."""

    size = (560.0, 400.0)
    floats = True
    hint = "Arrows go from place to place"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.finding: Finding = dialog.data or Finding(self.session)
        self._list = DrawnList(self.app, _ROW, self._look, self._show, self._take)
        self._count: safe.Item = 0
        self._counted = ""
        self._stays = False

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        return _BUTTONS

    def build(self) -> None:
        with self.kit.line():
            self.first = self.kit.field(
                self.finding.query, self._search, hint="Words in titles, settings and texts", width=self.width - 190
            )
            self.kit.icon_button("chevron-up", lambda: self._step(-1), "The place before (Up)")
            self.kit.icon_button("chevron-down", lambda: self._step(1), "The next place (Down)")
            self._count = self.kit.text("", "faint", size=13)
        self._counted = ""
        self._list.build(self.width - 2, -1)

    def update(self) -> None:
        finding = self.finding
        self._list.update(len(finding.found), finding.lit, (finding.query, finding.found))
        if finding.count != self._counted and dpg.does_item_exist(self._count):
            self._counted = finding.count
            dpg.set_value(self._count, self._counted)

    def leave(self) -> None:
        """Let go of the list."""
        self._list.close()

    def press(self, button_id: str) -> None:
        """Stay at the place that is shown, or go back."""
        self._stays = button_id == "ok"
        super().press(button_id)

    def close(self) -> None:
        """Go back to where the search began, unless the person stays."""
        if not self._stays:
            self.finding.go_back()

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go from place to place."""
        steps = {"up": -1, "down": 1, "f3": -1 if "shift" in key.modifiers else 1}
        if key.name not in steps:
            return False
        self._step(steps[key.name])
        return True

    def _look(self, number: int, width: float) -> Iterator[Shape]:
        place = self.finding.found[number]
        part = where(place)
        yield Text(10, 6, shortened(self.finding.title(place), width - 150, 14, "medium"), 14, "text", "medium")
        yield Text(width - 8 - text_width(part, 12), 7, part, 12, "faint")
        hit, start = place.excerpt[place.start : place.end], text_width(place.excerpt[: place.start], 13)
        fits = start + text_width(hit, 13) < width - 20
        shown, start = (place.excerpt, start) if fits else (place.excerpt[place.start :], 0.0)
        yield Rect(9 + start, 25, text_width(hit, 13) + 2, 17, fill="placeholder@30", rounding=3)
        yield Text(10, 26, shortened(shown, width - 20, 13), 13, "muted")

    def _search(self, text: str) -> None:
        self.finding.type(text)
        self.app.wake()

    def _step(self, by: int) -> None:
        self.finding.step(by)
        self.app.wake()

    def _show(self, number: int) -> None:
        self.finding.show(number)

    def _take(self, number: int) -> None:
        self.finding.show(number)
        self.press("ok")
