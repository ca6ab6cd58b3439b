"""The way to the bytes of the hub: opens a file from some byte on, and follows its redirects.

The token goes to the hub's own origin and nowhere else. Reading ahead is `transfer_feed`, what is done with the bytes
`download_file`; what the hub's refusals mean is `hub_errors`.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from graphide.models.hub_errors import HubFault, offline, refused, unreachable, untrusted

if TYPE_CHECKING:
    import httpx2

MAX_REDIRECTS = 6
CONNECT_SECONDS = 10.0
STALL_SECONDS = 30.0
"""Seconds without a byte after which an answer is given up."""

_RECEIVE = 256 << 10
_RANGE = re.compile(r"bytes (?:(?P<start>\d+)-\d+|\*)/(?P<total>\d+|\*)")


def no_token() -> str:
    """Return that there is no token."""
    return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer: its status (200, 206 or 416), where its bytes begin, and how long the whole file is.

    `total` is -1 where the server does not say; `etag` is "" unless it identifies the very bytes (a strong one).
    """

    status: int
    start: int
    total: int
    etag: str


class Body:
    """An open answer: its head, and its bytes in pieces."""

    def __init__(self, response: httpx2.Response, endpoint: str) -> None:
        self.answer = _answer(response)
        self.url = str(response.url)
        self._response = response
        self._endpoint = endpoint
        length, encoding = response.headers.get("content-length", ""), response.headers.get("transfer-encoding")
        self._length = int(length) if length.isdecimal() and encoding is None else -1

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes as they come; raises HubFault where they end too early."""
        import httpx2

        try:
            yield from self._pieces()
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError) as error:
            raise unreachable(self._endpoint, reason_of(error)) from error

    def _pieces(self) -> Iterator[bytes]:
        raw = self._response.iter_raw()
        first = next(raw, b"")
        yield first
        left, connection = self._length - len(first), self._connection()
        if self._length < 0 or connection is None:
            yield from raw
            return
        # With the first piece the client's own buffer is empty. From here on the bytes are taken from the connection
        # itself: many at a time, and without the parsing that costs as much as hashing does.
        while left > 0:
            piece = connection.recv(min(left, _RECEIVE))
            if not piece:
                raise ConnectionError("the connection was cut")
            left -= len(piece)
            yield piece

    def _connection(self) -> socket.socket | None:
        """Return the connection where it carries nothing but the bytes, decrypted; None otherwise."""
        stream = self._response.extensions.get("network_stream")
        found = stream.get_extra_info("socket") if stream is not None else None
        secure = isinstance(found, ssl.SSLSocket)
        plain = self._response.http_version == "HTTP/1.1" and secure == (self._response.url.scheme == "https")
        return found if isinstance(found, socket.socket) and plain else None

    def read(self, limit: int) -> bytes:
        """Return the bytes, at most `limit` of them."""
        taken = bytearray()
        for piece in self.pieces():
            taken += piece
            if len(taken) >= limit:
                break
        return bytes(taken[:limit])

    def stop(self) -> None:
        """End a read under way in another thread; closing alone would not wake it."""
        stream = self._response.extensions.get("network_stream")
        connection = stream.get_extra_info("socket") if stream is not None and not self._response.is_closed else None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection, unless all of the answer was read; for the thread that reads."""
        self._response.close()


