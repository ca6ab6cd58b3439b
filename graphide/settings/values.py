"""The settings as values: one frozen object with a field for each, and how it becomes JSON and comes from it.

What each setting is for, its bounds and its units are in `described`; where settings are kept is in `file`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from graphide.values import Json, KvType

Theme = Literal["dark", "light"]
Overflow = Literal["stop", "drop_oldest", "middle_out"]

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _none() -> Mapping[str, Any]:
    return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user chose for this machine; what each one means is said in `described`, for people and for programs.

    `extra` are keys that this version does not know, and values that do not fit: they stay in the file. `problem` says
    what is wrong with the file, "" where nothing is.
    """

    theme: Theme = "dark"
    scale: float = 1.0

    model_folders: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=_none)
    n_ctx: int = 0
    n_threads: int = 0
    n_gpu_layers: int = -1
    n_parallel: int = 8
    kv_type: KvType = "f16"
    parallel: int = 8
    memory_budget: int = 0
    keep_alive: int = 300
    cache_bytes: int = 1 << 30
    prefix_cache_bytes: int = 1 << 30

    network: bool = True
    hub: str = ""
    download_rate: int = 0
    download_parallel: int = 2

    keep_chats: bool = True
    chat_days: int = 0
    keep_runs: bool = True
    overflow: Overflow = "drop_oldest"
    system_prompts: Mapping[str, str] = field(default_factory=_none)

    servers: Mapping[str, str] = field(default_factory=_none)
    model_defaults: Mapping[str, Mapping[str, Json]] = field(default_factory=_none)

    serve_host: str = "127.0.0.1"
    serve_port: int = 5000

    extra: Mapping[str, Any] = field(default_factory=_none)
    problem: str = ""


_OWN = frozenset(["extra", "problem"])
DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {each.name: getattr(Settings(), each.name) for each in fields(Settings) if each.name not in _OWN}
)
"""Every setting and its default."""


def with_values(settings: Settings, **values: Any) -> Settings:
    """Return the settings with other values, which are taken as they are: `described` has the check."""
    extra = {key: value for key, value in settings.extra.items() if key not in values}
    return replace(settings, extra=extra, **values)


def with_alias(settings: Settings, name: str, target: str) -> Settings:
    """Return the settings with one more name for a model."""
    return with_values(settings, aliases={**settings.aliases, name: target})


def to_json(settings: Settings) -> dict[str, Any]:
    """Return the settings as a JSON object without the ones that have their default."""
    body = dict(settings.extra)
    chosen = {key: getattr(settings, key) for key in DEFAULTS}
    return body | {key: plain(value) for key, value in chosen.items() if value != DEFAULTS[key]}


def plain(value: Any) -> Json:
    """Return the value of a setting as JSON has it."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
