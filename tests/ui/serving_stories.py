"""The stories of `test_serving`, each a function that gets a driver: `python serving_stories.py NAME` on a screen plays one."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import httpx2

from graphide.ui import safe
from graphide.ui.panels.dialogs import Dialogs
from tests.ui.driving import Driver, window


def shown(driver: Driver) -> Any:
    """Return the inside of the dialog that is open."""
    driver.until(lambda: driver.session.popups.dialog is not None)
    driver.frames(8)
    return next(part for part in driver.app._parts if isinstance(part, Dialogs)).body


def asked(driver: Driver, method: str, url: str, **options: Any) -> httpx2.Response:
    """Ask a server of this process from another thread while the window draws."""
    answers: list[httpx2.Response] = []
    thread = threading.Thread(target=lambda: answers.append(httpx2.request(method, url, timeout=20, **options)))
    thread.start()
    driver.until(lambda: not thread.is_alive())
    return answers[0]


def a_server_is_switched_on_used_and_switched_off(driver: Driver) -> None:
    session = driver.session
    session.choose(serve_port=0)
    path = Path(tempfile.mkdtemp()) / "mine.json"
    assert session.new_from("hello") and session.save_as(path)
    driver.key("Tab")
    driver.type("serve over")
    driver.key("Return")
    assert shown(driver).dialog.what == "serving" and session.serving.state == "off"
    driver.key("Return")
    driver.until(lambda: session.serving.state == "on")
    server = session.serving.server
    assert server is not None
    driver.key("ctrl+c")
    address = session.clipboard.read()
    assert address == server.address and address.startswith("http://127.0.0.1:")

    key = {"Authorization": f"Bearer {server.key}"}
    assert asked(driver, "GET", f"{address}/v1/models").status_code == 401
    graphs = asked(driver, "GET", f"{address}/api/graphs", headers=key).json()["graphs"]
    assert "mine" in [graph["name"] for graph in graphs]
    body = {"model": "echo", "messages": [{"role": "user", "content": "out of the window"}]}
    said = asked(driver, "POST", f"{address}/v1/chat/completions", json=body, headers=key).json()
    assert "out of the window" in said["choices"][0]["message"]["content"]

    left, top, width, height = safe.rectangle(shown(driver).shell.item)
    for look in ("dark", "light"):
        session.choose(theme=look)
        driver.frames(6)
        if folder := os.environ.get("GRAPHIDE_PICTURES"):
            driver.picture(Path(folder) / f"serving_{look}.png")
    assert left >= 0 and top >= 0 and width > 0 and height > 0
    session.serving.switch()
    driver.until(lambda: session.serving.state == "off")
    try:
        httpx2.get(f"{address}/api/system/health", timeout=5)
    except httpx2.HTTPError:
        return
    raise AssertionError("it still answers")


def a_port_that_is_taken_is_said(driver: Driver) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        driver.session.choose(serve_port=taken.getsockname()[1])
        driver.session.act("serving")
        shown(driver)
        driver.key("Return")
        driver.until(lambda: bool(driver.session.serving.problem))
        assert "is taken by another program" in driver.session.serving.problem
        assert driver.session.serving.state == "off"
        driver.key("Escape")
    driver.session.serving.start()
    driver.until(lambda: driver.session.serving.state == "on")


if __name__ == "__main__":
    with window(Path(tempfile.mkdtemp()), (1024, 640)) as at_the_window:
        globals()[sys.argv[1]](at_the_window)
