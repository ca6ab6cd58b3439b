"""Runs over HTTP: events as they happen, results whole, stopping, clients that leave, read slowly or come in crowds."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from server.serving import Served

from graphide.executor.events import SCHEMA


def slow(pieces: int, pause: float, text: str = "", **more: Any) -> dict[str, Any]:
    """Return a graph that streams slowly."""
    nodes = {
        "text": {"type": "variable", "value": text},
        "slow": {"type": "slow", "pieces": pieces, "pause": pause, **more},
        "out": {"type": "output"},
    }
    return {"graphide": 1, "nodes": nodes, "edges": ["text.value -> slow.text", "slow.text -> out.value"]}


def events(answer: httpx2.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def streamed(served: Served, **body: Any) -> list[dict[str, Any]]:
    with served.client.stream("POST", "/api/runs", json={"stream": True, **body}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        return list(events(answer))


def text_of(seen: list[dict[str, Any]], node: str) -> str:
    return "".join(each["text"] for each in seen if each["event"] == "node_chunk" and each["node"] == node)


def test_a_run_streams_the_events_of_the_command_line(server: Served) -> None:
    seen = streamed(server, graph="hello", inputs={"topic": "tides"}, seed=7)
    names = [each["event"] for each in seen]
    assert names[:2] == ["run_started", "plan"] and names[-1] == "run_finished"
    assert {each["schema"] for each in seen} == {SCHEMA}
    assert seen[0]["seed"] == 7
    assert text_of(seen, "answer") == seen[-1]["outputs"]["answer"] == "Explain tides in two sentences."


def test_accept_asks_for_a_stream_too(server: Served) -> None:
    headers = {"Accept": "text/event-stream"}
    with server.client.stream("POST", "/api/runs", json={"graph": "hello"}, headers=headers) as answer:
        assert [each["event"] for each in events(answer)][-1] == "run_finished"


def test_a_run_gives_its_result_whole(server: Served) -> None:
    body = server.post("/api/runs", {"graph": "hello", "inputs": {"topic": "tides"}, "seed": 7}).json()
    assert body["status"] == "ok" and body["failures"] == [] and body["seed"] == 7
    assert body["outputs"] == {"answer": "Explain tides in two sentences."}


def test_a_graph_can_be_sent(server: Served) -> None:
    assert server.post("/api/runs", {"graph": slow(3, 0, "x")}).json()["outputs"] == {"result": "x0 x1 x2 "}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"graph": "helo"}, 404, 'Did you mean "hello"'),
        ({"graph": "hello", "inputs": {"topik": "x"}}, 400, 'Did you mean "topic"'),
        ({"graph": "hello", "inputs": {"audience": "cats"}}, 400, "audience"),
        ({"graph": "hello", "targets": ["nothing"]}, 400, "nothing"),
        ({"graph": "hello", "seed": -1}, 400, "seed"),
        ({"graph": "hello", "seed": True}, 400, "seed"),
        ({"graph": "hello", "sed": 1}, 400, "sed"),
        ({}, 400, "graph"),
        ({"graph": {"nodes": {}}}, 422, "graphide"),
        ({"graph": {"graphide": 1, "nodes": {"a": {"type": "output"}}}}, 422, "cannot run"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_run_is_refused_before_anything_is_streamed(
    server: Served, body: dict[str, Any], status: int, says: str, stream: bool
) -> None:
    answer = server.post("/api/runs", {**body, "stream": stream})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    assert says in answer.json()["error"]["message"] + str(answer.json()["error"]["param"])


def test_the_problems_of_a_graph_are_told_one_by_one(server: Served) -> None:
    error = server.post("/api/runs", {"graph": {"graphide": 1, "nodes": {"a": {"type": "output"}}}}).json()["error"]
    assert error["code"] == "invalid_graph"
    assert [(found["code"], found["node"]) for found in error["problems"]] == [("required-input", "a")]


def test_a_run_can_be_looked_at_and_stopped_by_its_id(server: Served, tmp_path: Path) -> None:
    mark = tmp_path / "ended"
    with server.client.stream(
        "POST", "/api/runs", json={"graph": slow(1000, 0.02, mark=str(mark)), "stream": True}
    ) as answer:
        seen = events(answer)
        run = next(seen)["run"]
        while next(seen)["event"] != "node_chunk":
            pass
        shown = httpx2.get(f"{server.url}/api/runs/{run}", headers=server.headers).json()
        assert (shown["status"], shown["steps"], shown["ended"]) == ("running", 3, 0)
        listed = httpx2.get(f"{server.url}/api/runs", headers=server.headers).json()
        assert [each["status"] for each in listed["runs"] if each["id"] == run] == ["running"]
        stopped = httpx2.delete(f"{server.url}/api/runs/{run}", headers=server.headers)
        assert stopped.json()["status"] == "stopping"
        last = list(seen)[-1]
    assert last["status"] == "cancelled" and last["partial"]["slow"].startswith("0 1 ")
    assert mark.exists()
    assert server.get(f"/api/runs/{run}").json()["status"] == "cancelled"
    assert server.client.delete(f"/api/runs/{run}").json()["status"] == "cancelled"  # it stays what it is


def test_a_run_that_nobody_knows_is_not_there(server: Served) -> None:
    assert server.get("/api/runs/nothing").status_code == 404
    assert server.client.delete("/api/runs/nothing").status_code == 404


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_its_run_within_100_ms(server: Served, tmp_path: Path, stream: bool) -> None:
    """The pieces are 5 ms apart, so the node's own end is at most that much later than the flag it looks at."""
    took = []
    for number in range(3):
        mark = tmp_path / f"ended{number}"
        body = json.dumps({"graph": slow(4000, 0.005, mark=str(mark)), "stream": stream}).encode()
        connection = socket.create_connection(("127.0.0.1", server.port), 10)
        head = f"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
        connection.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        wait_until(lambda: any(run["status"] == "running" for run in server.get("/api/runs").json()["runs"]))
        if stream:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        left = time.time()
        connection.close()
        wait_until(mark.exists)
        took.append(float(mark.read_text()) - left)
        wait_until(lambda: not any(run["status"] == "running" for run in server.get("/api/runs").json()["runs"]))
    assert min(took) < 0.1, took


