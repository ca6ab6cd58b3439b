"""A list item by item: each in a field of its own, to be typed, moved and removed, and a button for one more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from graphide.editor.inspector_parts import SettingRow
from graphide.editor.lists import added, moved, removed, rows_of, with_item
from graphide.editor.typed_text import FITS, Problem, Typed, put_setting
from graphide.errors import UsageError
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.typed_box import TypedBox
from graphide.values import Json

_BUTTONS: Final = 84.0


class ListField:
    """A list in a part; `put` has each new list."""

    def __init__(self, part: Part, nodes: tuple[str, ...], row: SettingRow, put: Callable[[Json], None]) -> None:
        self._part = part
        self._nodes = nodes
        self._row = row
        self._put = put
        texts = rows_of(row.value)
        self.boxes = [self._item(number, last=number == len(texts) - 1) for number in range(len(texts))]
        part.kit.button("Add an item", partial(self._change, added), "ghost", sign="plus", size=14)

    def follow(self, row: SettingRow) -> None:
        """Take the value that the setting has now."""
        self._row = row

    def update(self) -> None:
        """Bring the fields to the list."""
        for box in self.boxes:
            box.update()

    def close(self) -> None:
        """Stop listening."""
        for box in self.boxes:
            box.close()

    def _item(self, number: int, *, last: bool) -> TypedBox:
        part = self._part
        with part.kit.line(spacing=2):
            typed = self._typed(number)
            box = TypedBox(part.app, typed, width=part.width - _BUTTONS, hint="empty")
            part.tiny("arrow-up", partial(self._change, lambda value: moved(value, number, -1)), "Up", off=not number)
            part.tiny("arrow-down", partial(self._change, lambda value: moved(value, number, 1)), "Down", off=last)
            part.tiny("x", partial(self._change, lambda value: removed(value, number)), "Remove")
        box.explain()
        return box

    def _typed(self, number: int) -> Typed:
        session, nodes, name = self._part.session, self._nodes, self._row.name

        def read() -> str:
            rows = rows_of(self._row.value)
            return rows[number] if number < len(rows) else ""

        def write(text: str) -> Problem:
            try:
                value = with_item(self._row.value, number, text)
            except UsageError as error:
                return Problem(error.message)
            problem = put_setting(session, nodes, name, value)
            if not problem.sentence:
                self._row = replace(self._row, value=value)
                return FITS
            return problem

        return Typed(read, write, session.tab.document.seal)

    def _change(self, change: Callable[[Json], Json]) -> None:
        self._part.session.tab.document.seal()
        self._put(change(self._row.value))
        self._part.session.tab.document.seal()
