"""One SQLite file, safe for several threads and processes: opened, brought up to date, read and written in transactions.

Which tables there are is in `schema`, what is in them in `chats`. Every failure of SQLite becomes a GraphideError that
says which file and what to do. A file that is damaged is moved aside and never deleted.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from graphide.errors import GraphideError
from graphide.paths import ensure
from graphide.store.schema import STEPS

T = TypeVar("T")
WAIT: Final = 10.0
"""Seconds to wait for another process that writes."""
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Database:
    """The file at `path`, made where it is not there. `set_aside` names where a damaged one was moved to.

    Any thread may call; each transaction has the connection for itself. Raises GraphideError.
    """

    def __init__(self, path: Path, *, steps: Sequence[str] = STEPS) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._steps = tuple(steps)
        self._lock = threading.RLock()
        ensure(path.parent)
        with self._explained("open"):
            try:
                self._connection = self._opened()
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGED:
                    raise
                self.set_aside = self._moved_aside()
                self._connection = self._opened()

    def close(self) -> None:
        """Close the file; what was committed is in it."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._lock, self._explained("read"):
            return self._connection.execute(sql, values).fetchall()

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work in one transaction, which is on the disk when this returns or did not happen at all."""
        with self._lock, self._explained("write to"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return result

    def backup(self, target: Path) -> None:
        """Copy everything into another file, whole or not at all, while others go on writing; raises GraphideError."""
        ensure(target.parent)
        fresh = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with self._lock, self._explained("copy"), closing(sqlite3.connect(fresh)) as copy:
                self._connection.backup(copy)
            os.replace(fresh, target)
        except OSError as error:
            raise GraphideError(f"cannot be written: {error.strerror}", where=str(target)) from error
        finally:
            with suppress(OSError):
                fresh.unlink()

    # --- inside

    def _opened(self) -> sqlite3.Connection:
        # Made private before anything is in it: what people say to a model is nobody else's business.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what was deleted is gone
            self._bring_up_to_date(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        if _version(connection) == len(self._steps):
            return
        connection.execute("BEGIN IMMEDIATE")  # another process may be about to do the same
        version = _version(connection)
        if version > len(self._steps):
            connection.execute("ROLLBACK")
            raise GraphideError(
                f"was written by a newer graphide (version {version} of its tables, this one knows {len(self._steps)})",
                where=str(self.path),
                hint="Update graphide, or move the file away to begin anew",
            )
        try:
            for step in self._steps[version:]:
                for statement in _statements(step):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._steps)}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _moved_aside(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(f"{self.path}{ending}", f"{aside}{ending}")
        return aside

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise GraphideError(
                f"cannot {doing} the store of chats: {error}", where=str(self.path), hint=_what_to_do(error)
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; `executescript` would end the transaction that they are to share."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if statement.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF  # without what an extended code adds


def _what_to_do(error: Exception) -> str:
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another graphide has been writing for too long: close it, and try again"
    if code == sqlite3.SQLITE_FULL:
        return "Make room on the disk; nothing that was there is lost"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) or isinstance(error, OSError):
        return "Make the file and its folder writable"
    if code in _DAMAGED:
        return "Close graphide and start it again: a damaged file is moved aside"
    return ""