@pytest.mark.real_model
def test_a_client_that_leaves_stops_the_model_within_100_ms(real_server: Served) -> None:
    graph = {
        "graphide": 1,
        "nodes": {"ask": {"type": "model", "max_tokens": 2000}, "hi": {"type": "variable", "value": "Count to 1000."}, "out": {"type": "output"}},
        "edges": ["hi.value -> ask.prompt", "ask.text -> out.value"],
    }  # fmt: skip
    with real_server.client.stream("POST", "/api/runs", json={"graph": graph, "stream": True}, timeout=60) as answer:
        seen = events(answer)
        while next(seen)["event"] != "node_chunk":
            pass
    left = time.monotonic()
    wait_until(lambda: not any(model["busy"] for model in real_server.get("/api/models/loaded").json()["models"]))
    assert time.monotonic() - left < 0.1 + 0.15, "with the time of asking for it"


def test_sixteen_streams_at_a_time_lose_and_mix_up_nothing(server: Served) -> None:
    def ask(number: int) -> str:
        with httpx2.Client(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as client:
            body = {"graph": slow(60, 0.005, f"client{number}-"), "stream": True}
            with client.stream("POST", "/api/runs", json=body) as answer:
                return text_of(list(events(answer)), "slow")

    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(ask, range(16)))
    assert texts == ["".join(f"client{number}-{piece} " for piece in range(60)) for number in range(16)]


