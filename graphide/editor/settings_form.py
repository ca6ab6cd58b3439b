"""The settings as a form: every field of `graphide.settings` and those of the window, with what was typed and does not fit.

A change is checked, written whole to config.json and counts at once, or from the next start where its entry says so.
Entries of lists and maps (servers, names, defaults of models) are in `settings_lists`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphide import paths, settings as settings_file
from graphide.editor import preferences
from graphide.errors import GraphideError, UsageError
from graphide.models.library import DEFAULT
from graphide.settings import GROUPS, SETTINGS, Described, Group, Settings, kinds, plain, variable
from graphide.settings.entries import Place, put_at, without
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session

SCALES: Final = ("75 %", "90 %", "100 %", "110 %", "125 %", "150 %", "175 %", "200 %")


def _window(name: str, label: str, help: str) -> Described:
    return Described(name, "General", label, help, "toggle", True)


OF_WINDOW: Final[Mapping[str, Described]] = {
    each.name: each
    for each in (
        _window("minimap", "Minimap", "Show the whole graph in small in a corner of the canvas"),
        _window("snap", "Snap", "Nodes that are dragged go in line with others and onto the grid; Ctrl does the contrary"),
        _window("ask_inputs", "Ask for inputs", "Ask before each run, and propose the last values"),
    )
}  # fmt: skip
"""What belongs to the window alone, and is kept with its size."""
_IN_LISTS: Final = frozenset(["names", "addresses", "objects", "texts"])
ENTRIES: Final[tuple[Described, ...]] = tuple(
    each
    for group in GROUPS
    for each in (*SETTINGS.values(), *OF_WINDOW.values())
    if each.group == group and each.kind not in _IN_LISTS
)
"""What has one field each, in the order in which it is shown."""
BY_NAME: Final[Mapping[str, Described]] = {**SETTINGS, **OF_WINDOW}


def found(query: str) -> tuple[Described, ...]:
    """Return the settings that have every word of a search in what is said of them, lists and maps among them."""
    words = query.casefold().split()
    ordered = (each for group in GROUPS for each in BY_NAME.values() if each.group == group)
    return tuple(each for each in ordered if all(word in _said_of(each) for word in words))


def _said_of(each: Described) -> str:
    return " ".join([each.name, each.label, each.help, each.group, *each.bounds.choices]).casefold()


class SettingsForm:
    """The settings of a session, with what was typed into fields that does not fit yet."""

    def __init__(self, session: Session, path: Path | None = None) -> None:
        self._session = session
        if path is not None:
            session.config = path
        self._typed: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.problem = session.workspace.settings.problem or settings_file.load(self.path).problem
        self.later = False

    @property
    def path(self) -> Path:
        """Where the settings are."""
        return self._session.config

    @property
    def drafts(self) -> Path:
        """Where the journals of unsaved work are."""
        return self._session.drafts

    @property
    def window_path(self) -> Path:
        """Where the settings of the window are."""
        return self._session.folder / "window.json"

    @property
    def settings(self) -> Settings:
        """The settings of config.json as they are now."""
        return self._session.workspace.settings

    # --- one setting

    def value(self, name: str) -> Json:
        """Return the value of a setting."""
        if name in OF_WINDOW:
            return self._session.panel(name, OF_WINDOW[name].default) is True
        return plain(getattr(self.settings, name))

    def text(self, name: str) -> str:
        """Return what the field of a setting shows: what was typed, or the value."""
        if name == "scale":
            return f"{self.settings.scale:.0%}".replace("%", " %")
        return self._typed.get(name, BY_NAME[name].written(self.value(name)))

    def note(self, name: str) -> str:
        """Return what there is to say of the value as it is: what it means, or that the environment says it."""
        if name in SETTINGS and variable(name) in os.environ:
            return f"{variable(name)} of the environment says this"
        value = self.value(name)
        meaning = (BY_NAME[name].means or {}).get(value) if isinstance(value, str | int) else None
        return meaning or ""

    def is_default(self, name: str) -> bool:
        """Whether a setting has its default."""
        return bool(self.value(name) == plain(BY_NAME[name].default)) and name not in self._typed

    def type(self, name: str, text: str) -> str:
        """Take a typed text and return "", or why it does not fit; then nothing is changed."""
        setting = BY_NAME[name]
        try:
            value = int(text.rstrip(" %")) / 100 if name == "scale" else kinds.parse(setting.kind, text)
            if setting.problem(value):
                raise UsageError("")
        except (UsageError, ValueError, IndexError) as error:
            hint = error.hint if isinstance(error, UsageError) else ""
            self._typed[name], self.problems[name] = text, f"Needs {setting.noun}{f'. {hint}' if hint else ''}"
            return self.problems[name]
        return self.put(name, value)

    def put(self, name: str, value: Json) -> str:
        """Change a setting and return "", or why it does not fit or could not be written."""
        self._typed.pop(name, None)
        if name in OF_WINDOW:
            self._session.set_panel(name, value)
            return ""
        return self.save(name, Place(name), value)

    def reset(self, name: str) -> str:
        """Give a setting its default."""
        self._typed.pop(name, None)
        return self.put(name, plain(BY_NAME[name].default))

    # --- places inside settings

    def save(self, key: str, place: Place, value: Json) -> str:
        """Put a value at a place; return "", or why not, which then also is the problem of `key`."""
        return self._noted(key, self._change(lambda settings: put_at(settings, place, value), place))

    def drop(self, key: str, place: Place) -> str:
        """Take the entry at a place away; as `save`."""
        return self._noted(key, self._change(lambda settings: without(settings, place), place))

    @property
    def can_write(self) -> bool:
        """Whether the file is one that can be read, so that a change is written into it."""
        return settings_file.is_readable(self.path)

    def set_aside(self) -> str:
        """Put a file that cannot be read aside, so that settings can be written again; return "", or why not."""
        try:
            kept = settings_file.set_aside(self.path)
        except GraphideError as error:
            return str(error)
        self.problem = ""
        self._session.say(f"The broken file is {kept.name} now, beside the new one")
        return ""

    # --- models

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that models are looked for in, beside graphide's own."""
        return self.settings.model_folders

    @property
    def own_folder(self) -> Path:
        """The folder of models that is always looked into."""
        return paths.models_folder()

    @property
    def default_model(self) -> str:
        """What "default" means by the user's choice, "" where it is the first model there is."""
        return self.settings.aliases.get(DEFAULT, "")

    def add_folder(self, folder: str) -> str:
        """Look for models in one more folder and return "", or why not."""
        path = str(paths.written_path(folder).absolute())
        if not Path(path).is_dir():
            return f"{path} is not a folder"
        if path == str(self.own_folder):
            return f"{path} is looked into already"

        def edit(settings: Settings) -> Settings:
            if path in settings.model_folders:
                raise UsageError(f"{path} is looked into already")
            return put_at(settings, Place("model_folders"), [*settings.model_folders, path])

        return self._change(edit, Place("model_folders"))

    def remove_folder(self, folder: str) -> str:
        """Look into a folder no more and return "", or why that could not be written."""

        def edit(settings: Settings) -> Settings:
            kept = [other for other in settings.model_folders if other != folder]
            return put_at(settings, Place("model_folders"), kept)

        return self._change(edit, Place("model_folders"))

    def choose_default(self, name: str) -> str:
        """Let "default" mean a model, "" the first one there is; return "", or why that could not be written."""
        place = Place("aliases", DEFAULT)
        return self.save("default", place, name) if name else self.drop("default", place)

    # --- inside

    def _noted(self, key: str, problem: str) -> str:
        if problem:
            self.problems[key] = problem
        else:
            self.problems.pop(key, None)
        return problem

    def _change(self, edit: Any, place: Place) -> str:
        problem = preferences.change(self._session, edit)
        if not problem:
            self.later = self.later or SETTINGS[place.name].later
        self.problem = settings_file.load(self.path).problem
        return problem


def groups_of(entries: tuple[Described, ...]) -> tuple[Group, ...]:
    """Return the groups of some settings, in order."""
    return tuple(group for group in GROUPS if any(each.group == group for each in entries))
