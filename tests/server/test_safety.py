"""The same rules as a stranger meets them: the real server, and requests as no good client sends them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from server.serving import Served

PROMPT = "a prompt that must not be written down anywhere"


def raw(served: Served, request: bytes, within: float = 10) -> bytes:
    """Send bytes and return what comes until the server closes."""
    with socket.create_connection(("127.0.0.1", served.port), within) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def drip(connection: socket.socket, data: bytes) -> None:
    """Send a byte every 20 ms."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def curl(*arguments: str) -> str:
    """Return status and body of a request by curl."""
    line = ["curl", "--silent", "--noproxy", "*", "--max-time", "20", "--write-out", "\n%{http_code}", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_page_whose_name_was_rebound_is_refused(server: Served) -> None:
    answer = curl("--header", "Host: evil.example", f"{server.url}/api/system/health")
    assert answer.endswith("\n403") and "host_refused" in answer


def test_a_page_of_another_site_is_refused_and_gets_no_cors_headers(server: Served) -> None:
    origin = {"Origin": "https://evil.example"}
    for answer in (
        server.client.options("/api/runs", headers={**origin, "Access-Control-Request-Method": "POST"}),
        server.post("/api/runs", {"graph": "hello"}, headers=origin),
        server.get("/api/models", headers=origin),
    ):
        assert answer.status_code == 403
        assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_no_answer_has_cors_headers(server: Served) -> None:
    answer = server.get("/api/models", headers={"Origin": server.url})
    assert answer.status_code == 200
    assert [name for name in answer.headers if name.startswith("access-control")] == []
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_cannot_start_anything(server: Served, kind: str) -> None:
    answer = server.client.post("/api/runs", content='{"graph": "hello"}', headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "not_json"


def test_another_user_of_the_machine_gets_nothing_without_the_key(server: Served) -> None:
    answer = httpx2.get(f"{server.url}/api/models")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_server_for_everybody_is_refused_without_a_key(start: Callable[..., Served]) -> None:
    with pytest.raises(AssertionError, match=r"without a key\. Leave out --no-key"):
        start("--host", "0.0.0.0", key=False)


def test_without_a_key_the_loopback_is_still_guarded(start: Callable[..., Served]) -> None:
    served = start(key=False)
    assert served.get("/api/models").status_code == 200
    assert served.get("/api/models", headers={"Host": "evil.example"}).status_code == 403
    assert served.get("/api/models", headers={"Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/api/models/..%2f..%2fetc%2fpasswd/info", "/api/models/%2e%2e/info", "/api/graphs/..%2f..%2f..%2fetc%2fpasswd",
     "/api/graphs/%2fetc%2fpasswd/picture", "/api/prompts/templates/..%2fhello", "/api/chat/history/..%2f..%2fx",
     "/page/..%2fapp.py", "/page/%2e%2e/app.py", "/page/..%5capp.py", "/api/graphs/hello.json", "/api/graphs/hello%00"],
)  # fmt: skip
def test_names_in_addresses_are_never_paths(server: Served, path: str) -> None:
    answer = raw(
        server,
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\nConnection: close\r\n\r\n".encode(),
    )
    assert answer.startswith(b"HTTP/1.1 404"), answer[:200]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x", "hello.json", "./hello", "~/x", ""])
def test_names_in_bodies_are_never_paths(server: Served, name: str) -> None:
    assert server.post("/api/runs", {"graph": name}).status_code == 404
    assert server.post("/api/models/load", {"model": name}).status_code == 404
    assert server.post("/api/models/unload", {"model": name}).status_code == 404
    assert server.post("/api/prompts/build", {"template": name}).status_code == 404


def test_a_model_is_not_found_by_its_path_though_it_is_there(server: Served, model_path: Path) -> None:
    assert server.post("/api/models/load", {"model": str(model_path)}).status_code == 404
    assert server.get(f"/api/models/{model_path.name}/info").status_code == 200


def context(path: str) -> dict[str, object]:
    nodes = {"file": {"type": "context", "files": [path]}, "out": {"type": "output"}}
    return {"graphide": 1, "nodes": nodes, "edges": ["file.text -> out.value"]}


def test_a_graph_that_a_client_sends_reads_no_file(server: Served, start: Callable[..., Served]) -> None:
    (server.home.parent / "work" / "note.txt").write_text("the secret of this folder")
    for path in ("note.txt", "./note.txt", "*.txt", "/etc/hostname"):
        answer = server.post("/api/runs", {"graph": context(path)})
        assert "the secret" not in answer.text
        assert answer.json()["status"] == "failed", answer.text


def test_a_graph_that_a_client_sends_writes_no_file(server: Served) -> None:
    nodes = {
        "text": {"type": "variable", "value": "x"},
        "out": {"type": "output", "to": "file", "path": "made.txt"},
    }
    graph = {"graphide": 1, "nodes": nodes, "edges": ["text.value -> out.value"]}
    answer = server.post("/api/runs", {"graph": graph}).json()
    assert answer["status"] == "failed" and "made.txt" in answer["failures"][0]["message"]
    assert not list(server.home.parent.rglob("made.txt"))


def test_a_graph_that_a_client_sends_names_models_and_no_paths(start: Callable[..., Served], model_path: Path) -> None:
    served = start(model="")
    (served.home.parent / "work" / "near.gguf").write_bytes(model_path.read_bytes())
    for name in (str(model_path), "./near.gguf", "near.gguf", "near", "../work/near.gguf"):
        nodes = {
            "ask": {"type": "model", "model": name, "max_tokens": 1},
            "hi": {"type": "variable", "value": "hi"},
            "out": {"type": "output"},
        }
        graph = {"graphide": 1, "nodes": nodes, "edges": ["hi.value -> ask.prompt", "ask.text -> out.value"]}
        answer = served.post("/api/runs", {"graph": graph}).json()
        assert answer["status"] == "failed", (name, answer)
        assert str(model_path.parent) not in json.dumps(answer["failures"][0]["message"])


def test_a_served_graph_reads_what_was_allowed_and_nothing_else(start: Callable[..., Served], tmp_path: Path) -> None:
    folder = tmp_path / "graphs"
    folder.mkdir()
    (folder / "note.txt").write_text("words")
    (folder / "reads.json").write_text(json.dumps(context("note.txt")))
    shut = start(folder).post("/api/runs", {"graph": "reads"}).json()
    open_ = start(folder, "--allow", folder).post("/api/runs", {"graph": "reads"}).json()
    assert shut["status"] == "failed" and '"note.txt" cannot be read' in shut["failures"][0]["message"]
    assert open_["status"] == "ok" and "words" in open_["outputs"]["result"]


def test_errors_tell_no_paths_and_no_stacks(server: Served) -> None:
    bodies: list[object] = [
        {"graph": {"graphide": 1, "nodes": {"a": {"type": "subgraph", "graph": "/etc/hosts"}}}},
        {"graph": {}},
        [],
        "x",
        {"graph": 1},
        {},
    ]
    for body in bodies:
        answer = server.post("/api/runs", body)
        assert 400 <= answer.status_code < 500, answer.text
        assert "Traceback" not in answer.text and "/etc/" not in answer.text and str(server.home) not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"graph": "\\ud800"}', b"[" * 5000, b'{"a": Infinity}', b"\xff"])
def test_what_is_not_json_is_said_to_be_none(server: Served, body: bytes) -> None:
    answer = server.client.post("/api/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "not_json"


def test_neither_prompts_nor_keys_are_logged(start: Callable[..., Served]) -> None:
    served = start("--log-level", "debug")
    served.post("/api/runs", {"graph": "hello", "inputs": {"topic": PROMPT}})
    served.post("/v1/chat/completions", {"model": "echo", "messages": [{"role": "user", "content": PROMPT}]})
    served.get(f"/api/chat/history?q={PROMPT}")
    served.get("/api/models?key=" + served.key)
    served.post("/api/runs", {"graph": PROMPT})
    served.client.close()
    assert served.end() == 0
    assert "POST /api/runs 200" in served.log and "GET /api/chat/history 200" in served.log
    assert PROMPT not in served.log and "must%20not" not in served.log and served.key not in served.log


def test_the_key_is_printed_only_when_it_is_asked_for(server: Served) -> None:
    assert server.key not in server.log
    assert "graphide-server" in server.log


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server: Served) -> None:
    request = (
        f"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    )
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(request.encode())
        head = connection.recv(65536)
    assert head.startswith(b"HTTP/1.1 413"), head
    assert time.monotonic() - started < 2


def test_a_body_without_a_length_is_cut_at_the_limit(server: Served) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(12):
            yield b" " * (1 << 20)

    answer = server.client.post("/api/runs", content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "request_too_large"
    assert server.get("/api/system/health").status_code == 200


def test_headers_that_come_a_byte_at_a_time_are_not_waited_for(start: Callable[..., Served]) -> None:
    served = start("--head", "1")
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), 20) as connection, pytest.raises(ConnectionError):
        drip(connection, b"GET /api/system/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 1000)
    assert 0.8 < time.monotonic() - started < 5
    assert served.get("/api/system/health").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(start: Callable[..., Served]) -> None:
    served = start("--body", "0.5")
    request = (
        f"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.key}\r\nConnection: close\r\n"
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"graph":'
    )
    assert raw(served, request.encode()).startswith(b"HTTP/1.1 408")


def test_connections_that_say_nothing_are_closed(start: Callable[..., Served]) -> None:
    served = start("--head", "1")
    idle = [socket.create_connection(("127.0.0.1", served.port), 10) for _ in range(50)]
    try:
        assert served.get("/api/system/health").status_code == 200
        for connection in idle:
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.parametrize(
    "request_",
    [b"\x00\xff\xfe\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET " + b"a" * 100_000,
     b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
     b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"],
)  # fmt: skip
def test_what_is_not_http_is_refused(server: Served, request_: bytes) -> None:
    try:
        answer = raw(server, request_)
    except ConnectionResetError:
        answer = b""
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4",)), answer[:100]
    assert server.get("/api/system/health").status_code == 200
