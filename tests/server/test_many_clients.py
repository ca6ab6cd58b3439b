"""Many clients of one server: nothing lost, nothing mixed up, nobody held back, nobody waited for who has left."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import string
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import httpx2
import psutil
import pytest
from server.serving import Served

CHAT = "/v1/chat/completions"
MODEL = "SmolLM2-135M-Instruct.Q4_1"
CLIENTS = 64
LONG = "word " * 60_000  # more than fits into the buffers on its way, as a stream
LETTERS = string.ascii_letters + "+=*#@$%&!?<>"


class Streamed(NamedTuple):
    """What one client got: the text, the ids of its chunks, why it ended, and the last line."""

    text: str
    ids: frozenset[str]
    finish: str
    last: str


def chat(text: str, model: str = "echo", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **fields}


async def stream(client: httpx2.AsyncClient, body: Mapping[str, Any], pause: float = 0) -> Streamed:
    """Read a stream to its end, `pause` seconds between two lines."""
    text, ids, finish, last = "", set(), "", ""
    async with client.stream("POST", CHAT, json=body) as response:
        assert response.status_code == 200, await response.aread()
        async for line in response.aiter_lines():
            await asyncio.sleep(pause)
            if not line.startswith("data: "):
                continue
            last = line
            if line != "data: [DONE]":
                chunk = json.loads(line[6:])
                assert "error" not in chunk, chunk
                ids.add(chunk["id"])
                choice = chunk["choices"][0]
                text += choice["delta"].get("content") or ""
                finish = choice["finish_reason"] or finish
    return Streamed(text, frozenset(ids), finish, last)


def at_once(
    served: Served, ask: Callable[[httpx2.AsyncClient, int], Awaitable[Any]], count: int = CLIENTS
) -> list[Any]:
    """Ask `count` times at the same time and return what came, in order."""

    async def main() -> list[Any]:
        limits = httpx2.Limits(max_connections=count)
        options: dict[str, Any] = {"limits": limits, "timeout": 90, "trust_env": False, "headers": served.headers}
        async with httpx2.AsyncClient(base_url=served.url, **options) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(count)))

    return asyncio.run(main())


def request_of(served: Served, body: Mapping[str, Any]) -> bytes:
    """Return the bytes of a request."""
    data = json.dumps(body).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(data)}\r\nAuthorization: Bearer {served.key}\r\n\r\n"
    return head.encode() + data


@contextmanager
def open_request(served: Served, body: Mapping[str, Any]) -> Iterator[socket.socket]:
    """Send a request over a socket with small buffers, and leave reading the answer to whoever has it."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(request_of(served, body))
        yield connection


def wait_for_answer(connection: socket.socket) -> None:
    """Wait until something of the answer is there, and do not take it."""
    assert connection.recv(1, socket.MSG_PEEK)


def wait_for_refusal(served: Served) -> None:
    """Wait until the server takes no more requests."""
    for _ in range(100):
        with open_request(served, chat("Hello")) as probe:
            probe.settimeout(0.2)
            try:
                assert b" 503 " in probe.recv(100)
            except TimeoutError:
                continue  # it waits for its turn, and leaves
            return
    raise AssertionError("the server takes all")


def ended(served: Served, count: int, within: float = 30) -> float:
    """Wait until the log says that `count` chats have ended, and return when that was seen."""
    deadline = time.perf_counter() + within
    while time.perf_counter() < deadline:
        if chats_ended(served) >= count:
            return time.perf_counter()
        time.sleep(0.001)
    raise AssertionError(f"no {count} chats have ended: {served.log}")


def chats_ended(served: Served) -> int:
    return sum(f"POST {CHAT} " in line for line in served.lines)


def chats_so_far(served: Served) -> int:
    """Return how many chats have ended, the last one's line included, which comes a moment after its answer."""
    path = "/api/system/health"
    lines = sum(path in line for line in served.lines)
    assert served.get(path).status_code == 200
    deadline = time.perf_counter() + 20
    while sum(path in line for line in served.lines) == lines:
        assert time.perf_counter() < deadline
        time.sleep(0.001)
    return chats_ended(served)


