"""Answering: blocking work in a thread for a client that may leave, be slow or have to wait; as one value or as a stream.

Every request that asks a model or runs a graph goes through here, so that it waits for its place, stops when its client
goes, and ends with the server. What is sent is made by the routes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from graphide.errors import GraphideError
from graphide.server.errors import ClientGone, Refusal, refusal_of
from graphide.server.feed import Feed
from graphide.server.log import log_fault
from graphide.server.sse import PING, fault_event
from graphide.server.state import ServerState

T = TypeVar("T")
Work = Callable[[threading.Event], Iterable[bytes]]
"""Makes the bytes of a stream, in a thread; the event is set when they are not wanted any more."""
PACE: Final = 0.03
"""Seconds between the writes of a stream in which more comes than that: each takes time from the engine."""


@dataclass(slots=True, eq=False)
class Asked:
    """A request under way: `cancel` stops its work, `gone` is done when its client has left."""

    gone: asyncio.Future[None]
    cancel: threading.Event = field(default_factory=threading.Event)


@asynccontextmanager
async def asked(state: ServerState, receive: Receive) -> AsyncIterator[Asked]:
    """Watch the client of a request whose body was read, and let the server's end reach its work."""
    request = Asked(asyncio.get_running_loop().create_future())
    watch = asyncio.create_task(_watch(receive, request))
    state.under_way.add(request.cancel)
    try:
        yield request
    finally:
        watch.cancel()
        state.under_way.discard(request.cancel)


async def answer(state: ServerState, receive: Receive, work: Callable[[threading.Event], T]) -> T:
    """Return what blocking `work` gives, for which it gets a place and a thread; its event is set when the client leaves.

    `receive` is that of the request (`request.receive`). Raises what `work` raises, Refusal and ClientGone.
    """
    async with asked(state, receive) as request, state.admission.place(request.gone):
        feed: Feed[T] = Feed()
        state.threads(lambda: feed.fill(lambda: (work(request.cancel),)))
        ended = asyncio.ensure_future(feed.ended())
        try:
            await asyncio.wait({ended, request.gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not ended.done():
                request.cancel.set()
            await ended  # the place is free when the thread is
        if request.gone.done():
            raise ClientGone
        items = await feed.take(0)
        assert items
        return items[0]


class Stream(Response):
    """A response whose body is made by blocking `work` in a thread while it is sent.

    Errors before the first bytes become a response of their own; later ones are the bytes that `fault` makes of them, and
    then the stream ends. While nothing comes, comments say that the server lives.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        state: ServerState,
        work: Work,
        *,
        fault: Callable[[Refusal], bytes] = fault_event,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.state = state
        self.work = work
        self.fault = fault
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no", **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; raises Refusal and GraphideError before it has begun, and ClientGone."""
        out = _Out(self, scope, send)
        async with asked(self.state, receive) as request:
            try:
                await self._send(request, out)
            except ClientGone:
                raise
            except Exception as error:  # the fence of a stream that has begun
                if not out.begun:
                    raise
                if not isinstance(error, Refusal | GraphideError):
                    log_fault(error)
                await out.write(self.fault(refusal_of(error)))
            await out.end()

    async def _send(self, request: Asked, out: _Out) -> None:
        beat = self.state.config.limits.heartbeat
        async with self.state.admission.place(request.gone, tick=out.ping, every=beat):
            feed: Feed[bytes] = Feed()
            request.gone.add_done_callback(lambda _: feed.leave())
            self.state.threads(lambda: feed.fill(lambda: self.work(request.cancel)))
            loop, last = asyncio.get_running_loop(), 0.0
            try:
                while (pieces := await feed.take(beat)) != []:
                    if request.gone.done():
                        raise ClientGone
                    await (out.ping() if pieces is None else out.write(b"".join(pieces)))
                    before, last = last, loop.time()
                    if last - before < PACE:
                        await feed.rest(PACE)
            finally:
                request.cancel.set()
                feed.leave()
                await feed.ended()  # the place is free when the thread is


class _Out:
    """The way to the client: begun with the first bytes, and cut when nothing is taken for too long."""

    def __init__(self, response: Stream, scope: Scope, send: Send) -> None:
        self.begun = False
        self._response = response
        self._scope = scope
        self._send = send

    async def ping(self) -> None:
        await self.write(PING)

    async def write(self, data: bytes) -> None:
        if not self.begun:
            self.begun = True
            head = self._response.raw_headers
            await self._send({"type": "http.response.start", "status": self._response.status_code, "headers": head})
        await self._within({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        if not self.begun:
            await self.write(b"")
        await self._within({"type": "http.response.body", "body": b"", "more_body": False})

    async def _within(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._response.state.config.limits.reader):
                await self._send(message)
        except TimeoutError:
            if (cut := self._scope.get("state", {}).get("cut")) is not None:
                cut()
                await asyncio.sleep(0)
            raise ClientGone from None


async def _watch(receive: Receive, request: Asked) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    request.cancel.set()
    if not request.gone.done():
        request.gone.set_result(None)
