"""Whether the server is there, and what it says of the machine."""

from __future__ import annotations

import httpx2
from server.serving import Served

import graphide


def test_health_needs_no_key_and_says_nothing_but_that_and_the_version(server: Served) -> None:
    answer = httpx2.get(f"{server.url}/api/system/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": graphide.__version__}


def test_the_machine_is_described_without_its_paths(server: Served) -> None:
    answer = server.get("/api/system/info")
    body = answer.json()
    assert body["ram"]["total"] > body["ram"]["available"] > 0 and body["cpu"]["logical_cores"] >= 1
    assert body["disks"][0]["free"] > 0 and body["versions"]["graphide"] == graphide.__version__
    assert body["requests"] == {"waiting": 0, "under_way": 0}
    assert str(server.home) not in answer.text
