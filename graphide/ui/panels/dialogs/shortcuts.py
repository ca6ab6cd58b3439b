"""The shortcut sheet: every key and gesture there is, in columns that fit the window."""

from __future__ import annotations

from typing import Final

import dearpygui.dearpygui as dpg

from graphide.editor.actions import sheet
from graphide.editor.text.metrics import width as text_width
from graphide.ui.panels.dialogs.body import Body

_COLUMN: Final = 300.0
_LINE: Final = 23.0


class Shortcuts(Body):
    """The sheet, searched as one types."""

    size = (1080.0, 700.0)
    hint = "Type to search"

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self._query = ""
        self._shown: object = None
        self._sheet = sheet()

    def build(self) -> None:
        self.first = self.kit.field(self._query, self._search, hint="Search", width=min(300.0, self.width))
        with self.kit.box("inside", height=-1, scrolls=True):
            self._lines = dpg.add_group(horizontal=True, horizontal_spacing=self.kit.px(26))
        self._shown = None

    def update(self) -> None:
        if self._query == self._shown or not dpg.does_item_exist(self._lines):
            return
        self._shown = self._query
        dpg.delete_item(self._lines, children_only=True)
        words = self._query.casefold().split()
        groups = [
            (title, [line for line in lines if all(word in " ".join((title, *line)).casefold() for word in words)])
            for title, lines in self._sheet
        ]
        for column in _columns([group for group in groups if group[1]], max(1, int(self.width / (_COLUMN + 26)))):
            with dpg.group(parent=self._lines) as group:
                self.app.themes.bind(group, "tight")
                for title, lines in column:
                    self.kit.heading(title)
                    for what, keys in lines:
                        self._line(what, keys)

    def _line(self, what: str, keys: str) -> None:
        """Add a line: what it does and its keys at the end of the column, or below where there is no room."""
        room = _COLUMN - text_width(what, 13) - text_width(keys, 13, "medium")
        if room < 8:
            self.kit.text(what, size=13)
            self.kit.text(keys, "accent_text", size=13, weight="medium", wrap=_COLUMN)
            return
        with self.kit.line(spacing=0):
            self.kit.text(what, size=13)
            dpg.add_spacer(width=self.kit.px(room))
            self.kit.text(keys, "accent_text", size=13, weight="medium")

    def _search(self, query: str) -> None:
        self._query = query
        self.app.wake()


def _columns(
    groups: list[tuple[str, list[tuple[str, str]]]], count: int
) -> list[list[tuple[str, list[tuple[str, str]]]]]:
    """Return the groups in columns of about the same height, in their order."""
    total = sum(len(lines) + 2 for _, lines in groups)
    columns: list[list[tuple[str, list[tuple[str, str]]]]] = [[]]
    used = 0.0
    for group in groups:
        if columns[-1] and used + len(group[1]) / 2 > total / count * len(columns) and len(columns) < count:
            columns.append([])
        columns[-1].append(group)
        used += len(group[1]) + 2
    return columns