def test_who_reads_nothing_is_cut_off_and_holds_nobody_back(start: Callable[..., Served], tmp_path: Path) -> None:
    served, mark = start("--reader", "1", "--parallel", "2"), tmp_path / "ended"
    graph = slow(200_000, 0, "x" * 2000, mark=str(mark))
    body = json.dumps({"graph": graph, "stream": True}).encode()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", served.port))
    head = f"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.key}\r\n"
    deaf.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    try:
        started = time.monotonic()
        assert len(streamed(served, graph=slow(20, 0.01))) > 20
        wait_until(mark.exists, 20)
        assert time.monotonic() - started < 20
        wait_until(lambda: not [run for run in served.get("/api/runs").json()["runs"] if not run["ended"]])
    finally:
        deaf.close()


def test_a_stream_in_which_nothing_happens_says_that_it_lives(start: Callable[..., Served]) -> None:
    served = start("--heartbeat", "0.1", "--parallel", "1")
    body = {"graph": slow(2, 0.5), "stream": True}
    with served.client.stream("POST", "/api/runs", json=body) as answer:
        lines = list(answer.iter_lines())
    assert 3 <= lines.count(": ") + lines.count(":") <= 12
    assert json.loads([line for line in lines if line.startswith("data")][-1][6:])["status"] == "ok"


def test_waiting_streams_say_that_they_live_and_those_beyond_the_queue_are_sent_away(
    start: Callable[..., Served],
) -> None:
    served = start("--parallel", "1", "--queue", "1", "--heartbeat", "0.1")
    first = streaming(served, slow(1000, 0.01))
    wait_until(lambda: bool(served.get("/api/runs").json()["runs"]))
    second = streaming(served, slow(1, 0))
    wait_until(lambda: served.get("/api/system/info").json()["requests"]["waiting"] == 1)
    answer = served.post("/api/runs", {"graph": "hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) >= 1
    stop_all(served)
    assert first()[-1]["status"] == "cancelled"
    assert second()[-1]["status"] == "ok"


def test_who_leaves_the_queue_makes_room_in_it(start: Callable[..., Served]) -> None:
    served = start("--parallel", "1", "--queue", "1")
    first = streaming(served, slow(1000, 0.01))
    wait_until(lambda: bool(served.get("/api/runs").json()["runs"]))
    body = json.dumps({"graph": "hello"}).encode()
    head = f"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.key}\r\n"
    with socket.create_connection(("127.0.0.1", served.port), 10) as waiting:
        waiting.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        wait_until(lambda: served.get("/api/system/info").json()["requests"]["waiting"] == 1)
    wait_until(lambda: served.get("/api/system/info").json()["requests"]["waiting"] == 0)
    stop_all(served)
    assert first()[-1]["status"] == "cancelled"
    assert served.post("/api/runs", {"graph": "hello"}).status_code == 200


def test_an_error_after_the_start_is_in_the_stream(server: Served) -> None:
    graph = slow(2, 0)
    graph["nodes"]["json"] = {"type": "parse_json"}
    graph["edges"] = ["slow.text -> json.text", "json.value -> out.value"]
    seen = streamed(server, graph=graph)
    assert [each["event"] for each in seen if each["event"] == "node_failed"] == ["node_failed"]
    assert seen[-1]["status"] == "failed"


def streaming(served: Served, graph: Any) -> Callable[[], list[dict[str, Any]]]:
    """Begin a stream in a thread; what is returned waits for its events."""
    seen: list[dict[str, Any]] = []

    def read() -> None:
        body = {"graph": graph, "stream": True}
        with (
            httpx2.Client(base_url=served.url, headers=served.headers, timeout=60, trust_env=False) as client,
            client.stream("POST", "/api/runs", json=body) as answer,
        ):
            seen.extend(events(answer))

    thread = threading.Thread(target=read)
    thread.start()

    def ended() -> list[dict[str, Any]]:
        thread.join(60)
        return seen

    return ended


def stop_all(served: Served) -> None:
    for run in served.get("/api/runs").json()["runs"]:
        served.client.delete(f"/api/runs/{run['id']}")


def wait_until(true: Callable[[], bool], within: float = 15) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)
