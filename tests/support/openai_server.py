"""A small OpenAI-compatible server on loopback that remembers what it was asked and can go wrong in every known way.

It is a real HTTP server of the standard library; `behave` decides what the next requests get, in their order.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request and what is written back."""

    protocol_version = "HTTP/1.1"
    server: OpenAiServer

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer({})

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, Any]) -> None:
        self.body = body
        with self.server.lock:
            self.server.asked.append((self.command, self.path, dict(self.headers), body))
            behaviour = self.server.waiting.pop(0) if self.server.waiting else self.server.usual
        self.close_connection = True
        try:
            behaviour(self)
        except (BrokenPipeError, ConnectionResetError):
            self.server.left.set()

    def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Begin a response."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, data: Any) -> None:
        """Send an event."""
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def piece(self, text: str, finish: str | None = None) -> None:
        """Send a piece of an answer."""
        self.event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class OpenAiServer(ThreadingHTTPServer):
    """The server; `asked` holds method, path, headers and body of every request, `left` is set when a client went away."""

    daemon_threads = True

    def __init__(self, usual: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.lock = threading.Lock()
        self.asked: list[tuple[str, str, dict[str, str], dict[str, Any]]] = []
        self.usual = usual
        self.waiting: list[Behaviour] = []
        self.left = threading.Event()

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def behave(self, *behaviours: Behaviour) -> None:
        """Have the next requests answered so, one each."""
        self.waiting = list(behaviours)


def answers(*texts: str, usage: dict[str, Any] | None = None, finish: str = "stop") -> Behaviour:
    """Stream texts, as the OpenAI API does."""

    def behaviour(exchange: Exchange) -> None:
        exchange.head()
        exchange.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        for text in texts:
            exchange.piece(text)
        exchange.piece("", finish)
        if usage is not None:
            exchange.event({"choices": [], "usage": usage})
        exchange.event("[DONE]")

    return behaviour


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    """Answer with an error of the OpenAI form."""

    def behaviour(exchange: Exchange) -> None:
        exchange.head(status, "application/json", **headers)
        exchange.wfile.write(json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode())

    return behaviour


def gives(data: Any, status: int = 200, kind: str = "application/json") -> Behaviour:
    """Answer with one body."""

    def behaviour(exchange: Exchange) -> None:
        exchange.head(status, kind)
        exchange.wfile.write(data if isinstance(data, bytes) else json.dumps(data).encode())

    return behaviour


def stalls(after: Sequence[str] = (), seconds: float = 30) -> Behaviour:
    """Send some pieces and then nothing, until the client leaves."""

    def behaviour(exchange: Exchange) -> None:
        exchange.head()
        for text in after:
            exchange.piece(text)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            exchange.wfile.write(b": still here\n" if after else b"")
            exchange.wfile.flush()
            time.sleep(0.02)

    return behaviour


def cuts(*texts: str) -> Behaviour:
    """Send some pieces and close the connection without an end."""

    def behaviour(exchange: Exchange) -> None:
        exchange.head()
        for text in texts:
            exchange.piece(text)

    return behaviour


@contextmanager
def openai_server() -> Iterator[OpenAiServer]:
    """Run a server until the block ends; it usually says hello."""
    server = OpenAiServer(answers("Hello", " there"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
