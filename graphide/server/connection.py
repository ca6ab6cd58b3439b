"""One connection: HTTP/1.1 as uvicorn speaks it, with the limits that it lacks: on time for headers, on idle and stuck ends."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from graphide.server.config import Limits
from graphide.server.errors import Refusal


def protocol_with(limits: Limits) -> type[H11Protocol]:
    """Return the protocol of a server with these limits."""
    return type("LimitedConnection", (_Connection,), {"limits": limits})


class _Connection(H11Protocol):
    limits: Limits
    _deadline: asyncio.TimerHandle | None = None
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "cut": transport.abort}
        if len(self.connections) > self.limits.connections:
            transport.write(_full(self.limits.retry))
            self._close()
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._deadline, self._end):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._deadline is None and self.conn.their_state is h11.IDLE:
            self._wait_for_head()  # the next request on this connection
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def timeout_keep_alive_handler(self) -> None:
        if not self.transport.is_closing():
            super().timeout_keep_alive_handler()
            self._close()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(self.limits.head, self.transport.abort)

    def _close(self) -> None:
        """Close, and do not wait for ever for a client that does not take what was sent."""
        self.transport.close()
        if self._end is None:
            self._end = self.loop.call_later(self.limits.reader, self.transport.abort)


def _full(retry: int) -> bytes:
    body = Refusal(503, "the server has too many connections", code="busy").body()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nRetry-After: {retry}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def options(limits: Limits) -> dict[str, Any]:
    """Return what uvicorn is told about connections."""
    return {
        "http": protocol_with(limits),
        "ws": "none",
        "timeout_keep_alive": limits.idle,
        "h11_max_incomplete_event_size": 64 << 10,
        "backlog": 2048,
    }
