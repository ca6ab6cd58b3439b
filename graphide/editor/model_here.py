"""The models of this machine as a page: a list to search, to choose from and to look after, and what can be done there.

What is done with a model is `model_machine`, what there is to know of one `model_library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphide.editor.dialogs import CANCEL, Dialog, DialogButton, ask_between
from graphide.editor.gestures_input import Key
from graphide.editor.model_asked import uses_of
from graphide.editor.model_library import Machine, OwnModel
from graphide.editor.model_list import ModelRow, fitting
from graphide.editor.model_machine import Going
from graphide.editor.settings_form import SettingsForm
from graphide.models.library import DEFAULT

if TYPE_CHECKING:
    from graphide.editor.session import Session

ECHO: Final = "echo"
STEPS: Final = {"up": -1, "down": 1, "page_up": -8, "page_down": 8}
_FOLDER: Final = DialogButton("folder", "Add folder …")
_NO_DEFAULT: Final = "There is no model yet that could answer"


class HerePage:
    """The list, with one line `lit`; with `choosing`, the names that graphs may use come before the files if `names`.

    `narrow` says that there is no room for the list and the details, `details` that the latter are shown then.
    """

    def __init__(self, session: Session, *, choosing: bool, chosen: str = "", names: bool = True) -> None:
        self._session = session
        self._models = session.models
        self.choosing = choosing
        self._names = choosing and names
        self.query = ""
        self.lit = 0
        self.narrow = self.details = False
        self.problem = ""
        self._chosen = chosen
        self._made: tuple[object, ...] = ()
        self._rows: tuple[ModelRow, ...] = ()
        self._models.machine.look()

    # --- the list

    @property
    def rows(self) -> tuple[ModelRow, ...]:
        """The lines that fit the search, the same object for as long as they are the same."""
        made = (self._models.here, self.query)
        if made != self._made:
            self._made = made
            here = self._models.here
            self._rows = fitting(self._lines(here), self.query) if here is not None else ()
        return self._rows

    @property
    def looking(self) -> bool:
        """Whether the first look is still under way."""
        return self._models.here is None and not self._models.machine.problem

    @property
    def is_empty(self) -> bool:
        """Whether there is no model on this machine that could answer."""
        here = self._models.here
        return here is not None and not any(own.model.runs for own in here.models)

    @property
    def row(self) -> ModelRow | None:
        """The line that is lit, None in an empty list."""
        rows = self.rows
        if self._chosen and rows and not self.query:
            at = (number for number, row in enumerate(rows) if self._chosen in (row.name, row.key, row.title))
            self.lit, self._chosen = next(at, 0), ""
        return rows[min(self.lit, len(rows) - 1)] if rows else None

    @property
    def own(self) -> OwnModel | None:
        """The file of the lit line, None where it is a name or nothing."""
        row, here = self.row, self._models.here
        return here.at(row.key) if row is not None and row.key and here is not None else None

    @property
    def going(self) -> Going | None:
        """What is being done with the file of the lit line."""
        own = self.own
        return self._models.machine.going.get(own.key) if own is not None else None

    def type(self, query: str) -> None:
        """Search."""
        self.query, self.lit, self._chosen, self.problem = query, 0, "", ""

    def light(self, number: int) -> None:
        """Light a line."""
        self.lit, self._chosen, self.problem = min(max(number, 0), max(0, len(self.rows) - 1)), "", ""

    def show(self, key: str) -> None:
        """Light the line of a file."""
        self.query, self._chosen = "", key

    # --- what can be done

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        """The buttons below: what the lit line is for comes first."""
        if self.choosing:
            return DialogButton("ok", "Choose", "main"), _FOLDER, CANCEL
        own, close = self.own, DialogButton("cancel", "Close")
        if self.is_empty and own is None:
            return DialogButton("find", "Find a model", "main"), _FOLDER, close
        if self.going is not None and self.going.doing in ("loading", "verifying"):
            return DialogButton("stop", "Stop", "main"), _FOLDER, close
        if own is not None and own.loaded is not None:
            return DialogButton("unload", "Unload", "main"), _FOLDER, close
        if own is not None and own.can_load:
            return DialogButton("load", "Load", "main"), _FOLDER, close
        return DialogButton("cancel", "Close", "main"), _FOLDER

    def press(self, button: str) -> bool:
        """Do what a button says, and return whether it is one of this page."""
        own, machine = self.own, self._models.machine
        if button == "ok":
            self._choose()
        elif button == "folder":
            self._add_folder()
        elif own is None:
            return False
        elif button == "default":
            self.problem = self._models.make_default(own)
        elif button == "delete":
            self.ask_delete()
        elif button == "stop":
            machine.stop(own)
        elif button == "load":
            machine.load(own)
        elif button == "unload":
            machine.unload(own)
        elif button == "verify":
            machine.verify(own)
        else:
            return False
        return True

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go through the list; delete what is lit where no text is edited; in a narrow dialog show its details."""
        if key.name in STEPS and not key.modifiers:
            self.light(min(self.lit, max(0, len(self.rows) - 1)) + STEPS[key.name])
        elif self.narrow and key.chord in ("ctrl+right", "ctrl+left"):
            self.details = key.name == "right"
        elif key.chord == "delete" and not (typing and self.query) and self.own is not None:
            self.ask_delete()
        else:
            return False
        return True

    def ask_delete(self) -> None:
        """Delete the file of the lit line, after it was said what that means."""
        own = self.own
        if own is None:
            return
        if own.owner == "package":
            self.problem = f"{own.model.file} came with a package. Uninstall that with pip"
            return
        buttons = (DialogButton("delete", "Delete", "danger"), CANCEL)
        text = own.before_deleting(uses_of(self._session, own))
        question = Dialog("ask", f"Delete {own.model.file}?", text, buttons=buttons)
        ask_between(self._session, question, "delete", lambda: self._models.machine.delete(own))

    def _lines(self, here: Machine) -> tuple[ModelRow, ...]:
        if not self.choosing:
            return lines(here)
        return (*(names_of(here) if self._names else ()), *answering(here))

    def _choose(self) -> None:
        row = self.row
        if row is None:
            return
        self.problem = row.problem
        if not row.problem:
            self._session.popups.answer("ok", row.name)

    def _add_folder(self) -> None:
        session, dialog = self._session, self._session.popups.dialog

        def reply(choice: str, value: object) -> None:
            if choice == "ok" and value and (problem := SettingsForm(session).add_folder(str(value))):
                session.say(problem, "warning")
            session.popups.dialog = dialog
            session.models.machine.look()

        session.popups.ask(Dialog("folder", "Where are models?", "Models stay where they are.", reply=reply))


