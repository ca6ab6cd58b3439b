"""How a server begins and ends: addresses, ports that are taken, signals in the middle of streams."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from server.serving import ROOT, Served
from server.test_runs import events, slow, streaming, wait_until

from graphide.server.config import ServerConfig
from graphide.server.running import listen


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `graphide serve` to its end."""
    env = {**os.environ, "GRAPHIDE_HOME": str(folder), "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "nodes")])}
    line = [sys.executable, "-m", "graphide", "serve", *arguments]
    return subprocess.run(line, env=env, capture_output=True, text=True, timeout=60)


def running(served: Served) -> bool:
    return any(run["status"] == "running" for run in served.get("/api/runs").json()["runs"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_under_way_ends_before_the_server_does(start: Callable[..., Served], number: int) -> None:
    served = start("--grace", "20")
    stream = streaming(served, slow(40, 0.02))
    wait_until(lambda: running(served))
    served.client.close()
    assert served.end(number) == 0
    seen = stream()
    assert (seen[-1]["event"], seen[-1]["status"]) == ("run_finished", "ok")


def test_a_stream_that_does_not_end_in_time_is_stopped_and_told_so(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    served, mark = start("--grace", "0.3"), tmp_path / "ended"
    stream = streaming(served, slow(100_000, 0.01, mark=str(mark)))
    wait_until(lambda: running(served))
    served.client.close()
    begun = time.monotonic()
    assert served.end() == 0
    assert time.monotonic() - begun < 6
    last = stream()[-1]
    assert last["status"] == "cancelled" and last["partial"]["slow"].startswith("0 1 ")
    assert mark.exists()


def test_who_waits_in_the_queue_is_told_that_the_server_ends(start: Callable[..., Served]) -> None:
    served = start("--grace", "20", "--parallel", "1")
    first = streaming(served, slow(150, 0.02))
    wait_until(lambda: running(served))
    answers: list[httpx2.Response] = []

    def wait() -> None:
        answers.append(
            httpx2.post(f"{served.url}/api/runs", json={"graph": "hello"}, headers=served.headers, timeout=30)
        )

    waiting = threading.Thread(target=wait)
    waiting.start()
    wait_until(lambda: served.get("/api/system/info").json()["requests"]["waiting"] == 1)
    served.client.close()
    assert served.end() == 0
    waiting.join(10)
    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (503, "ending")
    assert first()[-1]["status"] == "ok"


def test_a_second_signal_ends_the_server_at_once(start: Callable[..., Served]) -> None:
    served = start("--grace", "60")
    with served.client.stream("POST", "/api/runs", json={"graph": slow(100_000, 0.01), "stream": True}) as answer:
        next(events(answer))
        served.process.send_signal(signal.SIGINT)
        wait_until(lambda: "ending" in served.log)
        begun = time.monotonic()
        assert served.end(signal.SIGINT) == 130
    assert time.monotonic() - begun < 3


def test_new_connections_are_not_taken_while_the_server_ends(start: Callable[..., Served]) -> None:
    served = start("--grace", "20")
    stream = streaming(served, slow(100, 0.02))
    wait_until(lambda: running(served))
    served.client.close()
    served.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "ending" in served.log)
    time.sleep(0.3)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{served.url}/api/system/health")
    assert stream()[-1]["status"] == "ok"
    assert served.process.wait(10) == 0


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = command(tmp_path, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "is taken by another program" in done.stderr and "--port 0" in done.stderr
    assert done.stdout == ""


def test_an_address_that_is_not_of_this_machine_is_said(tmp_path: Path) -> None:
    done = command(tmp_path, "--host", "192.0.2.1")
    assert done.returncode == 2
    assert "is no address of this machine" in done.stderr


def test_two_graphs_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.json").write_text('{"graphide": 1}')
    done = command(tmp_path, str(tmp_path / "a" / "same.json"), str(tmp_path / "b" / "same.json"))
    assert done.returncode == 2
    assert 'two graphs have the name "same"' in done.stderr


def test_the_key_can_be_shown_and_stays_the_same(tmp_path: Path) -> None:
    first, second = command(tmp_path, "--show-key"), command(tmp_path, "--show-key")
    assert first.returncode == 0
    assert first.stdout == second.stdout == (tmp_path / "config" / "keys" / "graphide-server").read_text()


def test_the_version_six_of_the_loopback_can_be_listened_at(start: Callable[..., Served]) -> None:
    if not socket.has_ipv6:
        pytest.skip("this system has no IPv6")
    served = start("--host", "::1")
    assert served.url.startswith("http://[::1]:")
    assert served.get("/api/models").status_code == 200


def test_settings_say_where_to_listen(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "config" / "config.json").write_text(json.dumps({"serve_port": port}))
        done = command(tmp_path)
    assert done.returncode == 2 and str(port) in done.stderr


def test_worker_processes_end_with_the_server(start: Callable[..., Served], model_path: Path) -> None:
    import psutil

    served = start(model=str(model_path))
    assert served.post("/api/models/load", {"model": model_path.name}).status_code == 200
    workers = psutil.Process(served.process.pid).children(recursive=True)
    assert workers
    served.client.close()
    assert served.end() == 0
    _, alive = psutil.wait_procs(workers, 5)
    assert alive == []


def test_small_pieces_are_sent_at_once(server: Served) -> None:
    """Held back until the client acknowledges what came before, each would come 40 ms late."""
    times = []
    for _ in range(20):
        started = time.perf_counter()
        server.get("/api/system/health")
        times.append(time.perf_counter() - started)
    assert sorted(times)[len(times) // 4] < 0.035
    with listen(ServerConfig(port=0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP
