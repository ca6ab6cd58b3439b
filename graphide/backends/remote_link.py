"""The connection to one OpenAI-compatible server: requests that can be cancelled, limited in number and time, retried.

An event loop in a thread of its own does the waiting, so that a cancel closes the connection at once whatever the server
does. What is sent and what it means is in `remote_wire`.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from graphide import __version__
from graphide.backends.remote_wire import Events, fault_of, refused_fields, without_secrets
from graphide.errors import Cancelled, InferenceFault
from graphide.spec.generation import Cancel
from graphide.values import Json

if TYPE_CHECKING:
    import httpx2

AGENT_NAME: Final = "graphide"
"""How requests to other servers begin to say whose they are."""
LOOK: Final = 0.05  # seconds between looks at the cancel flag
LARGEST_ERROR: Final = 64 * 1024
LARGEST_ANSWER: Final = 64 * 1024 * 1024
AGENT: Final = f"{AGENT_NAME}/{__version__}"
_AGAIN: Final = frozenset([408, 429, 500, 502, 503, 504])
_END: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Limits of one server. Seconds: to `connect`, until the `first` byte, `between` two pieces; `retries` before the first.

    `parallel` requests at one time, `per_minute` that begin in a minute (0: any number).
    """

    connect: float = 10.0
    first: float = 300.0
    between: float = 60.0
    retries: int = 4
    pause: float = 0.5
    longest_pause: float = 30.0
    parallel: int = 8
    per_minute: int = 0


class Refused(InferenceFault):
    """The server does not take some `fields` of the request; without them the same request may do."""

    def __init__(self, fault: InferenceFault, fields: frozenset[str]) -> None:
        super().__init__(fault.kind, fault.message, hint=fault.hint)
        self.fields = fields


