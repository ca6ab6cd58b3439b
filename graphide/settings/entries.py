"""Places in the settings, as a person names them: "n_ctx", "aliases.fast", "model_defaults.small.gguf.temperature".

What is read, put and taken away there is a JSON value; the settings themselves are never changed, others are returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from graphide.errors import UsageError
from graphide.settings import kinds
from graphide.settings.described import MODEL_SETTINGS, SETTINGS, Described, check, described, stored, unknown
from graphide.settings.values import DEFAULTS, Settings, plain, with_values

_MAPS: Final = ("names", "addresses", "objects")


class Place(NamedTuple):
    """A setting, in one of names the entry of one `key` ("": all), and of a model's defaults one `field` ("": all)."""

    name: str
    key: str = ""
    field: str = ""

    def __str__(self) -> str:
        return ".".join(filter(None, self))

    @property
    def setting(self) -> Described:
        """What is known of the setting."""
        return SETTINGS[self.name]


def place_of(text: str) -> Place:
    """Return the place that a person names; raises UsageError with the nearest name."""
    name, dot, key = text.partition(".")
    setting = described(name)
    if not dot:
        return Place(name)
    if setting.kind not in _MAPS or not key:
        raise UsageError(f'"{name}" is one value, there is nothing in it called "{key}"')
    model, _, field = key.rpartition(".")
    if setting.kind != "objects" or not model:
        return Place(name, key)
    return Place(name, model, field) if field in MODEL_SETTINGS else Place(name, key)


def value_at(settings: Settings, place: Place) -> Any:
    """Return the JSON value at a place, None for an entry that is not there."""
    value = plain(getattr(settings, place.name))
    if place.key:
        value = value.get(place.key)
    return value.get(place.field) if place.field and isinstance(value, Mapping) else None if place.field else value


def parsed(place: Place, text: str) -> Any:
    """Return the JSON value that a typed text stands for at a place; raises UsageError where it does not fit."""
    if place.field:
        return MODEL_SETTINGS[place.field].parse(text)
    if not place.key:
        return plain(place.setting.parse(text))
    value = kinds.parse("objects", text) if place.setting.kind == "objects" else text
    if place.setting.kind == "objects" and not isinstance(value, Mapping):
        raise unknown("setting of a model", str(place).rpartition(".")[2], MODEL_SETTINGS)
    check(place.name, {place.key: value})
    return value


def put_at(settings: Settings, place: Place, value: Any) -> Settings:
    """Return the settings with a JSON value at a place; raises UsageError where it does not fit."""
    whole = value
    if place.key:
        entry = {**_entry(settings, place), place.field: plain(value)} if place.field else value
        whole = {**getattr(settings, place.name), place.key: entry}
    check(place.name, whole)
    return with_values(settings, **{place.name: stored(place.setting.kind, whole)})


def without(settings: Settings, place: Place) -> Settings:
    """Return the settings without an entry, or with the default of a whole setting."""
    if not place.key:
        return with_values(settings, **{place.name: DEFAULTS[place.name]})
    whole = dict(getattr(settings, place.name))
    entry = {name: value for name, value in _entry(settings, place).items() if name != place.field}
    if place.field and entry:
        whole[place.key] = entry
    else:
        whole.pop(place.key, None)
    return with_values(settings, **{place.name: whole})


def with_item(settings: Settings, place: Place, text: str) -> Settings:
    """Return the settings with one more text in a list; raises UsageError where the setting is none, or has it."""
    items = _items(settings, place)
    if text in items:
        raise UsageError(f'"{place.name}" has "{text}" already')
    return put_at(settings, place, [*items, text])


def without_item(settings: Settings, place: Place, text: str) -> Settings:
    """Return the settings without a text of a list; raises UsageError where the setting is none, or does not have it."""
    items = _items(settings, place)
    if text not in items:
        raise unknown(f'entry of "{place.name}"', text, items)
    return put_at(settings, place, [item for item in items if item != text])


def _items(settings: Settings, place: Place) -> tuple[str, ...]:
    if place.setting.kind != "texts":
        hint = f"Write: graphide config set {place.name}.NAME VALUE" if place.setting.kind in _MAPS else ""
        raise UsageError(f'"{place.name}" is no list', hint=hint or f"Write: graphide config set {place.name} VALUE")
    items: tuple[str, ...] = getattr(settings, place.name)
    return items


def _entry(settings: Settings, place: Place) -> Mapping[str, Any]:
    entry = getattr(settings, place.name).get(place.key, {})
    return entry if isinstance(entry, Mapping) else {}
