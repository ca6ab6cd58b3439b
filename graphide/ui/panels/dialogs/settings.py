"""The settings: parts on the left, their entries on the right, each with what it is for and a way back to its default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.settings_form import ENTRIES, PARTS, Entry, Part, SettingsForm
from graphide.editor.text.metrics import icon, shortened
from graphide.spec.fields import Choice
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_PARTS: Final = 176.0
_FIELD: Final = 190.0
_SIGNS: Final[dict[Part, str]] = {
    "Window": "monitor", "Runs": "play", "Models": "cpu", "Memory and disk": "hard-drive",
}  # fmt: skip
_FILE: Final = "These are kept in {path}"
_LATER: Final = "Some changes count from the next start."


class SettingsBody(Body):
    """The settings of the window and of config.json; what is changed counts, there is nothing to confirm."""

    size = (860.0, 620.0)
    hint = "Ctrl+Up and Ctrl+Down change the part"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.form = SettingsForm(self.session)
        self.part: Part = dialog.data if dialog.data in PARTS else "Window"
        self.fields: dict[str, safe.Item] = {}
        self._notes: dict[str, tuple[safe.Item, str]] = {}
        self._inside: safe.Item = 0
        self._parts: safe.Item = 0
        self._shown: object = None

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        return (DialogButton("cancel", "Done", "main"),)

    def build(self) -> None:
        narrow = self.width < 560
        with dpg.group(horizontal=not narrow, horizontal_spacing=self.kit.px(18)):
            if narrow:
                self._parts = dpg.add_group(horizontal=True)
            else:
                with self.kit.box("inside", width=_PARTS, height=-1) as self._parts:
                    pass
            with self.kit.box("inside", height=-1, scrolls=True) as self._inside:
                pass
        self._shown = None

    def update(self) -> None:
        settings = self.form.settings
        shown = (self.part, settings.model_folders, self.form.default_model, self._defaults())
        if shown != self._shown and not (self.kit.typing() and self._shown) and dpg.does_item_exist(self._inside):
            self._shown = shown
            self._fill(self._parts, self._list_parts)
            self._fill(self._inside, self._entries)
        for name, (item, said) in self._notes.items():
            problem = self.form.problems.get(name, "")
            if problem != said and dpg.does_item_exist(item):
                dpg.set_value(item, problem)
                dpg.configure_item(item, show=bool(problem))
                self._notes[name] = (item, problem)

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go to another part."""
        if key.chord not in ("ctrl+up", "ctrl+down"):
            return False
        at = PARTS.index(self.part) + (1 if key.name == "down" else -1)
        self._choose(PARTS[at % len(PARTS)])
        return True

    # --- what it shows

    def _defaults(self) -> tuple[bool, ...]:
        return tuple(self.form.is_default(entry.name) for entry in ENTRIES if entry.part == self.part)

    def _fill(self, item: safe.Item, build: Callable[[], None]) -> None:
        safe.clear(item)
        dpg.push_container_stack(item)
        try:
            build()
        finally:
            dpg.pop_container_stack()

    def _list_parts(self) -> None:
        narrow = self.width < 560
        for part in PARTS:
            choose = partial(self._choose, part)
            if narrow:
                self.kit.button(part, choose, "tab_on" if part == self.part else "tab", size=14)
            else:
                self.kit.row(part, choose, sign=_SIGNS[part], on=part == self.part)

    def _choose(self, part: Part) -> None:
        self.part = part
        self._shown = None
        self.app.wake()

    def _entries(self) -> None:
        self._notes = {}
        if self.form.problem:
            self.kit.text(f"{icon('triangle-alert')}  {self.form.problem}", "bad", size=14, wrap=0)
        for entry in ENTRIES:
            if entry.part == self.part:
                self._entry(entry)
        if self.part == "Models":
            self._models()
        if self.part == "Runs":
            self._journals()
        self.kit.space(10)
        of_window = {entry.of_window for entry in ENTRIES if entry.part == self.part}
        files = [str(self.form.window_path if own else self.form.path) for own in sorted(of_window)]
        self.kit.text(_FILE.format(path=" and ".join(files)), "faint", size=13, wrap=0)
        if self.form.later:
            self.kit.text(_LATER, "muted", size=13, wrap=0)

    def _entry(self, entry: Entry) -> None:
        kit = self.kit
        with self._title(entry.label, entry.help):
            if not self.form.is_default(entry.name):
                kit.button(
                    "", partial(self._reset, entry.name), "icon", sign="rotate-ccw", size=11,
                    tip=f"Back to the default: {_said(entry, entry.default)}",
                )  # fmt: skip
        with kit.line(spacing=8):
            self._field(entry)
            if entry.unit:
                kit.text(entry.unit, "faint", size=14)
        item = kit.text("", "bad", size=13, wrap=0)
        dpg.configure_item(item, show=False)
        self._notes[entry.name] = (item, "")
        kit.space(5)

    @contextmanager
    def _title(self, label: str, help: str) -> Iterator[None]:
        """Add a label, what is added inside beside it, and below it what it is for."""
        with dpg.group() as group:
            self.app.themes.bind(group, "tight")
            with self.kit.line(spacing=8):
                self.kit.text(label, weight="medium")
                yield
            self.kit.text(help, "muted", size=13, wrap=0)

    def _field(self, entry: Entry) -> None:
        kit, form, name = self.kit, self.form, entry.name
        put = partial(self._put, name)
        if entry.field.kind == "toggle":
            self.fields[name] = kit.toggle("On", form.value(name) is True, put)
        elif isinstance(entry.field, Choice):
            self.fields[name] = kit.choice(str(form.value(name)), entry.field.choices, put, width=_FIELD)
        else:
            self.fields[name] = kit.field(form.text(name), partial(self._typed, name), width=_FIELD)

    def _models(self) -> None:
        kit, form = self.kit, self.form
        with self._title("Default model", "What answers graphs that do not name another one"):
            pass
        with kit.line(spacing=8):
            kit.text(form.default_model or "the first one in the library", size=14)
            kit.button("Change …", self._change_default, "ghost", size=14)
            if form.default_model:
                kit.button("", self._first_default, "icon", sign="rotate-ccw", size=12, tip="Back to the first one")
        kit.space(5)
        with self._title("Folders of models", "GGUF files below these are used where they are"):
            pass
        room = max(120.0, self.width - _PARTS - 110)
        kit.text(shortened(str(form.own_folder), room, 14), "muted", size=14)
        for folder in form.folders:
            with kit.line(spacing=8):
                kit.text(shortened(folder, room, 14), size=14)
                kit.button("", partial(self._remove, folder), "icon", sign="x", size=13, tip="Look there no more")
        kit.button("Add folder …", self._add, "ghost", sign="folder-plus", size=14)

    def _journals(self) -> None:
        self.kit.text("Unsaved work", weight="medium")
        text = (
            "Every edit is written down at once, so that nothing is lost in a crash; it is offered at the next start."
        )
        self.kit.text(text, "muted", size=13, wrap=0)
        self.kit.text(f"Until it is saved it is in {self.form.drafts}", "faint", size=13, wrap=0)

    # --- what happens

    def _put(self, name: str, value: object) -> None:
        self.form.put(name, value)
        self.app.wake()

    def _typed(self, name: str, text: str) -> None:
        if not safe.reverted():
            self.form.type(name, text)
            self.app.wake()

    def _reset(self, name: str) -> None:
        self.form.reset(name)
        self._shown = None
        self.app.wake()

    def _remove(self, folder: str) -> None:
        self._said_if(self.form.remove_folder(folder))

    def _first_default(self) -> None:
        self._said_if(self.form.choose_default(""))

    def _add(self) -> None:
        self._ask_for(Dialog("folder", "Where are models?", "Models stay where they are."), self.form.add_folder)

    def _change_default(self) -> None:
        self._ask_for(Dialog("models", "Choose the default model", data=("", "")), self.form.choose_default)

    def _ask_for(self, asked: Dialog, take: Callable[[str], str]) -> None:
        """Ask for something in another dialog and come back to this part."""

        def reply(choice: str, value: object) -> None:
            if choice == "ok" and value:
                self._said_if(take(str(value)))
            self.session.popups.ask(self.dialog)

        self.session.popups.ask(Dialog(asked.what, asked.title, asked.text, asked.data, reply=reply))
        self.app.wake()

    def _said_if(self, problem: str) -> None:
        if problem:
            self.session.say(problem, "warning")
        self.app.wake()


def _said(entry: Entry, value: object) -> str:
    """Return a value as a person says it."""
    text = {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return f"{text} {entry.unit}".strip()
