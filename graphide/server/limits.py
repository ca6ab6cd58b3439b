"""Admission: how many requests are worked on at one time, who waits, and who is sent away. Waiting takes no thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from graphide.server.errors import ClientGone, Refusal

Tick = Callable[[], Awaitable[None]]


class Admission:
    """Places for `running` requests, given in the order in which they were asked for; `waiting` more may wait.

    Used from the event loop only.
    """

    def __init__(self, running: int, waiting: int, *, retry: int = 2) -> None:
        self._free = max(1, running)
        self._most_waiting = waiting
        self._retry = retry
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def place(
        self, gone: asyncio.Future[None], *, tick: Tick | None = None, every: float | None = None
    ) -> AsyncIterator[None]:
        """Wait for a place and hold it; `tick` is called `every` so many seconds of waiting.

        Raises Refusal (503) when too many wait or the server ends, and ClientGone when `gone` is set first.
        """
        await self._enter(gone, tick, every)
        try:
            yield
        finally:
            self._leave()

    def close(self) -> None:
        """Send away who waits and who comes; who has a place keeps it."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(self._ending())

    async def _enter(self, gone: asyncio.Future[None], tick: Tick | None, every: float | None) -> None:
        if self._closed:
            raise self._ending()
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= self._most_waiting:
            raise Refusal(
                503,
                f"the server is busy and {self._most_waiting} requests wait already. Try again in a moment",
                code="busy",
                headers={"Retry-After": str(self._retry)},
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await self._turn(turn, gone, tick, every)
        except BaseException:
            self._give_up(turn)
            raise

    async def _turn(
        self, turn: asyncio.Future[None], gone: asyncio.Future[None], tick: Tick | None, every: float | None
    ) -> None:
        while True:
            await asyncio.wait({turn, gone}, timeout=every, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise ClientGone
            if turn.done():
                return turn.result()
            if tick is not None:
                await tick()

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self._waiting.remove(turn)
        elif turn.exception() is None:
            self._leave()  # the place was given a moment ago

    def _leave(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)  # the place goes on to the next, so nobody else can take it
        else:
            self._free += 1

    def _ending(self) -> Refusal:
        return Refusal(503, "the server is ending", code="ending", headers={"Retry-After": str(self._retry)})
