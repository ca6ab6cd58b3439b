"""A hub on loopback that the real huggingface_hub talks to, with the bytes on another port, and faults to order.

Two servers: the hub (search, repositories, redirects) and the place of the bytes. Every request is written down in `seen`.
`order` makes the next requests for bytes (or to the hub) go wrong in one of the ways that real lines do.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

TOKEN = "hf_goodtokenforthefakehub"
SIGNATURE = "Signature=onlyforthisrequest"

Content = bytes | Path
Origin = Literal["hub", "cdn"]
FaultKind = Literal[
    "none", "empty", "cut", "stall", "flip", "ignore_range", "shift", "longer", "shorter", "status", "wait"
]
_PIECE = 64 << 10


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: `cut` and `stall` after so many bytes of the answer, `status` with headers, `wait` in seconds."""

    kind: FaultKind
    after: int = 0
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came."""

    origin: Origin
    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def range(self) -> str:
        """The bytes that were asked for."""
        return self.headers.get("range", "")

    @property
    def start(self) -> int:
        """The first byte that was asked for."""
        found = re.match(r"bytes=(\d+)-", self.range)
        return int(found[1]) if found else 0


@dataclass(slots=True)
class Repo:
    """A repository: its states by commit, the newest last, and what the hub says about it."""

    states: dict[str, dict[str, Content]]
    gated: bool = False
    private: bool = False
    licence: str = "apache-2.0"
    parameters: int = 135_000_000
    likes: int = 7
    downloads: int = 123
    updated: str = "2026-01-02T03:04:05.000Z"


class FakeHub:
    """Two servers on loopback; use it in a `with`."""

    def __init__(self, *, rate: int = 0, page: int = 2, certificate: Path | None = None) -> None:
        """Start the servers.

        `rate` slows the bytes down (bytes a second), `page` is how many repositories an answer to a search has; with a
        `certificate` (and its key in the same file) both speak TLS.
        """
        self.repos: dict[str, Repo] = {}
        self.seen: list[Seen] = []
        self.rate = rate
        self.page = page
        self.release = threading.Event()  # ends every stall
        self.stalled = threading.Event()  # set when one begins
        self.connections: set[socket.socket] = set()
        self._faults: dict[Origin, list[Fault]] = {"hub": [], "cdn": []}
        self._lock = threading.Lock()
        self._scheme = "https" if certificate else "http"
        self._servers = {origin: _server(self, origin, certificate) for origin in ("hub", "cdn")}

    def __enter__(self) -> FakeHub:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address of the hub."""
        return f"{self._scheme}://127.0.0.1:{self._servers['hub'].server_port}"

    @property
    def cdn_url(self) -> str:
        """The address of the bytes."""
        return f"{self._scheme}://127.0.0.1:{self._servers['cdn'].server_port}"

    def add(self, name: str, files: Mapping[str, Content], **about: Any) -> str:
        """Add a repository, or a new state of one, and return its commit."""
        repo = self.repos.setdefault(name, Repo({}, **about))
        commit = hashlib.sha1(f"{name} {len(repo.states)}".encode()).hexdigest()
        repo.states[commit] = dict(files)
        return commit

    def order(self, *faults: Fault, origin: Origin = "cdn") -> None:
        """Let the next requests go wrong, one fault each."""
        with self._lock:
            self._faults[origin] += faults

    def forgive(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            for faults in self._faults.values():
                faults.clear()

    def take_fault(self, origin: Origin) -> Fault | None:
        """Return what goes wrong now."""
        with self._lock:
            return self._faults[origin].pop(0) if self._faults[origin] else None

    def bytes_seen(self, method: str = "GET") -> list[Seen]:
        """Return the requests for bytes."""
        return [seen for seen in self.seen if seen.origin == "cdn" and seen.method == method]

    def close(self) -> None:
        """Stop both servers and hang up on everybody."""
        self.release.set()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def fake_hub(**options: Any) -> Iterator[FakeHub]:
    """Give a running hub."""
    with FakeHub(**options) as hub:
        yield hub


def gguf_of_size(size: int, seed: int = 1) -> bytes:
    """Return a GGUF file of about `size` bytes, valid from its header to its end, whose data repeats nowhere soon."""
    from tests.support.gguf_builder import gguf_bytes

    rows = max(1, size // 1024)
    head = gguf_bytes(tensors=[("token_embd.weight", (256, rows), 0)], data={})
    data = hashlib.shake_128(seed.to_bytes(8, "big")).digest(rows * 1024)
    return head[: len(head) - rows * 1024] + data


def sha256_of(content: Content) -> str:
    """Return the sha256 of a file; that of the same one is computed once."""
    return _sha256_of(content)


@lru_cache(maxsize=64)
def _sha256_of(content: Content) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _server(hub: FakeHub, origin: Any, certificate: Path | None) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"hub": hub, "origin": origin})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up, as they are meant to
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub
    origin: Origin

    def setup(self) -> None:
        super().setup()
        self.hub.connections.add(self.connection)

    def finish(self) -> None:
        with suppress(ConnectionError):
            super().finish()
        self.hub.connections.discard(self.connection)

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.hub.seen.append(Seen(self.origin, self.command, self.path, headers))
        fault = self.hub.take_fault(self.origin)
        with suppress(ConnectionError):
            if fault is not None and fault.kind == "wait":
                self.hub.release.wait(fault.after)
            if fault is not None and fault.kind == "status":
                self._json({"error": "ordered"}, fault.status, fault.headers)
            elif self.origin == "cdn":
                self._bytes(fault)
            else:
                self._hub()

    # --- the hub

    def _hub(self) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        if path == "/api/models":
            return self._search(query)
        if path == "/api/whoami-v2":
            if self._token() != TOKEN:
                return self._json({"error": "Invalid username or password."}, 401)
            return self._json({"type": "user", "name": "ada", "auth": {"accessToken": {"role": "read"}}})
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self._repository(found[1], found[2] or "main", "blobs" in query)
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(found[1], found[2], found[3])
        return self._refuse(404, "", "no such page")

    def _search(self, query: Mapping[str, Sequence[str]]) -> None:
        def first(key: str) -> str:
            return query.get(key, [""])[0]

        found = [
            _about(name, repo, blobs=False)
            for name, repo in self.hub.repos.items()
            if first("search").lower() in name.lower()
            and first("author") in ("", name.partition("/")[0])
            and all(tag in ("gguf", f"license:{repo.licence}") for tag in query.get("filter", ()))
            and first("gated").lower() in ("", str(repo.gated).lower())
            and (not repo.private or self._token() == TOKEN)
        ]
        if first("sort") in ("downloads", "likes", "lastModified"):
            found.sort(key=lambda each: each[first("sort")], reverse=True)
        start = int(first("cursor") or 0)
        shown = found[start : start + min(self.hub.page, int(first("limit") or 100))]
        rest = "&".join(f"{key}={quote(v)}" for key, values in query.items() for v in values if key != "cursor")
        following = start + len(shown)
        link = f'<{self.hub.url}/api/models?{rest}&cursor={following}>; rel="next"'
        self._json(shown, 200, {"Link": link} if following < len(found) else {})

    def _repository(self, name: str, revision: str, blobs: bool) -> None:
        if (state := self._state(name, revision, listing=True)) is not None:
            self._json(_about(name, self.hub.repos[name], blobs=blobs, commit=state))

    def _resolve(self, name: str, revision: str, file: str) -> None:
        commit = self._state(name, revision, listing=False)
        if commit is None:
            return
        content = self.hub.repos[name].states[commit].get(file)
        if content is None:
            self._refuse(404, "EntryNotFound", "Entry not found")
        elif not file.endswith(".gguf"):
            assert isinstance(content, bytes)
            self._whole(content)
        else:
            place = f"{self.hub.cdn_url}/{quote(name)}/{commit}/{quote(file)}?{SIGNATURE}"
            linked = {"X-Linked-Size": str(_size(content)), "X-Linked-Etag": f'"{sha256_of(content)}"'}
            self._head(302, {"Location": place, "X-Repo-Commit": commit, "Content-Length": "0", **linked})

    def _state(self, name: str, revision: str, *, listing: bool) -> str | None:
        """Return the commit of a revision; None where the request was refused."""
        repo = self.hub.repos.get(name)
        given = self._token()
        if given and given != TOKEN:
            self._refuse(401, "", "Invalid credentials in Authorization header")
        elif repo is None or (repo.private and given != TOKEN):
            self._refuse(404 if given else 401, "RepoNotFound", "Repository not found")
        elif repo.gated and given != TOKEN and not listing:
            self._refuse(403 if given else 401, "GatedRepo", f"Access to model {name} is restricted")
        elif revision in repo.states:
            return revision
        elif revision == "main":
            return list(repo.states)[-1]
        else:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
        return None

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    # --- the bytes

    def _bytes(self, fault: Fault | None) -> None:
        name, commit, file = re.fullmatch(r"/([^/]+/[^/]+)/([^/]+)/(.+)", unquote(urlsplit(self.path).path)).groups()  # type: ignore[union-attr]
        content = self.hub.repos[name].states[commit][file]
        etag, size = f'"{sha256_of(content) if isinstance(content, bytes) else commit}"', _size(content)
        kind = fault.kind if fault else ""
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked and self.headers.get("If-Range") not in (None, etag):
            asked = None
        if kind == "ignore_range":
            asked = None
        start = int(asked[1]) if asked else 0
        end = min(size, int(asked[2]) + 1) if asked and asked[2] else size
        if asked and start >= size:
            return self._head(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
        if kind == "shift":
            start += 1
        said = size + {"longer": 10, "shorter": -10}.get(kind, 0)
        if kind == "empty":
            end = start
        headers = {"ETag": etag, "Content-Length": str(end - start + said - size), "Accept-Ranges": "bytes"}
        if asked:
            headers["Content-Range"] = f"bytes {start}-{end - 1 + said - size}/{said}"
        self._head(206 if asked else 200, headers)
        if self.command == "GET":
            self._send(content, start, end, fault)
        return None

    def _send(self, content: Content, start: int, end: int, fault: Fault | None) -> None:
        if (fault is None or fault.kind == "none") and not self.hub.rate and isinstance(content, Path):
            with content.open("rb") as file:
                self.wfile.flush()
                self.connection.sendfile(file, start, end - start)
            return
        data = content if isinstance(content, bytes) else content.read_bytes()
        if fault is not None and fault.kind == "longer":
            data, end = data + bytes(10), end + 10
        if fault is not None and fault.kind == "shorter":
            end -= 10
        if fault is not None and fault.kind == "flip":
            at = start + fault.after
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        limit = start + fault.after if fault is not None and fault.kind in ("cut", "stall") else end
        began = time.monotonic()
        for at in range(start, min(end, limit), _PIECE):
            piece = data[at : min(at + _PIECE, end, limit)]
            self.wfile.write(piece)
            if self.hub.rate:
                time.sleep(max(0.0, began + (at + len(piece) - start) / self.hub.rate - time.monotonic()))
        if fault is not None and fault.kind == "cut":
            self._hang_up()
        elif fault is not None and fault.kind == "stall":
            self.hub.stalled.set()
            self.hub.release.wait()
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    # --- answers

    def _json(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._whole(json.dumps(body).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._json({"error": message}, status, {"X-Error-Code": code, "X-Error-Message": message})

    def _whole(self, data: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._head(status, {"Content-Length": str(len(data)), **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()


def _about(name: str, repo: Repo, *, blobs: bool, commit: str = "") -> dict[str, Any]:
    commit = commit or list(repo.states)[-1]
    siblings = []
    for path, content in repo.states[commit].items():
        entry: dict[str, Any] = {"rfilename": path}
        if blobs:
            entry |= {"size": _size(content), "blobId": hashlib.sha1(path.encode()).hexdigest()}
            if path.endswith(".gguf"):
                entry["lfs"] = {"sha256": sha256_of(content), "size": _size(content), "pointerSize": 134}
        siblings.append(entry)
    return {
        "_id": "65", "id": name, "modelId": name, "author": name.partition("/")[0], "sha": commit,
        "lastModified": repo.updated, "createdAt": repo.updated, "private": repo.private,
        "gated": "manual" if repo.gated else False, "disabled": False, "downloads": repo.downloads,
        "likes": repo.likes, "tags": ["gguf", "text-generation", f"license:{repo.licence}"], "siblings": siblings,
        "gguf": {"total": repo.parameters, "architecture": "llama", "context_length": 8192},
    }  # fmt: skip
