"""From a thread to the event loop: items on their way, a few at most, so that a slow reader holds back its own work only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Generic, TypeVar

from graphide.errors import Cancelled

T = TypeVar("T")

MOST = 64
"""Items that wait for their reader before who makes them has to wait too."""


class Feed(Generic[T]):
    """Items from one thread for one coroutine, which takes all that are there at once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._room = threading.Condition()
        self._items: list[T] = []
        self._awaited = False
        self._left = False
        self._over = False
        self._error: BaseException | None = None

    # --- in the thread

    def fill(self, make: Callable[[], Iterable[T]]) -> None:
        """Put everything that `make` gives, until it ends, fails, or nobody reads any more; never raises."""
        error: BaseException | None = None
        try:
            items = make()
            try:
                for item in items:
                    self._put(item)
            finally:
                if (close := getattr(items, "close", None)) is not None:
                    close()
        except BaseException as caught:  # noqa: BLE001  # it is raised again where the items are read
            error = caught
        with self._room:
            self._over, self._error = True, error
        self._tell(self._end)

    def _put(self, item: T) -> None:
        with self._room:
            while len(self._items) >= self._most and not self._left:
                self._room.wait()
            if self._left:
                raise Cancelled("nobody reads this any more")
            self._items.append(item)
            awaited, self._awaited = self._awaited, False
        if awaited:  # waking the loop costs more than anything else here
            self._tell(self._news.set)

    def _tell(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(what)

    # --- in the event loop

    async def take(self, within: float) -> list[T] | None:
        """Return the items that are there, waiting for the first; [] at the end, None when none came `within` seconds.

        Raises what ended them, after the last item.
        """
        if not self._is_ready():
            try:
                async with asyncio.timeout(within):
                    while not self._is_ready():
                        await self._news.wait()
                        self._news.clear()
            except TimeoutError:
                return None
        with self._room:
            items, self._items = self._items, []
            over, error = self._over, self._error
            self._room.notify()
        if over and not items and error is not None:
            raise error
        return items

    async def rest(self, seconds: float) -> None:
        """Let items gather for some time, or until there will be no more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    def _is_ready(self) -> bool:
        with self._room:
            ready = bool(self._items) or self._over or self._left
            self._awaited = not ready
        return ready

    def leave(self) -> None:
        """Take nothing any more; who makes items is told so at the next one."""
        with self._room:
            self._left = True
            self._room.notify()
        self._news.set()

    async def ended(self) -> None:
        """Wait until the thread makes nothing any more."""
        await self._ended.wait()

    def _end(self) -> None:
        self._news.set()
        self._ended.set()
