"""The switch of the server without a window, with the real server in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2
import pytest

from graphide import paths
from graphide.editor.session import Session
from graphide.errors import UsageError
from graphide.server.inside import InsideServer, start
from graphide.settings import Settings
from graphide.workspace import Workspace


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    with Workspace(settings=replace(Settings(), serve_port=0), model="echo", cache=False) as workspace:
        own = Session(workspace, folder=tmp_path / "state", serve=partial(start, workspace, pictures={}))
        yield own
        own.close()


def ticked(session: Session, state: str) -> None:
    until = time.monotonic() + 20
    while session.serving.state != state:
        assert time.monotonic() < until, f"{session.serving.state}: {session.serving.problem}"
        session.tick()
        time.sleep(0.005)


def test_nothing_listens_until_it_is_switched_on_and_nothing_after_it_is_switched_off(session: Session) -> None:
    assert session.serving.possible and session.serving.server is None
    session.serving.switch()
    ticked(session, "on")
    server = session.serving.server
    assert server is not None and httpx2.get(f"{server.address}/api/system/health").status_code == 200
    session.serving.switch()
    ticked(session, "off")
    with pytest.raises(httpx2.HTTPError):
        httpx2.get(f"{server.address}/api/system/health", timeout=5)


def test_graph_files_that_are_open_are_served_under_their_names(session: Session, tmp_path: Path) -> None:
    assert session.new_from("hello") and session.save_as(tmp_path / "greeting.json")
    session.serving.start()
    ticked(session, "on")
    server = session.serving.server
    assert server is not None
    graphs = httpx2.get(f"{server.address}/api/graphs", headers={"Authorization": f"Bearer {server.key}"}).json()
    assert "greeting" in {graph["name"] for graph in graphs["graphs"]}


def test_the_key_is_behind_the_hash_of_the_page_and_not_in_the_example(session: Session) -> None:
    session.serving.start()
    ticked(session, "on")
    server = session.serving.server
    assert server is not None
    opened: list[str] = []
    session.serving.open_page(opened.append)
    assert opened == [f"{server.address}/#key={server.key}"]
    assert server.key not in session.serving.example() and server.address in session.serving.example()


def test_closing_the_session_while_the_server_starts_leaves_none_behind(tmp_path: Path) -> None:
    started: list[InsideServer] = []
    with Workspace(settings=replace(Settings(), serve_port=0), model="echo", cache=False) as workspace:

        def slowly(graphs: Sequence[Path]) -> InsideServer:
            time.sleep(0.2)
            started.append(start(workspace, graphs, {}))
            return started[0]

        session = Session(workspace, folder=tmp_path / "state", serve=slowly)
        session.serving.start()
        session.close()
        until = time.monotonic() + 10
        while not started or started[0].running:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_what_is_in_the_way_is_said_and_it_can_be_tried_again(tmp_path: Path) -> None:
    problems = [UsageError("the port 5000 is taken by another program")]
    with Workspace(settings=replace(Settings(), serve_port=0), model="echo", cache=False) as workspace:

        def fails_once(graphs: Sequence[Path]) -> InsideServer:
            if problems:
                raise problems.pop()
            return start(workspace, graphs, {})

        session = Session(workspace, folder=tmp_path / "state", serve=fails_once)
        session.serving.start()
        while not session.serving.problem:
            session.tick()
        assert "is taken" in session.serving.problem and session.serving.state == "off"
        session.serving.start()
        ticked(session, "on")
        assert session.serving.problem == ""
        session.close()


def test_a_session_without_a_server_offers_none(tmp_path: Path) -> None:
    with Workspace(model="echo", cache=False) as workspace:
        session = Session(workspace, folder=tmp_path / "state")
        assert not session.act("serving") and session.popups.dialog is None
        session.close()