# --- nothing lost, nothing mixed up


def own_text(number: int) -> str:
    return " ".join(f"c{number}w{word}" for word in range(150 + number))


def test_64_streams_at_once_are_each_whole_and_each_their_own(server: Served) -> None:
    found = at_once(server, lambda client, number: stream(client, chat(own_text(number))))
    assert [one.text for one in found] == [own_text(number) for number in range(CLIENTS)]
    assert {(len(one.ids), one.finish, one.last) for one in found} == {(1, "stop", "data: [DONE]")}
    assert len(frozenset().union(*(one.ids for one in found))) == CLIENTS


@pytest.mark.real_model
def test_64_streams_of_a_model_are_each_whole_and_each_their_own(real_server: Served) -> None:
    def body(number: int) -> dict[str, Any]:
        bias = {LETTERS[number]: 100}  # each can say one letter only
        return chat("Say who you are", MODEL, logit_bias=bias, max_tokens=8, temperature=0)

    found = at_once(real_server, lambda client, number: stream(client, body(number)))
    assert [one.text for one in found] == [letter * 8 for letter in LETTERS]
    assert {(len(one.ids), one.finish, one.last) for one in found} == {(1, "length", "data: [DONE]")}


def test_whole_answers_and_streams_of_several_answers_do_not_mix(server: Served) -> None:
    async def ask(client: httpx2.AsyncClient, number: int) -> list[str]:
        body = chat(own_text(number), n=1 + number % 3) | {"stream": False}
        response = await client.post(CHAT, json=body)
        return [choice["message"]["content"] for choice in response.json()["choices"]]

    found = at_once(server, ask, 24)
    assert found == [[own_text(number)] * (1 + number % 3) for number in range(24)]


# --- slow readers


def test_slow_readers_get_everything_and_hold_back_nobody(server: Served) -> None:
    async def ask(client: httpx2.AsyncClient, number: int) -> tuple[Streamed, float]:
        began = time.perf_counter()
        slow = number < 4
        found = await stream(client, chat(own_text(number)), pause=0.004 if slow else 0)
        return found, time.perf_counter() - began

    found = at_once(server, ask, 16)
    assert [one.text for one, _ in found] == [own_text(number) for number in range(16)]
    quick = max(seconds for _, seconds in found[4:])
    assert quick < min(seconds for _, seconds in found[:4])


def test_a_reader_that_never_reads_is_cut_and_its_place_is_given_on(start: Callable[..., Served]) -> None:
    served = start("--parallel", 2, "--reader", 1)
    with open_request(served, chat(LONG)) as one, open_request(served, chat(LONG)) as other:
        wait_for_answer(one)
        wait_for_answer(other)
        began = time.perf_counter()
        answer = served.post(CHAT, chat("Hello") | {"stream": False})  # waits for one of the two places
        assert answer.json()["choices"][0]["message"]["content"] == "Hello"
        assert 0.5 < time.perf_counter() - began < 20
        ended(served, 3)


def test_one_that_never_reads_holds_back_nobody_else(start: Callable[..., Served]) -> None:
    served = start("--reader", 60)
    with open_request(served, chat(LONG)):
        found = at_once(served, lambda client, number: stream(client, chat(own_text(number))), 8)
        assert [one.text for one in found] == [own_text(number) for number in range(8)]
        assert chats_ended(served) == 8


# --- who leaves


def seconds_to_stop(served: Served, body: Mapping[str, Any], times: int = 5) -> list[float]:
    """Leave a stream after its first bytes, and return how long its thread and its model went on, as the log says."""
    found = []
    for _ in range(times):
        before = chats_so_far(served)
        with open_request(served, body) as connection:
            received = b""
            while received.count(b"data: ") < 3:
                received += connection.recv(4096)
            assert chats_ended(served) == before
        left = time.perf_counter()
        found.append(ended(served, before + 1) - left)
    return found


