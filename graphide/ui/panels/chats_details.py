"""The dialog that says what is known of an answer: names at the left, values beside them, which can be long."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog
from graphide.editor.text.metrics import width as text_width
from graphide.ui.panels.dialogs.body import Body

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_WIDTH: Final = 620.0
_NAMES: Final = 130.0
_LINE: Final = 19.0
_GAP: Final = 9.0


class Details(Body):
    """The rows, as high as they need."""

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        room = _WIDTH - 44 - _NAMES - 30
        lines = sum(max(1, ceil(text_width(value, 14.5) / room)) for _, value in dialog.data)
        self.size = (_WIDTH, min(620.0, 172.0 + lines * _LINE + len(dialog.data) * _GAP))

    def build(self) -> None:
        with self.kit.box("tree", height=-1, scrolls=True):
            for name, value in self.dialog.data:
                with self.kit.line(spacing=0):
                    self.kit.text(name, "muted", size=14)
                    dpg.add_spacer(width=self.kit.px(max(1.0, _NAMES - text_width(name, 14))))
                    self.kit.text(value, size=14.5, wrap=self.width - 14)