@dataclass(slots=True)
class Line:
    """The connections to one hub: its address, and where the token comes from (asked anew for every file).

    Without `network` nothing is opened.
    """

    endpoint: str
    token: Callable[[], str] = no_token
    stall: float = STALL_SECONDS
    connect: float = CONNECT_SECONDS
    agent: str = "graphide"
    network: bool = True
    _client: httpx2.Client | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, repo: str, commit: str, path: str) -> str:
        """Return the address of a file in a repository."""
        return f"{self.endpoint}/{repo}/resolve/{quote(commit, safe='')}/{quote(path)}"

    def open(self, url: str, *, start: int = 0, end: int = -1, etag: str = "", repo: str = "") -> Body:
        """Open a file from byte `start` to before byte `end` (-1: to its end).

        With an `etag` the bytes come from `start` only if the file is still the same, else from 0. Raises HubFault.
        """
        if not self.network:
            raise offline()
        headers = {"accept-encoding": "identity", "user-agent": self.agent}
        if start or end >= 0:
            headers["range"] = f"bytes={start}-{end - 1 if end >= 0 else ''}"
            if etag and start:
                headers["if-range"] = etag
        secret = self.token()
        for _ in range(MAX_REDIRECTS):
            response = self._send(url, headers, secret)
            target = response.headers.get("location", "") if 300 <= response.status_code < 400 else ""
            if not target:
                return self._body(response, repo, bool(secret))
            response.close()
            url = self._redirected(url, target)
        raise HubFault("server", "the hub sends from one address to the next without end", where=url.partition("?")[0])

    def close(self) -> None:
        """Close what is open; the line can be used again."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):  # threads that were left behind may still use it
                client.close()

    def _send(self, url: str, headers: Mapping[str, str], secret: str) -> httpx2.Response:
        import httpx2

        own = {"authorization": f"Bearer {secret}"} if secret and origin_of(url) == origin_of(self.endpoint) else {}
        try:
            client = self._open_client()
            return client.send(client.build_request("GET", url, headers={**headers, **own}), stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RuntimeError, ImportError) as error:
            raise fault_at(url, error) from error

    def _body(self, response: httpx2.Response, repo: str, has_token: bool) -> Body:
        if response.status_code in (200, 206, 416):
            return Body(response, self.endpoint)
        response.close()
        status, now = response.status_code, time.time()
        if origin_of(str(response.url)) != origin_of(self.endpoint) and status not in (408, 429) and status < 500:
            # The hub's redirect allowed it for a while; the next one allows it again.
            raise HubFault(
                "server", f"the server of the bytes refuses them (status {status})", where=f"repository {repo}"
            )
        raise refused(status, response.headers, endpoint=self.endpoint, repo=repo, has_token=has_token, now=now)

    def _redirected(self, url: str, target: str) -> str:
        joined = urljoin(url, target)
        scheme = urlsplit(joined).scheme
        if scheme != "https" and (scheme != "http" or urlsplit(url).scheme == "https"):
            raise HubFault("server", f"the hub sends to an address of the kind {scheme}:", where=self.endpoint)
        return joined

    def _open_client(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._client is None:
                timeout = httpx2.Timeout(self.stall + 5, connect=self.connect)
                # Nothing is kept open: a connection for a file of gigabytes is not worth sparing.
                limits = httpx2.Limits(max_keepalive_connections=0)
                self._client = httpx2.Client(timeout=timeout, limits=limits, follow_redirects=False)
            return self._client


def _answer(response: httpx2.Response) -> Answer:
    headers = response.headers
    etag = headers.get("etag", "")
    etag = etag if etag.startswith('"') and len(etag) <= 200 else ""
    found = _RANGE.fullmatch(headers.get("content-range", ""))
    total = int(found["total"]) if found and found["total"].isdecimal() else -1
    if response.status_code == 200:
        length = headers.get("content-length", "")
        return Answer(200, 0, int(length) if length.isdecimal() else -1, etag)
    return Answer(response.status_code, int(found["start"] or 0) if found else -1, total, etag)


def origin_of(url: str) -> tuple[str, str, int]:
    """Return what a secret may be told to: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def fault_at(url: str, error: BaseException) -> HubFault:
    """Return what an error of the line means; of the address only the server is shown, as the rest can hold a key."""
    place = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    return untrusted(place) if "CERTIFICATE_VERIFY_FAILED" in str(error) else unreachable(place, reason_of(error))


def reason_of(error: BaseException) -> str:
    """Return what went wrong in a few words; addresses with their signatures are not part of it."""
    names = {
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no bytes in time",
        "RemoteProtocolError": "the connection was cut",
        "ReadError": "the connection was cut",
        "IncompleteRead": "the connection was cut",
    }
    return names.get(type(error).__name__) or (str(error) or type(error).__name__)[:160]
