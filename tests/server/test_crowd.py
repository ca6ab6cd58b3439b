"""Ten thousand requests at a time: some are answered, the others are sent away at once, and the server stays as it was."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import psutil
from server.serving import Served
from server.test_runs import slow, stop_all, streaming, wait_until

CROWD = 10_000
CONNECTIONS = 400
QUEUE = 100


class _Crowd:
    """Clients that ask again and again until all of them together have asked often enough."""

    def __init__(self, port: int, request: bytes) -> None:
        self.answers: Counter[tuple[str, bool]] = Counter()
        self.left = CROWD
        self._port = port
        self._request = request

    async def come(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(CONNECTIONS)))

    async def _one(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while self.left > 0:
            self.left -= 1
            writer.write(self._request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            await reader.readexactly(int(lines[b"content-length"]))
            self.answers[head.split(b" ", 2)[1].decode(), b"retry-after" in lines] += 1
        writer.close()


def post(served: Served, body: object) -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def test_ten_thousand_requests_are_answered_or_sent_away_and_memory_stays_flat(start: Callable[..., Served]) -> None:
    served = start("--parallel", "1", "--queue", str(QUEUE), "--log-level", "warning")
    process = psutil.Process(served.process.pid)
    under_way = streaming(served, slow(100_000, 0.01))
    wait_until(lambda: bool(served.get("/api/runs").json()["runs"]))
    before, threads = process.memory_info().rss, process.num_threads()

    async def come() -> Counter[tuple[str, bool]]:
        crowd = _Crowd(served.port, post(served, {"graph": "hello"}))
        coming = asyncio.create_task(crowd.come())
        while crowd.left > 0:
            assert (await asyncio.to_thread(served.get, "/api/system/health")).status_code == 200
            assert process.num_threads() <= threads + 2, "who waits takes no thread"
            await asyncio.sleep(0.2)
        assert process.memory_info().rss - before < 48 << 20
        await asyncio.to_thread(stop_all, served)
        await coming
        return crowd.answers

    answers = asyncio.run(come())
    assert under_way()[-1]["status"] == "cancelled"
    assert answers == {("200", False): QUEUE, ("503", True): CROWD - QUEUE}
    assert process.memory_info().rss - before < 48 << 20
    assert served.post("/api/runs", {"graph": "hello"}).json()["status"] == "ok"


def test_more_connections_than_there_may_be_are_sent_away(start: Callable[..., Served]) -> None:
    served = start()

    async def come() -> Counter[str]:
        kept = []
        statuses: Counter[str] = Counter()
        for _ in range(1_100):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            kept.append((reader, writer))
        for reader, _ in kept[1_050:]:
            statuses[(await asyncio.wait_for(reader.readline(), 10)).decode().strip()] += 1
        for _, writer in kept:
            writer.close()
        return statuses

    assert asyncio.run(come()) == {"HTTP/1.1 503 Service Unavailable": 50}
    wait_until(lambda: served.get("/api/system/health").status_code == 200)
