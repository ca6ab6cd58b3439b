"""Running a server: a socket, uvicorn, and an end in good order. What is served is `app`."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from fastapi import FastAPI

from graphide.errors import EXIT_INTERRUPTED, UsageError
from graphide.server import connection
from graphide.server.config import ServerConfig
from graphide.server.state import ServerState

_MARGIN = 3.0  # seconds that stopped work gets to end, after which its connections are cut


Tell = Callable[[], None]


def _nothing() -> None:
    """Tell nobody."""


def listen(config: ServerConfig) -> socket.socket:
    """Return the socket at the address of a configuration; raises UsageError that says what is in the way."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        found = socket.getaddrinfo(config.host, config.port, family, socket.SOCK_STREAM)
        # With its protocol: asyncio sends small pieces at once (TCP_NODELAY) only where it is told that this is TCP.
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise UsageError(f'"{config.host}" is no address of this machine: {error.strerror}') from error
    try:
        if sys.platform != "win32":  # there it would let two servers listen at one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(found[0][4])
        made.listen(2048)
    except OSError as error:
        made.close()
        raise _in_the_way(config, error) from error
    made.setblocking(False)
    return made


def address_of(listening: socket.socket) -> str:
    """Return the URL of a server that listens at a socket; one that listens everywhere is named by the loopback."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not listened at
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Serving:
    """A server that runs, in this thread, until it is told to stop: by `stop` or, in the main thread, by a signal."""

    def __init__(
        self, app: FastAPI, listening: socket.socket, *, started: Tell = _nothing, stopping: Tell = _nothing
    ) -> None:
        """Set it up; `started` is called when it answers, `stopping` when its end begins."""
        self._state: ServerState = app.state.server
        self._listening = listening
        limits = self._state.config.limits
        config = uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level=logging.WARNING,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=int(limits.grace + _MARGIN + 1),
            **connection.options(limits),
        )
        self._server = _Server(config, self._state, started, stopping)

    def run(self) -> None:
        """Serve until the first Ctrl-C or SIGTERM, then let requests under way end; a second signal ends the process."""
        try:
            self._server.run([self._listening])
        finally:
            self._state.close()

    def stop(self) -> None:
        """Begin the end, from any thread."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server, ended our way."""

    def __init__(self, config: uvicorn.Config, state: ServerState, started: Tell, stopping: Tell) -> None:
        super().__init__(config)
        self._state = state
        self._started = started
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        self._state.admission.close()
        stop = asyncio.get_running_loop().call_later(self._state.config.limits.grace, self._state.stop_work)
        try:
            await super().shutdown(sockets)
        finally:
            stop.cancel()
            self._state.stop_work()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are the main thread's business
            return

        def stop(number: int, frame: FrameType | None) -> None:
            if self.should_exit:
                os._exit(EXIT_INTERRUPTED)
            self.should_exit = True

        numbers = [signal.SIGINT, signal.SIGTERM]
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def raise_file_limit(wanted: int) -> None:
    """Let this process have as many connections open as the system lets it have."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _in_the_way(config: ServerConfig, error: OSError) -> UsageError:
    where = f"{config.host}:{config.port}"
    if error.errno == errno.EADDRINUSE:
        hint = "Choose another with --port NUMBER; --port 0 takes a free one"
        return UsageError(f"the port {config.port} is taken by another program", where=where, hint=hint)
    if error.errno == errno.EACCES:
        return UsageError("may not be listened at", where=where, hint="Choose a port above 1023 with --port NUMBER")
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError("is no address of this machine", where=where, hint="Use 127.0.0.1, or 0.0.0.0 for all")
    return UsageError(f"cannot be listened at: {error.strerror}", where=where)