def lines(here: Machine) -> tuple[ModelRow, ...]:
    """Return a line for each file: loaded ones first, those that cannot be used last."""
    loaded = {own.key for own in here.loaded}
    rows = (own.row for own in here.models)
    return tuple(sorted(rows, key=lambda row: (bool(row.problem), row.key not in loaded, row.title.casefold())))


def names_of(here: Machine) -> tuple[ModelRow, ...]:
    """Return a line for each name that a graph may use in place of a file."""
    default = next((own.model.file for own in here.models if own.is_default), "")
    about = "What graphs mean by “default”"
    first = ModelRow(DEFAULT, "The default model", means=default, about=about, problem="" if default else _NO_DEFAULT)
    echo = ModelRow(ECHO, "Echo", about="Answers with the prompt at once: to try a graph without a model")
    names = [
        ModelRow(name, name, means=own.model.file, about="A name of yours")
        for own in here.models
        for name in own.row.names
        if name != DEFAULT
    ]
    return (first, echo, *sorted(names, key=lambda row: row.name))


def answering(here: Machine) -> tuple[ModelRow, ...]:
    """Return a line for each file that could answer, and for those that could if they were whole."""
    of_models = {own.key for own in here.models if own.model.problem or own.model.runs}
    rows = (row for row in lines(here) if row.key in of_models)
    return tuple(sorted(rows, key=lambda row: (bool(row.problem), row.title.casefold())))
