"""The settings: groups on the left under a search, what is in them on the right, each with its help and a way back.

Single fields are in `settings_entries`; what a group has beside them in `settings_lists`, `_models` and `_kept`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.settings_form import OF_WINDOW, SettingsForm, found, groups_of
from graphide.editor.text.metrics import icon
from graphide.settings import GROUPS, Described, Group
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.settings_entries import Entries
from graphide.ui.panels.dialogs.settings_kept import Kept
from graphide.ui.panels.dialogs.settings_lists import Folders, Names, ServerList
from graphide.ui.panels.dialogs.settings_models import PerModel

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_GROUPS: Final = 208.0
_NARROW: Final = 620.0
_SIGNS: Final[dict[Group, str]] = {
    "General": "monitor", "Models and memory": "cpu", "Downloads and network": "download", "Chat and privacy": "shield",
    "Servers": "server", "Per model": "sliders-horizontal", "Server": "radio-tower",
}  # fmt: skip
_ABOUT: Final[dict[Group, str]] = {
    "Server": "Other programs may ask graphide over HTTP while its server runs; it is started with the command graphide serve, or from the menu.",
}  # fmt: skip
_FILE: Final = "These are kept in {path}"
_LATER: Final = "Some changes count from the next start."
_BROKEN: Final = "What is changed is not written before the file is repaired or put aside."


class SettingsBody(Body):
    """All settings; what is changed counts, there is nothing to confirm."""

    size = (940.0, 680.0)
    hint = "Ctrl+Up and Ctrl+Down change the group, Ctrl+F searches"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.form = SettingsForm(self.session)
        self.part: Group = dialog.data if dialog.data in GROUPS else "General"
        self.query = ""
        self.fields: dict[str, safe.Item] = {}
        self._entry = Entries(self)
        self._inside: safe.Item = 0
        self._groups: safe.Item = 0
        self._shown: object = None
        self.lists: dict[str, Any] = {
            "model_folders": Folders(self),
            "aliases": Names(self, "aliases", "a name", "a file, or another name"),
            "system_prompts": Names(self, "system_prompts", "a name", "what the model is told", long=True),
            "servers": ServerList(self),
            "model_defaults": PerModel(self),
        }
        self._kept = Kept(self)

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        return (DialogButton("cancel", "Done", "main"),)

    @property
    def room(self) -> float:
        """How wide what stands in a group may be."""
        return self.width - 34 if self.width < _NARROW else self.width - _GROUPS - 52

    def build(self) -> None:
        narrow = self.width < _NARROW
        with dpg.group(horizontal=not narrow, horizontal_spacing=self.kit.px(18)):
            with dpg.group() if narrow else self.kit.box("inside", width=_GROUPS, height=-1):
                self.fields["search"] = self.kit.field(self.query, self._search, hint="Search settings", width=-1)
                self._groups = dpg.add_group(horizontal=narrow)
            with self.kit.box("inside", height=-1, scrolls=True) as self._inside:
                pass
        self._shown = None

    def update(self) -> None:
        for each in self.lists.values():
            each.update()
        shown = (self.part, self.query, self._state())
        typing = self.kit.typing((self.fields["search"],)) and bool(self._shown)
        if shown != self._shown and not typing and dpg.does_item_exist(self._inside):
            self._shown = shown
            self.fill(self._groups, self._list_groups)
            self.fill(self._inside, self._entries)
        self._entry.update()

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go to another group, or to the search."""
        if key.chord == "ctrl+f":
            safe.focus(self.fields["search"])
            return True
        if key.chord not in ("ctrl+up", "ctrl+down"):
            return False
        at = GROUPS.index(self.part) + (1 if key.name == "down" else -1)
        self.choose(GROUPS[at % len(GROUPS)])
        return True

    def focus(self) -> None:
        """Leave the keyboard alone: the first key may be one of the dialog."""

    def leave(self) -> None:
        """Let go of the long texts."""
        for each in self.lists.values():
            each.leave()

    # --- for the parts

    def refresh(self) -> None:
        """Make everything anew."""
        self._shown = None
        self.app.wake()

    def choose(self, part: Group) -> None:
        """Show another group."""
        self.part, self.query = part, ""
        if dpg.does_item_exist(self.fields["search"]):
            dpg.set_value(self.fields["search"], "")
        self.refresh()

    def said(self, problem: str) -> None:
        """Show why something could not be done, "" for nothing, and what became of it."""
        if problem:
            self.session.say(problem, "warning")
        self.refresh()

    def ask_for(self, asked: Dialog, take: Callable[[str], str]) -> None:
        """Ask for something in another dialog and come back to this group."""

        def reply(choice: str, value: object) -> None:
            if choice == "ok" and value:
                self.said(take(str(value)))
            self.session.popups.ask(self.dialog)

        self.session.popups.ask(Dialog(asked.what, asked.title, asked.text, asked.data, reply=reply))
        self.app.wake()

    @contextmanager
    def title(self, label: str, help: str) -> Iterator[None]:
        """Add a label, what is added inside beside it, and below it what it is for."""
        with dpg.group() as group:
            self.app.themes.bind(group, "tight")
            with self.kit.line(spacing=8):
                self.kit.text(label, weight="medium")
                yield
            if help:
                self.kit.text(help, "muted", size=13, wrap=self.room)

    def note(self, key: str) -> None:
        """Add the line that says what is wrong with something that was typed."""
        self._entry.note(key)

    def fill(self, item: safe.Item, build: Callable[[], None]) -> None:
        """Put something new into an item."""
        safe.clear(item)
        dpg.push_container_stack(item)
        try:
            build()
        finally:
            dpg.pop_container_stack()

    # --- what it shows

    def _state(self) -> object:
        """Return what the widgets of the group depend on."""
        settings = self.form.settings
        marks = tuple(self.form.is_default(each.name) for each in self._found())
        lists = tuple(each.state() for each in self.lists.values())
        return settings.theme, marks, lists, self.form.problem, self.form.later

    def _found(self) -> tuple[Described, ...]:
        shown = found(self.query)
        return shown if self.query.strip() else tuple(each for each in shown if each.group == self.part)

    def _list_groups(self) -> None:
        shown = groups_of(found(self.query)) if self.query.strip() else GROUPS
        for group in shown:
            choose = partial(self.choose, group)
            on = group == self.part and not self.query.strip()
            if self.width < _NARROW:
                self.kit.icon_button(_SIGNS[group], choose, group, style="nav_on" if on else "nav")
            else:
                self.kit.row(group, choose, sign=_SIGNS[group], on=on)

    def _search(self, query: str) -> None:
        self.query = query
        self.app.wake()

    def _entries(self) -> None:
        self._entry.clear()
        self.leave()
        if self.form.problem:
            self._broken()
        entries = self._found()
        for group in groups_of(entries):
            if self.query.strip():
                self.kit.text(group, "faint", size=13)
            elif group in _ABOUT:
                self.kit.text(_ABOUT[group], "muted", size=14, wrap=self.room)
                self.kit.space(6)
            for each in entries:
                if each.group == group and each.name in self.lists:
                    self.lists[each.name].build()
                    self.kit.space(8)
                elif each.group == group:
                    self._entry.build(each)
            if group == "Chat and privacy":
                self._kept.build()
        if not entries:
            self.kit.text("No setting fits", "faint")
        self._foot(entries)

    def _broken(self) -> None:
        self.kit.text(f"{icon('triangle-alert')}  {self.form.problem}", "bad", size=14, wrap=self.room)
        if not self.form.can_write:
            self.kit.text(_BROKEN, "muted", size=13, wrap=self.room)
            self.kit.button("Put the file aside", self._aside, "ghost", sign="archive", size=14)
        self.kit.space(6)

    def _foot(self, entries: tuple[Described, ...]) -> None:
        self.kit.space(8)
        if self.form.later:
            self.kit.text(_LATER, "muted", size=13, wrap=self.room)
        if any(each.name not in OF_WINDOW for each in entries):
            self.kit.text(_FILE.format(path=self.form.path), "faint", size=13, wrap=self.room)

    def _aside(self) -> None:
        self.said(self.form.set_aside())
