"""Caches of step results: what one is, the one in memory, and two in a row. The one on disk is in `disk_cache`.

Keys come from `keys`. A cache never fails a run: what cannot be read is a miss, what cannot be written is dropped.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol

from graphide.values import dumps

Values = Mapping[str, Any]

MEMORY_LIMIT = 64 << 20


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
