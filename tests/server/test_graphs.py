"""Graphs over HTTP: which are served, what they ask for, how they look, what is wrong with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from server.serving import ROOT, Served

from graphide.graph import file as graph_file


def graph(title: str) -> str:
    return json.dumps(
        {
            "graphide": 1,
            "title": title,
            "nodes": {"a": {"type": "variable", "value": "x"}, "out": {"type": "output"}},
            "edges": ["a.value -> out.value"],
        }
    )


def test_templates_are_served_by_their_names(server: Served) -> None:
    listed = {each["name"]: each for each in server.get("/api/graphs").json()["graphs"]}
    assert set(listed) >= {path.stem for path in (ROOT / "graphs").glob("*.json")}
    hello = listed["hello"]
    assert (hello["source"], hello["title"], hello["problem"], hello["chat"]) == ("template", "Hello", "", False)
    assert listed["conversation"]["chat"] is True
    audience = next(port for port in hello["inputs"] if port["name"] == "audience")
    assert audience["kind"] == "choice" and "enum" in json.dumps(audience["schema"])
    assert hello["outputs"] == ["answer"]


def test_given_files_and_folders_are_served_and_looked_at_again(start: Callable[..., Served], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "one.json").write_text(graph("One"))
    (folder / "hello.json").write_text(graph("My own hello"))
    (folder / "broken.json").write_text("{")
    served = start(tmp_path / "one.json", folder)

    def titles() -> dict[str, str]:
        return {
            each["name"]: each["title"]
            for each in served.get("/api/graphs").json()["graphs"]
            if each["source"] == "graph"
        }

    assert titles() == {"one": "One", "hello": "My own hello", "broken": ""}
    (folder / "later.json").write_text(graph("Later"))
    (folder / "hello.json").write_text(graph("Changed, my own hello"))
    (folder / "broken.json").unlink()
    assert titles() == {"one": "One", "hello": "Changed, my own hello", "later": "Later"}
    answer = served.get("/api/graphs")
    assert str(tmp_path) not in answer.text


def test_a_file_that_is_no_graph_is_listed_with_its_problem(start: Callable[..., Served], tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    served = start(tmp_path / "broken.json")
    (broken,) = [each for each in served.get("/api/graphs").json()["graphs"] if each["source"] == "graph"]
    assert "is not JSON" in broken["problem"] and str(tmp_path) not in broken["problem"]
    answer = served.post("/api/runs", {"graph": "broken"})
    assert answer.status_code == 422 and str(tmp_path) not in answer.text


def test_a_graph_is_given_as_its_file_has_it(server: Served) -> None:
    body = server.get("/api/graphs/hello").content
    assert graph_file.loads(body) == graph_file.load(ROOT / "graphs" / "hello.json")


def test_a_graph_is_drawn(server: Served) -> None:
    for look in ("dark", "light"):
        answer = server.get(f"/api/graphs/hello/picture?look={look}&scale=0.5")
        assert answer.headers["content-type"] == "image/png"
        image = Image.open(BytesIO(answer.content))
        corner = image.convert("RGB").getpixel((0, 0))
        assert isinstance(corner, tuple) and (sum(corner) < 200) == (look == "dark")
    drawing = server.get("/api/graphs/hello/picture?format=svg")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    ElementTree.fromstring(drawing.text)
    assert server.get("/api/graphs/hello/picture?scale=99").status_code == 400
    assert server.get("/api/graphs/nothing/picture").status_code == 404


@pytest.mark.parametrize(
    ("given", "ok", "codes"),
    [
        ("hello", True, []),
        ({"graphide": 1, "nodes": {"a": {"type": "output"}}}, False, ["required-input"]),
        ({"graphide": 1, "nodes": {"a": {"type": "nonsense"}}}, False, ["unknown-type", "no-outputs"]),
        ({"nodes": 3}, False, ["unreadable"]),
        ({"graphide": 1, "nodes": {}, "edges": ["a.b"]}, False, ["unreadable"]),
    ],
)
def test_a_graph_is_checked(server: Served, given: Any, ok: bool, codes: list[str]) -> None:
    body = server.post("/api/graphs/check", {"graph": given}).json()
    assert (body["ok"], [problem["code"] for problem in body["problems"]]) == (ok, codes)


def test_node_types_are_explained(server: Served) -> None:
    nodes = {each["type"]: each for each in server.get("/api/nodes").json()["nodes"]}
    assert nodes["model"]["streams"] is True
    assert "temperature" not in {each["name"] for each in nodes["model"]["settings"]}
    assert {each["name"] for each in nodes["model"]["inputs"]} >= {"prompt", "system"}
