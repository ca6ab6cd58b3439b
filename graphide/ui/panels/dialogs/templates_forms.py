"""The forms of templates: what one is called when it is kept, and what is filled in before one is used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.asking_inputs import InputForm
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.template_draft import TemplateDraft
from graphide.editor.text.metrics import icon
from graphide.ui import safe
from graphide.ui.panels.dialogs.asking import Inputs
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.templates import picture_shapes
from graphide.ui.shapes import draw

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_PICTURE: Final = (420.0, 120.0)
_FIELDS: Final = (
    ("name", "Name", "what it is called"),
    ("about", "Description", "what it is for, in a sentence or two"),
    ("tags", "Tags", "words that it is found by, with commas between them"),
)


class SaveTemplate(Body):
    """Name, description and tags of a template, with a picture of its graph."""

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.draft: TemplateDraft = dialog.data
        self.fields: dict[str, safe.Item] = {}
        self._note: safe.Item = 0
        self._said = ""
        self.size = (600.0, 540.0 + 24 * len(self.draft.notes))

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        if self.draft.replaces:
            return DialogButton("replace", "Replace the one there is", "danger"), CANCEL
        return DialogButton("ok", "Save", "main"), CANCEL

    def build(self) -> None:
        kit, draft = self.kit, self.draft
        for name, label, hint in _FIELDS:
            kit.text(label, weight="medium", size=14)
            typed = partial(self._typed, name)
            self.fields[name] = kit.field(draft.fields[name], typed, hint=hint, width=self.width - 12)
        self.first = self.fields["name"]
        self._note, self._said = kit.text("", "bad", size=13, wrap=self.width - 12), ""
        drawlist = dpg.add_drawlist(kit.px(self.width - 12), kit.px(_PICTURE[1]))
        draw(
            picture_shapes(draft.picture, (self.width - 12, _PICTURE[1])),
            drawlist,
            self.app.canvas.brush(kit.fonts.scale),
        )
        for note in draft.notes:
            kit.text(f"{icon('info')}  {note}", "muted", size=13, wrap=self.width - 12)

    def update(self) -> None:
        problem = self.draft.problem
        if problem != self._said and dpg.does_item_exist(self._note):
            dpg.set_value(self._note, f"{icon('triangle-alert')}  {problem}" if problem else "")
            self._said = problem

    def press(self, button_id: str) -> None:
        """Keep the template; why that is not possible is said beside the fields."""
        if button_id in ("ok", "replace") and self.draft.save(anew=button_id == "replace"):
            self.focus()
            return
        super().press(button_id)

    def _typed(self, name: str, text: str) -> None:
        if not safe.reverted():
            self.draft.type(name, text)
            self.app.wake()


class Fill(Inputs):
    """A form with a field for everything that is filled in in a template."""

    hint = "Ctrl+Enter goes on"
    asks_again = False

    @property
    def form(self) -> InputForm:
        """What is filled in."""
        form: InputForm = self.dialog.data
        return form
