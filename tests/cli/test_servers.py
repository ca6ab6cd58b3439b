"""Models of other servers on the command line: listed, run, planned, and kept out where the network is off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import Command, Inside

from tests.support.openai_server import OpenAiServer, answers, gives, openai_server


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with openai_server() as server:
        yield server


@pytest.fixture
def lab(graphide_: Command, server: OpenAiServer) -> None:
    """The settings of a user with one server that answers, and one that is far away."""
    choose(graphide_, network=True, servers={"lab": server.url})


def choose(graphide_: Command, **settings: object) -> None:
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.mark.usefixtures("lab")
def test_models_of_servers_are_listed_by_the_names_that_graphs_use(inside: Inside, server: OpenAiServer) -> None:
    server.usual = gives({"data": [{"id": "small"}, {"id": "big/one"}]})
    ended = inside("models", "list")
    assert f"lab/big/one  at {server.url}\nlab/small  at {server.url}\n" in ended.out
    body = inside("models", "list", "--format", "json").json
    assert body["servers"] == [
        {"server": "lab", "url": server.url, "models": ["lab/big/one", "lab/small"], "problem": ""}
    ]


def test_a_server_that_is_not_there_is_said_and_the_list_goes_on(inside: Inside, graphide_: Command) -> None:
    with openai_server() as gone:
        url = gone.url
    choose(graphide_, servers={"gone": url})
    ended = inside("models", "list")
    assert "warning: the models of gone are not known: the server cannot be reached" in ended.err
    assert "default means" in ended.out


@pytest.mark.usefixtures("lab")
def test_a_graph_runs_and_is_planned_with_a_server(inside: Inside, server: OpenAiServer) -> None:
    plan = inside("run", "hello", "--dry-run", "--model", "lab/big/one").out
    assert "with big/one" in plan and server.asked == []
    server.behave(answers("Lava", " is hot."))
    assert inside("run", "hello", "--model", "lab/big/one").out == "Lava is hot.\n"


def test_without_the_network_a_far_server_is_not_asked(
    inside: Inside, graphide_: Command, server: OpenAiServer
) -> None:
    choose(graphide_, network=False, servers={"far": "http://192.0.2.1/v1", "lab": server.url})
    assert "the network is switched off" in inside("run", "hello", "--model", "far/m", code=1).err
    assert "the network is switched off" in inside("chat", "far/m", "-m", "Hi", code=1).err
    assert "of far are not known: the network is switched off" in inside("models", "list").err
    assert inside("chat", "lab/m", "-m", "Hi").out == "Hello there\n"
