"""The settings as a form: each with its help, default and limits, those of the window and those of config.json.

A change of the window counts at once. One of config.json is checked, written whole by `graphide.settings`, and counts for
models and names at once, for the rest from the next start, as its line says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from graphide import paths, settings as settings_file
from graphide.editor.widgets import text_of
from graphide.errors import GraphideError, UsageError
from graphide.models.library import DEFAULT
from graphide.settings import Settings
from graphide.spec.fields import Choice, Field, Number, Toggle
from graphide.values import Json, KvType

if TYPE_CHECKING:
    from graphide.editor.session import Session

Part = Literal["Window", "Runs", "Models", "Memory and disk"]
PARTS: Final[tuple[Part, ...]] = ("Window", "Runs", "Models", "Memory and disk")
SCALES: Final = ("75 %", "90 %", "100 %", "110 %", "125 %", "150 %", "175 %", "200 %")
_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting, whose numbers count `unit`; what is stored is `scale` times as large, and counts `later`, at the next start."""

    name: str
    part: Part
    label: str
    field: Field
    default: Json
    unit: str = ""
    scale: int = 1
    later: bool = False
    of_window: bool = False

    @property
    def help(self) -> str:
        """What it is for."""
        return self.field.help


def _window(name: str, part: Part, label: str, field: Field, default: Json) -> Entry:
    return Entry(name, part, label, field, default, of_window=True)


