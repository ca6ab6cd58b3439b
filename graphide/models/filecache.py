"""What is known about files, kept between runs: hashes and header facts, in one SQLite file of the cache folder.

A cache that cannot be opened, written or understood is the same as none: nothing here raises for its sake. Two
processes may use one file, and either may be killed at any time: every write is one transaction.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS hashes (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, sha256 TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, facts TEXT
) WITHOUT ROWID;
"""
_PATIENCE = 0.2  # seconds to wait for another process
_MOST_FACTS = 20_000  # rows; beyond that the table starts anew


@dataclass(frozen=True, slots=True)
class FileKey:
    """What identifies the state of a file: any change of its bytes is expected to change one of these."""

    path: str
    size: int
    mtime_ns: int
    inode: int = 0


class FileCache:
    """The cache in one SQLite file; `None` instead of a path keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def sha256(self, key: FileKey) -> str | None:
        """Return the known hash of a file in this state, in hexadecimal."""

        def read(database: sqlite3.Connection) -> str | None:
            row = database.execute(
                "SELECT sha256 FROM hashes WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ?",
                (key.path, key.size, _signed(key.mtime_ns), _signed(key.inode)),
            ).fetchone()
            return row[0] if row and isinstance(row[0], str) and len(row[0]) == 64 else None

        return self._with_database(read, None)

    def remember_sha256(self, key: FileKey, sha256: str) -> None:
        """Keep the hash of a file in this state."""
        row = (key.path, key.size, _signed(key.mtime_ns), _signed(key.inode), sha256)

        def write(database: sqlite3.Connection) -> None:
            database.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)", row)

        self._with_database(write, None)

    def all_facts(self) -> dict[str, tuple[int, int, str]]:
        """Return (size, mtime_ns, facts as text) of every known path."""

        def read(database: sqlite3.Connection) -> dict[str, tuple[int, int, str]]:
            rows = database.execute("SELECT path, size, mtime_ns, facts FROM facts")
            return {path: (size, mtime_ns, facts) for path, size, mtime_ns, facts in rows}

        return self._with_database(read, {})

    def facts_of(self, paths: Iterable[str]) -> dict[str, tuple[int, int, str]]:
        """Return the same of some paths."""
        wanted = [path for path in paths if _is_storable(path)]

        def read(database: sqlite3.Connection) -> dict[str, tuple[int, int, str]]:
            found = {}
            for path in wanted:
                row = database.execute("SELECT size, mtime_ns, facts FROM facts WHERE path = ?", (path,)).fetchone()
                if row is not None:
                    found[path] = row
            return found

        return self._with_database(read, {})

    def remember_facts(self, rows: Iterable[tuple[FileKey, str]]) -> None:
        """Keep the facts of files in this state."""
        rows = [(key, text) for key, text in rows if _is_storable(key.path)]
        values = [(key.path, key.size, _signed(key.mtime_ns), text) for key, text in rows]

        def write(database: sqlite3.Connection) -> None:
            with _transaction(database):
                if database.execute("SELECT count(*) FROM facts").fetchone()[0] > _MOST_FACTS:
                    database.execute("DELETE FROM facts")
                database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", values)

        if values:
            self._with_database(write, None)

    def forget(self, paths: Iterable[str]) -> None:
        """Drop all that is known about some paths."""
        rows = [(path,) for path in paths if _is_storable(path)]

        def write(database: sqlite3.Connection) -> None:
            with _transaction(database):
                for table in ("hashes", "facts"):
                    database.executemany(f"DELETE FROM {table} WHERE path = ?", rows)  # noqa: S608  # our own names

        if rows:
            self._with_database(write, None)

    def _with_database(self, use: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Return what `use` gives, `otherwise` when the file is locked or unusable; a broken one is removed."""
        if self._path is None:
            return otherwise
        for attempt in (1, 2):
            try:
                with contextlib.closing(self._connect(self._path)) as database:
                    return use(database)
            except (sqlite3.OperationalError, OSError, OverflowError, UnicodeError):
                return otherwise
            except (sqlite3.DatabaseError, ValueError, TypeError):
                if attempt == 1:
                    with contextlib.suppress(OSError, ValueError):
                        self._path.unlink()
        return otherwise

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                with _transaction(database):
                    database.execute("DROP TABLE IF EXISTS hashes")
                    database.execute("DROP TABLE IF EXISTS facts")
                    for statement in _SCHEMA.split(";"):
                        database.execute(statement)
                    database.execute(f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            database.close()
            raise
        return database


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _is_storable(path: str) -> bool:
    """Return whether a path is Unicode; file systems allow others, which SQLite does not keep."""
    return path.isascii() or not any(0xD800 <= ord(character) <= 0xDFFF for character in path)


def _signed(number: int) -> int:
    """Return a number that fits SQLite's 64 signed bits; some file systems have inodes above."""
    return number - (1 << 64) if number >= 1 << 63 else number
