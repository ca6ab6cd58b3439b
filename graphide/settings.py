"""Settings: `config.json` in the user's folder, typed and checked; keys of other versions are kept.

What a graph needs is in the graph; here is what belongs to the machine and its user: folders, names for models, limits.
A broken file never keeps the program from starting: its defaults are used and `problem` says what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from graphide.disk import write_atomically
from graphide.errors import GraphideError
from graphide.paths import config_folder
from graphide.values import KvType

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user chose for this machine.

    `n_threads` 0: as many as the machine has cores; `n_gpu_layers` -1: as many as fit; `n_ctx` in tokens, 0: the model's
    own up to 4,096; `n_parallel`: requests that one model answers at one time; `kv_type`: how its cache is kept.
    All loaded models together may hold `memory_budget` bytes, 0: what the machine has left; one that nobody uses is closed
    after `keep_alive` seconds, 0: at once, -1: never. `cache_bytes` bounds the results kept on disk, `prefix_cache_bytes`
    the beginnings of prompts kept there, 0: none. `parallel`: steps that run at one time. `servers`: base URLs of
    OpenAI-compatible servers by name; "NAME/MODEL" is then a model.
    """

    model_folders: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    n_threads: int = 0
    n_gpu_layers: int = -1
    n_ctx: int = 0
    n_parallel: int = 8
    kv_type: KvType = "f16"
    memory_budget: int = 0
    keep_alive: int = 300
    cache_bytes: int = 1 << 30
    prefix_cache_bytes: int = 1 << 30
    parallel: int = 8
    servers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    extra: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    problem: str = ""


_OWN = frozenset(["extra", "problem"])
_KNOWN: Mapping[str, Any] = {f.name: getattr(Settings(), f.name) for f in fields(Settings) if f.name not in _OWN}
_LEAST: Mapping[str, int] = {"n_gpu_layers": -1, "keep_alive": -1, "n_parallel": 1}
_CHOICES: Mapping[str, tuple[str, ...]] = {"kv_type": get_args(KvType)}


def load(path: Path | None = None) -> Settings:
    """Return the settings in `path` (the user's config.json); a file that is missing or broken gives the defaults."""
    import orjson

    path = path or config_folder() / "config.json"
    try:
        data = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        return Settings(problem=f"{path}: {error}. The defaults are used")
    try:
        return from_json(data)
    except GraphideError as error:
        return Settings(problem=f"{path}: {error}. The defaults are used")


def from_json(data: Any) -> Settings:
    """Return the settings in a JSON object; raises GraphideError that names the key with the wrong value."""
    if not isinstance(data, dict):
        raise GraphideError("settings are a JSON object")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key in _KNOWN:
            values[key] = _checked(key, value, _KNOWN[key])
    return Settings(**values, extra={key: value for key, value in data.items() if key not in _KNOWN})


def to_json(settings: Settings) -> dict[str, Any]:
    """Return the settings as a JSON object without the ones that have their default."""
    body = dict(settings.extra)
    for key, default in _KNOWN.items():
        value = getattr(settings, key)
        if value != default:
            body[key] = (
                list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
            )
    return body


def save(settings: Settings, path: Path | None = None) -> None:
    """Write the settings, whole or not at all; raises GraphideError."""
    import orjson

    from graphide.paths import ensure

    path = path or config_folder() / "config.json"
    ensure(path.parent)
    try:
        write_atomically(
            path, orjson.dumps(to_json(settings), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        )
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(path)) from error


def with_alias(settings: Settings, name: str, target: str) -> Settings:
    """Return the settings with one more name for a model."""
    return replace(settings, aliases={**settings.aliases, name: target})


def _checked(key: str, value: Any, default: Any) -> Any:
    if isinstance(default, int):
        least = _LEAST.get(key, 0)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise GraphideError(f'"{key}" is a whole number of at least {least}')
    if isinstance(default, str):
        if isinstance(value, str) and value in _CHOICES[key]:
            return value
        raise GraphideError(f'"{key}" is one of {", ".join(_CHOICES[key])}')
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise GraphideError(f'"{key}" is a list of texts')
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return value
    raise GraphideError(f'"{key}" is an object of texts')
