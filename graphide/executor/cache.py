"""Caches of step results: one in memory, one on disk, and the two in a row.

Keys come from `keys`. A cache never fails a run: what cannot be read is a miss, what cannot be written is dropped and
`problem` says why. Values of classes without a JSON form stay in memory only.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson

from graphide.spec.nodespec import ABSENT
from graphide.values import WIRES, dumps, from_json, to_json, wire_of

Values = Mapping[str, Any]

MEMORY_LIMIT = 64 << 20
DISK_LIMIT = 1 << 30
_BUSY_SECONDS = 1.0


class Cache(Protocol):
    """Results by key."""

    def get(self, key: bytes) -> Values | None:
        """Return the values under a key, or None."""
        ...

    def put(self, key: bytes, values: Values, *, durable: bool) -> None:
        """Keep values; `durable` ones are worth keeping beyond this process."""
        ...


class MemoryCache:
    """The results used last, up to `limit` bytes (estimated). Safe between threads."""

    def __init__(self, limit: int = MEMORY_LIMIT) -> None:
        self.limit = limit
        self._entries: OrderedDict[bytes, tuple[Values, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: bytes) -> Values | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: bytes, values: Values, *, durable: bool = False) -> None:
        size = _size(values)
        with self._lock:
            old = self._entries.pop(key, None)
            self._bytes += size - (old[1] if old else 0)
            self._entries[key] = (values, size)
            while self._bytes > self.limit and self._entries:
                self._bytes -= self._entries.popitem(last=False)[1][1]


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


class TieredCache:
    """A quick cache in front of a durable one."""

    def __init__(self, front: Cache, back: Cache) -> None:
        self.front = front
        self.back = back

    def get(self, key: bytes) -> Values | None:
        values = self.front.get(key)
        if values is None:
            values = self.back.get(key)
            if values is not None:
                self.front.put(key, values, durable=False)
        return values

    def put(self, key: bytes, values: Values, *, durable: bool) -> None:
        self.front.put(key, values, durable=False)
        if durable:
            self.back.put(key, values, durable=True)


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


def _size(values: Values) -> int:
    size = 200
    for value in values.values():
        if isinstance(value, str):
            size += 50 + len(value)
        elif value is None or isinstance(value, bool | int | float):
            size += 32
        else:
            size += 3 * len(dumps(value))
    return size
