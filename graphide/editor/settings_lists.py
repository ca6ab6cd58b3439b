"""Entries of settings that are lists by name: names for models, system prompts, servers with their keys, single models.

Each form is a view of a `SettingsForm`, which writes and keeps what is wrong. Keys of servers are kept by
`graphide.secrets`; they are taken and forgotten here, and never given back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from graphide import secrets
from graphide.backends.defaults import sampler_problem
from graphide.backends.remote import secret_of, variable_of
from graphide.editor.settings_form import SettingsForm
from graphide.errors import GraphideError, UsageError
from graphide.settings import LOADING, MODEL_SETTINGS, SETTINGS, Described
from graphide.settings.entries import Place, parsed
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.registry import Registry

USUAL: Final = (*LOADING, "temperature", "top_k", "top_p", "min_p", "repeat_penalty")
"""What of a model's defaults is shown before the rest."""
_SAYS: Final[Mapping[str, str]] = {
    "environment": "The key comes from {variable} of the environment",
    "keyring": "The key is in the keyring of the system",
    "file": "The key is in a file that only you can read",
    "": "No key is kept",
}


class Row(NamedTuple):
    """One entry: its name and its text."""

    name: str
    text: str


class NamedTexts:
    """The entries of a setting that is an object of texts, such as `aliases`."""

    def __init__(self, form: SettingsForm, name: str) -> None:
        self._form = form
        self.setting: Described = SETTINGS[name]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The entries by name."""
        entries: Mapping[str, str] = getattr(self._form.settings, self.setting.name)
        return tuple(Row(name, text) for name, text in sorted(entries.items()))

    def problem(self, name: str = "") -> str:
        """Return what is wrong with what was last typed for an entry, "" for a new one."""
        return self._form.problems.get(self._key(name), "")

    def add(self, name: str, text: str) -> str:
        """Add an entry and return "", or why not."""
        name, text = name.strip(), text.strip()
        if not name or not text:
            return self._refused("", "Both a name and a value are needed")
        if any(row.name == name for row in self.rows):
            return self._refused("", f'"{name}" is there already')
        problem = self.put(name, text)
        self._form.problems.pop(self._key(name), None)
        return self._refused("", problem)

    def put(self, name: str, text: str) -> str:
        """Change an entry and return "", or why not."""
        return self._form.save(self._key(name), Place(self.setting.name, name), text.strip())

    def remove(self, name: str) -> str:
        """Take an entry away and return "", or why that could not be written."""
        return self._form.drop(self._key(name), Place(self.setting.name, name))

    def _key(self, name: str) -> str:
        return f"{self.setting.name}.{name}"

    def _refused(self, name: str, problem: str) -> str:
        if problem:
            self._form.problems[self._key(name)] = problem
        else:
            self._form.problems.pop(self._key(name), None)
        return problem


class Servers(NamedTexts):
    """The servers, each with its address and where its key is."""

    def __init__(self, form: SettingsForm) -> None:
        super().__init__(form, "servers")
        self._found: dict[str, str] = {}

    def key_state(self, name: str) -> str:
        """Return where the key of a server is, in a sentence."""
        if name not in self._found:  # a keyring may be slow
            self._found[name] = secrets.find(secret_of(name), (variable_of(name),)).source
        return _SAYS[self._found[name]].format(variable=variable_of(name))

    def has_key(self, name: str) -> bool:
        """Return whether a key is kept that can be forgotten."""
        self.key_state(name)
        return self._found[name] in ("keyring", "file")

    def keep_key(self, name: str, key: str) -> str:
        """Keep the key of a server and return "", or why not; the key itself is in no message."""
        self._found.pop(name, None)
        try:
            secrets.keep(secret_of(name), key)
        except GraphideError as error:
            return self._refused(name, str(error))
        return self._refused(name, "")

    def forget_key(self, name: str) -> str:
        """Forget the key of a server and return "", or why not."""
        self._found.pop(name, None)
        try:
            secrets.forget(secret_of(name))
        except (GraphideError, OSError) as error:
            return self._refused(name, str(error))
        return ""

    def remove(self, name: str) -> str:
        """Take a server away, and the key that is kept for it."""
        return super().remove(name) or self.forget_key(name)


class OneModel:
    """The defaults of one model, by the name that it has in the settings."""

    def __init__(self, form: SettingsForm, registry: Registry, model: str) -> None:
        self._form, self._registry = form, registry
        self.model = model
        self._typed: dict[str, str] = {}

    def label(self, name: str) -> str:
        """Return what a setting is called for people."""
        label = MODEL_SETTINGS[name].label
        return label if name in LOADING else label.replace("_", " ").capitalize()

    def help(self, name: str) -> str:
        """Return what a setting is for; of a sampler what the node type `parameters` says."""
        spec = self._registry.get("parameters")
        if name in LOADING or spec is None or name not in spec.settings:
            return MODEL_SETTINGS[name].help
        return str(spec.settings[name].field.help)

    def usual(self, name: str) -> str:
        """Return what counts without a default of this model."""
        setting = MODEL_SETTINGS[name]
        return setting.said(getattr(self._form.settings, name) if name in LOADING else setting.default)

    def text(self, name: str) -> str:
        """Return what the field of a setting shows: what was typed, or its value; "" where nothing is set."""
        if name in self._typed:
            return self._typed[name]
        value = self._chosen.get(name)
        return "" if value is None else MODEL_SETTINGS[name].written(value)

    def problem(self, name: str) -> str:
        """Return what is wrong with what was typed last."""
        return self._form.problems.get(self._key(name), "")

    def type(self, name: str, text: str) -> str:
        """Take a typed text, "" for what is usual, and return "", or why it does not fit."""
        self._typed.pop(name, None)
        place = Place("model_defaults", self.model, name)
        if not text.strip():
            return self._form.drop(self._key(name), place)
        try:
            value = parsed(place, text)
            if problem := sampler_problem(self._registry, name, value):
                raise UsageError(problem)
        except UsageError as error:
            self._typed[name] = text
            self._form.problems[self._key(name)] = error.message
            return error.message
        return self._form.save(self._key(name), place, value)

    @property
    def rest(self) -> tuple[str, ...]:
        """The settings that are not shown first, those that are set before the others."""
        return tuple(
            sorted((name for name in MODEL_SETTINGS if name not in USUAL), key=lambda name: name not in self._chosen)
        )

    @property
    def _chosen(self) -> Mapping[str, Json]:
        chosen: Mapping[str, Json] = self._form.settings.model_defaults.get(self.model, {})
        return chosen

    def _key(self, name: str) -> str:
        return f"model_defaults.{self.model}.{name}"


def models_with_defaults(form: SettingsForm) -> tuple[str, ...]:
    """Return the models that have defaults of their own, by name."""
    return tuple(sorted(form.settings.model_defaults))


def forget_model(form: SettingsForm, model: str) -> str:
    """Take all defaults of a model away and return "", or why that could not be written."""
    return form.drop(f"model_defaults.{model}", Place("model_defaults", model))