class Link:
    """One server at `url` (which ends in /v1); `key` gives its key when it is needed, "" for none."""

    def __init__(self, url: str, key: Callable[[], str], patience: Patience = Patience()) -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._patience = patience
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx2.AsyncClient | None = None
        self._places = asyncio.Semaphore(max(1, patience.parallel))
        self._next_start = 0.0

    def close(self) -> None:
        """Close all connections and end the thread."""
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(self._close(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    def stream(self, path: str, body: Mapping[str, Json], cancel: Cancel) -> Generator[dict[str, Any], None, None]:
        """Yield the JSON of every event of a streamed answer.

        Raises InferenceFault, Refused for fields that it does not take, and Cancelled within 0.1 s of the flag.
        """
        found: queue.SimpleQueue[Any] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._streamed(path, body, found.put), self._running())
        task.add_done_callback(lambda _done: found.put(_END))
        try:
            while (item := _next(found, cancel)) is not _END:
                yield item
            task.result()
        finally:
            task.cancel()

    def ask(self, method: str, path: str, body: Mapping[str, Json] | None, cancel: Cancel) -> Any:
        """Return the JSON that a request gives; raises as `stream` does."""
        found: queue.SimpleQueue[Any] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._asked(method, path, body, found.put), self._running())
        task.add_done_callback(lambda _done: found.put(_END))
        answer = None
        try:
            while (item := _next(found, cancel)) is not _END:
                answer = item
            task.result()
        finally:
            task.cancel()
        return answer

    # --- in the thread of the loop

    async def _streamed(self, path: str, body: Mapping[str, Json], put: Callable[[Any], None]) -> None:
        events, ended, whole = Events(), False, bytearray()

        async def take(response: httpx2.Response) -> None:
            nonlocal ended
            is_stream = "event-stream" in response.headers.get("content-type", "")
            pieces = response.aiter_bytes().__aiter__()
            while (piece := await _within(_piece(pieces), self._patience.between)) is not None:
                if not is_stream:
                    whole.extend(piece[: LARGEST_ANSWER - len(whole)])
                    continue
                for data in events.feed(piece):
                    if data == b"[DONE]":
                        ended = True
                        return
                    put(_json(data))
            if not is_stream:  # a server that cannot stream gives the whole answer at once
                put(_json(bytes(whole)))
                ended = True

        await self._requested("POST", path, body, take)
        if not ended:
            raise InferenceFault("engine_abort", "the server ended the answer before its end", hint="Run it again")

    async def _asked(self, method: str, path: str, body: Mapping[str, Json] | None, put: Callable[[Any], None]) -> None:
        async def take(response: httpx2.Response) -> None:
            data = await _within(_read(response, LARGEST_ANSWER), self._patience.first)
            put(_json(data))

        await self._requested(method, path, body, take)

    async def _requested(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json] | None,
        take: Callable[[httpx2.Response], Coroutine[Any, Any, None]],
    ) -> None:
        """Make a request, again after faults that pass, and hand the response to `take`; never again after that."""
        import httpx2

        attempt = 0
        async with self._places:
            while True:
                await self._wait_for_turn()
                pause = self._patience.pause * 2**attempt * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
                response, again = None, True
                try:
                    response = await self._sent(method, path, body)
                    if response.status_code < 300:
                        return await take(response)
                    fault = await self._fault(response, body or {})
                    again = response.status_code in _AGAIN
                    pause = max(pause, _retry_after(response))
                except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                    fault = self._unreachable(error)
                except httpx2.HTTPError as error:
                    fault = self._broken(error)
                    again = response is None  # nothing came back: a connection that had been kept too long, mostly
                finally:
                    if response is not None:
                        await response.aclose()
                if not again or attempt >= self._patience.retries or pause > self._patience.longest_pause:
                    raise fault
                attempt += 1
                await asyncio.sleep(pause)

    async def _sent(self, method: str, path: str, body: Mapping[str, Json] | None) -> httpx2.Response:
        """Send a request and return the response as soon as its head is there."""
        import httpx2

        content = orjson.dumps(body) if body is not None else None
        try:
            request = self._http().build_request(method, f"{self.url}{path}", content=content, headers=self._headers())
        except httpx2.InvalidURL as error:
            raise InferenceFault("bad_request", f"is no URL: {error}", where=without_secrets(self.url)) from error
        response: httpx2.Response = await _within(self._http().send(request, stream=True), self._patience.first)
        return response

    async def _fault(self, response: httpx2.Response, body: Mapping[str, Json]) -> InferenceFault:
        """Return what an answer that is none means, without the key, which some servers repeat."""
        data: Any = None
        with suppress(InferenceFault, ValueError):
            raw: bytes = await _within(_read(response, LARGEST_ERROR), 10)
            key = self._key().encode()  # here, because what is said is cut to a line before it goes on
            data = orjson.loads(raw.replace(key, b"(the key)") if key else raw)
        status = response.status_code
        if 300 <= status < 400:
            hint = "Give the address that it sends to"
            return InferenceFault("bad_request", "the server sends elsewhere", hint=hint)
        fault, fields = fault_of(status, data), refused_fields(status, data, body)
        return Refused(fault, fields) if fields else fault

    async def _wait_for_turn(self) -> None:
        if self._patience.per_minute:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + 60.0 / self._patience.per_minute
            await asyncio.sleep(start - now)

    def _headers(self) -> dict[str, str]:
        key = self._key()
        accepted = "text/event-stream, application/json"
        own = {"Content-Type": "application/json", "Accept": accepted, "User-Agent": AGENT}
        return own | ({"Authorization": f"Bearer {key}"} if key else {})

    def _unreachable(self, error: Exception) -> InferenceFault:
        reason = str(error) or "it does not answer"
        return InferenceFault(
            "stalled", f"the server cannot be reached: {reason}", where=without_secrets(self.url),
            hint="Start it, or change its URL",
        )  # fmt: skip

    def _broken(self, error: Exception) -> InferenceFault:
        return InferenceFault(
            "engine_abort", f"the connection broke: {str(error) or type(error).__name__}",
            where=without_secrets(self.url), hint="Run it again",
        )  # fmt: skip

    def _http(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:
            # No redirects: they would carry the key to wherever a server points.
            limits = httpx2.Limits(max_connections=self._patience.parallel)
            timeout = httpx2.Timeout(None, connect=self._patience.connect)
            self._client = httpx2.AsyncClient(limits=limits, timeout=timeout, follow_redirects=False)
        return self._client

    async def _close(self) -> None:
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        if self._client is not None:
            await self._client.aclose()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="graphide-remote", daemon=True)
                self._thread.start()
            return self._loop


def _next(found: queue.SimpleQueue[Any], cancel: Cancel) -> Any:
    while True:
        if cancel.is_set():
            raise Cancelled("stopped")
        with suppress(queue.Empty):
            return found.get(timeout=LOOK)


async def _within(work: Coroutine[Any, Any, Any], seconds: float) -> Any:
    try:
        async with asyncio.timeout(seconds):  # wait_for loses a cancel that comes together with the result, up to 3.11
            return await work
    except TimeoutError:
        raise InferenceFault(
            "stalled", f"the server said nothing for {seconds:g} s", hint="Try again, or give it more time"
        ) from None


async def _piece(pieces: Any) -> bytes | None:
    try:
        piece: bytes = await pieces.__anext__()
    except StopAsyncIteration:
        return None
    return piece


async def _read(response: httpx2.Response, most: int) -> bytes:
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > most:
            raise InferenceFault("bad_request", "the server's answer is too long")
    return bytes(data)


def _retry_after(response: httpx2.Response) -> float:
    """Return the seconds after which a server wants to be asked again, which it may give as a date."""
    value = response.headers.get("retry-after", "")
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InferenceFault("bad_request", "the server's answer is no JSON object", hint="Look at its URL")
    return value