def test_a_client_that_leaves_stops_its_answer_within_100_ms(server: Served) -> None:
    assert statistics.median(seconds_to_stop(server, chat(LONG))) < 0.1


@pytest.mark.real_model
def test_a_client_that_leaves_stops_a_model_within_100_ms(real_server: Served) -> None:
    body = chat("Write a long story about the sea.", MODEL, max_tokens=2000, temperature=1.0)
    assert statistics.median(seconds_to_stop(real_server, body)) < 0.1
    answer = real_server.post(CHAT, chat("Hi", MODEL, max_tokens=2) | {"stream": False})
    assert answer.json()["usage"]["completion_tokens"] == 2


@pytest.mark.real_model
def test_a_client_that_leaves_before_a_whole_answer_stops_it_too(real_server: Served) -> None:
    body = chat("Write a long story about the sea.", MODEL, max_tokens=2000, temperature=1.0) | {"stream": False}
    before = chats_so_far(real_server)
    with open_request(real_server, body):
        deadline = time.perf_counter() + 60
        while not any(model["busy"] for model in real_server.get("/api/models/loaded").json()["models"]):
            assert time.perf_counter() < deadline
        assert chats_ended(real_server) == before
    left = time.perf_counter()
    assert ended(real_server, before + 1) - left < 1


# --- more than there is room for


class Refused(NamedTuple):
    """The status of an answer, and what Retry-After says."""

    status: int
    retry: str


async def asked_again(served: Served, times: int) -> list[Refused]:
    """Ask so many times over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    found = []
    for _ in range(times):
        writer.write(request_of(served, chat("x " * 500)))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
        await reader.readexactly(int(fields["content-length"]))
        found.append(Refused(int(head.split(" ")[1]), fields.get("retry-after", "")))
    writer.close()
    return found


async def health_until(served: Served, over: asyncio.Event) -> float:
    """Ask again and again whether the server is well, and return the longest time that took."""
    longest = 0.0
    async with httpx2.AsyncClient(base_url=served.url, trust_env=False, timeout=30) as client:
        while not over.is_set():
            began = time.perf_counter()
            assert (await client.get("/api/system/health")).status_code == 200
            longest = max(longest, time.perf_counter() - began)
            await asyncio.sleep(0.05)
    return longest


@pytest.mark.timeout(300)
def test_of_10000_requests_those_above_the_limit_are_sent_away_and_memory_stays_flat(
    start: Callable[..., Served],
) -> None:
    served = start("--parallel", 2, "--queue", 100, "--reader", 120, "--log-level", "warning")
    process = psutil.Process(served.process.pid)

    async def main() -> tuple[list[Refused], float, int]:
        over = asyncio.Event()
        looking = asyncio.create_task(health_until(served, over))
        await asyncio.gather(*(asked_again(served, 2) for _ in range(100)))
        before = process.memory_info().rss
        found = await asyncio.gather(*(asked_again(served, 100) for _ in range(100)))
        over.set()
        return [one for each in found for one in each], await looking, process.memory_info().rss - before

    with ExitStack() as held:
        for _ in range(2):
            wait_for_answer(held.enter_context(open_request(served, chat(LONG))))  # answered, and never read
        for _ in range(100):
            held.enter_context(open_request(served, chat("Hello")))
        wait_for_refusal(served)
        found, longest, grown = asyncio.run(main())
    assert len(found) == 10_000
    assert {one.status for one in found} == {503}
    assert all(int(one.retry) >= 1 for one in found)
    assert grown < 32 * 2**20, f"{grown / 2**20:.1f} MB more"
    assert longest < 5, f"{longest:.1f} s"
    assert len(at_once(served, lambda client, number: stream(client, chat("still here")), 16)) == 16
