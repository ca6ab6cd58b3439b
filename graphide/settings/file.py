"""`config.json` in the user's folder: read, changed under a lock, and written whole or not at all.

A broken file never keeps the program from starting: what does not fit is left at its default, `problem` says what, and
the file stays as it is. The environment counts more than the file (GRAPHIDE_THEME for `theme`) and is never written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from graphide.disk import try_lock, write_atomically
from graphide.errors import GraphideError, UsageError
from graphide.paths import config_folder, ensure
from graphide.settings.values import DEFAULTS, Settings, plain, to_json, with_values

Source = Literal["default", "file", "environment"]
PREFIX: Final = "GRAPHIDE_"
"""What the names of variables begin with that stand for settings."""
_PATIENCE: Final = 5.0
_TURN: Final = 0.02


class Known(NamedTuple):
    """A setting as it counts now, and where that comes from."""

    name: str
    value: Any
    source: Source


def config_path() -> Path:
    """Return the file of the settings."""
    return config_folder() / "config.json"


def load(path: Path | None = None) -> Settings:
    """Return the settings in `path` (the user's config.json) under those of the environment.

    A file that is missing or broken gives the defaults; of one with wrong values the others count.
    """
    settings = _lenient(path or config_path())
    return _with_environment(settings)


def from_json(data: Any) -> Settings:
    """Return the settings in a JSON object; raises GraphideError that names the key with the wrong value."""
    settings = _from(data)
    if settings.problem:
        raise GraphideError(settings.problem)
    return settings


def save(settings: Settings, path: Path | None = None) -> None:
    """Write settings that were loaded, whole or not at all; raises GraphideError.

    To change single ones, `change` is better: it keeps what others wrote since. What came from the environment and is
    still the same stays what the file says.
    """
    path = path or config_path()
    ensure(path.parent)
    with _locked(path):
        written, named = _lenient(path), _environment().values
        same = {name: getattr(written, name) for name in named if getattr(settings, name) == named[name]}
        _write(path, with_values(settings, **same))


def change(edit: Callable[[Settings], Settings], path: Path | None = None) -> Settings:
    """Change the settings in the file and return those that count then; nobody else can write in between.

    `edit` gets what the file says now, without the environment. Raises GraphideError where the file is no settings
    (nothing is written then), cannot be written, or is held by another program for too long; and what `edit` raises.
    """
    path = path or config_path()
    ensure(path.parent)
    with _locked(path):
        settings = _lenient(path, strict=True)
        changed = edit(settings)
        if changed != settings:
            _write(path, changed)
    return load(path)


def put(name: str, value: Any, path: Path | None = None) -> Settings:
    """Change one setting in the file; raises UsageError for a value that does not fit, and what `change` raises."""
    from graphide.settings.described import SETTINGS, check, stored

    check(name, value)
    return change(lambda settings: with_values(settings, **{name: stored(SETTINGS[name].kind, value)}), path)


def unset(name: str, path: Path | None = None) -> Settings:
    """Give one setting its default again; raises what `change` raises."""
    return change(lambda settings: with_values(settings, **{name: DEFAULTS[name]}), path)


def is_readable(path: Path | None = None) -> bool:
    """Return whether a file of settings is none yet, or can be read, so that a change can be written into it."""
    try:
        _lenient(path or config_path(), strict=True)
    except GraphideError:
        return False
    return True


def set_aside(path: Path | None = None) -> Path:
    """Rename a file that cannot be read, so that settings can be written again, and return its new place.

    Raises GraphideError where that is not possible.
    """
    path = path or config_path()
    with _locked(path):
        number = 1
        while (kept := path.with_name(f"{path.stem}.broken-{number}{path.suffix}")).exists():
            number += 1
        try:
            path.rename(kept)
        except OSError as error:
            raise GraphideError(f"cannot be put aside: {error.strerror}", where=str(path)) from error
    return kept


def known(path: Path | None = None) -> tuple[Known, ...]:
    """Return every setting as it counts now, with where it comes from."""
    written, now = _lenient(path or config_path()), load(path)
    named = _environment()
    found: list[Known] = []
    for name, default in DEFAULTS.items():
        in_file: Source = "file" if getattr(written, name) != default else "default"
        found.append(Known(name, getattr(now, name), "environment" if name in named.values else in_file))
    return tuple(found)


def variable(name: str) -> str:
    """Return the variable of the environment that stands for a setting."""
    return PREFIX + name.upper()


# --- reading


def _lenient(path: Path, *, strict: bool = False) -> Settings:
    """Return what a file says; one that is no JSON object is a problem, or an error where `strict`."""
    import orjson

    try:
        settings = _from(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, GraphideError) as error:
        if strict:
            hint = "Repair the file, or put it aside with: graphide config repair"
            raise GraphideError(f"cannot be read, so it is not written: {error}", where=str(path), hint=hint) from error
        return Settings(problem=f"{path}: {error}. The defaults are used")
    if settings.problem:
        return with_values(settings, problem=f"{path}: {settings.problem}. The default is used")
    return settings


def _from(data: Any) -> Settings:
    if not isinstance(data, dict):
        raise GraphideError("settings are a JSON object")
    from graphide.settings.described import SETTINGS, check, stored

    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in data.items():
        if key not in SETTINGS:
            extra[key] = value
            continue
        try:
            check(key, value)
            values[key] = stored(SETTINGS[key].kind, value)
        except GraphideError as error:
            extra[key] = value
            problems.append(error.message)
    return Settings(**values, extra=extra, problem="; ".join(problems))


class _Named(NamedTuple):
    values: Mapping[str, Any]
    problems: tuple[str, ...]


def _environment() -> _Named:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name in DEFAULTS:
        text = os.environ.get(variable(name))
        if text is None:
            continue
        from graphide.settings.described import SETTINGS

        try:
            values[name] = SETTINGS[name].parse(text)
        except UsageError as error:
            problems.append(f"{variable(name)} of the environment is left out: {error.message}")
    return _Named(values, tuple(problems))


def _with_environment(settings: Settings) -> Settings:
    named = _environment()
    if not named.values and not named.problems:
        return settings
    problem = "; ".join(filter(None, [settings.problem, *named.problems]))
    return with_values(settings, **named.values, problem=problem)


# --- writing


def _write(path: Path, settings: Settings) -> None:
    import orjson

    data = plain(to_json(settings))
    try:
        write_atomically(path, orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(path)) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file of settings: a file beside it, since that one is replaced. Waits, but not for ever."""
    beside = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(path)) from error
    try:
        end = time.monotonic() + _PATIENCE
        while not try_lock(descriptor):
            if time.monotonic() >= end:
                raise GraphideError("is being changed by another program", where=str(path), hint="Try it once more")
            time.sleep(_TURN)
        yield
    finally:
        os.close(descriptor)  # this also unlocks it
