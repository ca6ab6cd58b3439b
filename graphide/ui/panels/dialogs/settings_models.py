"""The part of the settings about single models: how each is loaded, and how it chooses words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog
from graphide.editor.settings_lists import USUAL, OneModel, forget_model, models_with_defaults
from graphide.editor.text.metrics import shortened
from graphide.settings import MODEL_SETTINGS
from graphide.ui import safe
from graphide.ui.panels.dialogs.settings_lists import Part

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.settings import SettingsBody

_FIELD: Final = 150.0
_LABEL: Final = 190.0
_ORDER: Final = (
    "What a graph says counts more: a model node with a parameters node takes its samplers from there. A model that is"
    " loaded differently now is loaded anew when it is next asked."
)


class PerModel(Part):
    """The models that have defaults of their own, one of them open."""

    def __init__(self, body: SettingsBody) -> None:
        super().__init__(body)
        self._open = ""
        self._all = False
        self._one: OneModel | None = None

    def state(self) -> object:
        return models_with_defaults(self.body.form), self._open, self._all

    def build(self) -> None:
        body, kit = self.body, self.body.kit
        kit.text(_ORDER, "muted", size=14, wrap=body.room)
        kit.space(4)
        for model in dict.fromkeys((*models_with_defaults(body.form), *filter(None, [self._open]))):
            is_open = model == self._open
            with kit.line(spacing=4):
                toggle = partial(self._show, "" if is_open else model)
                sign = "chevron-down" if is_open else "chevron-right"
                kit.button(shortened(model, body.room - 90, 15), toggle, "fold", sign=sign)
                kit.button("", partial(self._forget, model), "tiny", sign="x", size=13, tip="Forget its defaults")
            if is_open:
                self._model(model)
        kit.button("Choose a model …", self._choose, "ghost", sign="plus", size=14)

    def _model(self, model: str) -> None:
        body, kit = self.body, self.body.kit
        one = self._one = OneModel(body.form, body.session.workspace.registry, model)
        for name in (*USUAL, *(one.rest if self._all else ())):
            with dpg.group(horizontal=True, xoffset=kit.px(_LABEL)):
                with dpg.group():  # a tip would count as a column
                    kit.tip(kit.text(shortened(one.label(name), _LABEL - 10, 14), size=14), one.help(name))
                self._field(one, name)
                kit.text(f"else {one.usual(name)}", "faint", size=13)
            body.note(f"model_defaults.{model}.{name}")
        kit.button("Fewer" if self._all else "All samplers …", self._more, "ghost", size=14)
        kit.space(6)

    def _field(self, one: OneModel, name: str) -> None:
        kit, bounds = self.body.kit, MODEL_SETTINGS[name].bounds
        typed = partial(self._typed, one, name)
        key = f"model_defaults.{name}"
        if bounds.choices:
            options = ("", *bounds.choices)
            self.body.fields[key] = kit.choice(one.text(name), options, typed, width=_FIELD)
        else:
            self.body.fields[key] = kit.field(one.text(name), typed, width=_FIELD)

    def _typed(self, one: OneModel, name: str, text: str) -> None:
        if not safe.reverted():
            one.type(name, text)
            self.body.app.wake()

    def _show(self, model: str) -> None:
        self._open, self._all = model, False
        self.body.refresh()

    def _more(self) -> None:
        self._all = not self._all
        self.body.refresh()

    def _forget(self, model: str) -> None:
        if self._open == model:
            self._open = ""
        self.body.said(forget_model(self.body.form, model))

    def _choose(self) -> None:
        def take(model: str) -> str:
            self._open = model
            return ""

        self.body.ask_for(Dialog("models", "Which model?", data=("", "")), take)
