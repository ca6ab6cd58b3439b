"""The dialogs that look for a file or a folder: open, save as, a file for a setting, a folder of models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.browsing import Browser, Place, Purpose, places, recent_files, save_here
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.file_names import as_written
from graphide.editor.gestures_input import Key
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.views import Shape, Text
from graphide.paths import written_path
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.lists import DrawnList

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_PLACES: Final = 190.0
_NARROW: Final = 600.0
_ROW: Final = 32.0
_MAIN: Final[dict[str, str]] = {"open": "Open", "save_as": "Save", "file": "Choose", "folder": "Choose this folder"}
_SIGNS: Final = {".json": "file-json", ".png": "image", ".gguf": "cpu", ".txt": "file-text", ".md": "file-text"}


class Files(Body):
    """A folder with places beside it, a path and a search above, and a name below where something is saved."""

    size = (880.0, 620.0)

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self._purpose: Purpose = dialog.what  # type: ignore[assignment]  # the kinds that lead here are purposes
        folder, name = self._begin()
        self.browser = Browser(self._purpose, folder, name=name)
        self._list = DrawnList(self.app, _ROW, self._look, self.browser.light, self._take)
        self._path_field: safe.Item = 0
        self._search_field: safe.Item = 0
        self._name_field: safe.Item = 0
        self._new_field: safe.Item = 0
        self._note: safe.Item = 0
        self._path_shown = self._noted = self._searched = ""
        self._making = False
        self._problem = ""

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        line = self.browser.line
        goes = line is not None and line.is_folder and self._purpose in ("open", "file")
        label = "Open folder" if goes else _MAIN[self._purpose]
        return DialogButton("ok", label, "main"), DialogButton("new_folder", "New folder"), CANCEL

    @property
    def hint(self) -> str:  # type: ignore[override]  # of the base it is a constant
        return "Arrows, Enter; Backspace goes up" if self.width > _NARROW else ""

    def build(self) -> None:
        with self.kit.line(spacing=8):
            wide = self.width >= _NARROW
            if wide:
                with self.kit.box("inside", width=_PLACES, height=-1, scrolls=True):
                    self._places()
            with dpg.group():
                self._folder(self.width - (_PLACES + 12 if wide else 4))
        self.first = self._name_field or self._search_field

    def update(self) -> None:
        browser = self.browser
        self._searched = browser.query
        version = (browser.folder.path, browser.query, len(browser.folder.lines), browser.folder)
        self._list.update(len(browser.lines), browser.lit, version)
        path = str(browser.folder.path)
        if path != self._path_shown and dpg.does_item_exist(self._path_field):
            self._path_shown = path
            dpg.set_value(self._path_field, path)
            dpg.set_value(self._search_field, browser.query)
        note = self._problem or browser.folder.problem or self._count()
        if note != self._noted and dpg.does_item_exist(self._note):
            self._noted = note
            dpg.set_value(self._note, note)
            self.app.themes.bind(self._note, "bad" if self._problem or browser.folder.problem else "faint")
        if self._name_field and not safe.active(self._name_field) and dpg.does_item_exist(self._name_field):
            dpg.set_value(self._name_field, browser.name)

    def leave(self) -> None:
        """Let go of the list."""
        self._list.close()

    def press(self, button_id: str) -> None:
        """Take what is lit or named, or make a folder."""
        self._problem = ""
        if button_id == "new_folder":
            self._making = not self._making
            self.shell.forget()
            return
        if button_id != "ok":
            super().press(button_id)
            return
        path = self.browser.result()
        if path is not None:
            self._give(path)
            return
        self._problem = self.browser.problem()
        self.app.after_frames(2, self.focus)  # Enter took the keyboard from the field

    def enter(self, field: safe.Item, *, held: bool) -> bool:
        """Go where the path says, make the folder, or take what is lit."""
        if field and field == self._path_field:
            self._typed_path(str(dpg.get_value(field)))
            return True
        if field and field == self._new_field:
            self._make(str(dpg.get_value(field)))
            return True
        return False

    def key(self, key: Key, *, typing: bool) -> bool:
        """Move through the folder."""
        steps = {"up": -1, "down": 1, "page_up": -10, "page_down": 10}
        if key.name in steps and not key.modifiers:
            self.browser.step(steps[key.name])
        elif key.chord == "alt+up" or (key.chord == "backspace" and self._leaves(typing=typing)):
            self.browser.up()
        elif key.name in ("home", "end") and not typing:
            self.browser.light(0 if key.name == "home" else len(self.browser.lines) - 1)
        else:
            return False
        return True

    def _leaves(self, *, typing: bool) -> bool:
        """Return whether Backspace has nothing to delete: the search was empty before it, or no field has the keyboard."""
        return not typing or (self.shell.typing_in == self._search_field and not self._searched)

    # --- what it shows

    def _begin(self) -> tuple[Path, str]:
        """Return the folder to begin in, and the name to save under."""
        data, document = self.dialog.data, self.session.tab.document
        if self._purpose == "save_as" and data:
            return written_path(str(data)).parent, Path(str(data)).name
        if document.path is not None:
            return document.path.parent, ""
        recent = next((Path(name).parent for name in self.session.remembered.recent if Path(name).is_file()), None)
        return recent or Path.home(), ""

    def _places(self) -> None:
        recent = self.session.remembered.recent
        document = self.session.tab.document.path
        if self._purpose == "open" and (files := recent_files(recent)):
            self.kit.text("  Recent", "faint", size=13)
            for place in files:
                self._place(place, partial(self._give, place.path))
        self.kit.text("  Places", "faint", size=13)
        for place in places(recent, document.parent if document is not None else None):
            self._place(place, partial(self._go, place.path))

    def _place(self, place: Place, do: partial[None]) -> None:
        self.kit.row(place.label, do, sign=place.icon, tip=str(place.path), room=_PLACES - 60)

    def _folder(self, width: float) -> None:
        kit, browser = self.kit, self.browser
        with kit.line(spacing=6):
            kit.button("", self.browser.up, "icon", sign="arrow-up", tip="The folder above (Backspace)")
            self._path_field = kit.field(str(browser.folder.path), lambda _: None, width=width - 240)
            self._search_field = kit.field(browser.query, self._search, hint="Search here", width=-1)
        self._path_shown = str(browser.folder.path)
        below = 44.0 + (46 if self._purpose == "save_as" else 0) + (46 if self._making else 0)
        self._list.build(width, self.below(below))
        self._new_field = self._name_field = 0
        if self._making:
            self._new_field = kit.field("", lambda _: None, hint="Name of the new folder, then Enter", width=width)
        if self._purpose == "save_as":
            self._name_field = kit.field(browser.name, self._named, hint="Name of the file", width=width)
        with kit.line():
            self._note = kit.text("", "faint", size=13)
            if self._purpose in ("open", "file"):
                dpg.add_spacer(width=kit.px(4))
                kit.toggle("All files", browser.all_files, browser.show_all)
        self._noted = ""

    def focus(self) -> None:
        """Give the keyboard to the name, or to the search."""
        safe.focus(self._new_field or self.first)

    def _count(self) -> str:
        browser = self.browser
        number = len(browser.lines)
        if not browser.folder.lines:
            return "Nothing here to choose" if self._purpose != "folder" else "No folders in it"
        more = (
            f" of {len(browser.folder.lines) + browser.folder.more:,}" if browser.query or browser.folder.more else ""
        )
        return f"{number:,}{more} {'entry' if number == 1 else 'entries'}"

    def _look(self, number: int, width: float) -> Iterator[Shape]:
        line = self.browser.lines[number]
        sign = "folder" if line.is_folder else _SIGNS.get(line.path.suffix.lower(), "file")
        yield Text(10, 8, icon(sign), 15, "accent" if line.is_folder else "muted")
        about = text_width(line.about, 13) + 12 if line.about else 0.0
        yield Text(36, 8, shortened(line.name, width - 50 - about, 15), 15, "text")
        if line.about:
            yield Text(width - about, 9, line.about, 13, "faint")

    # --- what happens

    def _give(self, path: Path) -> None:
        if self._purpose == "save_as":
            save_here(self.session, path)
        else:
            document = self.session.tab.document.path if self._purpose == "file" else None
            self.session.popups.answer("ok", as_written(path, document))
        self.app.wake()

    def _go(self, folder: Path) -> None:
        self._problem = ""
        self.browser.go(folder)
        self.app.wake()

    def _take(self, number: int) -> None:
        self.browser.light(number)
        self.press("ok")

    def _search(self, text: str) -> None:
        self.browser.search(text)
        self.app.wake()

    def _named(self, text: str) -> None:
        self.browser.name, self._problem, self.browser.lit = text, "", -1
        self.app.wake()

    def _typed_path(self, text: str) -> None:
        found = self.browser.typed_path(text)
        if found is not None:
            self._give(found)
        elif self.browser.folder.path != written_path(text):
            self._problem = f"There is no {text}"
        self._path_shown = ""

    def _make(self, name: str) -> None:
        self._problem = self.browser.make_folder(name)
        if not self._problem:
            self._making = False
            self.shell.forget()
