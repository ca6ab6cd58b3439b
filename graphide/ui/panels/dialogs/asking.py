"""The dialogs that only ask: a question with its buttons, and the inputs of a run with a field for each."""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.asking_inputs import InputForm, InputRow
from graphide.editor.dialogs import Dialog
from graphide.editor.text.metrics import icon, width as text_width
from graphide.spec.fields import Choice, Number
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.textbox import TextBox

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_LONG: Final = frozenset(["longtext", "json", "list"])


class Asking(Body):
    """A question: its text and its buttons, as high as they need."""

    plain = True

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        width = 520.0 if len(self.buttons) > 3 else 460.0
        lines = sum(max(1, ceil(text_width(line, 15) / (width - 44))) for line in dialog.text.split("\n"))
        self.size = (width, 132.0 + 21 * lines)


class Inputs(Body):
    """A form with a field for each input of the run; `asks_again` offers not to be asked before each."""

    hint = "Ctrl+Enter runs"
    asks_again = True

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self._form: InputForm = dialog.data
        self._boxes: dict[str, TextBox] = {}
        self._fields: dict[str, safe.Item] = {}
        self._problems: dict[str, tuple[safe.Item, str]] = {}
        self.size = (620.0, 180.0 + sum(_height(row) for row in self._form.rows))

    def build(self) -> None:
        self._boxes, self._problems, self.first = {}, {}, 0
        for row in self._form.rows:
            with self.kit.line(spacing=8):
                self.kit.text(row.label, weight="medium", size=14)
                if row.field.help:
                    self.kit.text(row.field.help, "muted", size=13)
            item = self._fields[row.name] = self._field(row)
            self.first = self.first or item
            note = self.kit.text("", "bad", size=13, wrap=self.width)
            dpg.configure_item(note, show=False)
            self._problems[row.name] = (note, "")
            self.kit.space(4)
        if self.asks_again:
            self.kit.toggle("Ask before each run", self.session.panel("ask_inputs", True) is True, self._ask_again)

    def update(self) -> None:
        for box in self._boxes.values():
            box.update()
        for row in self._form.rows:
            item, shown = self._problems[row.name]
            problem = f"{icon('triangle-alert')}  {row.shown_problem}" if row.shown_problem else ""
            if problem != shown and dpg.does_item_exist(item):
                dpg.set_value(item, problem)
                dpg.configure_item(item, show=bool(problem))
                self._problems[row.name] = (item, problem)

    def focus(self) -> None:
        """Give the keyboard to the first field, with its proposal selected."""
        first = self._form.rows[0].name if self._form.rows else ""
        if first in self._boxes:
            self._boxes[first].edit.select_all()
            self._boxes[first].focus()
        else:
            super().focus()

    def leave(self) -> None:
        """Let go of the text fields."""
        for box in self._boxes.values():
            box.close()
        self._boxes = {}

    def press(self, button_id: str) -> None:
        """Run, unless a value does not fit: then its field says why and has the keyboard."""
        if button_id == "ok" and (name := self._form.insist()):
            if name in self._boxes:
                self._boxes[name].focus()
            else:
                self.app.after_frames(2, partial(safe.focus, self._fields[name]))
            return
        super().press(button_id)

    def enter(self, field: safe.Item, *, held: bool) -> bool:
        """Leave Enter to a text of several lines; with Ctrl it runs from there too."""
        return not held and any(box.active for box in self._boxes.values())

    def _field(self, row: InputRow) -> safe.Item:
        kit, field, name = self.kit, row.field, row.name
        put = partial(self._form.put, name)
        match field.kind:
            case "toggle":
                return kit.toggle("Yes", row.value is True, put)
            case "choice" if isinstance(field, Choice) and field.choices:
                return kit.choice(str(row.value), field.choices, put, width=min(320.0, self.width))
            case "number" | "integer" if isinstance(field, Number) and _slides(field) and row.value is not None:
                whole, width = field.integer, min(320.0, self.width)
                return kit.number(row.value, put, low=field.low, high=field.high, whole=whole, width=width)
            case kind if kind in _LONG:
                weight: Any = "regular" if kind == "longtext" else "mono"
                self._boxes[name] = TextBox(
                    self.app, row.text, self._typed(name), weight=weight, width=self.width - 12, least=3, most=10
                )
                return 0
            case kind:
                look = 44.0 if kind == "file" else 0.0
                with kit.line():
                    item = kit.field(row.text, self._typed(name), width=self.width - 12 - look)
                    if look:
                        kit.icon_button("folder-open", partial(self._browse, name), "Choose a file")
                return item

    def _typed(self, name: str) -> Any:
        def typed(text: str) -> None:
            self._form.type(name, text)
            self.app.wake()

        return typed

    def _browse(self, name: str) -> None:
        def reply(choice: str, value: object) -> None:
            if choice == "ok" and value:
                self._form.put(name, str(value))
            self.session.popups.ask(self.dialog)

        self.session.popups.ask(Dialog("file", f"Choose a file for {name}", reply=reply))
        self.app.wake()

    def _ask_again(self, ask: bool) -> None:
        self.session.set_panel("ask_inputs", ask)


def _slides(field: Number) -> bool:
    """Return whether a number is set by a slider: where both its ends are near."""
    ends = field.low is not None and field.high is not None
    return ends and field.high - field.low <= (256 if field.integer else 10)  # type: ignore[operator]


def _height(row: InputRow) -> float:
    """Return about how high an input is, with its label and the line for its problem."""
    lines = min(max(row.text.count("\n") + 1 + len(row.text) // 80, 3), 10) if row.field.kind in _LONG else 0
    return 76.0 + (20 * lines if lines else 14)
