"""The cache on disk: durable results of steps in one SQLite file, and the bytes that values become there.

Values of classes without a JSON form are not kept here. What cannot be read is a miss, what cannot be written is dropped,
and `problem` says why.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import orjson

from graphide.executor.cache import Values
from graphide.spec.nodespec import ABSENT
from graphide.values import WIRES, dumps, from_json, to_json, wire_of

DISK_LIMIT = 1 << 30
_BUSY_SECONDS = 1.0


class DiskCache:
    """The durable results, in one SQLite file of at most about `limit` bytes; the ones used longest ago go first.

    Safe between processes and against being killed (write-ahead log). A file that is not a database is replaced.
    """

    def __init__(self, path: Path, limit: int = DISK_LIMIT) -> None:
        self.path = path
        self.limit = limit
        self.problem = ""
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._opened = False

    def get(self, key: bytes) -> Values | None:
        with self._lock:
            db = self._open()
            if db is None:
                return None
            try:
                row = db.execute("SELECT data FROM results WHERE key = ?", (key,)).fetchone()
                if row is None:
                    return None
                values = decode(row[0])
                db.execute("UPDATE results SET used = ? WHERE key = ?", (time.time(), key))
                return values
            except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
                self.problem = f"the cache {self.path} cannot be read: {error}"
                return None

    def put(self, key: bytes, values: Values, *, durable: bool = True) -> None:
        data = encode(values) if durable else None
        if data is None or len(data) > self.limit // 4:
            return
        with self._lock:
            db = self._open()
            if db is None:
                return
            try:
                db.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (key, data, time.time()))
                self._shrink(db)
            except sqlite3.Error as error:
                self.problem = f"the cache {self.path} cannot be written: {error}"

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            if db := self._open():
                db.execute("DELETE FROM results")

    def close(self) -> None:
        """Close the file; the cache opens it again when it is used again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db, self._opened = None, False

    def _open(self) -> sqlite3.Connection | None:
        if not self._opened:
            self._opened = True
            try:
                self._db = _connect(self.path)
            except sqlite3.DatabaseError as error:
                self._db = self._replace(error)
            except OSError as error:
                self.problem = f"the cache {self.path} cannot be used: {error}"
        return self._db

    def _replace(self, error: sqlite3.DatabaseError) -> sqlite3.Connection | None:
        """Set a broken file aside and start a new one; a busy or unwritable file is left alone."""
        self.problem = f"the cache {self.path} cannot be used: {error}"
        if isinstance(error, sqlite3.OperationalError):
            return None
        try:
            self.path.replace(self.path.with_suffix(".broken"))
            return _connect(self.path)
        except (OSError, sqlite3.Error):
            return None

    def _shrink(self, db: sqlite3.Connection) -> None:
        total = db.execute("SELECT coalesce(sum(length(data)), 0) FROM results").fetchone()[0]
        while total > self.limit:
            rows = db.execute("SELECT key, length(data) FROM results ORDER BY used LIMIT 64").fetchall()
            for key, size in rows:
                db.execute("DELETE FROM results WHERE key = ?", (key,))
                total -= size
                if total <= self.limit:
                    return


def encode(values: Values) -> bytes | None:
    """Return the values as bytes, or None when one of them has no JSON form that brings it back."""
    body: dict[str, Any] = {}
    for port, value in values.items():
        if value is ABSENT:
            body[port] = ["absent", None]
            continue
        wire = wire_of(value)
        if wire == "any":
            return None
        body[port] = [wire, to_json(value)]
    return dumps(body)


def decode(data: bytes) -> dict[str, Any]:
    """Return what `encode` was given; raises ValueError for anything else."""
    body = orjson.loads(data)
    values: dict[str, Any] = {}
    for port, (wire, item) in body.items():
        if wire not in WIRES and wire != "absent":
            raise ValueError(f"unknown wire type {wire!r}")
        values[port] = ABSENT if wire == "absent" else from_json(item, wire)
    return values


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, data BLOB NOT NULL, used REAL NOT NULL)")
    except sqlite3.Error:
        db.close()
        raise
    return db
