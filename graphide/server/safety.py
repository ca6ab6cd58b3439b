"""The fence around every request: the rules, the limits on its body, one line in the log, and no error that gets through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphide.server.errors import ClientGone, Refusal, refusal_of
from graphide.server.log import log_fault, log_request
from graphide.server.safety_rules import WITH_BODY, Head, refused
from graphide.server.state import ServerState

_GONE = 499
_DRAIN = 0.5  # seconds
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
"""What every response says where its route does not say otherwise."""


class Fence:
    """Lets through what the rules admit, with its whole body; answers everything else itself."""

    def __init__(self, app: ASGIApp, state: ServerState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        start, answered = time.perf_counter(), _Answered(send)
        try:
            await self._through(scope, receive, answered)
        except ClientGone:
            answered.status = _GONE
        except Exception as error:  # noqa: BLE001  # the fence of one request
            if not isinstance(error, Refusal):
                log_fault(error)
            await answered.refuse(refusal_of(error))
        finally:
            log_request(scope["method"], scope["path"], answered.status, time.perf_counter() - start)

    async def _through(self, scope: Scope, receive: Receive, send: _Answered) -> None:
        config = self._state.config
        head = Head(scope["method"], scope["path"], _texts(scope["headers"]))
        if (refusal := refused(head, config)) is not None:
            raise refusal
        length = _announced(head)
        async with _Held(self._state) as held:
            body = await self._body(length, receive, held)
            if head.method in WITH_BODY:
                _check_json(body)
            again = _Replayed(body, receive)
            del body  # a stream may take long
            await self._app(scope, again, send)

    async def _body(self, length: int, receive: Receive, held: _Held) -> bytes:
        limits = self._state.config.limits
        pieces: list[bytes] = []
        size, more = 0, True
        if length > limits.body_bytes:
            await _drained(receive, limits.body_bytes)
            raise _too_large(limits.body_bytes)
        try:
            async with asyncio.timeout(limits.body):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    piece, more = message.get("body", b""), message.get("more_body", False)
                    size += len(piece)
                    if size > limits.body_bytes:
                        await _drained(receive, limits.body_bytes)
                        raise _too_large(limits.body_bytes)
                    held.add(len(piece))
                    pieces.append(piece)
        except TimeoutError:
            raise Refusal(408, f"the body did not come within {limits.body:g} s", code="too_slow") from None
        return b"".join(pieces)


class _Held:
    """Counts the bytes of a body among those that all requests hold."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._bytes = 0

    async def __aenter__(self) -> _Held:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._state.held -= self._bytes

    def add(self, size: int) -> None:
        limits = self._state.config.limits
        if self._state.held + size > limits.held_bytes:
            retry = {"Retry-After": str(limits.retry)}
            raise Refusal(503, "the server has too many large requests", code="busy", headers=retry)
        self._state.held += size
        self._bytes += size


class _Replayed:
    """The way from the client, with the body that was read already in front."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._receive()


class _Answered:
    """The way to the client, which knows whether a response was begun, and adds the headers that all have."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", []))
            named = {name.lower() for name, _ in headers}
            message = {**message, "headers": headers + [item for item in _HEADERS.items() if item[0] not in named]}
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with an error; a response that was begun is left as it is, cut off."""
        if self.status:
            return
        body = refusal.body()
        headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _announced(head: Head) -> int:
    length = head.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"the body is larger than {most:,} bytes", code="too_large", headers={"Connection": "close"})


async def _drained(receive: Receive, most: int) -> None:
    """Read on for a moment: a client that is still sending would not see the answer."""
    size, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN):
            while more and size < most:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)


def _check_json(body: bytes) -> None:
    """Refuse what is not JSON as it is written down: NaN, half characters and endless nesting too."""
    try:
        orjson.loads(body)
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {error}", code="not_json") from None
