"""The models of this machine: to choose one for a node, or to look after them. A hub to download from comes beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.model_list import ECHO, ModelChoice, ModelRow, OnThisMachine, count_text, size_text
from graphide.editor.settings_form import SettingsForm
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.views import Rect, Shape, Text
from graphide.models.library import DEFAULT
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.lists import DrawnList

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_ROW: Final = 50.0
_FITS: Final[Mapping[str, str]] = {"fits": "ok", "tight": "warning", "does not fit": "error"}
_NONE: Final = "There is no model on this machine yet."
_WHAT_TO_DO: Final = (
    "Put a GGUF file into {folder}, or add a folder where you have some. To try everything without one, choose echo: it "
    "answers with the prompt."
)


class Models(Body):
    """The list, searched as one types."""

    size = (840.0, 600.0)
    hint = "Arrows and Enter"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self._form = SettingsForm(self.session)
        self._for_node = isinstance(dialog.data, tuple)
        source = OnThisMachine(self.session.workspace, self.app.wake)
        self.choice = ModelChoice(source, chosen=self._current())
        self._list = DrawnList(self.app, _ROW, self._look, self._light, self._take)
        self._note: safe.Item = 0
        self._noted: object = None
        self._problem = ""

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        add = DialogButton("folder", "Add folder …")
        if self._for_node:
            return DialogButton("ok", "Choose", "main"), add, CANCEL
        row = self.choice.row
        if row is not None and row.size and not row.problem:
            return DialogButton("default", "Make it the default", "main"), add, DialogButton("cancel", "Close")
        return DialogButton("cancel", "Close", "main"), add

    def build(self) -> None:
        self.first = self.kit.field(
            self.choice.query, self._search, hint="Search models", width=min(360.0, self.width)
        )  # fmt: skip
        self._list.build(self.width - 2, self.below(74 if self.height > 260 else 34))
        self._note = self.kit.text("", "muted", size=13, wrap=self.width)
        self._noted = None

    def update(self) -> None:
        choice = self.choice
        row = choice.row
        self._list.update(len(choice.rows), choice.lit, (choice.query, choice.rows))
        noted = (row, choice.looking, choice.is_empty, self._problem)
        if noted != self._noted and dpg.does_item_exist(self._note):
            self._noted = noted
            dpg.set_value(self._note, self._said(row))
            self.app.themes.bind(self._note, "bad" if self._problem or (row and row.problem) else "muted")

    def leave(self) -> None:
        """Let go of the list."""
        self._list.close()

    def back(self) -> None:
        """Look again: a folder may have been added."""
        self.choice.source.look()

    def close(self) -> None:
        """End the look through the folders."""
        self.choice.source.close()

    def press(self, button_id: str) -> None:
        """Choose a model, make it the default, or look for a folder."""
        row = self.choice.row
        if button_id == "folder":
            self._add_folder()
        elif button_id == "ok" and self._for_node:
            if row is None or row.problem:
                self._problem = row.problem if row is not None else ""
            else:
                self.session.popups.answer("ok", row.name)
        elif button_id == "default" and row is not None:
            self._problem = self._form.choose_default(row.name)
            self.choice.source.look()
        else:
            super().press(button_id)

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go through the list."""
        steps = {"up": -1, "down": 1, "page_up": -8, "page_down": 8}
        if key.name not in steps or key.modifiers:
            return False
        self._problem = ""
        self.choice.step(steps[key.name])
        return True

    # --- what it shows

    def _look(self, number: int, width: float) -> Iterator[Shape]:
        row = self.choice.rows[number]
        sign = {DEFAULT: "star", ECHO: "message-square"}.get(row.name, "hard-drive" if row.size else "tag")
        yield Text(10, 8, icon(sign), 16, "faint" if row.problem else "muted")
        figures = _figures(row)
        end = width - 10
        if row.fits is not None:
            color = _FITS[row.fits]
            length = text_width(row.fits, 12, "medium")
            yield Rect(end - length - 16, 14, length + 16, 21, fill=f"{color}@18", rounding=10)
            yield Text(end - length - 8, 18, row.fits, 12, color, "medium")
        if row.fits is not None:
            end -= 112
        if width > 520 and not row.problem:
            for text in reversed(figures):
                yield Text(end - text_width(text, 13), 17, text, 13, "muted")
                end -= 84
        title = shortened(row.title, end - 50, 15, "medium")
        yield Text(38, 6, title, 15, "faint" if row.problem else "text", "medium")
        below = row.problem or (f"now {row.means}" if row.means else row.about or row.folder)
        yield Text(38, 27, shortened(below, end - 50, 12), 12, "error" if row.problem else "faint")

    def _said(self, row: ModelRow | None) -> str:
        if self._problem:
            return self._problem
        if self.choice.looking:
            return "Looking through the folders …"
        if self.choice.is_empty:
            return f"{_NONE} {_WHAT_TO_DO.format(folder=self._form.own_folder)}"
        if row is None:
            return "No model fits the search."
        if row.needs:
            return f"{row.folder}\nNeeds about {size_text(row.needs)} of memory, its context included: {row.fits} now."
        return row.problem or row.about

    # --- what happens

    def _current(self) -> str:
        """Return the model that the node has now."""
        if not self._for_node:
            return self._form.default_model
        node_id, name = self.dialog.data
        node = self.session.graph.nodes.get(node_id)
        return str(node.settings.get(name, DEFAULT)) if node is not None else ""

    def _search(self, text: str) -> None:
        self._problem = ""
        self.choice.type(text)
        self.app.wake()

    def _light(self, number: int) -> None:
        self.choice.lit, self._problem = number, ""

    def _take(self, number: int) -> None:
        self.choice.lit = number
        self.press("ok" if self._for_node else "default")

    def _add_folder(self) -> None:
        dialog = self.dialog

        def reply(choice: str, value: object) -> None:
            if choice == "ok" and value and (problem := self._form.add_folder(str(value))):
                self.session.say(problem, "warning")
            self.session.popups.ask(dialog)

        self.session.popups.ask(Dialog("folder", "Where are models?", "Models stay where they are.", reply=reply))


def _figures(row: ModelRow) -> tuple[str, ...]:
    """Return the columns of a model: quantisation, parameters, context, size."""
    if not row.size:
        return ()
    context = f"{count_text(row.context)} context" if row.context else ""
    return row.quantisation, f"{count_text(row.parameters)}" if row.parameters else "", context, size_text(row.size)
