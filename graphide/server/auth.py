"""The key that clients show: kept in a file that only this user can read, made at the first start, compared in constant time."""

from __future__ import annotations

import hmac
import os
import secrets as random
import stat
import sys
from contextlib import suppress
from pathlib import Path

from graphide import paths, secrets
from graphide.errors import GraphideError

VARIABLE = "GRAPHIDE_SERVER_KEY"
_FILE = "graphide-server"
_PREFIX = "gk-"
_BYTES = 32


def key_file() -> Path:
    """Return the file that the key is kept in."""
    return secrets.file_of(_FILE)


def server_key(path: Path | None = None) -> str:
    """Return the key: that of the environment, else that in a file, which is made when it is not there.

    Raises GraphideError when the file cannot be made or has no key in it.
    """
    if text := secrets.clean(os.environ.get(VARIABLE, "")):
        return text
    path = path or key_file()
    try:
        _make(path)
        _close_to_others(path)
    except OSError as error:
        raise GraphideError(f"the key cannot be kept: {error.strerror}", where=str(path)) from error
    if not (text := secrets.read(path)):
        raise GraphideError("has no key in it", where=str(path), hint="Delete it: a new one is made at the next start")
    return text


def accepts(header: str, key: str) -> bool:
    """Return whether an Authorization header shows the key; takes as long for a near miss as for any other."""
    scheme, _, shown = header.strip().partition(" ")
    given = shown.strip().encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, key.encode()) and scheme.lower() == "bearer"


def _make(path: Path) -> None:
    """Make the file, whole or not at all; of two programs that do so at one time, one does."""
    if path.exists():
        return
    paths.ensure(path.parent)
    fresh = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_PREFIX + random.token_urlsafe(_BYTES) + "\n")
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()


def _close_to_others(path: Path) -> None:
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
