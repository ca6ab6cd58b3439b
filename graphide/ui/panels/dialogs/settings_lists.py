"""Parts of the settings that are lists: folders and names of models, system prompts, servers with their keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog
from graphide.editor.settings_lists import NamedTexts, Row, Servers
from graphide.editor.text.metrics import shortened
from graphide.ui import safe
from graphide.ui.textbox import TextBox

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.settings import SettingsBody

_NAME: Final = 150.0
_EXAMPLE: Final = "http://127.0.0.1:8080/v1"


class Part:
    """A part of the settings: built where its group is shown, and again whenever its `state` is another one."""

    def __init__(self, body: SettingsBody) -> None:
        self.body = body

    def state(self) -> object:
        """Return what its widgets depend on."""
        return None

    def build(self) -> None:
        """Add the widgets."""

    def update(self) -> None:
        """Bring what moves to what is so."""

    def leave(self) -> None:
        """Let go of what is not deleted together with the widgets."""


class Folders(Part):
    """The default model, and the folders of models."""

    def state(self) -> object:
        return self.body.form.folders, self.body.form.default_model

    def build(self) -> None:
        body, kit, form = self.body, self.body.kit, self.body.form
        with body.title("Default model", "What answers graphs that do not name another one"):
            pass
        with kit.line(spacing=8):
            kit.text(form.default_model or "the first one in the library", size=14)
            kit.button("Change …", self._change_default, "ghost", size=14)
            if form.default_model:
                kit.button("", self._first_default, "icon", sign="rotate-ccw", size=12, tip="Back to the first one")
        kit.space(8)
        with body.title("Folders of models", "GGUF files below these are used where they are"):
            pass
        kit.text(shortened(str(form.own_folder), body.room - 30, 14), "muted", size=14)
        for folder in form.folders:
            with kit.line(spacing=8):
                kit.text(shortened(folder, body.room - 60, 14), size=14)
                kit.button("", partial(self._remove, folder), "icon", sign="x", size=13, tip="Look there no more")
        kit.button("Add folder …", self._add, "ghost", sign="folder-plus", size=14)

    def _remove(self, folder: str) -> None:
        self.body.said(self.body.form.remove_folder(folder))

    def _first_default(self) -> None:
        self.body.said(self.body.form.choose_default(""))

    def _add(self) -> None:
        asked = Dialog("folder", "Where are models?", "Models stay where they are.")
        self.body.ask_for(asked, self.body.form.add_folder)

    def _change_default(self) -> None:
        asked = Dialog("models", "Choose the default model", data=("", ""))
        self.body.ask_for(asked, self.body.form.choose_default)


class Names(Part):
    """Texts by name, each changed in its place; with `long` of several lines."""

    def __init__(self, body: SettingsBody, name: str, of_name: str, of_text: str, *, long: bool = False) -> None:
        super().__init__(body)
        self.entries = NamedTexts(body.form, name)
        self._hints = of_name, of_text
        self._long = long
        self._new = Row("", "")
        self._boxes: list[TextBox] = []

    def state(self) -> object:
        return tuple(row.name for row in self.entries.rows)

    def build(self) -> None:
        body, kit, setting = self.body, self.body.kit, self.entries.setting
        with body.title(setting.label, setting.help):
            pass
        for row in self.entries.rows:
            self._row(row)
        with kit.line(spacing=8):
            self.body.fields[f"{setting.name}.name"] = kit.field(
                self._new.name, self._name, hint=self._hints[0], width=_NAME
            )
            if not self._long:
                self._text_field()
            kit.button("Add", self._add, "ghost", sign="plus", size=14)
        if self._long:
            self._box(self._new.text, self._text, hint=self._hints[1])
        body.note(f"{setting.name}.")

    def update(self) -> None:
        for box in self._boxes:
            box.update()

    def leave(self) -> None:
        for box in self._boxes:
            box.close()
        self._boxes = []

    def _row(self, row: Row) -> None:
        kit, put = self.body.kit, partial(self._put, row.name)
        remove = partial(self._remove, row.name)
        with kit.line(spacing=8):
            if self._long:
                kit.text(row.name, weight="medium", size=14)
            else:
                kit.text(shortened(row.name, _NAME, 14), size=14)
                kit.field(row.text, put, width=max(120.0, self.body.room - _NAME - 60))
            kit.button("", remove, "icon", sign="x", size=13, tip=f'Remove "{row.name}"')
        if self._long:
            self._box(row.text, put)
        self.body.note(f"{self.entries.setting.name}.{row.name}")

    def _text_field(self) -> None:
        key = f"{self.entries.setting.name}.text"
        width = max(120.0, self.body.room - _NAME - 110)
        self.body.fields[key] = self.body.kit.field(self._new.text, self._text, hint=self._hints[1], width=width)

    def _box(self, text: str, typed: partial[None] | object, hint: str = "") -> None:
        box = TextBox(self.body.app, text, typed, width=self.body.room, least=2, most=6, hint=hint)  # type: ignore[arg-type]
        self._boxes.append(box)

    def _name(self, name: str) -> None:
        self._new = self._new._replace(name=name)

    def _text(self, text: str) -> None:
        self._new = self._new._replace(text=text)

    def _put(self, name: str, text: str) -> None:
        if not safe.reverted():
            self.entries.put(name, text)
            self.body.app.wake()

    def _add(self) -> None:
        if not self.entries.add(*self._new):
            self._new = Row("", "")
        self.body.refresh()

    def _remove(self, name: str) -> None:
        self.body.said(self.entries.remove(name))


class ServerList(Names):
    """The servers: name, address, and whether there is a key; a key is taken and never shown."""

    entries: Servers

    def __init__(self, body: SettingsBody) -> None:
        super().__init__(body, "servers", "a name", _EXAMPLE)
        self.entries = Servers(body.form)
        self._key: dict[str, str] = {}

    def state(self) -> object:
        return tuple((row.name, self.entries.has_key(row.name)) for row in self.entries.rows)

    def _row(self, row: Row) -> None:
        kit, name = self.body.kit, row.name
        with kit.box("card", width=self.body.room, grow=True, border=True):
            with kit.line(spacing=8):
                kit.text(name, weight="semibold")
                kit.text(f"its models are {name}/MODEL", "faint", size=13)
                kit.button(
                    "", partial(self._remove, name), "tiny", sign="x", size=13, tip="Remove the server and its key"
                )
            kit.field(row.text, partial(self._put, name), width=self.body.room - 40)
            self.body.note(f"servers.{name}")
            with kit.line(spacing=8):
                item = dpg.add_input_text(
                    password=True, hint="a key, if it needs one", width=kit.px(220),
                    callback=lambda _, text: self._key.__setitem__(name, text),
                )  # fmt: skip
                kit.fields.add(item)
                self.body.fields[f"key.{name}"] = item
                kit.button("Keep key", partial(self._keep, name), "ghost", sign="key-round", size=14)
                if self.entries.has_key(name):
                    kit.button("Forget it", partial(self._forget, name), "ghost", size=14)
            kit.text(self.entries.key_state(name), "muted", size=13, wrap=self.body.room - 40)

    def _keep(self, name: str) -> None:
        problem = self.entries.keep_key(name, self._key.pop(name, ""))
        self.body.said(problem)
        if not problem:
            self.body.session.say(f"The key of {name} is kept", "success")

    def _forget(self, name: str) -> None:
        self.body.said(self.entries.forget_key(name))