def _number(name: str, part: Part, label: str, help: str, low: int, unit: str = "", scale: int = 1) -> Entry:
    field = Number(help, low=low, integer=True)
    return Entry(name, part, label, field, getattr(Settings(), name) // scale, unit, scale, later=True)


ENTRIES: Final[tuple[Entry, ...]] = (
    _window("look", "Window", "Theme", Choice("How the window looks", choices=("dark", "light")), "dark"),
    _window("scale", "Window", "Size of everything", Choice("Text, nodes and buttons together", choices=SCALES), "100 %"),
    _window("minimap", "Window", "Minimap", Toggle("Show the whole graph in small in a corner of the canvas"), True),
    _window("snap", "Window", "Snap", Toggle("Nodes that are dragged go in line with others and onto the grid; Ctrl does the contrary"), True),
    _window("ask_inputs", "Runs", "Ask for inputs", Toggle("Ask before each run, and propose the last values"), True),
    _window("keep_runs", "Runs", "Keep runs", Toggle("Write runs and their outputs down, to see them next time"), True),
    _number("parallel", "Runs", "Steps at one time", "How many nodes may work at the same time", 0, "steps"),
    _number("n_ctx", "Models", "Context", "Room for the prompt and the answer; 0: the model's own, up to 4,096", 0, "tokens"),
    _number("n_threads", "Models", "Threads", "How many cores answer; 0: all there are", 0, "threads"),
    _number("n_gpu_layers", "Models", "Layers on the GPU", "How much of a model the GPU takes; -1: as much as fits", -1),
    _number("n_parallel", "Models", "Requests at one time", "How many requests one model answers together", 1, "requests"),
    Entry(
        "kv_type", "Models", "Numbers in the cache",
        Choice("Smaller ones take less memory for long contexts, and lose a little", choices=get_args(KvType)), "f16",
        later=True,
    ),
    _number("keep_alive", "Memory and disk", "Keep a model loaded", "After its last answer; 0: not at all, -1: always", -1, "seconds"),
    _number("memory_budget", "Memory and disk", "Memory for models", "All loaded ones together; 0: what is free", 0, "MB", _MEGABYTE),
    _number("cache_bytes", "Memory and disk", "Results kept on disk", "So that what did not change is not computed again", 0, "MB", _MEGABYTE),
    _number("prefix_cache_bytes", "Memory and disk", "Beginnings of prompts kept", "So that the same beginning is not read again; 0: none", 0, "MB", _MEGABYTE),
)  # fmt: skip
BY_NAME: Final[Mapping[str, Entry]] = {entry.name: entry for entry in ENTRIES}


class SettingsForm:
    """The settings of a session, with what was typed into fields that does not fit yet."""

    def __init__(self, session: Session, path: Path | None = None) -> None:
        self._session = session
        self.path = path or paths.config_folder() / "config.json"
        self._typed: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.problem = session.workspace.settings.problem
        self.later = False

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

    def value(self, name: str) -> Json:
        """Return the value of a setting, in the unit of its entry."""
        entry = BY_NAME[name]
        if not entry.of_window:
            stored = getattr(self.settings, name)
            return stored // entry.scale if isinstance(stored, int) else stored
        if name == "look":
            return self._session.look
        if name == "scale":
            return f"{self._session.ui_scale:.0%}".replace("%", " %")
        return self._session.panel(name, entry.default) is True

    def text(self, name: str) -> str:
        """Return what the field of a setting shows: what was typed, or the value."""
        return self._typed.get(name, text_of(BY_NAME[name].field, self.value(name)))

    def is_default(self, name: str) -> bool:
        """Whether a setting has its default."""
        return bool(self.value(name) == BY_NAME[name].default) and name not in self._typed

    def type(self, name: str, text: str) -> str:
        """Take a typed text and return "", or why it does not fit; then nothing is changed."""
        try:
            value = BY_NAME[name].field.parse(text.strip())
        except UsageError as error:
            self._typed[name], self.problems[name] = text, str(error)
            return str(error)
        return self.put(name, value)

    def put(self, name: str, value: Json) -> str:
        """Change a setting and return "", or why it does not fit or could not be written."""
        entry = BY_NAME[name]
        problem = entry.field.problem(value) or ""
        if not problem:
            self._typed.pop(name, None)
            problem = self._put_in_window(name, value) if entry.of_window else self._put_in_file(entry, value)
        if problem:
            self.problems[name] = problem
        else:
            self.problems.pop(name, None)
        return problem

    def reset(self, name: str) -> str:
        """Give a setting its default."""
        self._typed.pop(name, None)
        return self.put(name, BY_NAME[name].default)

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
        known = self._written().model_folders
        if path in known or path == str(self.own_folder):
            return f"{path} is looked into already"
        return self._save(model_folders=(*known, path))

    def remove_folder(self, folder: str) -> str:
        """Look into a folder no more and return "", or why that could not be written."""
        return self._save(model_folders=tuple(other for other in self._written().model_folders if other != folder))

    def choose_default(self, name: str) -> str:
        """Let "default" mean a model, "" the first one there is; return "", or why that could not be written."""
        aliases = {key: target for key, target in self._written().aliases.items() if key != DEFAULT}
        return self._save(aliases={**aliases, DEFAULT: name} if name else aliases)

    # --- inside

    def _put_in_window(self, name: str, value: Json) -> str:
        kept = int(str(value).split()[0]) / 100 if name == "scale" else value
        self._session.set_panel(name, kept)
        if name == "keep_runs":
            self._session.history.keep = bool(value)
        return ""

    def _put_in_file(self, entry: Entry, value: Any) -> str:
        stored = value * entry.scale if isinstance(value, int) else value
        problem = self._save(**{entry.name: stored})
        self.later = self.later or (entry.later and not problem)
        return problem

    def _written(self) -> Settings:
        """Return what config.json says now: another program may have changed it since the window was opened."""
        return settings_file.load(self.path) if self.path.exists() else self.settings

    def _save(self, **changes: Any) -> str:
        written = self._written()
        if written.problem:
            self.problem = written.problem
            return "config.json cannot be read, and is not written over: repair or remove it first"
        changed = replace(written, **changes)
        try:
            settings_file.save(changed, self.path)
        except GraphideError as error:
            return str(error)
        self.problem = ""
        self._session.workspace.use(changed)
        self._session.touch()
        return ""
