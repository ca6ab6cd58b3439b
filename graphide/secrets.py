"""Secrets of the user (tokens, keys of servers): where one is looked for, and how one is kept. None is ever shown or logged.

The environment comes first, then the system's keyring where the package `keyring` is installed, then a file that only the
user can read. Which secrets there are is the business of whoever asks for them by name.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from graphide import paths
from graphide.errors import GraphideError, UsageError

Source = Literal["environment", "keyring", "file", ""]
LONGEST: Final = 4_096
_SERVICE: Final = "graphide"
_KEYRING: Final = "keyring"  # an optional package, so not a dependency


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and where it was found; its text is left out where the value is printed."""

    text: str = field(default="", repr=False)
    source: Source = ""

    def __bool__(self) -> bool:
        return bool(self.text)


def find(name: str, variables: Sequence[str] = ()) -> Secret:
    """Return the secret called `name`, from one of some environment variables first; an empty one where there is none."""
    for variable in variables:
        if text := clean(os.environ.get(variable, "")):
            return Secret(text, "environment")
    if text := clean(_from_keyring(name)):
        return Secret(text, "keyring")
    return Secret(text, "file") if (text := read(file_of(name))) else Secret()


def keep(name: str, text: str) -> Source:
    """Keep a secret in the keyring, or in a file that only this user can read, and return which.

    Raises UsageError where the text cannot stand in a header, and GraphideError where it cannot be kept.
    """
    secret = clean(text)
    if not secret:
        raise UsageError("this cannot be a key", hint="Keys are one word of letters, digits and signs")
    if (keyring := _keyring()) is not None:
        with suppress(Exception):  # any backend of a foreign package: the file is there instead
            keyring.set_password(_SERVICE, name, secret)
            return "keyring"
    path = file_of(name)
    paths.ensure(path.parent)
    try:
        _write_private(path, secret)
    except OSError as error:
        raise GraphideError(f"the key cannot be kept: {error.strerror}", where=str(path)) from error
    return "file"


def forget(name: str) -> None:
    """Remove a secret that graphide keeps; one of the environment stays."""
    if (keyring := _keyring()) is not None:
        with suppress(Exception):  # any backend of a foreign package; there may be nothing to remove
            keyring.delete_password(_SERVICE, name)
    with suppress(FileNotFoundError):
        file_of(name).unlink()


def file_of(name: str) -> Path:
    """Return the file that holds a secret where there is no keyring. Raises UsageError for a name that is no file name."""
    if not name or not all(char.isalnum() or char in "-_." for char in name) or name.startswith("."):
        raise UsageError(f'"{name}" cannot be the name of a key', hint="Use letters, digits, - and _")
    return paths.config_folder() / "keys" / name


def clean(text: str) -> str:
    """Return a secret that can stand in a header, "" for anything else."""
    text = text.strip()
    return text if len(text) <= LONGEST and text.isascii() and text.isprintable() and " " not in text else ""


def read(path: Path) -> str:
    """Return the secret in a file, "" where there is none."""
    try:
        with path.open(encoding="utf-8") as file:
            return clean(file.read(LONGEST + 2))
    except (OSError, ValueError):
        return ""


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    if keyring is None:
        return ""
    with suppress(Exception):  # any backend of a foreign package: locked, no session, broken
        return str(keyring.get_password(_SERVICE, name) or "")
    return ""


def _keyring() -> Any:
    try:
        return importlib.import_module(_KEYRING)
    except ImportError:
        return None


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
