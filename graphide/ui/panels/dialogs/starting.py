"""The first start: a few graphs to begin with, as cards, or an empty canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor import model_actions
from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.templates import TemplateCard
from graphide.models.wording import short_size
from graphide.ui.panels.dialogs.templates import Templates

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_WELCOME: Final = "Choose a graph to begin with, and press Run: the bundled model answers on this machine."


class FirstRun(Templates):
    """The first start: a few graphs to begin with, or none."""

    hint = ""
    most = 6
    changes = False
    size = (920.0, 640.0)

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.session.models.machine.look()

    @property
    def text(self) -> str:
        model = model_actions.recommended(self.session)
        if model is None:
            return _WELCOME
        said = f"{model.name} ({short_size(model.size)}) fits it: {model.good_for}."
        return f"There is no model on this machine yet. {said}"

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        model = model_actions.recommended(self.session)
        if model is None:
            return DialogButton("use", "Use it", "main"), DialogButton("cancel", "Begin with an empty canvas")
        get = DialogButton("model", f"Get {model.name} …", "main")
        return get, DialogButton("use", "Use it"), DialogButton("cancel", "Begin with an empty canvas")

    def press(self, button_id: str) -> None:
        """Begin with a template, or with a model where there is none."""
        if button_id == "model":
            model_actions.get_recommended(self.session)
        else:
            super().press(button_id)

    def build(self) -> None:
        with self.kit.box("inside", height=-1, scrolls=True):
            self._grid = dpg.add_group()
        self._shown = None

    def use(self, card: TemplateCard) -> None:
        """Begin with a template: nobody waits for the answer of this dialog."""
        self.session.popups.answer("cancel")
        self.session.new_from(str(card.path))
